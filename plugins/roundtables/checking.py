"""What series, tables and interests may say, and when things are open: on plain values."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from portal.errors import Invalid
from portal.i18n import _
from portal.text import transliterate

TITLE_LENGTH, TEXT_LENGTH, NEEDS_LENGTH = 160, 6_000, 2_000
MOST_SEATS, MOST_MINUTES, MOST_TABLES, MOST_CHOICES = 500, 720, 40, 5
MOST_OWN_GROUPS, MOST_VALUES = 3, 12
MOST_PEOPLE = 20_000
MOST_WEIGHT, MOST_LOSS = 10, 30
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


def spans(values: Sequence[str]) -> list[list[str]]:
    """Read times at which somebody can't come, "start/end" each. Raises Invalid."""
    found = []
    for value in values[:MOST_TABLES]:
        try:
            start, end = map(datetime.fromisoformat, value.split("/"))
            if start.tzinfo is None or not start < end:
                raise ValueError
        except (ValueError, TypeError):
            raise Invalid(_("Choose from the list."), "away") from None
        found.append([start.isoformat(), end.isoformat()])
    return found


def can_come(away: Iterable[Sequence[str]], starts_at: datetime, ends_at: datetime) -> bool:
    """Whether a table is at none of the times at which somebody can't come."""
    times = ([datetime.fromisoformat(at) for at in pair] for pair in away)
    return not any(overlap((start, end), (starts_at, ends_at)) for start, end in times)


def gate_state(starts_at: datetime, ends_at: datetime, now: datetime) -> str:
    """Say whether the gate to a table is before, open or over."""
    if now < starts_at - GATE_OPENS:
        return "before"
    return "open" if now <= ends_at + GATE_CLOSES else "over"


def slug_of(title: str, public_id: str) -> str:
    """Return the address of a published series: its title in Latin letters, and its id."""
    words = re.sub(r"[^a-z0-9]+", "-", transliterate(title).lower()).strip("-")[:60].strip("-")
    return f"{words or 'series'}-{public_id[:6]}"
