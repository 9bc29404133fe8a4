"""Keeps what people change, brings it back, and tells what differs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from peewee import JOIN

from portal import db, versions
from portal.context import Context
from portal.errors import NotFound
from portal.hookspecs import Snapshot, Versioned
from portal.people.models import Account
from portal.versions import Version


def keep(
    ctx: Context,
    object_type: str,
    object_id: int,
    before: Snapshot,
    after: Snapshot,
    note: str = "",
) -> None:
    """Keep what an object was like before a change, if that was not kept yet, and is like now.

    Call it inside the transaction of the change. The same number again replaces data and note.
    """
    _insert(ctx, object_type, object_id, before, None).on_conflict_ignore().execute()
    if note or difference(before[1], after[1]):
        _insert(ctx, object_type, object_id, after, ctx.actor.account_id, note).on_conflict(
            conflict_target=[Version.object_type, Version.object_id, Version.number],
            update={"data": after[1], "note": note},
        ).execute()


def _insert(
    ctx: Context,
    object_type: str,
    object_id: int,
    found: Snapshot,
    account_id: int | None,
    note: str = "",
) -> Any:
    return Version.insert(
        object_type=object_type,
        object_id=object_id,
        number=found[0],
        data=found[1],
        note=note,
        account=account_id,
        created_at=ctx.clock.now(),
    )


def list_of(object_type: str, object_id: int) -> list[Version]:
    """Return an object's versions with the accounts of those who made them, newest first."""
    query = Version.select(Version, Account).join(Account, JOIN.LEFT_OUTER)
    query = query.where(Version.object_type == object_type, Version.object_id == object_id)
    return list(query.order_by(Version.number.desc()))


def difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """Return field, old and new value of whatever differs, in the order of names."""
    names = sorted({*old, *new})
    return [
        (name, old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name)
    ]


def restore(ctx: Context, kind: Versioned, object_id: int, number: int) -> None:
    """Make an old version the newest one. Raises NotFound, and what the type's own verb raises."""
    data = versions.at(kind.type, object_id, number)
    if not data:
        raise NotFound
    with db.transaction():
        before = kind.dump(object_id)
        kind.restore(ctx, object_id, data)
        keep(ctx, kind.type, object_id, before, kind.dump(object_id), f"#{number}")
