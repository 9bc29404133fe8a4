"""How single cells of an organisations file are read: decisions on plain values."""

from __future__ import annotations

import re
from collections.abc import Iterator

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
