"""What waits for a person: hosts that are asked, reports without an answer, steps that are due."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from plugins.mobilities import linking, queries, tasklist
from plugins.mobilities.models import LIVE, PLANNING, WAITING, Mobility, PlacementRow, Report
from portal import permissions
from portal.context import Context
from portal.hookspecs import Task
from portal.i18n import _, ngettext

MOST_LISTED = 50
CALENDAR_BACK = timedelta(days=90)


def tasks(ctx: Context) -> Sequence[Task]:
    """Return what waits for the actor."""
    own = {item.id for item in queries.own_organisations(ctx)}
    if not own:
        return alarms(ctx)
    return [*alarms(ctx), *_asked(ctx), *_reported(own), *_due(ctx, own)]


def alarms(ctx: Context) -> list[Task]:
    """Return what participants reported to the actor as wrong."""
    return [
        Task(
            _("A participant says that something is wrong"),
            f"/mobilities/alarms/{row.public_id}",
            row.created_at,
            row.created_at,
            kind=_("Look now"),
        )
        for row in linking.waiting(ctx)
    ]


def _asked(ctx: Context) -> list[Task]:
    of: Any = Mobility
    rows = of.select().where(permissions.visible(ctx, of, "agree"), of.state == PLANNING)
    return [
        Task(
            _("%(name)s asks you to host: %(title)s", name=row.sending.name, title=row.title),
            f"/mobilities/{row.public_id}",
            row.created_at,
            kind=_("Mobility"),
        )
        for row in rows.order_by(of.id).limit(MOST_LISTED)
    ]


def _reported(own: set[int]) -> list[Task]:
    of: Any = Mobility
    mine = of.sending.in_(own) | of.host.in_(own) | of.supporting.in_(own)
    rows = (
        Report.select(Report, PlacementRow, Mobility)
        .join(PlacementRow)
        .join(Mobility)
        .where(Report.answer == WAITING, of.state.in_(LIVE), mine)
    )
    found = []
    for row in rows.order_by(Report.id).limit(MOST_LISTED):
        mobility: Mobility = row.placement.mobility
        sides = {
            "sending": mobility.sending_id, "host": mobility.host_id,
            "supporting": mobility.supporting_id,
        }  # fmt: skip
        if any(number in own for side, number in sides.items() if side != row.side):
            title = _("Does it end as planned? %(title)s", title=mobility.title)
            found.append(
                Task(
                    title,
                    f"/mobilities/{mobility.public_id}",
                    row.made_at,
                    row.made_at + timedelta(days=7),
                    kind=_("Report to confirm"),
                )
            )
    return found


def _due(ctx: Context, own: set[int]) -> list[Task]:
    today = ctx.clock.now().date()
    by_mobility: dict[int, list[Any]] = {}
    known: dict[int, Mobility] = {}
    for row, mobility in tasklist.due(own, today + tasklist.LOOK_AHEAD):
        by_mobility.setdefault(mobility.id, []).append(row)
        known[mobility.id] = mobility
    return [
        Task(
            ngettext(
                "%(num)s step is due: %(title)s",
                "%(num)s steps are due: %(title)s",
                len(rows),
                title=known[number].title,
            ),
            f"/mobilities/{known[number].public_id}/steps",
            known[number].created_at,
            _evening(date.fromisoformat(rows[0].due_on)),
            kind=_("Mobility"),
        )
        for number, rows in list(by_mobility.items())[:MOST_LISTED]
    ]


def _evening(day: date) -> datetime:
    return datetime.combine(day, time(18), UTC)


def calendar(ctx: Context) -> Sequence[Mapping[str, Any]]:
    """Return the stays of the actor's organisations, from three months ago on."""
    since = (ctx.clock.now().date() - CALENDAR_BACK).isoformat()
    rows = [
        row
        for row in queries.mine(ctx, since=since)
        if row.state not in {"cancelled", "did_not_happen"}
    ]
    return [
        {
            "uid": f"mobility {row.public_id}",
            "title": f"{row.title}: {row.sending.name} → {row.host.name}",
            "start": row.first_day,
            "end": row.last_day + timedelta(days=1),
            "url": f"/mobilities/{row.public_id}",
        }
        for row in rows
    ]
