"""The groups that count for breadth: what they are called, which values they have, what is known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plugins.allocation.interface import vocabulary as words
from plugins.roundtables.models import Interest, Need, Series
from plugins.roundtables.tokens import can_seal, seal, unseal
from portal import settings
from portal.organisations.models import CLAIMED, VERIFIED, Organisation

TITLES, HINTS, SIZES, SPOKEN = words.TITLES, words.HINTS, words.SIZES, words.SPOKEN
TYPE, COUNTRY, SIZE, LANGUAGE = words.TYPE, words.COUNTRY, words.SIZE, words.LANGUAGE
FEWER, FIRST = words.FEWER, words.FIRST
OWN = "own"


def least() -> int:
    """Return how many people of a group are told apart at least, so that nobody is recognised."""
    return int(settings.of(plugin="roundtables")["smallest_group"])


def offered() -> list[str]:
    """Return the groups that a host may choose."""
    return [key for key in TITLES if key != FEWER or can_seal()]


def keys(series: Series) -> list[str]:
    """Return the groups that count in a series, its own ones last."""
    return [key for key in offered() if key in series.groups] + own_keys(series)


def own_keys(series: Series) -> list[str]:
    """Return what stands for the groups of a host's own."""
    return [f"{OWN}{at}" for at in range(1, len(series.own_groups) + 1)]


def title(series: Series, key: str) -> str:
    """Return what a group is called."""
    if key.startswith(OWN):
        return str(series.own_groups[int(key[3:]) - 1][0])
    return str(TITLES[key])


def choices(series: Series, key: str) -> list[tuple[str, str]]:
    """Return the values of a group with their names."""
    if key.startswith(OWN):
        return [(value, value) for value in series.own_groups[int(key[3:]) - 1][1]]
    return words.values(key)


value_name = words.value_name


def from_profile(organisation: Organisation | None) -> dict[str, str]:
    """Return what the entry of an organisation says, once somebody proved to act for it."""
    if organisation is None or organisation.state not in (CLAIMED, VERIFIED):
        return {}
    return {TYPE: organisation.type, COUNTRY: organisation.country}


def apart(values: Mapping[str, str]) -> tuple[dict[str, str], str]:
    """Split the groups of a person into those kept openly, and the one that is kept sealed."""
    return {key: value for key, value in values.items() if key != FEWER}, values.get(FEWER, "")


def keep_sealed(interest: Interest, needs: str | None, fewer: str) -> None:
    """Keep what a person needs, and whether they have fewer opportunities; None leaves the needs."""
    if not can_seal():
        return
    row: Need | None = Need.get_or_none(Need.interest == interest.id)
    kept = row.needs if row and needs is None else seal(needs or "")
    Need.delete().where(Need.interest == interest.id).execute()
    if kept or fewer:
        Need.insert(interest=interest.id, needs=kept, fewer=seal(fewer)).execute()


def needs_of(interest: Interest) -> str:
    """Return what a person needs for access; for their own page and the access contact."""
    row: Need | None = Need.get_or_none(Need.interest == interest.id)
    return unseal(row.needs) if row else ""


def all_of(series: Series, rows: list[Interest]) -> dict[int, dict[str, str]]:
    """Return the groups of people as the allocation sees them, by the interest's number."""
    sealed: dict[int, str] = {}
    if FEWER in keys(series):
        found: Any = Need.select(Need.interest, Need.fewer).join(Interest)
        for number, fewer in found.where(Interest.series == series.id).tuples():
            sealed[number] = unseal(fewer)
    wanted = keys(series)
    return {
        row.id: {
            key: sealed.get(row.id, "") if key == FEWER else str(row.groups.get(key, ""))
            for key in wanted
        }
        for row in rows
    }
