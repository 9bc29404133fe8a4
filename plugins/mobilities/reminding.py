"""Reminding the sides of steps: once when they are due, then every week while they are late."""

from __future__ import annotations

from typing import Any

from plugins.mobilities import tasklist, telling
from plugins.mobilities.models import HOST, PLANNING, SENDING, SUPPORTING, Mobility, TaskRow
from portal import db
from portal.context import Context
from portal.i18n import lazy_gettext as lazy

MOST_AT_ONCE = 500


def remind(ctx: Context) -> int:
    """Tell those who lead steps that are due within three days, or late; returns how many reminders.

    A reminder is about all such steps of a side in a stay. The next comes a week later at the
    earliest, and none for steps that have been late for eight weeks.
    """
    today, count = ctx.clock.now().date(), 0
    for number, rows in tasklist.to_remind(today).items():
        mobility: Mobility = Mobility.get_by_id(number)
        by_side: dict[str, list[TaskRow]] = {}
        for row in rows:
            side = row.lead if row.lead in {HOST, SUPPORTING} else SENDING
            if side == SENDING or mobility.state != PLANNING:
                by_side.setdefault(side, []).append(row)
        for side, own in by_side.items():
            if count < MOST_AT_ONCE and any(tasklist.is_to_remind(row, today) for row in own):
                count += 1
                _tell(ctx, mobility, side, own)
    return count


def _tell(ctx: Context, mobility: Mobility, side: str, rows: list[TaskRow]) -> None:
    now = ctx.clock.now()
    of: Any = TaskRow
    if rows[0].due_on < now.date().isoformat():
        title = lazy("Steps are late: %(title)s", title=mobility.title)
    else:
        title = lazy("Steps are due: %(title)s", title=mobility.title)
    body = lazy("They wait on the page of the mobility, with their days.")
    with db.transaction():
        mark = f"steps {rows[-1].id} {now.date()}"
        telling.tell(ctx, mobility, [side], telling.DUE, title, body, mark)
        of.update(reminded_at=now).where(of.id.in_([row.id for row in rows])).execute()
