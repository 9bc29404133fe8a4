"""On which days something repeats (RFC 5545, 3.3.10): on plain values.

The periods of a rule are gone through one after the other and their days looked at, so that the work
is bounded by days, whatever a file asks for. What repeats within a day is left to others.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

PERIODS = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
KNOWN = {
    "FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST",
    "BYDAY", "BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYSETPOS",
}  # fmt: skip
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
Rule = Mapping[str, Sequence[Any]]


class TooMuch(ValueError):
    """The rule can't be followed: it is unknown, or goes through too many days."""


class Budget:
    """How many days may be looked at in all, for one file."""

    def __init__(self, days: int) -> None:
        self.days = days

    def spend(self, days: int) -> None:
        """Count days. Raises TooMuch when none are left."""
        self.days -= days
        if self.days < 0:
            raise TooMuch


def days(rule: Rule, start: date, last: date, budget: Budget) -> Iterator[date]:
    """Return the days on which a rule repeats from `start` to `last`, the first one first.

    A start that the rule leaves out is not among them. Raises TooMuch.
    """
    period, interval = str(_one(rule, "FREQ", "")).upper(), int(_one(rule, "INTERVAL", 1))
    if period not in PERIODS or set(rule) - KNOWN or not 1 <= interval <= 10_000:
        raise TooMuch
    count = int(_one(rule, "COUNT", 0))
    picks = [int(value) for value in rule.get("BYSETPOS", ())]
    found = 0
    for span in _periods(period, interval, start, last, str(_one(rule, "WKST", "MO"))):
        budget.spend(len(span))
        fitting = [day for day in span if _fits(rule, period, day, start)]
        if picks:
            size = len(fitting)
            at = {pick - 1 if pick > 0 else size + pick for pick in picks}
            fitting = [day for index, day in enumerate(fitting) if index in at]
        for day in fitting:
            if day > last:
                return
            if day >= start:
                yield day
                found += 1
                if found == count:
                    return


def _one(rule: Rule, name: str, default: Any) -> Any:
    values = rule.get(name) or [default]
    return values[0]


def _periods(
    period: str, interval: int, start: date, last: date, week_start: str
) -> Iterator[list[date]]:
    if period in ("DAILY", "WEEKLY"):
        length = 1 if period == "DAILY" else 7
        first = start
        if period == "WEEKLY" and week_start in WEEKDAYS:
            first -= timedelta(days=(start.weekday() - WEEKDAYS.index(week_start)) % 7)
        step = timedelta(days=length * interval)
        while first <= last:
            yield [first + timedelta(days=at) for at in range(length)]
            first += step
        return
    months = 1 if period == "MONTHLY" else 12
    at = start.year * 12 + (start.month - 1 if months == 1 else 0)
    while at <= last.year * 12 + last.month - 1:
        first = date(at // 12, at % 12 + 1, 1)
        ends = date((at + months) // 12, (at + months) % 12 + 1, 1)
        yield [first + timedelta(days=day) for day in range((ends - first).days)]
        at += months * interval


def _fits(rule: Rule, period: str, day: date, start: date) -> bool:
    months = {int(value) for value in rule.get("BYMONTH", ())}
    if months and day.month not in months:
        return False
    of_month = {int(value) for value in rule.get("BYMONTHDAY", ())}
    size = calendar.monthrange(day.year, day.month)[1]
    if of_month and not of_month & {day.day, day.day - size - 1}:
        return False
    of_year = {int(value) for value in rule.get("BYYEARDAY", ())}
    year, at = 366 if calendar.isleap(day.year) else 365, day.timetuple().tm_yday
    if of_year and not of_year & {at, at - year - 1}:
        return False
    wanted = [str(value).upper() for value in rule.get("BYDAY", ())]
    if wanted:
        in_month = period == "MONTHLY" or bool(months)
        nth = (day.day, size) if in_month else (at, year)
        return any(_is_day(value, day, *nth) for value in wanted)
    if of_month or of_year or period == "DAILY":
        return True
    if period == "WEEKLY":
        return day.weekday() == start.weekday()
    is_month = period == "MONTHLY" or bool(months) or day.month == start.month
    return day.day == start.day and is_month


def _is_day(value: str, day: date, at: int, size: int) -> bool:
    """Whether a day is such as "MO", "2MO" (the second one) or "-1MO" (the last one)."""
    name, number = value[-2:], value[:-2]
    if name not in WEEKDAYS or WEEKDAYS.index(name) != day.weekday():
        return False
    if number in ("", "+"):
        return True
    return int(number) in ((at - 1) // 7 + 1, -((size - at) // 7 + 1))
