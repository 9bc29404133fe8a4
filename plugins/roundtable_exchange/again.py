"""A table that happens again: on which days, at the same time of day, and the tables made of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from plugins.calendars.interface import moment
from plugins.roundtable_exchange import repeating
from plugins.roundtables import interface as roundtables
from plugins.roundtables.interface import Series, Table
from portal import audit
from portal.context import Context
from portal.errors import Conflict, Invalid
from portal.i18n import _, day

WEEK, FORTNIGHT, MONTH_DAY, MONTH_WEEKDAY = "week", "fortnight", "day", "weekday"
MOST_TIMES, YEARS = 24, 3
OPEN = ("draft", "published")
"""States of a series that takes more tables."""


def check_open(series: Series) -> None:
    """Refuse a series whose registration is over. Raises Conflict."""
    if series.state not in OPEN:
        raise Conflict(_("Registration is over. Copy the series for more round tables."))


def days(start: date, way: str, times: int) -> list[date]:
    """Return the days after the first one; at most three years ahead.

    The same day of the month leaves out months that lack it. The fifth weekday of a month is taken
    for its last one.
    """
    at, name = (start.day - 1) // 7 + 1, repeating.WEEKDAYS[start.weekday()]
    rules: dict[str, repeating.Rule] = {
        WEEK: {"FREQ": ["WEEKLY"]},
        FORTNIGHT: {"FREQ": ["WEEKLY"], "INTERVAL": [2]},
        MONTH_DAY: {"FREQ": ["MONTHLY"]},
        MONTH_WEEKDAY: {"FREQ": ["MONTHLY"], "BYDAY": [f"{at if at < 5 else -1}{name}"]},
    }
    last = start + timedelta(days=366 * YEARS)
    found = repeating.days(rules[way], start, last, repeating.Budget(366 * (YEARS + 1)))
    return list(islice((one for one in found if one > start), times))


def first_day(series: Series, table: Table) -> date:
    """Return the day of a table on the calendars of its series."""
    return table.starts_at.astimezone(ZoneInfo(series.zone)).date()


def _start(on: date, clock: str, zone: str) -> datetime:
    try:
        return moment(on, clock, zone, "days")
    except Invalid as error:
        raise Invalid(f"{day(on)}: {error.message}", "days") from None


def repeat(ctx: Context, series: Series, table: Table, on: Sequence[date]) -> int:
    """Add tables like one on other days, when clocks there show the same time; returns how many.

    Raises Invalid for none and for a day that lacks the hour, Conflict, TooMany.
    """
    check_open(series)
    if not on:
        raise Invalid(_("Choose at least one day."), "days")
    if len(on) > MOST_TIMES:
        raise Invalid(_("Choose at most %(num)s days.", num=MOST_TIMES), "days")
    clock = f"{table.starts_at.astimezone(ZoneInfo(series.zone)):%H:%M}"
    starts = [_start(one, clock, series.zone) for one in sorted(set(on))]
    roundtables.repeat(ctx, series, table, starts)
    audit.record(ctx, "round_table.repeated", "roundtables_series", series.id, count=len(starts))
    return len(starts)
