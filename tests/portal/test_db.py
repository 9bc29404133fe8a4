"""Reading and writing at once, on both databases."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from portal import db
from portal.people.models import Throttle


def add(key: str) -> None:
    with db.transaction():
        Throttle.create(bucket="test", key_hash=key, window_start=0, count=1)


def add_from_elsewhere(file: Path) -> None:
    """Write as another process does."""
    with sqlite3.connect(file) as other:
        other.execute("UPDATE throttle SET count = count + 1")
    other.close()


def test_what_is_found_can_be_written_to_while_one_goes_through_it(any_database: None) -> None:
    add("first")
    add("second")
    for row in Throttle.select().where(Throttle.bucket == "test"):
        add(f"after {row.key_hash}")
    assert Throttle.select().count() == 4


def test_who_stops_reading_halfway_can_write_though_others_have_written(
    database: None, tmp_path: Path
) -> None:
    add("first")
    add("second")
    rows = iter(Throttle.select())
    assert next(rows).key_hash == "first"
    add_from_elsewhere(tmp_path / "portal.db")
    add("third")
    assert next(rows).key_hash == "second"
    assert db.query("SELECT SUM(count) FROM throttle") == [(5,)]


def test_who_still_reads_ready_sql_is_told_at_once_that_waiting_cannot_help(
    database: None, tmp_path: Path
) -> None:
    add("first")
    add("second")
    reading = db.execute("SELECT * FROM throttle")
    assert reading.fetchone()
    add_from_elsewhere(tmp_path / "portal.db")
    with pytest.raises(db.UnfinishedRead):
        add("third")
    reading.close()
    add("third")
