"""Runs a use case once for each of its SQL statements, with that statement failing.

What is stored afterwards must be the state before or the state after, never something between.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import peewee
import pytest

from portal import db

MOST_STATEMENTS = 500
Change = dict[str, tuple[int, int]]


class Fault(peewee.OperationalError):
    """The failure that is put in; code that repairs real ones meets it as one of them."""


def dump(leave_out: frozenset[str] = frozenset()) -> dict[str, Counter[tuple[Any, ...]]]:
    """Return all rows of all tables; two equal dumps are the same state."""
    return {
        table: Counter(
            tuple(bytes(cell) if isinstance(cell, memoryview) else cell for cell in row)
            for row in db.query(f'SELECT * FROM "{table}"')
        )
        for table in sorted(set(db.database.get_tables()) - leave_out)
    }


def change(
    before: dict[str, Counter[tuple[Any, ...]]], after: dict[str, Counter[tuple[Any, ...]]]
) -> Change:
    """Return how many rows came and went in each table that differs."""
    both = {table: (before.get(table, Counter()), after.get(table, Counter())) for table in after}
    return {
        table: ((new - old).total(), (old - new).total())
        for table, (old, new) in both.items()
        if old != new
    }


@contextmanager
def failing_at(number: int) -> Iterator[list[str]]:
    """Let the statement of that number (from 1) fail; yields the statements that were tried.

    The commit counts too, and fails before it is done.
    """
    tried: list[str] = []
    genuine, genuine_commit = db._Counted.execute_sql, db.database.obj.commit

    def count(sql: str) -> None:
        tried.append(sql)
        if len(tried) == number:
            raise Fault(f"put in at statement {number}: {sql:.80}")

    def execute(self: Any, sql: str, params: Any = None) -> Any:
        count(sql)
        return genuine(self, sql, params)

    def commit() -> None:
        count("COMMIT")
        genuine_commit()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(db._Counted, "execute_sql", execute)
        patch.setattr(db.database.obj, "commit", commit, raising=False)
        yield tried


def assert_all_or_nothing(
    prepare: Callable[[], Any],
    act: Callable[[Any], Any],
    leave_out: frozenset[str] = frozenset(),
    refused: tuple[type[BaseException], ...] = (Fault,),
) -> int:
    """Try a use case with a fault before each of its statements; returns how many there were.

    `prepare` makes what `act` needs, anew for each round; equal rounds must change equally many
    rows. `refused` names the errors that may reach the caller of `act`.
    """
    thing = prepare()
    before = dump(leave_out)
    act(thing)
    whole = change(before, dump(leave_out))
    assert whole, "The use case changes nothing: there is nothing to prove."
    for number in range(1, MOST_STATEMENTS):
        thing = prepare()
        before = dump(leave_out)
        with failing_at(number) as tried:
            try:
                act(thing)
            except refused:
                assert len(tried) >= number
        found = change(before, dump(leave_out))
        if len(tried) < number:
            assert found == whole, f"Rounds differ: {found} and {whole}"
            return number - 1
        assert found in ({}, whole), f"Half done after {tried[number - 1]:.200}: {found}"
    raise AssertionError(f"More than {MOST_STATEMENTS} statements.")
