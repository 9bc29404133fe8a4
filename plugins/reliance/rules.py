"""Decisions on plain values: how far something speaks for a partner."""

from __future__ import annotations

from datetime import date

from portal.errors import Invalid
from portal.i18n import _

RELIANCES = ("learning", "mentoring", "documentation", "assessment")
NONE, CLAIMED, EVIDENCED, VERIFIED, OLD = "none", "claimed", "evidenced", "verified", "old"
ORDER = [NONE, CLAIMED, OLD, EVIDENCED, VERIFIED]
LASTS_DAYS = 730
"""What was seen is old after two years: people and workshops change."""
ENOUGH = 3
"""So many promises must have been due before it is shown how they were kept."""


def level(has_proof: bool, verified_on: str, seen_on: str, today: date) -> str:
    """Return claimed, evidenced or verified; old when it was last seen more than two years ago."""
    if not has_proof and not verified_on:
        return CLAIMED
    last = date.fromisoformat(max(seen_on, verified_on))
    if (today - last).days > LASTS_DAYS:
        return OLD
    return VERIFIED if verified_on else EVIDENCED


def checked(text: str, most: int, field: str) -> str:
    """Return a text without signs that nobody sees. Raises Invalid when it is too long."""
    text = "".join(sign for sign in text if sign.isprintable() or sign in "\n\t").strip()
    if len(text) > most:
        raise Invalid(_("Write at most %(most)s characters.", most=most), field=field)
    return text
