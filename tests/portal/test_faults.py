"""The helper that lets statements fail finds what is half done, and passes what is whole."""

from __future__ import annotations

import pytest

from portal import db
from tests.faults import assert_all_or_nothing

pytestmark = pytest.mark.usefixtures("any_database")


def write(scope: str) -> None:
    for key in ("one", "two"):
        db.execute("INSERT INTO setting (scope, key, value) VALUES (?, ?, ?)", (scope, key, "1"))


def fresh() -> str:
    return f"scope {len(db.query('SELECT scope FROM setting'))}"


def test_what_is_written_as_one_passes() -> None:
    def act(scope: str) -> None:
        with db.transaction():
            write(scope)

    assert assert_all_or_nothing(fresh, act) == 3  # two rows and the commit


def test_what_is_written_in_two_steps_is_found() -> None:
    with pytest.raises(AssertionError, match="Half done after INSERT"):
        assert_all_or_nothing(fresh, write)


def test_what_changes_nothing_proves_nothing() -> None:
    with pytest.raises(AssertionError, match="changes nothing"):
        assert_all_or_nothing(fresh, lambda _scope: None)
