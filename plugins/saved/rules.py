"""When people are told, which objects a search knows, and what a name may be: plain values only."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from portal.errors import Invalid
from portal.i18n import _

AT_ONCE, DAILY, WEEKLY, NEVER = "at_once", "daily", "weekly", "none"
RHYTHMS = (AT_ONCE, DAILY, WEEKLY, NEVER)
LONGEST_NAME = 80
LONGEST_NOTE = 1_000
MOST_ENTRIES = 200
MOST_NOTES = 50
MOST_IN_ADDRESS = 40
"""Partners that the address of a shortlist can hold."""
MOST_HITS = 200
"""Hits that a search remembers to show; of more it says how many they were."""
DAY = timedelta(days=1)


def next_due(now: datetime, rhythm: str, hour: int) -> datetime | None:
    """Return when a hit of now is told: at once, at the hour, at that of Monday, or never."""
    if rhythm == AT_ONCE:
        return now
    if rhythm == NEVER:
        return None
    due = now.replace(hour=hour, minute=0, second=0, microsecond=0)
    if due <= now:
        due += DAY
    return due + DAY * (-due.weekday() % 7) if rhythm == WEEKLY else due


def remembered(hits: Sequence[Any], fresh: Iterable[int], at: str) -> list[Any]:
    """Return the hits of a search with fresh ones before the others, as many as are remembered."""
    return [*([number, at] for number in fresh), *hits][:MOST_HITS]


def clean(text: str, longest: int, field: str) -> str:
    """Return a text of one line, or of several for notes. Raises Invalid naming the field."""
    lines = [
        "".join(mark for mark in line if mark.isprintable()).rstrip() for line in text.splitlines()
    ]
    text = "\n".join(lines).strip() if field == "text" else " ".join(" ".join(lines).split())
    if not text:
        raise Invalid(_("Fill this in; it can't stay empty."), field)
    if len(text) > longest:
        raise Invalid(_("At most %(num)s characters fit.", num=longest), field)
    return text


# Sets of objects, packed: bit n stands for the object with number n.


def packed(numbers: Iterable[int], more: bytes = b"") -> bytes:
    """Pack numbers, together with those packed before."""
    ordered = sorted(numbers)
    bits = bytearray(_unzipped(more))
    if ordered and len(bits) <= ordered[-1] >> 3:
        bits.extend(bytes((ordered[-1] >> 3) + 1 - len(bits)))
    for number in ordered:
        bits[number >> 3] |= 1 << (number & 7)
    return zlib.compress(bits, 1) if bits else b""


def unpacked(data: bytes) -> list[int]:
    """Return packed numbers in rising order."""
    return [
        at << 3 | bit
        for at, byte in enumerate(_unzipped(data))
        if byte
        for bit in range(8)
        if byte >> bit & 1
    ]


def missing(data: bytes, numbers: Iterable[int]) -> list[int]:
    """Return those of the numbers that are not packed, in their order."""
    bits = _unzipped(data)
    size = len(bits) << 3
    return [n for n in numbers if n >= size or not bits[n >> 3] >> (n & 7) & 1]


def _unzipped(data: bytes) -> bytes:
    return zlib.decompress(data) if data else b""
