"""Read calendar files (RFC 5545): meetings that may become tables, and what can't be read, by name.

The library reads properties. Definitions of time zones are taken out before it sees a file, because it
would keep them for everybody, and a rule in one can take hours to follow; `defined` reads those.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from plugins.calendars.interface import zones
from plugins.roundtable_exchange import repeating
from plugins.roundtable_exchange.defined import OwnZone
from portal.i18n import _, ngettext
from portal.later import Later

ical = Later("icalendar")

LARGEST, MOST_LINES, MOST_PARTS, MOST_DAYS = 500_000, 10_000, 500, 40_000
"""Bytes, lines and parts of a file, and days that all its repetitions may go through."""
USUAL_MINUTES, MOST_MINUTES, LONGEST_TITLE = 60, 720, 160
NAMES = ("TZID", "X-LIC-LOCATION")
FOLDED = re.compile(rb"\r?\n[ \t]")
BROKEN = (
    ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, OSError,
    RecursionError, NotImplementedError,
)  # fmt: skip
"""What the library raises for files that are broken on purpose."""


@dataclass(frozen=True)
class Entry:
    """A meeting of a file. `clock` is "" where the file has no time that can be taken.

    Day and time are on the clocks of the series. `hints` say what to look at.
    """

    title: str
    day: date
    clock: str
    minutes: int
    source: str
    hints: tuple[str, ...] = ()
    at: datetime = field(default=datetime(1970, 1, 1, tzinfo=UTC), compare=False)

    @property
    def is_ready(self) -> bool:
        """Whether it can be taken as it is."""
        return bool(self.title and self.clock and self.minutes <= MOST_MINUTES)


@dataclass
class Reading:
    """What files hold: meetings to come, the first one first, and what was refused, with the reason."""

    entries: list[Entry] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)


class _Unreadable(ValueError):
    """The reason for which a meeting can't be read, in words for people."""


@dataclass(frozen=True)
class _Start:
    """When a meeting begins: a wall clock in a zone, or a whole day."""

    day: date
    clock: time | None
    zone: tzinfo
    hints: tuple[str, ...] = ()

    def on(self, day: date) -> datetime:
        """Return the moment on another day."""
        return datetime.combine(day, self.clock or time(0), self.zone).astimezone(UTC)


def read(
    files: list[tuple[str, bytes]], zone: str, now: datetime, ahead: timedelta, most: int
) -> Reading:
    """Read files, each a name and its bytes, for a series that thinks in `zone`.

    Repeating meetings are told apart until `ahead` from now. At most `most` entries are returned.
    """
    told = Reading()
    for name, data in files:
        _File(name, zone, now, ahead).read(data, told)
    told.entries.sort(key=lambda entry: (entry.at, entry.title))
    if len(told.entries) > most:
        left = len(told.entries) - most
        words = ngettext(
            "%(num)s later meeting is left out.", "%(num)s later meetings are left out.", left
        )
        told.refused.append((_("All files"), words))
        del told.entries[most:]
    return told


class _File:
    def __init__(self, name: str, zone: str, now: datetime, ahead: timedelta) -> None:
        self.name, self.zone, self.now = name, ZoneInfo(zone), now
        self.last = (now + ahead).date()
        self.budget = repeating.Budget(MOST_DAYS)
        self.known: dict[str, str] = {}
        self.lines: dict[str, list[str]] = {}
        self.own: dict[str, tzinfo] = {}

    def read(self, data: bytes, told: Reading) -> None:
        try:
            events = self._events(data)
        except _Unreadable as error:
            told.refused.append((self.name, str(error)))
            return
        except BROKEN:
            told.refused.append((self.name, _("This is no calendar file that can be read.")))
            return
        if not events:
            told.refused.append((self.name, _("There is no meeting in this file.")))
        own = {_uid(event) for event in events}
        changed = {uid: self._changed(events, uid) for uid in own if uid}
        found: dict[tuple[str, datetime], Entry] = {}
        over = 0
        for at, event in enumerate(events, 1):
            title = _title(event)
            try:
                for entry in self._entries(event, title, changed.get(_uid(event), set())):
                    is_over = entry.at <= self.now
                    over += is_over
                    if not is_over:
                        found[_uid(event) or str(at), entry.at] = entry
            except _Unreadable as error:
                told.refused.append((self._named(title, at), str(error)))
            except BROKEN:
                words = _("Its day and time can't be read.")
                told.refused.append((self._named(title, at), words))
        told.entries += found.values()
        if over and not found:
            words = ngettext("%(num)s meeting is over.", "%(num)s meetings are over.", over)
            told.refused.append((self.name, words))

    def _named(self, title: str, at: int) -> str:
        return f"{self.name}: {title or _('meeting %(num)s', num=at)}"

    def _events(self, data: bytes) -> list[Any]:
        if len(data) > LARGEST:
            raise _Unreadable(_("The file is larger than 500 kB."))
        lines = self._lines(data)
        if not lines:
            raise _Unreadable(_("The file is empty."))
        whole = ical.Calendar.from_ical("\r\n".join(lines), multiple=True)
        return [event for part in whole for event in part.walk("VEVENT")]

    def _lines(self, data: bytes) -> list[str]:
        """Return the lines of a file without definitions of time zones; notes what those are called."""
        plain = FOLDED.sub(b"", data)
        try:
            text = plain.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = plain.decode("latin-1")
        rows = [line.strip("\r\ufeff") for line in text.split("\n")]
        rows = [line for line in rows if line.strip()]
        heads = [line.upper() for line in rows]
        parts = sum(line.startswith("BEGIN:") for line in heads)
        if len(rows) > MOST_LINES or parts > MOST_PARTS:
            raise _Unreadable(_("The file holds too much. Save fewer meetings into it."))
        kept: list[str] = []
        zone: list[str] | None = None
        for line, head in zip(rows, heads, strict=True):
            if head == "BEGIN:VTIMEZONE":
                zone = []
            elif head == "END:VTIMEZONE":
                self._define(zone or [])
                zone = None
            elif zone is None:
                kept.append(line)
            else:
                zone.append(line)
        return kept

    def _define(self, lines: list[str]) -> None:
        """Keep a definition of a time zone under its name."""
        values = {line.partition(":")[0].partition(";")[0].upper(): line for line in lines}
        named = {name: values.get(name, "").partition(":")[2].strip() for name in NAMES}
        self.known[named["TZID"]] = named["X-LIC-LOCATION"]
        self.lines[named["TZID"]] = lines

    def _changed(self, events: list[Any], uid: str) -> set[datetime]:
        """Return which repetitions of a meeting another entry of the file replaces."""
        found = set()
        for event in events:
            moved = event.get("RECURRENCE-ID")
            if moved is not None and _uid(event) == uid:
                try:
                    start = self._start(moved)
                    found.add(start.on(start.day))
                except BROKEN:
                    continue
        return found

    def _entries(self, event: Any, title: str, changed: set[Any]) -> Iterator[Entry]:
        if str(event.get("STATUS", "")).upper() == "CANCELLED":
            raise _Unreadable(_("It is cancelled."))
        start = self._start(event.get("DTSTART"))
        minutes, hints = self._length(event, start)
        moments = {start.on(start.day)}
        is_alone = event.get("RECURRENCE-ID") is not None
        if not is_alone:
            try:
                moments = self._repeated(event, start)
            except BROKEN:
                words = _("It repeats in a way that can't be followed: only the first one is here.")
                hints = (*hints, words)
            moments -= changed
        for at in sorted(moments):
            yield self._entry(title, start, at, minutes, (*start.hints, *hints))

    def _entry(
        self, title: str, start: _Start, at: datetime, minutes: int, hints: tuple[str, ...]
    ) -> Entry:
        if start.clock is None:
            words = _("It lasts a whole day: write when it begins and how long it is.")
            return Entry(title, at.astimezone(start.zone).date(), "", USUAL_MINUTES, self.name,
                         (words, *hints), at + timedelta(days=1) - timedelta(minutes=1))  # fmt: skip
        local = at.astimezone(self.zone)
        clock = f"{local:%H:%M}"
        if local.fold:
            words = _(
                "On this day clocks go back, and the file means the second of two equal hours. Write another time."
            )
            clock, hints = "", (words, *hints)
        if minutes > MOST_MINUTES:
            hints = (_("It is longer than twelve hours: write how long the table is."), *hints)
        return Entry(title, local.date(), clock, minutes, self.name, hints, at)

    def _start(self, prop: Any) -> _Start:
        value = getattr(prop, "dt", None)
        if prop is None:
            raise _Unreadable(_("It has no day."))
        if isinstance(value, datetime):
            zone, hints = self._zone_of(prop, value)
            clock = value.time().replace(tzinfo=None, second=0, microsecond=0)
            return _Start(value.date(), clock, zone, hints)
        if isinstance(value, date):
            return _Start(value, None, self.zone)
        raise _Unreadable(_("Its day and time can't be read."))

    def _zone_of(self, prop: Any, value: datetime) -> tuple[tzinfo, tuple[str, ...]]:
        if value.tzinfo is not None:
            return value.tzinfo, ()
        name = str(prop.params.get("TZID", "")).strip('"')
        place = self.known.get(name, "")
        if place in zones():
            return ZoneInfo(place), ()
        if name in self.lines:
            with contextlib.suppress(*BROKEN):  # tried once: it may be slow on purpose
                zone = OwnZone(self.lines.pop(name))
                zone.utcoffset(value)
                self.own[name] = zone
        if name in self.own:
            return self.own[name], ()
        if name:
            words = _(
                "The time zone “%(name)s” of the file is not known here: look at the time.",
                name=name[:60],
            )
        else:
            words = _("The file names no time zone: the time is taken for that of the series.")
        return self.zone, (words,)

    def _length(self, event: Any, start: _Start) -> tuple[int, tuple[str, ...]]:
        """Return how many minutes a meeting lasts, and what to look at."""
        ends, lasts = event.get("DTEND"), event.get("DURATION")
        if ends is not None:
            end = self._start(ends)
            if (end.clock is None) != (start.clock is None):
                raise _Unreadable(_("Its beginning and its end do not go together."))
            span = end.on(end.day) - start.on(start.day)
        elif lasts is not None:
            span = getattr(lasts, "dt", timedelta.min)
            if not isinstance(span, timedelta) or span == timedelta.min:
                raise _Unreadable(_("How long it lasts can't be read."))
        else:
            words = _("The file names no end: an hour is assumed.")
            return USUAL_MINUTES, (words,) if start.clock else ()
        if span < timedelta(0):
            raise _Unreadable(_("It ends before it begins."))
        return int(span.total_seconds()) // 60 or USUAL_MINUTES, ()

    def _repeated(self, event: Any, start: _Start) -> set[datetime]:
        """Return the moments at which a meeting takes place, without those that were taken out."""
        rule = event.get("RRULE")
        found = {start.on(start.day)}
        if isinstance(rule, list) or (rule is not None and not hasattr(rule, "items")):
            raise repeating.TooMuch
        if rule is not None:
            values = {str(key).upper(): list(value) for key, value in rule.items()}
            until = self._until(values, start)
            last = min(self.last, until.astimezone(start.zone).date()) if until else self.last
            on = repeating.days(values, start.day, last, self.budget)
            found |= {at for at in map(start.on, on) if until is None or at <= until}
        found |= set(self._listed(event, "RDATE", start))
        return found - set(self._listed(event, "EXDATE", start))

    def _until(self, rule: dict[str, list[Any]], start: _Start) -> datetime | None:
        value = (rule.get("UNTIL") or [None])[0]
        if isinstance(value, datetime):
            return value.replace(tzinfo=value.tzinfo or start.zone).astimezone(UTC)
        if isinstance(value, date):
            return datetime.combine(value, time(23, 59, 59), start.zone).astimezone(UTC)
        return None

    def _listed(self, event: Any, name: str, start: _Start) -> Iterator[datetime]:
        props = event.get(name) or []
        for prop in props if isinstance(props, list) else [props]:
            for item in getattr(prop, "dts", ()):
                value = item.dt[0] if isinstance(item.dt, tuple) else item.dt
                if isinstance(value, datetime):
                    zone = value.tzinfo or start.zone
                    yield value.replace(tzinfo=zone, second=0, microsecond=0).astimezone(UTC)
                elif isinstance(value, date):
                    yield start.on(value)


def _uid(event: Any) -> str:
    return str(event.get("UID", ""))[:500]


def _title(event: Any) -> str:
    value = event.get("SUMMARY", "")
    if isinstance(value, list):
        value = value[0]
    clean = "".join(one if one.isprintable() else " " for one in str(value))
    return " ".join(clean.split())[:LONGEST_TITLE].strip()
