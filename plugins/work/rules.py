"""What a work plan may say: days, what needs what, money, periods. On plain values, no database."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from plugins.consortia.interface import line, plain
from plugins.work.models import DELIVERABLE, MILESTONE, TASK
from portal.errors import Invalid
from portal.i18n import _, money
from portal.i18n import day as written

KINDS = (TASK, MILESTONE, DELIVERABLE)
PERIODS = ("month", "quarter", "own")
TITLE_LENGTH, TEXT_LENGTH = 200, 4_000
MOST_PACKAGES, MOST_ITEMS, MOST_NEEDS = 60, 600, 20
MOST_CENTS = 100_000_000_000
SOON = 7
"""Days before the due day on which people are reminded for the first time."""
LONGEST = 5 * 366
_MONEY = re.compile(r"(\d{1,10})(?:[.,](\d{1,2}))?")


@dataclass(frozen=True)
class Span:
    """A piece of work and its days, ISO dates; a milestone has only the day it is due."""

    id: int
    title: str
    starts_on: str
    ends_on: str

    @property
    def begins_on(self) -> str:
        """The day before which what it needs must be there."""
        return self.starts_on or self.ends_on


def shown(day: str) -> str:
    """Return an ISO date as people write it; an ellipsis for none."""
    return written(date.fromisoformat(day), "medium") if day else "…"


def texts(values: Mapping[str, Any], long: str) -> dict[str, str]:
    """Return the title and the long text as they are stored. Raises Invalid naming the field."""
    found = {"title": line(values["title"]), long: plain(values[long])}
    if not found["title"]:
        raise Invalid(_("Fill this in; it can't stay empty."), field="title")
    for name, most in (("title", TITLE_LENGTH), (long, TEXT_LENGTH)):
        if len(found[name]) > most:
            raise Invalid(_("Write at most %(most)s characters.", most=most), field=name)
    return found


def within(values: Mapping[str, Any], frames: Iterable[tuple[str, str, str]]) -> dict[str, str]:
    """Return typed days as ISO dates; they lie in all frames: (name, first day, last day).

    A frame without a day is open on that side. Raises Invalid naming the field, the frame and what
    to do.
    """
    starts_on, ends_on = values["starts_on"], values["ends_on"]
    if starts_on and ends_on and ends_on < starts_on:
        raise Invalid(_("The last day can't come before the first."), field="ends_on")
    for field, day in (("starts_on", starts_on), ("ends_on", ends_on)):
        if day is None:
            continue
        if not 2000 <= day.year <= 2100:
            raise Invalid(_("Choose a day between 2000 and 2100."), field=field)
        for name, first, last in frames:
            if (first and day.isoformat() < first) or (last and day.isoformat() > last):
                raise Invalid(
                    _(
                        "This lies outside “%(name)s”, which runs from %(first)s to %(last)s. "
                        "Choose another day, or change those days first.",
                        name=name,
                        first=shown(first),
                        last=shown(last),
                    ),
                    field=field,
                )
    days = {"starts_on": starts_on, "ends_on": ends_on}
    return {name: day.isoformat() if day else "" for name, day in days.items()}


# What needs what


def circle(needs: Mapping[int, Collection[int]], item: int, new: int) -> list[int]:
    """Return the circle that would close if `item` needed `new`, from item to item; empty if none.

    It is the shortest; of several as short the one through lower numbers.
    """
    before: dict[int, int] = {new: item}
    waiting = deque([new])
    while waiting:
        now = waiting.popleft()
        if now == item:
            way = [item]
            while now != item or len(way) == 1:
                now = before[now]
                way.append(now)
            return way[::-1]
        for further in sorted(needs.get(now, ())):
            if further not in before:
                before[further] = now
                waiting.append(further)
    return []


def check_need(
    spans: Mapping[int, Span], needs: Mapping[int, Collection[int]], item: int, new: int
) -> None:
    """Refuse that an item needs another one. Raises Invalid naming the circle, or the two days."""
    way = circle(needs, item, new)
    if way:
        names = " → ".join(f"“{spans[number].title}”" for number in way)
        raise Invalid(
            _(
                "This would go round in a circle: %(circle)s. Take one of these steps out.",
                circle=names,
            ),
            field="needs",
        )
    if spans[item].begins_on < spans[new].ends_on:
        raise Invalid(too_early(spans[item], spans[new]), field="needs")


def too_early(item: Span, needed: Span) -> str:
    """Say that an item begins before what it needs is there, and what to do."""
    return _(
        "“%(item)s” begins on %(begins)s, but needs “%(needed)s”, which is due on %(due)s. Move one "
        "of the two, or say that it does not need it.",
        item=item.title,
        begins=shown(item.begins_on),
        needed=needed.title,
        due=shown(needed.ends_on),
    )


def check_moved(
    spans: Mapping[int, Span], needs: Mapping[int, Collection[int]], moved: Span
) -> None:
    """Refuse new days of an item that break what it needs or what needs it. Raises Invalid."""
    for new in sorted(needs.get(moved.id, ())):
        if moved.begins_on < spans[new].ends_on:
            field = "starts_on" if moved.starts_on else "ends_on"
            raise Invalid(too_early(moved, spans[new]), field=field)
    for item in sorted(number for number, wanted in needs.items() if moved.id in wanted):
        if spans[item].begins_on < moved.ends_on:
            raise Invalid(too_early(spans[item], moved), field="ends_on")


# Money


def cents(text: str, field: str) -> int:
    """Read an amount in euro as whole cents; nothing written is nothing. Raises Invalid."""
    typed = re.sub(r"[\s\u00a0\u202f'’€]", "", text or "")
    found = _MONEY.fullmatch(typed)
    amount = int(found[1]) * 100 + int((found[2] or "").ljust(2, "0")) if found else 0
    if (typed and found is None) or amount > MOST_CENTS:
        raise Invalid(
            _("Write the amount in euro as digits, such as 12500 or 12500.50."), field=field
        )
    return amount


def check_shares(total: int, shares: Iterable[int]) -> None:
    """Refuse shares that do not add up to the total; none at all is fine. Raises Invalid."""
    amounts = list(shares)
    together = sum(amounts)
    if not any(amounts) or together == total:
        return
    told = {"shares": money(together), "total": money(total), "gap": money(abs(total - together))}
    if together < total:
        text = _(
            "The shares add up to %(shares)s, the budget is %(total)s: %(gap)s is not given to "
            "anybody yet. Raise a share or lower the budget.",
            **told,
        )
    else:
        text = _(
            "The shares add up to %(shares)s, the budget is %(total)s: that is %(gap)s too much. "
            "Lower a share or raise the budget.",
            **told,
        )
    raise Invalid(text, field="cents")


# Days


def reminder(due: str, today: date) -> str:
    """Return which reminder is due: "soon", "due" (on the day or just after), "late 1", ... or none."""
    left = (date.fromisoformat(due) - today).days
    if left > SOON:
        return ""
    if left > 0:
        return "soon"
    weeks = -left // 7
    return f"late {weeks}" if weeks else "due"


def period(kind: str, day: date) -> tuple[date, date]:
    """Return the first and last day of the month or quarter in which a day lies."""
    months = 3 if kind == "quarter" else 1
    first = date(day.year, (day.month - 1) // months * months + 1, 1)
    return first, _months_after(first, months) - timedelta(days=1)


def _months_after(first: date, months: int) -> date:
    at = first.year * 12 + first.month - 1 + months
    return date(at // 12, at % 12 + 1, 1)


def shifted(kind: str, first: date, last: date, by: int) -> tuple[date, date]:
    """Return the period before or after: the whole month or quarter, or as many days."""
    if kind == "own":
        days = timedelta(days=((last - first).days + 1) * by)
        return first + days, last + days
    return period(kind, _months_after(first, by * (3 if kind == "quarter" else 1)))


def due_report(every: str, reported_on: str, today: date) -> date | None:
    """Return the last day of the period of which a report is due; None when nothing is."""
    if every not in {"month", "quarter"}:
        return None
    last = period(every, today)[0] - timedelta(days=1)
    return last if last.isoformat() > reported_on else None
