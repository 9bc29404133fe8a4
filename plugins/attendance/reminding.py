"""Reminders of what was agreed: before its day and after it, until it is done."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from plugins.attendance import owning, rules
from plugins.attendance.models import Owner
from plugins.roundtables import interface as roundtables
from plugins.roundtables.interface import Seat, Series, Table
from portal import db, mail
from portal.context import Context
from portal.i18n import day
from portal.i18n import lazy_gettext as lazy

KIND, NOTICE = "attendance/action", "attendance.action"
FROM_HOUR = 7
"""Nobody is reminded earlier in the day, on the clocks of the series."""
MOST = 200


def look_after(ctx: Context) -> int:
    """Send the reminders that are due, each once; returns how many."""
    sent = 0
    for row in list(Owner.select().where(Owner.after_at.is_null()).order_by(Owner.id)):
        found = _at(row)
        if found is None:
            with db.transaction():
                Owner.delete().where(Owner.id == row.id).execute()
            continue
        series, table, action = found
        local = ctx.clock.now().astimezone(ZoneInfo(series.zone))
        if action["done"] or series.state == "cancelled" or local.hour < FROM_HOUR:
            continue
        which = rules.reminder(
            date.fromisoformat(action["due"]),
            local.date(),
            is_before_sent=row.before_at is not None,
            is_after_sent=row.after_at is not None,
        )
        if which:
            with db.transaction():
                sent += _remind(ctx, row, which, series, table, action)
    return sent


def _at(row: Owner) -> tuple[Series, Table, dict[str, Any]] | None:
    series, action = roundtables.of_table(row.table_id), owning.action_of(row)
    if series is None or action is None or not action["due"]:
        return None
    return series, next(one for one in series.tables if one.id == row.table_id), action


def _remind(
    ctx: Context, row: Owner, which: str, series: Series, table: Table, action: dict[str, Any]
) -> int:
    field = Owner.before_at if which == "before" else Owner.after_at
    fresh = {field.name: ctx.clock.now()}
    if not Owner.update(**fresh).where(Owner.id == row.id, field.is_null()).execute():
        return 0
    seat = next(
        (
            one
            for one in roundtables.seats(series, table.id)
            if one.interest_id == row.interest_id and not one.is_withdrawn
        ),
        None,
    )
    if seat is None:
        _tell_host(ctx, series, table, action, which)
    else:
        _write(ctx, series, table, seat, action, which)
    return 1


def _write(
    ctx: Context, series: Series, table: Table, seat: Seat, action: dict[str, Any], which: str
) -> None:
    mail.enqueue(
        replace(ctx, locale=seat.lang),
        seat.email,
        KIND,
        what=action["what"],
        due=date.fromisoformat(action["due"]),
        is_over=which == "after",
        topic=table.topic,
        host=series.host_name,
        path=roundtables.page_of(seat),
        is_fictional=series.host.is_fictional,
    )


def _tell_host(
    ctx: Context, series: Series, table: Table, action: dict[str, Any], which: str
) -> None:
    title = (
        lazy("Still to do: %(what)s", what=action["what"])
        if which == "before"
        else lazy("Not done yet: %(what)s", what=action["what"])
    )
    body = lazy(
        "Agreed at the round table “%(topic)s”, to be done until %(day)s. Tick it in the outcomes "
        "when it is done; then nobody is reminded any more.",
        topic=table.topic,
        day=action["due"],
    )
    roundtables.tell_host(
        ctx, series, NOTICE, title, body, page(series, table), f"{action['id']} {which}"
    )


def page(series: Series, table: Table) -> str:
    """Return where the host ticks what is done."""
    return f"/round-tables/{series.slug}/tables/{table.public_id}/outcomes"


def waiting(ctx: Context) -> list[tuple[Series, Table, str, datetime, datetime]]:
    """Return what the actor's organisations are to do: where, what, since when, until when."""
    rows = list(Owner.select().where(Owner.interest_id.is_null()).order_by(Owner.id).limit(MOST))
    found = []
    for row in rows:
        at = _at(row)
        if at is None or at[2]["done"] or not roundtables.may_run(ctx, at[0]):
            continue
        series, table, action = at
        ends = datetime.combine(
            date.fromisoformat(action["due"]), time(23, 59), ZoneInfo(series.zone)
        )
        found.append((series, table, str(action["what"]), row.since, ends.astimezone(UTC)))
    return found


def shown(action: dict[str, Any]) -> dict[str, Any]:
    """Return an action for the page of who is reminded of it."""
    return {**action, "day": day(date.fromisoformat(action["due"])) if action["due"] else ""}
