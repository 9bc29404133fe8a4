"""Reminding the sides of steps that are due, once for each."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from plugins.mobilities import tasklist, telling
from plugins.mobilities.models import HOST, PLANNING, SENDING, SUPPORTING, Mobility, TaskRow
from portal import db
from portal.context import Context
from portal.i18n import lazy_gettext as lazy

BEFORE = timedelta(days=3)
MOST_AT_ONCE = 500


def remind(ctx: Context) -> int:
    """Tell those who lead steps that are due within three days; returns how many mobilities."""
    until = ctx.clock.now().date() + BEFORE
    found = tasklist.to_remind(until)
    for number, rows in list(found.items())[:MOST_AT_ONCE]:
        with db.transaction():
            _tell(ctx, Mobility.get_by_id(number), rows)
    return len(found)


def _tell(ctx: Context, mobility: Mobility, rows: list[TaskRow]) -> None:
    by_side: dict[str, list[TaskRow]] = {}
    for row in rows:
        side = row.lead if row.lead in {HOST, SUPPORTING} else SENDING
        if side == SENDING or mobility.state != PLANNING:
            by_side.setdefault(side, []).append(row)
    for side, own in by_side.items():
        title = lazy("Steps are due: %(title)s", title=mobility.title)
        body = lazy("They wait on the page of the mobility, with their days.")
        mark = f"steps {own[-1].id}"
        telling.tell(ctx, mobility, [side], telling.DUE, title, body, mark)
    told = [row.id for own in by_side.values() for row in own]
    of: Any = TaskRow
    of.update(reminded_at=ctx.clock.now()).where(of.id.in_(told)).execute()
