"""Versions: what people changed about an object, kept with who, when and a note.

Numbers are those of the object's own version column. The state before the first change is taken
right before it, so that objects which only imports touch cost nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from peewee import JOIN, AutoField, ForeignKeyField, IntegerField, TextField, fn

from portal import db
from portal.context import Context
from portal.db import JsonField, Model, UtcDateTime
from portal.errors import Conflict, NotFound
from portal.hookspecs import Versioned
from portal.i18n import _
from portal.people.models import Account


class Version(Model):
    """What an object was like from a moment on; `account` is empty for what was found there.

    The note "#3" says that version 3 was brought back.
    """

    id = AutoField()
    object_type = TextField()
    object_id = IntegerField()
    number = IntegerField()
    data = JsonField()
    note = TextField(default="")
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    created_at = UtcDateTime()

    class Meta:
        table_name = "version"


def keep(
    ctx: Context,
    object_type: str,
    object_id: int,
    data: Mapping[str, Any],
    note: str = "",
    number: int | None = None,
) -> None:
    """Keep what an object is like now; without a number it follows the last one.

    Call it inside the transaction of the change. The same number again replaces data and note.
    """
    if number is None:
        newest = Version.select(fn.MAX(Version.number)).where(*_of(object_type, object_id))
        number = (newest.scalar() or 0) + 1
    _insert(ctx, (object_type, object_id, number), data, note, ctx.actor.account_id).on_conflict(
        conflict_target=[Version.object_type, Version.object_id, Version.number],
        update={"data": data, "note": note},
    ).execute()


@contextmanager
def changing(ctx: Context, kind: Versioned, object_id: int, note: str = "") -> Iterator[None]:
    """Keep what a person changes inside; what the system does leaves no version."""
    if not ctx.actor.signed_in:
        yield
        return
    with db.transaction():
        number, before = kind.dump(object_id)
        found = (kind.type, object_id, number)
        _insert(ctx, found, before, "", None).on_conflict_ignore().execute()
        yield
        number, after = kind.dump(object_id)
        if difference(before, after) or note:
            keep(ctx, kind.type, object_id, after, note, number)


def list_of(object_type: str, object_id: int) -> list[Version]:
    """Return an object's versions with the accounts of those who made them, newest first."""
    query = Version.select(Version, Account).join(Account, JOIN.LEFT_OUTER)
    return list(query.where(*_of(object_type, object_id)).order_by(Version.number.desc()))


def at(object_type: str, object_id: int, number: int) -> Mapping[str, Any]:
    """Return what an object was like as version `number`, empty when that was not kept."""
    found = Version.get_or_none(*_of(object_type, object_id), Version.number == number)
    return found.data if found else {}


def difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """Return field, old and new value of whatever differs, in the order of names."""
    names = sorted({*old, *new})
    return [
        (name, old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name)
    ]


def restore(ctx: Context, kind: Versioned, object_id: int, number: int) -> None:
    """Make an old version the newest one. Raises NotFound, and what the type's own verb raises."""
    data = at(kind.type, object_id, number)
    if not data:
        raise NotFound
    with changing(ctx, kind, object_id, f"#{number}"):
        kind.restore(ctx, object_id, data)


def conflict(kind: Versioned, object_id: int, shown: int, typed: Mapping[str, Any]) -> Conflict:
    """Make the refusal of a change to version `shown`, with what everybody wrote, by field."""
    newest, theirs = kind.dump(object_id)
    was = at(kind.type, object_id, shown)
    texts = {
        name: {"yours": value, "theirs": theirs.get(name), "was": was.get(name)}
        for name, value in typed.items()
        if value != theirs.get(name)
    }
    message = _("Somebody else saved this while you were writing. Nothing of yours is lost.")
    return Conflict(message, texts=texts, version=newest)


def forget(object_type: str, ids: list[int]) -> None:
    """Delete the versions of objects that are deleted, inside that transaction."""
    Version.delete().where(Version.object_type == object_type, Version.object_id.in_(ids)).execute()


def _of(object_type: str, object_id: int) -> tuple[Any, ...]:
    return Version.object_type == object_type, Version.object_id == object_id


def _insert(
    ctx: Context, found: tuple[str, int, int], data: Mapping[str, Any], note: str, by: int | None
) -> Any:
    names = ("object_type", "object_id", "number")
    values = {**dict(zip(names, found, strict=True)), "data": data, "note": note, "account": by}
    return Version.insert(**values, created_at=ctx.clock.now())
