"""What happens by itself: counts at the deadline, reminders before meetings, deadlines and days."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from plugins.consortia.interface import CLOSED, Seen, of_ids
from plugins.meetings import deciding, queries, rules, telling
from plugins.meetings.models import NOTED, OPEN, Action, Answer, Decision, Meeting
from portal import db
from portal.context import Context
from portal.i18n import lazy_gettext as lazy

BEFORE_MEETING = timedelta(hours=24)
BEFORE_DEADLINE = timedelta(hours=48)
DAYS_BEFORE = 3


def look_after(ctx: Context) -> None:
    """Count what is due, then remind; each thing once, in a transaction of its own."""
    deciding.count_due(ctx)
    now = ctx.clock.now()
    meeting: Any = Meeting
    _each(
        ctx,
        meeting.select().where(
            meeting.reminded_at.is_null(),
            meeting.cancelled_at.is_null(),
            meeting.starts_at > now,
            meeting.starts_at <= now + BEFORE_MEETING,
        ),
        _remind_of_meeting,
    )
    decision: Any = Decision
    _each(
        ctx,
        decision.select().where(
            decision.reminded_at.is_null(),
            decision.state == OPEN,
            decision.way != NOTED,
            decision.closes_at > now,
            decision.closes_at <= now + BEFORE_DEADLINE,
        ),
        _remind_of_decision,
    )
    action: Any = Action
    last = (now.date() + timedelta(days=DAYS_BEFORE)).isoformat()
    _each(
        ctx,
        action.select().where(
            action.reminded_at.is_null(), action.done_at.is_null(), action.due_on <= last
        ),
        _remind_of_action,
    )


def _each(ctx: Context, query: Any, remind: Callable[[Context, Seen, Any], None]) -> None:
    rows: Sequence[Any] = list(query)
    consortia = of_ids(ctx, {row.consortium_id for row in rows})
    for row in rows:
        kind = type(row)
        with db.transaction():
            of = (kind.id == row.id, kind.reminded_at.is_null())
            taken = kind.update(reminded_at=ctx.clock.now()).where(*of).execute()
            if taken and consortia[row.consortium_id].state != CLOSED:
                remind(ctx, consortia[row.consortium_id], row)


def _remind_of_meeting(ctx: Context, consortium: Seen, row: Meeting) -> None:
    """Remind those who did not say no."""
    of: Any = Answer
    no = of.select(of.account).where(of.meeting == row.id, of.answer == rules.NO)
    ids = [item.id for item in queries.guests(row)]
    away = {number for (number,) in no.tuples()}
    come = {account for account, _of in queries.people(ids)} - away
    title = lazy("Soon: %(title)s (%(name)s)", title=row.title, name=consortium.name)
    body = lazy("It begins on %(when)s. The way in is on the page.", when=telling.when(row))
    url = telling.base_of(consortium, row)
    telling.tell(ctx, consortium, ids, telling.SOON, title, body, url, come)


def _remind_of_decision(ctx: Context, consortium: Seen, row: Decision) -> None:
    """Remind the members that have not spoken."""
    spoken = set(queries.voices(row))
    ids = [item.id for item in queries.members(consortium) if item.id not in spoken]
    title = lazy("%(name)s waits for you: %(title)s", name=consortium.name, title=row.title)
    body = lazy("Speak for your organisation until %(when)s.", when=deciding.until(row))
    url = telling.base_of(consortium, row, "decisions")
    telling.tell(ctx, consortium, ids, telling.DECIDING, title, body, url)


def _remind_of_action(ctx: Context, consortium: Seen, row: Action) -> None:
    title = lazy("To be done by %(day)s: %(title)s", day=telling.Day(row.due_on), title=row.title)
    url = telling.base_of(consortium, part="actions")
    telling.tell(ctx, consortium, [row.organisation_id], telling.ACTION, title, "", url)
