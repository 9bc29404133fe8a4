"""Enquiries: one organisation asks another without seeing an address; a thread, with reminders."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from plugins.notices.interface import notify
from plugins.requests import queries, rules
from plugins.requests.models import ANSWERED, CLOSED, OPEN, Enquiry, Message
from portal import audit, db, events, settings
from portal.context import Context
from portal.errors import Conflict, NotAllowed, NotFound, TooMany
from portal.i18n import _
from portal.i18n import lazy_gettext as lazy
from portal.organisations import queries as organisations
from portal.organisations.models import UNCLAIMED, Organisation
from portal.organisations.service import new_public_id

WRITTEN, WAITING = "requests.enquiry_written", "requests.enquiry_waiting"
KINDS: tuple[Mapping[str, Any], ...] = (
    {"kind": WRITTEN, "title": lazy("Somebody wrote to your organisation")},
    {"kind": WAITING, "title": lazy("An enquiry waits for an answer")},
)
DAY = timedelta(days=1)
REMINDED_AFTER = (timedelta(days=3), timedelta(days=7))
SETTLED_AFTER = timedelta(days=7)
COUNTED_FOR = timedelta(days=365)
BATCH = 200


def may_ask(asker: Organisation, receiver: Organisation) -> bool:
    """Whether one may ask another: both have people here and are in sight, both real or made up."""
    known = [
        item for item in (asker, receiver) if item.state != UNCLAIMED and item.hidden_at is None
    ]
    return (
        len(known) == 2
        and asker.id != receiver.id
        and bool(asker.is_fictional) == bool(receiver.is_fictional)
        and len(organisations.in_sight(known)) == 2
    )


def ask(ctx: Context, asker: Organisation, receiver: Organisation, text: str) -> Enquiry:
    """Begin an enquiry. Raises Invalid, NotAllowed, TooMany; Conflict while an earlier one is open."""
    _check_own(ctx, asker)
    if not may_ask(asker, receiver):
        raise NotAllowed(
            _("Publish your organisation's profile first; then it can ask others that are here.")
        )
    text = rules.checked_text(text)
    now = ctx.clock.now()
    with db.transaction():
        if db.is_postgres():
            pair = sorted((asker.id, receiver.id))
            db.query("SELECT id FROM organisation WHERE id IN (?, ?) ORDER BY id FOR UPDATE", pair)
        _check_caps(ctx, asker, receiver)
        made: Enquiry = Enquiry.create(
            public_id=new_public_id(),
            asker=asker.id,
            receiver=receiver.id,
            created_at=now,
            last_at=now,
        )
        _write(ctx, made, asker, receiver, text)
        audit.record(ctx, "enquiry.sent", "requests_enquiry", made.id)
        events.emit(ctx, "enquiry.sent", "requests_enquiry", made.id)
    return made


def _check_own(ctx: Context, side: Organisation) -> None:
    own = {item.id for item in queries.own_organisations(ctx)}
    if side.id not in own and not ctx.actor.system:
        raise NotFound


def _check_caps(ctx: Context, asker: Organisation, receiver: Organisation) -> None:
    between = (Enquiry.asker == asker.id, Enquiry.receiver == receiver.id)
    if Enquiry.select().where(*between, Enquiry.state == OPEN).exists():
        raise Conflict(_("Your last enquiry to them is still open. Write there if there is more."))
    own, since = settings.of(ctx, "requests"), Enquiry.created_at > ctx.clock.now() - DAY
    if Enquiry.select().where(Enquiry.asker == asker.id, since).count() >= own["most_asked_a_day"]:
        raise TooMany(_("Your organisation has asked many today. Go on tomorrow."), 86_400)
    received = Enquiry.select().where(Enquiry.receiver == receiver.id, since).count()
    if received >= own["most_received_a_day"]:
        raise TooMany(_("They got many enquiries today. Try again tomorrow."), 86_400)


def write(ctx: Context, enquiry: Enquiry, side: Organisation, text: str) -> None:
    """Write in an enquiry for one of its two sides. Raises Invalid; Conflict once it is closed."""
    _check_own(ctx, side)
    if side.id not in {enquiry.asker.id, enquiry.receiver.id}:
        raise NotFound
    text = rules.checked_text(text)
    with db.transaction():
        now = _held(enquiry)
        if now.state == CLOSED:
            raise Conflict(_("This enquiry is closed. Your text is still here, to copy it."))
        is_answer = side.id == now.receiver.id
        values: dict[str, Any] = {"last_at": ctx.clock.now()}
        values["state"] = ANSWERED if is_answer else OPEN
        if is_answer and now.answered_at is None:
            values["answered_at"] = ctx.clock.now()
            events.emit(ctx, "enquiry.answered", "requests_enquiry", now.id)
        Enquiry.update(**values).where(Enquiry.id == now.id).execute()
        _write(ctx, now, side, now.asker if is_answer else now.receiver, text)


def close(ctx: Context, enquiry: Enquiry) -> None:
    """Close an enquiry for both sides; harmless when it is closed."""
    sides = {item.id for item in queries.own_organisations(ctx)}
    if not sides & {enquiry.asker.id, enquiry.receiver.id} and not ctx.actor.system:
        raise NotFound
    with db.transaction():
        _held(enquiry)
        Enquiry.update(state=CLOSED).where(Enquiry.id == enquiry.id).execute()
        audit.record(ctx, "enquiry.closed", "requests_enquiry", enquiry.id)


def _held(enquiry: Enquiry) -> Enquiry:
    if db.is_postgres():
        db.query("SELECT id FROM requests_enquiry WHERE id = ? FOR UPDATE", (enquiry.id,))
    found: Enquiry = Enquiry.get_by_id(enquiry.id)
    return found


def _write(
    ctx: Context, enquiry: Enquiry, side: Organisation, other: Organisation, text: str
) -> None:
    message = Message.create(
        enquiry=enquiry.id,
        organisation=side.id,
        account=ctx.actor.account_id,
        text=text,
        created_at=ctx.clock.now(),
    )
    title = lazy("%(name)s wrote to %(other)s", name=side.name, other=other.name)
    _tell(ctx, enquiry, other, WRITTEN, title, f"requests_message {message.id}")


def _tell(
    ctx: Context, enquiry: Enquiry, whom: Organisation, kind: str, title: Any, subject: str
) -> None:
    body = lazy("Read it and answer here; nobody's address is shown.")
    for account in queries.editors(whom.id):
        notify(ctx, account, kind, title, body, f"/enquiries/{enquiry.public_id}", subject)


def remind(ctx: Context) -> int:
    """Remind receivers of enquiries without an answer after 3 and 7 days; returns how many."""
    told = 0
    for before, after in enumerate(REMINDED_AFTER):
        late = Enquiry.select().where(
            Enquiry.state == OPEN,
            Enquiry.answered_at.is_null(),
            Enquiry.reminders == before,
            Enquiry.created_at <= ctx.clock.now() - after,
        )
        for row in list(late.order_by(Enquiry.id).limit(BATCH)):
            told += _remind(ctx, row, before)
    return told


def _remind(ctx: Context, row: Enquiry, before: int) -> bool:
    """Remind once, whatever other worker does the same."""
    with db.transaction():
        here = (Enquiry.id == row.id, Enquiry.reminders == before, Enquiry.state == OPEN)
        if not Enquiry.update(reminders=before + 1).where(*here).execute():
            return False
        title = lazy("%(name)s waits for your answer", name=row.asker.name)
        _tell(ctx, row, row.receiver, WAITING, title, f"requests_enquiry {row.id} {before + 1}")
    return True


def response(ctx: Context, organisation_id: int) -> rules.Response | None:
    """Return how an organisation answered within a year, None for too few; one statement."""
    now = ctx.clock.now()
    rows: Any = Enquiry.select(Enquiry.created_at, Enquiry.answered_at).where(
        Enquiry.receiver == organisation_id, Enquiry.created_at > now - COUNTED_FOR
    )
    hours = [
        (answered - asked).total_seconds() / 3_600 if answered else None
        for asked, answered in rows.tuples()
        if answered or asked <= now - SETTLED_AFTER
    ]
    return rules.response(hours)


def forget(ctx: Context) -> int:
    """Delete enquiries in which nobody wrote for long; returns how many."""
    days = int(settings.of(ctx, "requests")["reply_days"])
    with db.transaction():
        old = Enquiry.last_at < ctx.clock.now() - timedelta(days=days)
        return int(Enquiry.delete().where(old).execute())
