"""How single cells of an organisations file are read: decisions on plain values."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from portal.errors import Invalid
from portal.i18n import _


def split_identifiers(text: str) -> Iterator[tuple[str, str]]:
    """Cut `scheme:value` pairs apart at blanks, semicolons and commas; nothing is checked."""
    for part in re.split(r"[\s;,]+", text):
        if part:
            scheme, mark, value = part.partition(":")
            yield (scheme, value) if mark else ("", part)


def coordinate(text: str, field: str, limit: int) -> float | None:
    """Return degrees within ±limit; a decimal comma is read as a point. None when empty."""
    if not text.strip():
        return None
    try:
        value = float(text.strip().replace(",", "."))
    except ValueError:
        value = float("nan")
    if not -limit <= value <= limit:  # also true of NaN
        raise Invalid(
            _(
                "%(value)s is no number of degrees between -%(limit)s and %(limit)s.",
                value=text.strip()[:40],
                limit=limit,
            ),
            field=field,
        )
    return value


SAME = "same"
TAKE = "take"
EDITED = "edited"
ELSEWHERE = "elsewhere"
NOTHING = {"type": "other"}
"""What stands where nothing is known, if that is not empty."""


def decide(name: str, ours: str, offered: str, before: str | None, others: Collection[str]) -> str:
    """Decide what becomes of a fact when its source is imported again.

    `ours` is what the entry says now, `before` what this source said last, `others` what other
    sources say. Taken is what nobody touched since the source said it, and what was never known.
    What people wrote stays, an emptied field too, and what another source said stays.
    """
    nothing = NOTHING.get(name, "")
    if offered == ours:
        return SAME
    if ours == nothing and before is None and not others:
        return TAKE
    if before is not None and before == ours:
        return TAKE
    return ELSEWHERE if ours in others else EDITED
