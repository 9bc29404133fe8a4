"""Guests of meetings who have no account: invited by mail, they answer on the page behind its link.

A changed time or place mails them anew, a cancelled meeting leaves their calendars. They see one
meeting and nothing else of the consortium.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from plugins.consortia.interface import CLOSED, Seen, lock, of_ids
from plugins.links import interface as links
from plugins.links.interface import Link
from plugins.meetings import queries, rules, telling
from plugins.meetings.models import Letter, Meeting, Visitor
from plugins.meetings.telling import CANCEL, GUEST, GUEST_OFF, REQUEST
from portal import audit, db, mail
from portal.context import Context
from portal.errors import Conflict, Invalid, NotFound, TooMany
from portal.i18n import _
from portal.mail import Outbox
from portal.organisations.service import new_public_id
from portal.settings import MAIL

PURPOSE = "meetings.guest"
MOST_GUESTS, NAME_LENGTH = 30, 120
GOOD_AFTER = timedelta(days=2)
"""So long after the end a link still shows the meeting."""


def of_meeting(row: Meeting) -> list[Visitor]:
    """Return the guests of a meeting, in the order in which they were invited."""
    return list(Visitor.select().where(Visitor.meeting == row.id).order_by(Visitor.id))


def invite(
    ctx: Context, consortium: Seen, row: Meeting, email: str, name: str, language: str
) -> Visitor:
    """Invite somebody by mail. Raises Invalid with the field, Conflict, TooMany, NotAllowed."""
    address = email.strip().lower()
    if not MAIL.fullmatch(address):
        raise Invalid(_("Write the address as name@domain."), "email")
    called = rules.line(name, "name", NAME_LENGTH)
    with db.transaction():
        now, fresh = _coming(ctx, consortium, row)
        there = of_meeting(fresh)
        if address in {item.email for item in there}:
            raise Invalid(_("This person is invited already."), "email")
        if len(there) >= MOST_GUESTS:
            raise TooMany(_("At most %(most)s guests come to a meeting.", most=MOST_GUESTS))
        made: Visitor = Visitor.create(
            public_id=new_public_id(),
            meeting=fresh.id,
            email=address,
            name=called,
            language=language,
            ends_at=fresh.ends_at,
        )
        _mail(ctx, fresh, made)
        audit.record(
            ctx, "meeting.guest_invited", "meetings_meeting", row.id, personal={"email": address},
            consortium=now.id,
        )  # fmt: skip
    return made


def take_back(ctx: Context, consortium: Seen, row: Meeting, public_id: str) -> None:
    """Take an invitation back: the link ends, the guest is told, calendars learn of it."""
    with db.transaction():
        _now, fresh = _coming(ctx, consortium, row)
        found = [item for item in of_meeting(fresh) if item.public_id == public_id]
        if not found:
            raise queries.missing()
        _tell_off(ctx, consortium, fresh, found)
        Visitor.delete().where(Visitor.id == found[0].id).execute()
        audit.record(ctx, "meeting.guest_removed", "meetings_meeting", row.id)


def changed(ctx: Context, row: Meeting, at_another_time: bool) -> None:
    """Mail the guests of a meeting what changed, with a new link, inside the caller's transaction."""
    values: dict[str, Any] = {"ends_at": row.ends_at}
    if at_another_time:
        values |= {"answer": "", "answered_at": None}
    Visitor.update(**values).where(Visitor.meeting == row.id).execute()
    for item in of_meeting(row):
        links.close(ctx, PURPOSE, item.id)
        _mail(ctx, row, item)


def cancelled(ctx: Context, consortium: Seen, row: Meeting) -> None:
    """Tell the guests that a meeting is cancelled, inside the caller's transaction."""
    _tell_off(ctx, consortium, row, of_meeting(row))


def answer(ctx: Context, link: Link, said: str) -> Visitor:
    """Say whether a guest comes, until the meeting is over. Raises Invalid, Conflict, NotFound."""
    if said not in rules.ANSWERS:
        raise Invalid(_("Choose yes, maybe or no."), "answer")
    with db.transaction():
        item, row = opened(link)
        if row.cancelled_at:
            raise Conflict(_("This meeting is cancelled."))
        if row.ends_at <= ctx.clock.now():
            raise Conflict(_("This meeting is over."))
        values = {"answer": said, "answered_at": ctx.clock.now()}
        Visitor.update(**values).where(Visitor.id == item.id).execute()
        audit.record(ctx, "meeting.guest_answered", "meetings_meeting", row.id, role=link.role)
    return opened(link)[0]


def opened(link: Link) -> tuple[Visitor, Meeting]:
    """Return the guest of a link and the meeting. Raises NotFound."""
    of: Any = Visitor
    found = of.select(of, Meeting).join(Meeting).where(of.id == link.object_id)
    rows = list(found)
    if not rows:
        raise NotFound
    return rows[0], rows[0].meeting


def consortium_of(ctx: Context, row: Meeting) -> Seen:
    """Return the consortium of a meeting, for its name alone."""
    return of_ids(ctx, [row.consortium_id])[row.consortium_id]


def letter(ctx: Context, link: Any) -> tuple[str, dict[str, Any]] | None:
    """Return the mail that brings a link; nothing where there is no such meeting any more."""
    rows = list(Visitor.select(Visitor, Meeting).join(Meeting).where(Visitor.id == link.object_id))
    if not rows or rows[0].meeting.cancelled_at:
        return None
    return GUEST, _values(consortium_of(ctx, rows[0].meeting), rows[0].meeting)


def _values(consortium: Seen, row: Meeting) -> dict[str, Any]:
    return {
        "consortium": consortium.name,
        "title": row.title,
        "when": telling.when(row),
        "is_changed": row.sequence > 0,
        "demo": consortium.is_fictional,
    }


def _coming(ctx: Context, consortium: Seen, row: Meeting) -> tuple[Seen, Meeting]:
    now = lock(ctx, consortium)
    if now.state == CLOSED:
        raise Conflict(_("This consortium is closed."))
    fresh: Meeting = Meeting.get_by_id(row.id)
    if fresh.cancelled_at:
        raise Conflict(_("This meeting is cancelled."))
    if fresh.ends_at <= ctx.clock.now():
        raise Conflict(_("This meeting is over."))
    return now, fresh


def _mail(ctx: Context, row: Meeting, item: Visitor) -> None:
    links.send(
        ctx,
        purpose=PURPOSE,
        object_id=item.id,
        role="guest",
        email=item.email,
        name=item.name,
        language=item.language,
        until=row.ends_at + GOOD_AFTER,
    )
    of: Any = Outbox
    number = of.select(of.id).where(of.recipient == item.email).order_by(of.id.desc()).scalar()
    _along(int(number), row, REQUEST)


def _tell_off(ctx: Context, consortium: Seen, row: Meeting, items: Sequence[Visitor]) -> None:
    for item in items:
        links.close(ctx, PURPOSE, item.id)
        values = _values(consortium, row)
        spoken = replace(ctx, locale=item.language)
        _along(mail.enqueue(spoken, item.email, GUEST_OFF, **values), row, CANCEL)


def _along(outbox_id: int, row: Meeting, method: str) -> None:
    Letter.create(outbox_id=outbox_id, meeting=row.id, method=method, sequence=row.sequence)
