"""Moments as people write them: a day, a time on the clocks of a zone; and where one meets online."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import lru_cache
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from portal.errors import Invalid
from portal.i18n import _
from portal.i18n import day as written_day

LONGEST_LINK = 1_000
PLACES = ("Africa/", "America/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Pacific/")
_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@dataclass(frozen=True)
class Moment:
    """A moment in a zone, written in the language of whoever reads it."""

    at: datetime
    zone: str

    def __str__(self) -> str:
        local = self.at.astimezone(ZoneInfo(self.zone))
        return f"{written_day(local, 'full')}, {local:%H:%M} ({self.zone})"


@lru_cache(maxsize=1)
def zones() -> tuple[str, ...]:
    """Return the time zones that may be chosen: regions and towns, and UTC."""
    return ("UTC", *sorted(name for name in available_timezones() if name.startswith(PLACES)))


def moment(day: date | None, clock: str, zone: str, field: str) -> datetime:
    """Return the moment at which clocks of a zone show a time on a day.

    An hour that comes twice in autumn is the first one. Raises Invalid for what can't be read, and
    for an hour that spring leaves out.
    """
    if zone not in zones():
        raise Invalid(_("Choose the time zone from the list."), "zone")
    found = re.fullmatch(r"([01]?\d|2[0-3])[:.]([0-5]\d)", (clock or "").strip())
    if day is None or found is None:
        raise Invalid(_("Write the day as 2027-05-18 and the time as 14:30."), field)
    if not 2000 <= day.year <= 2200:
        raise Invalid(_("Choose a day of this century or the next."), field)
    local = datetime.combine(day, time(int(found[1]), int(found[2])), ZoneInfo(zone))
    there = local.astimezone(UTC)
    if there.astimezone(ZoneInfo(zone)).replace(fold=0) != local.replace(fold=0):
        raise Invalid(
            _("On this day clocks go forward, and this hour does not exist. Choose another time."),
            field,
        )
    return there


def day_at(at: datetime, zone: str) -> date:
    """Return the day of a moment on the calendars of a zone."""
    return at.astimezone(ZoneInfo(zone)).date()


def clock_at(at: datetime, zone: str) -> str:
    """Return the time of a moment on the clocks of a zone, such as 14:30."""
    return f"{at.astimezone(ZoneInfo(zone)):%H:%M}"


def joining_link(text: str) -> str:
    """Return the address of a meeting; https only, so that nobody is led elsewhere. Raises Invalid."""
    link = (text or "").strip()
    if not link:
        return ""
    try:
        parts = urlsplit(link)
        is_good = parts.scheme == "https" and bool(parts.hostname)
    except ValueError:
        is_good = False
    if not is_good or _UNPRINTABLE.search(link) or len(link) > LONGEST_LINK:
        raise Invalid(
            _("Write the whole address of the meeting, beginning with https://"), "joining"
        )
    return link
