"""Time zones that a calendar file defines itself (RFC 5545, 3.6.5), where their name says nothing here.

Followed is what such files hold: onsets at a moment, listed ones, and those that come once a year.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from plugins.roundtable_exchange import repeating

OFFSET = re.compile(r"([+-])(\d\d)(\d\d)(\d\d)?")
MOST_CHANGES, MOST_MOMENTS, DAYS_OF_YEARS = 200, 1_000, 20_000


@dataclass(frozen=True)
class Change:
    """Clocks stand `offset` ahead of UTC from each of `moments` on, and yearly by `rule` until a day."""

    offset: timedelta
    before: timedelta
    moments: tuple[datetime, ...]
    rule: dict[str, list[str]]
    last: date

    def onsets(self, year: int, budget: repeating.Budget) -> Iterator[datetime]:
        """Return when it begins in a year, on the clocks before it."""
        start = self.moments[0]
        yield from (at for at in self.moments if at.year == year)
        if self.rule and start.year <= year:
            ends = min(date(year, 12, 31), self.last)
            for day in repeating.days(self.rule, date(year, 1, 1), ends, budget):
                at = datetime.combine(day, start.time())
                if at > start:
                    yield at


class OwnZone(tzinfo):
    """A zone of a file. Raises ValueError for a definition that can't be followed."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._budget = repeating.Budget(DAYS_OF_YEARS)
        self._changes = sorted(_changes(lines), key=lambda change: change.moments[0])
        self._years: dict[int, list[tuple[datetime, timedelta]]] = {}
        if not self._changes:
            raise ValueError("a zone without offsets")
        if sum(len(one.moments) for one in self._changes) > MOST_MOMENTS:
            raise repeating.TooMuch

    def _of_year(self, year: int) -> list[tuple[datetime, timedelta]]:
        if year not in self._years:
            pairs = ((at, one.offset) for one in self._changes
                     for at in one.onsets(year, self._budget))  # fmt: skip
            self._years[year] = sorted(pairs)
        return self._years[year]

    def utcoffset(self, at: datetime | None) -> timedelta:
        """Return how far clocks are ahead of UTC."""
        if at is None:
            return timedelta(0)
        wall = at.replace(tzinfo=None)
        known = {moment.year for one in self._changes for moment in one.moments}
        known |= {one.last.year for one in self._changes if one.rule}
        earlier = sorted((year for year in known if year < wall.year - 1), reverse=True)
        for year in (wall.year, wall.year - 1, *earlier):
            passed = [offset for onset, offset in self._of_year(year) if onset <= wall]
            if passed:
                return passed[-1]
        return self._changes[0].before

    def dst(self, at: datetime | None) -> timedelta:
        """Return nothing: what part of the offset is for summer does not matter here."""
        return timedelta(0)

    def tzname(self, at: datetime | None) -> str:
        """Return no name of its own."""
        return "own"


def _changes(lines: Sequence[str]) -> Iterator[Change]:
    found: list[tuple[str, str]] | None = None
    count = 0
    for line in lines:
        head = line.upper()
        if head in ("BEGIN:STANDARD", "BEGIN:DAYLIGHT"):
            found, count = [], count + 1
            if count > MOST_CHANGES:
                raise repeating.TooMuch
        elif head in ("END:STANDARD", "END:DAYLIGHT") and found is not None:
            yield _change(found)
            found = None
        elif found is not None:
            name, _colon, value = line.partition(":")
            found.append((name.partition(";")[0].upper(), value.strip()))


def _change(rows: list[tuple[str, str]]) -> Change:
    once = dict(rows)
    listed = [part for name, value in rows if name == "RDATE" for part in value.split(",")]
    moments = [_moment(once["DTSTART"]), *sorted(_moment(part) for part in listed)]
    rule, last = {}, date.max
    if "RRULE" in once:
        pairs = (part.partition("=") for part in once["RRULE"].upper().split(";") if part)
        rule = {name: value.replace(" ", "").split(",") for name, _sign, value in pairs}
        until = rule.pop("UNTIL", None)
        last = _moment(until[0]).date() if until else last
        is_yearly = rule.get("FREQ") == ["YEARLY"] and rule.get("INTERVAL", ["1"]) == ["1"]
        if not is_yearly or "COUNT" in rule or "BYMONTH" not in rule:
            raise repeating.TooMuch
    after, before = _offset(once["TZOFFSETTO"]), _offset(once["TZOFFSETFROM"])
    return Change(after, before, tuple(moments), rule, last)


def _moment(text: str) -> datetime:
    whole = text.rstrip("Z") if "T" in text else f"{text}T000000"
    return datetime.strptime(whole, "%Y%m%dT%H%M%S")


def _offset(text: str) -> timedelta:
    found = OFFSET.fullmatch(text)
    if found is None:
        raise ValueError(text)
    span = timedelta(hours=int(found[2]), minutes=int(found[3]), seconds=int(found[4] or 0))
    if span >= timedelta(hours=24):
        raise ValueError(text)
    return -span if found[1] == "-" else span
