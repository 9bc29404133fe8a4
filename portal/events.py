"""Events: what happened, written with the deed and told to plugins once that is committed.

An event is a row of the business transaction. The worker turns it into one job for each active
plugin that wants to know, in the transaction that marks the event as delivered: nothing is
forgotten, and one plugin's failure holds up no other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta
from typing import Any

from flask import current_app
from peewee import AutoField, IntegerField, TextField

from portal import db, jobs
from portal.context import Context
from portal.hookspecs import Event, EventType, JobKind, Progress
from portal.i18n import lazy_gettext

__all__ = ["CAUSE", "Event", "EventType", "because", "emit", "types"]

NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
TELL = "portal.tell_event"
HOOK = "event_happened"
BATCH = 100
CAUSE = "_cause"
"""The key of a payload under which stands what caused the event, if that was said."""
_cause: ContextVar[Mapping[str, Any] | None] = ContextVar("cause", default=None)
TOLD = ("id", "name", "subject_type", "subject_id", "payload", "account_id")
CORE_TYPES = (
    EventType("organisation.changed", lazy_gettext("An organisation was created or changed")),
    EventType(
        "organisation.changed_many",
        lazy_gettext("Many organisations were created or changed at once"),
        {"count": "how many"},
    ),
    EventType("organisation.removed", lazy_gettext("An organisation was deleted")),
    EventType(
        "organisation.removed_many",
        lazy_gettext("Many organisations were deleted at once"),
        {"count": "how many"},
    ),
    EventType("review.asked", lazy_gettext("Something waits for a review")),
    EventType("account.registered", lazy_gettext("Somebody asked for an account")),
    EventType(
        "member.added",
        lazy_gettext("Somebody may act for an organisation"),
        {"account": "number of the account", "role": "what they may do"},
        "organisation",
    ),
    EventType(
        "member.removed",
        lazy_gettext("Somebody may no longer act for an organisation"),
        {"account": "number of the account"},
        "organisation",
    ),
    EventType(
        "plugin.switched",
        lazy_gettext("A plugin was switched on or off"),
        {"plugin": "its id", "state": "how it is now"},
    ),
)


class EventRow(db.Model):
    """An event as it is stored; `delivered_at` is when its jobs were queued."""

    id = AutoField()
    name = TextField()
    subject_type = TextField()
    subject_id = IntegerField()
    payload = db.JsonField()
    account_id = IntegerField(null=True)
    happened_at = db.UtcDateTime()
    delivered_at = db.UtcDateTime(null=True)

    class Meta:
        table_name = "event"


def types(ctx: Context) -> dict[str, EventType]:
    """Return the events that the core and the active plugins declare, by name."""
    hooks = current_app.extensions["portal"].registry.hooks
    return {kind.name: kind for kind in (*CORE_TYPES, *hooks.each("event_list", ctx))}


@contextmanager
def because(**cause: Any) -> Iterator[None]:
    """Put a cause into the payload of whatever is emitted inside, so that chains can be followed."""
    token = _cause.set(cause)
    try:
        yield
    finally:
        _cause.reset(token)


def emit(ctx: Context, name: str, subject_type: str, subject_id: int, **payload: Any) -> None:
    """Note that something happened, inside the transaction in which it does.

    The payload holds numbers and short codes, no personal data. Raises ValueError for a name
    that is not `noun.verb_past`.
    """
    _emit(ctx, name, subject_type, [subject_id], payload)


def emit_each(ctx: Context, name: str, subject_type: str, ids: Sequence[int]) -> None:
    """Note the same of each subject; of more than a page of them, one `<name>_many` in all."""
    if len(ids) > BATCH:
        emit(ctx, f"{name}_many", subject_type, 0, count=len(ids))
    elif ids:
        _emit(ctx, name, subject_type, ids, {})


def _emit(
    ctx: Context, name: str, subject_type: str, ids: Sequence[int], payload: Mapping[str, Any]
) -> None:
    if not NAME.fullmatch(name):
        raise ValueError(f"Event {name!r}. Expected noun.verb_past, such as organisation.changed.")
    cause = _cause.get()
    same = {
        "name": name,
        "subject_type": subject_type,
        "payload": {**payload, CAUSE: cause} if cause else dict(payload),
        "account_id": ctx.actor.account_id,
        "happened_at": ctx.clock.now(),
    }
    with db.transaction():
        EventRow.insert_many([{**same, "subject_id": number} for number in ids]).execute()


def deliver(ctx: Context) -> int:
    """Queue a job for each waiting event and plugin that wants to know; returns how many events."""
    waiting = f"SELECT id FROM event WHERE delivered_at IS NULL ORDER BY id LIMIT {BATCH}"
    if not db.query(waiting):
        return 0
    wanting = current_app.extensions["portal"].registry.hooks.implementing(HOOK)
    with db.transaction():
        rows = db.query(waiting + (" FOR UPDATE SKIP LOCKED" if db.is_postgres() else ""))
        ids = [number for (number,) in rows]
        for row in EventRow.select().where(EventRow.id.in_(ids)).order_by(EventRow.id):
            told = {name: getattr(row, name) for name in TOLD}
            told["happened_at"] = db.utc_text(row.happened_at)
            for plugin in wanting:
                jobs.enqueue(ctx, TELL, {"plugin": plugin, "event": told}, plugin=plugin)
        EventRow.update(delivered_at=ctx.clock.now()).where(EventRow.id.in_(ids)).execute()
    return len(ids)


def _tell(ctx: Context, payload: Mapping[str, Any], _progress: Progress) -> None:
    told = {**payload["event"], "happened_at": db.parse_utc(payload["event"]["happened_at"])}
    hooks = current_app.extensions["portal"].registry.hooks
    hooks.tell(payload["plugin"], HOOK, ctx, event=Event(**told))


def expire(ctx: Context, days: int) -> None:
    """Delete events that were delivered so many days ago."""
    with db.transaction():
        until = ctx.clock.now() - timedelta(days=days)
        EventRow.delete().where(EventRow.delivered_at < until).execute()


KINDS = (JobKind(TELL, _tell, lazy_gettext("Tell a plugin what happened")),)
