"""Decisions on plain values: completeness, what differs, step on the map. No database, no web."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from portal.i18n import lazy_gettext

# What is asked for, its weight, and what filling it in gains. The weights add up to 100: what
# people filter by first counts most. Source: our own judgement, told on the profile's own page.
WISHES: tuple[tuple[str, int, Any, Any], ...] = (
    ("summaries", 20, lazy_gettext("A text about you"), lazy_gettext("People find you by its words.")),
    ("fields", 15, lazy_gettext("Fields of education"), lazy_gettext("You appear under the field filter, in every language.")),
    ("roles", 15, lazy_gettext("Sending or hosting"), lazy_gettext("You appear to those who look for a host or for learners.")),
    ("languages", 10, lazy_gettext("Languages at work"), lazy_gettext("You appear under the language filter.")),
    ("commitments", 10, lazy_gettext("Quality promises"), lazy_gettext("Partners see which standards you keep.")),
    ("modes", 5, lazy_gettext("On site, blended or online"), lazy_gettext("You appear under the mode filter.")),
    ("targets", 5, lazy_gettext("Whom you work with"), lazy_gettext("You appear to those with such learners.")),
    ("group_max", 5, lazy_gettext("Size of groups"), lazy_gettext("Fewer enquiries that do not fit.")),
    ("stay_max_weeks", 5, lazy_gettext("Length of stays"), lazy_gettext("Fewer enquiries that do not fit.")),
    ("accommodation", 5, lazy_gettext("Accommodation"), lazy_gettext("The question that is asked most is answered.")),
    ("inclusion", 5, lazy_gettext("Access and support"), lazy_gettext("Learners with fewer opportunities find you.")),
)  # fmt: skip


MOST_CENTS = 100_000_00
_FEE = re.compile(r"([0-9]{1,6})(?:[.,]([0-9]{1,2}))?")


@dataclass(frozen=True)
class Missing:
    """Something that a profile lacks, what it gains, and its weight in per cent."""

    name: str
    label: Any
    gain: Any
    weight: int


def completeness(
    profile: Mapping[str, Any], commitments: Mapping[str, str]
) -> tuple[int, list[Missing]]:
    """Return how complete a profile is in per cent, and what is missing, the most useful first."""
    values = {**profile, "commitments": commitments}
    missing = [
        Missing(name, label, gain, weight)
        for name, weight, label, gain in WISHES
        if not values.get(name)
    ]
    done = 100 - sum(item.weight for item in missing)
    return done, sorted(missing, key=lambda item: -item.weight)


REQUIRED = ("summaries", "roles", "fields", "languages", "commitments")
"""What a profile must say before it is published."""


def lacking(profile: Mapping[str, Any], commitments: Mapping[str, str]) -> list[Missing]:
    """Return what is missing of that which a profile must say, the most useful first."""
    return [item for item in completeness(profile, commitments)[1] if item.name in REQUIRED]


def cents(text: str) -> int | None:
    """Read a fee in euro as whole cents: 12, 12.5, 12.50 or 12,50; None when nothing is written.

    Raises ValueError for everything else, and above 100,000 euro.
    """
    if not text.strip():
        return None
    found = _FEE.fullmatch(text.strip())
    if found is None:
        raise ValueError(text)
    euro, part = found[1], found[2] or ""
    amount = int(euro) * 100 + int(part.ljust(2, "0"))
    if amount > MOST_CENTS:
        raise ValueError(text)
    return amount


def map_step(count: int, most: int) -> int:
    """Return the step of a map tile, 0 (none) to 5: the count itself, or its share of a larger one."""
    if not count or not most:
        return 0
    if most <= 5:
        return count
    share = count / most
    return 1 + sum(share > bound for bound in (0.06, 0.2, 0.45, 0.75))


def differs(values: Sequence[str]) -> list[bool]:
    """Say for each of several values whether it stands apart.

    Unknown values (empty) never do. A value does when known ones disagree and it is not the
    one that most of them share; without a majority all known ones do.
    """
    known = [value for value in values if value]
    if len(set(known)) < 2:
        return [False] * len(values)
    top = max(set(known), key=known.count)
    majority = top if known.count(top) * 2 > len(known) else None
    return [bool(value) and value != majority for value in values]
