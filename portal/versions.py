"""Versions: what people changed about an object, by the numbers of its own version column.

The core tells of each change and keeps the table; a plugin that answers `object_changed` fills it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from peewee import AutoField, ForeignKeyField, IntegerField, TextField

from portal import objects
from portal.context import Context
from portal.db import JsonField, Model, UtcDateTime
from portal.errors import Conflict
from portal.hookspecs import Snapshot, Versioned
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


@contextmanager
def changing(ctx: Context, kind: Versioned, object_id: int) -> Iterator[None]:
    """Tell what a person changes inside; what the system does leaves no version.

    Call it inside the transaction of the change.
    """
    before = kind.dump(object_id) if ctx.actor.signed_in else None
    yield
    if before:
        tell(ctx, kind.type, object_id, before, kind.dump(object_id))


def tell(ctx: Context, object_type: str, object_id: int, before: Snapshot, after: Snapshot) -> None:
    """Tell, inside the transaction, number and values of an object before a change and after."""
    values = {"object_type": object_type, "object_id": object_id}
    objects.registry().hooks.call("object_changed", ctx, **values, before=before, after=after)


def at(object_type: str, object_id: int, number: int) -> Mapping[str, Any]:
    """Return what an object was like as version `number`, empty when that was not kept."""
    here = Version.object_type == object_type, Version.object_id == object_id
    found = Version.get_or_none(*here, Version.number == number)
    return found.data if found else {}


def conflict(kind: Versioned, object_id: int, shown: int, typed: Mapping[str, Any]) -> Conflict:
    """Make the refusal of a change to version `shown`, with what everybody wrote, by field."""
    return both(typed, *kind.dump(object_id), at(kind.type, object_id, shown))


def both(
    typed: Mapping[str, Any], newest: int, theirs: Mapping[str, Any], was: Mapping[str, Any]
) -> Conflict:
    """Make the refusal of what was typed, as the newest version is and what both began with."""
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
