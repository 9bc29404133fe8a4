"""What series, tables and interests may say, and when things are open: on plain values."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from portal.errors import Invalid
from portal.i18n import _
from portal.text import transliterate

TITLE_LENGTH, TEXT_LENGTH, NEEDS_LENGTH = 160, 6_000, 2_000
MOST_SEATS, MOST_MINUTES, MOST_TABLES, MOST_CHOICES = 500, 720, 40, 5
MOST_OWN_GROUPS, MOST_VALUES = 3, 12
MOST_PEOPLE = 20_000
MOST_WEIGHT = 10
SUPPORTS = ("captions", "sign", "interpretation", "dial_in", "easy_read", "assistant", "chat")
GATE_OPENS = timedelta(minutes=30)
GATE_CLOSES = timedelta(minutes=15)
"""How long before a table its gate opens, and how long after the end it closes."""
_UNPRINTABLE = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def line(text: str, field: str, told: str, longest: int = TITLE_LENGTH) -> str:
    """Return a text on one line. Raises Invalid with `told` when it is empty, or too long."""
    clean = " ".join(_UNPRINTABLE.sub("", text or "").split())
    if not clean and told:
        raise Invalid(told, field)
    return _short(clean, field, longest)


def block(text: str, field: str, told: str = "", longest: int = TEXT_LENGTH) -> str:
    """Return a text of several lines. Raises Invalid with `told` when it is empty, or too long."""
    clean = _UNPRINTABLE.sub("", (text or "").replace("\r\n", "\n")).strip()
    if not clean and told:
        raise Invalid(told, field)
    return _short(clean, field, longest)


def _short(text: str, field: str, longest: int) -> str:
    if len(text) > longest:
        raise Invalid(
            _("Write at most %(most)s characters; there are %(num)s.", most=longest, num=len(text)),
            field,
        )
    return text


@lru_cache(maxsize=1)
def zones() -> tuple[str, ...]:
    """Return the time zones that may be chosen: regions and towns, and UTC."""
    places = ("Africa/", "America/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Pacific/")
    return ("UTC", *sorted(name for name in available_timezones() if name.startswith(places)))


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


def whole(value: Any, field: str, least: int, most: int) -> int:
    """Return a whole number within its limits. Raises Invalid."""
    if not isinstance(value, int) or not least <= value <= most:
        raise Invalid(
            _("Write the number as digits, %(least)s to %(most)s.", least=least, most=most), field
        )
    return value


def window(opens_at: datetime, closes_at: datetime) -> None:
    """Refuse a registration that ends before it begins, or lasts for more than a year."""
    if closes_at <= opens_at:
        raise Invalid(_("Registration must close after it opens."), "closes_on")
    if closes_at - opens_at > timedelta(days=366):
        raise Invalid(_("Keep registration open for a year at most."), "closes_on")


def own_groups(text: str) -> list[list[Any]]:
    """Read groups of the host's own: one a line, "Title: value, value". Raises Invalid."""
    rows = [part for part in (text or "").splitlines() if part.strip()]
    if len(rows) > MOST_OWN_GROUPS:
        raise Invalid(_("Write at most %(num)s groups.", num=MOST_OWN_GROUPS), "own_groups")
    found = []
    for row in rows:
        name, colon, rest = row.partition(":")
        values = list(dict.fromkeys(line(part, "own_groups", "", 60) for part in rest.split(",")))
        values = [value for value in values if value]
        if not colon or not name.strip() or not 2 <= len(values) <= MOST_VALUES:
            told = _("Write each group on a line, such as: Sector: metal, care, hotels")
            raise Invalid(told, "own_groups")
        found.append([line(name, "own_groups", "", 60), values])
    return found


def weights(values: Mapping[str, Any], wanted: Collection[str]) -> dict[str, int]:
    """Return how much each group weighs, 1 where nothing was said. Raises Invalid."""
    return {
        key: whole(values[key], f"weight_{key}", 1, MOST_WEIGHT)
        for key in sorted(wanted)
        if values.get(key) not in (None, 1)
    }


def joining_link(text: str) -> str:
    """Return the address of a meeting; https only, so that nobody is led elsewhere. Raises Invalid."""
    link = line(text, "joining", "", 1_000)
    if not link:
        return ""
    try:
        parts = urlsplit(link)
        is_good = parts.scheme == "https" and bool(parts.hostname) and " " not in link
    except ValueError:
        is_good = False
    if not is_good:
        raise Invalid(
            _("Write the whole address of the meeting, beginning with https://"), "joining"
        )
    return link


def ranked(wanted: Sequence[str], known: Mapping[str, int]) -> list[int]:
    """Return the numbers of the chosen tables, best first. Raises Invalid for none, doubles, strangers."""
    chosen = [value for value in wanted if value]
    if not chosen:
        raise Invalid(_("Choose at least one round table."), "choice1")
    if len(set(chosen)) != len(chosen):
        raise Invalid(_("Choose each round table once."), f"choice{_second(chosen)}")
    for at, value in enumerate(wanted, 1):
        if value and value not in known:
            raise Invalid(_("This round table can't be chosen any more."), f"choice{at}")
    return [known[value] for value in chosen]


def _second(values: Sequence[str]) -> int:
    return next(at for at, value in enumerate(values, 1) if value in values[: at - 1])


def overlap(one: tuple[datetime, datetime], other: tuple[datetime, datetime]) -> bool:
    """Whether two spans of time share a moment."""
    return one[0] < other[1] and other[0] < one[1]


def gate_state(starts_at: datetime, ends_at: datetime, now: datetime) -> str:
    """Say whether the gate to a table is before, open or over."""
    if now < starts_at - GATE_OPENS:
        return "before"
    return "open" if now <= ends_at + GATE_CLOSES else "over"


def counted(rows: Iterable[str]) -> dict[str, int]:
    """Count equal values, the most frequent first."""
    found: dict[str, int] = {}
    for value in rows:
        found[value] = found.get(value, 0) + 1
    return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))


def slug_of(title: str, public_id: str) -> str:
    """Return the address of a published series: its title in Latin letters, and its id."""
    words = re.sub(r"[^a-z0-9]+", "-", transliterate(title).lower()).strip("-")[:60].strip("-")
    return f"{words or 'series'}-{public_id[:6]}"
