"""The audit log: what it keeps, what it refuses, and that a change does not go unseen."""

from __future__ import annotations

import peewee
import pytest

from portal import audit, db
from portal.audit import AuditEntry
from portal.context import Actor, Context


def fill(ctx: Context, count: int) -> list[int]:
    return [
        audit.record(
            ctx,
            "school.seen",
            "account",
            number,
            personal={"name": f"Person {number}"},
            turn=number,
        )
        for number in range(count)
    ]


def places() -> list[int]:
    return [entry for (entry,) in db.query("SELECT entry_id FROM audit_leaf ORDER BY number")]


@pytest.mark.usefixtures("any_database")
def test_an_entry_says_who_did_what_to_what(ctx: Context) -> None:
    actor = Actor(account_id=7, name="Somebody")
    number = audit.record(
        ctx.as_actor(actor), "organisation.changed", "organisation", 3, fields=["city"]
    )

    entry = AuditEntry.get_by_id(number)
    assert (entry.actor, entry.account_id, entry.action) == ("account", 7, "organisation.changed")
    assert (entry.subject_type, entry.subject_id) == ("organisation", 3)
    assert (entry.detail, entry.at) == ({"fields": ["city"]}, ctx.clock.now())


@pytest.mark.usefixtures("any_database")
def test_entries_take_their_place_when_the_transaction_ends(ctx: Context) -> None:
    with db.transaction():
        first = audit.record(ctx, "school.seen")
        second = audit.record(ctx, "school.seen")
        assert places() == []

    assert places() == [first, second]


@pytest.mark.usefixtures("any_database")
def test_what_is_rolled_back_leaves_no_entry(ctx: Context) -> None:
    audit.record(ctx, "school.seen")
    with pytest.raises(RuntimeError), db.transaction():
        audit.record(ctx, "school.seen")
        raise RuntimeError

    assert len(places()) == AuditEntry.select().count() == 1
    assert len(places()) == AuditEntry.select().count()


@pytest.mark.usefixtures("any_database")
def test_what_a_savepoint_takes_back_leaves_no_entry(ctx: Context) -> None:
    with db.transaction():
        with pytest.raises(RuntimeError), db.database.atomic():
            audit.record(ctx, "school.seen", way="back")
            raise RuntimeError
        audit.record(ctx, "school.seen", way="on")

    assert [entry.detail for entry in AuditEntry.select()] == [{"way": "on"}]
    assert len(places()) == AuditEntry.select().count()


@pytest.mark.usefixtures("any_database")
@pytest.mark.parametrize("table", ["audit_entry", "audit_leaf", "audit_tree"])
def test_nothing_that_was_written_can_be_deleted(ctx: Context, table: str) -> None:
    fill(ctx, 2)
    with pytest.raises(peewee.DatabaseError, match="keeps what was written"), db.transaction():
        db.execute(f"DELETE FROM {table}")


@pytest.mark.usefixtures("any_database")
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit_entry SET action = 'a.b'",
        "UPDATE audit_leaf SET hash = ''",
        "UPDATE audit_value SET value = ''",
        "UPDATE audit_tree SET size = 0",
        "INSERT INTO audit_tree (id, size, peaks) VALUES (2, 0, '[]')",
    ],
)
def test_nothing_that_was_written_can_be_changed(ctx: Context, change: str) -> None:
    fill(ctx, 2)
    with pytest.raises(peewee.DatabaseError, match="keeps what was written"), db.transaction():
        db.execute(change)


@pytest.mark.parametrize("action", ["seen", "School.seen", "school.", "school seen"])
def test_an_act_has_a_noun_and_a_verb(ctx: Context, database: None, action: str) -> None:
    with pytest.raises(ValueError, match=r"noun\.verb_past"):
        audit.record(ctx, action)


def test_a_detail_is_plain_json(ctx: Context, database: None) -> None:
    with pytest.raises(ValueError):
        audit.record(ctx, "school.seen", at=ctx.clock.now())
