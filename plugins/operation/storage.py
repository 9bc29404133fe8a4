"""Copies of the database: made whole, checked, put back.

A backup is a file with two beside it: `.sha256`, by which a damaged copy is noticed, and `.key`, the
secret key, without which sessions and signed links of the copy are worth nothing.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from portal import db
from portal.clock import SystemClock
from portal.config import Config
from portal.errors import ConfigError
from portal.serving import hold_running

NAME = re.compile(r"portal-\d{8}T\d{6}Z\.(db|dump)")
STAMP = "%Y%m%dT%H%M%SZ"


def backup(config: Config, target: Path | None = None, now: datetime | None = None) -> Path:
    """Write a consistent copy beside running writers and check it; returns its path.

    SQLite copies itself; PostgreSQL needs `pg_dump` on the path. The copy appears under its name
    when it is whole. Raises ConfigError.
    """
    stamp = (now or SystemClock().now()).strftime(STAMP)
    suffix = "dump" if db.is_postgres() else "db"
    target = target or folder(config) / f"portal-{stamp}.{suffix}"
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        raise ConfigError(f"{target} exists. Choose another name.")
    draft = target.with_name(f"{target.name}.part")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    if db.is_postgres():
        _run("pg_dump", "--format=custom", f"--file={draft}", of=config.database)
    else:
        db.database.connect(reuse_if_open=True)
        db.execute("VACUUM INTO ?", (str(draft),))
    check_copy(draft)
    with draft.open("rb+") as file:
        os.fsync(file.fileno())
    _checksum_of(target).write_text(f"{_digest(draft)}  {target.name}\n", encoding="ascii")
    key = config.instance_path / "secret.key"
    if key.exists():
        shutil.copy2(key, target.with_suffix(".key"))
    draft.replace(target)
    return target


def folder(config: Config) -> Path:
    """Return where backups lie."""
    return config.instance_path / "backups"


def backups(config: Config) -> list[Path]:
    """Return the backups of this site that are whole, the oldest first."""
    found = folder(config).glob("*")
    return sorted(path for path in found if NAME.fullmatch(path.name))


def made_at(copy: Path) -> datetime:
    """Return when a backup was made, from its name."""
    stamp = copy.stem.removeprefix("portal-")
    return datetime.strptime(stamp, STAMP).replace(tzinfo=UTC)


def delete(copy: Path) -> None:
    """Delete a backup with what lies beside it."""
    for path in (copy.with_suffix(".key"), _checksum_of(copy), copy):
        path.unlink(missing_ok=True)


def check_copy(copy: Path) -> None:
    """Refuse a copy that is not as it was written, or no database. Raises ConfigError."""
    noted = _checksum_of(copy)
    if noted.exists() and noted.read_text(encoding="ascii").split()[0] != _digest(copy):
        raise ConfigError(f"{copy} is damaged: its SHA-256 is not the one in {noted.name}.")
    if db.is_postgres():
        _run("pg_restore", "--list", str(copy))
    else:
        _check_file(copy)


def restore(config: Config, copy: Path) -> None:
    """Put a copy in the place of the database, when the portal does not run.

    The old SQLite file stays as `.replaced`. Raises ConfigError; then nothing was changed.
    """
    check_copy(copy)
    with _nobody_runs(config):
        if db.is_postgres():
            _fill_postgres(config, copy)
        else:
            _replace_file(Path(db.database.obj.database), copy)
        key = copy.with_suffix(".key")
        if key.exists():
            shutil.copy2(key, config.instance_path / "secret.key")


def _fill_postgres(config: Config, copy: Path) -> None:
    """Put the copy in the place of all tables, newer ones too, in one transaction."""
    db.database.close()
    script = config.instance_path / "restore.sql"
    options = ("--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", "--single-transaction")
    anew = ("--command=DROP SCHEMA public CASCADE", "--command=CREATE SCHEMA public")
    try:
        script.touch(mode=0o600)
        _run("pg_restore", "--no-owner", f"--file={script}", str(copy))
        _run("psql", *options, *anew, f"--file={script}", of=config.database)
    finally:
        script.unlink(missing_ok=True)


def _replace_file(path: Path, copy: Path) -> None:
    """Exchange the SQLite file; at any moment there is a whole one under its name or `.replaced`."""
    draft = path.with_suffix(".restored")
    shutil.copyfile(copy, draft)
    if path.exists():
        db.database.connect(reuse_if_open=True)
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.database.close()
        path.replace(path.with_suffix(".replaced"))
    for extra in ("-wal", "-shm"):
        Path(f"{path}{extra}").unlink(missing_ok=True)
    draft.replace(path)


@contextmanager
def _nobody_runs(config: Config) -> Iterator[None]:
    with hold_running(config) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigError(
                "The portal runs. Stop it first: Ctrl-C where `portal serve` or `portal worker` "
                "was started, or end their service; then restore again."
            ) from None
        yield


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
        copy.execute_sql("SELECT plugin_generation FROM heartbeat")
    except Exception as error:
        raise ConfigError(f"{path} is no sound copy of the database: {error}") from None
    finally:
        copy.close()
    if result != "ok":
        raise ConfigError(f"{path} is no sound copy of the database: {result}")


def _checksum_of(copy: Path) -> Path:
    return copy.with_name(f"{copy.name}.sha256")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _run(*command: str, of: str = "") -> None:
    """Run a program of PostgreSQL's, on a database if there is a URL; its password stays unseen."""
    tool = shutil.which(command[0])
    if tool is None:
        raise ConfigError(f"{command[0]} is missing. Install PostgreSQL's client programs.")
    password = urlsplit(of).password or ""
    named = [f"--dbname={of.replace(f':{password}@', '@', 1) if password else of}"] if of else []
    environment = {**os.environ, "PGPASSWORD": unquote(password)} if password else None
    done = subprocess.run(  # noqa: S603
        [tool, *named, *command[1:]], capture_output=True, text=True, check=False, env=environment
    )
    if done.returncode:
        raise ConfigError(f"{command[0]} failed: {done.stderr.strip()[:400]}")
