"""Copies of the database: made whole, checked, put back."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from portal import db
from portal.config import Config
from portal.errors import ConfigError


def backup(config: Config, target: Path | None = None) -> Path:
    """Write a consistent copy beside running writers and check it; returns its path.

    SQLite copies itself; PostgreSQL needs `pg_dump` on the path. The secret key goes along.
    """
    folder = config.instance_path / "backups"
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    suffix = "dump" if db.is_postgres() else "db"
    target = target or folder / f"portal-{stamp}.{suffix}"
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        raise ConfigError(f"{target} exists. Choose another name.")
    if db.is_postgres():
        _run("pg_dump", "--format=custom", f"--file={target}", config.database)
    else:
        db.database.connect(reuse_if_open=True)
        db.execute("VACUUM INTO ?", (str(target),))
        _check_file(target)
    key = config.instance_path / "secret.key"
    if key.exists():
        shutil.copy2(key, target.with_suffix(".key"))
    return target


def restore(config: Config, copy: Path) -> None:
    """Put a copy in the place of the database. The old SQLite file stays as `.replaced`."""
    if db.is_postgres():
        _run(
            "pg_restore",
            "--clean",
            "--if-exists",
            "--no-owner",
            f"--dbname={config.database}",
            str(copy),
        )
        return
    _check_file(copy)
    path = Path(db.database.obj.database)
    db.database.close()
    if path.exists():
        path.replace(path.with_suffix(".replaced"))
    for extra in ("-wal", "-shm"):
        Path(f"{path}{extra}").unlink(missing_ok=True)
    shutil.copy2(copy, path)
    key = copy.with_suffix(".key")
    if key.exists():
        shutil.copy2(key, config.instance_path / "secret.key")


def check() -> list[str]:
    """Return what is wrong with the database; empty when it is sound."""
    db.database.connect(reuse_if_open=True)
    if db.is_postgres():
        db.query("SELECT 1")
        return []
    found = [row[0] for row in db.query("PRAGMA integrity_check") if row[0] != "ok"]
    return found + [f"foreign key: {row}" for row in db.query("PRAGMA foreign_key_check")]


def _check_file(path: Path) -> None:
    copy = db.Sqlite(str(path))
    try:
        result = copy.execute_sql("PRAGMA integrity_check").fetchone()[0]
    except Exception as error:
        raise ConfigError(f"{path} is no sound copy of the database: {error}") from None
    finally:
        copy.close()
    if result != "ok":
        raise ConfigError(f"{path} is no sound copy of the database: {result}")


def _run(*command: str) -> None:
    tool = shutil.which(command[0])
    if tool is None:
        raise ConfigError(f"{command[0]} is missing. Install PostgreSQL's client programs.")
    done = subprocess.run([tool, *command[1:]], capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise ConfigError(f"{command[0]} failed: {done.stderr.strip()[:400]}")
