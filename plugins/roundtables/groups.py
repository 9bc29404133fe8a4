"""The groups that count for breadth: what they are called, which values they have, what is known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plugins.roundtables.models import Interest, Need, Series
from plugins.roundtables.tokens import can_seal, seal, unseal
from portal.i18n import _, country_name, language_name, locale
from portal.i18n import lazy_gettext as lazy
from portal.organisations.labels import type_name
from portal.organisations.models import CLAIMED, TYPES, VERIFIED, Organisation
from portal.organisations.rules import country_codes
from portal.text import sort_key

TYPE, COUNTRY, SIZE, LANGUAGE, FEWER, FIRST = (
    "type",
    "country",
    "size",
    "language",
    "fewer",
    "first",
)
TITLES = {
    TYPE: lazy("Kind of organisation"),
    COUNTRY: lazy("Country"),
    SIZE: lazy("Size of the organisation"),
    LANGUAGE: lazy("Language you speak best"),
    FEWER: lazy("Fewer opportunities"),
    FIRST: lazy("First time at such a round table"),
}
HINTS = {
    TYPE: lazy("So that different kinds of organisations sit at the table."),
    COUNTRY: lazy("So that many countries are there."),
    SIZE: lazy("So that small ones are heard beside large ones."),
    LANGUAGE: lazy("So that several languages are there; the table itself has one."),
    FEWER: lazy(
        "Whether you face obstacles such as a disability, a remote home, or little money. Kept "
        "sealed; nobody at the table learns it."
    ),
    FIRST: lazy("So that newcomers are there too."),
}
SIZES = {
    "micro": lazy("1 to 9 people"),
    "small": lazy("10 to 49 people"),
    "medium": lazy("50 to 249 people"),
    "large": lazy("250 people and more"),
}
"""Source: Recommendation 2003/361/EC, annex, article 2 (head counts)."""
YES_NO = {"yes": lazy("Yes"), "no": lazy("No")}
SPOKEN = tuple(
    "bg cs da de el en es et fi fr ga hr hu is it lt lv mk mt nl no pl pt ro sk sl sq sr sv tr uk"
    .split()
)  # fmt: skip
FROM_PROFILE = (TYPE, COUNTRY)
"""Groups that come from an organisation's entry where somebody acts for one."""
OWN = "own"
SMALLEST_SHOWN = 5
"""Fewer people of a group are not told apart, so that nobody is recognised."""


def offered() -> list[str]:
    """Return the groups that a host may choose."""
    return [key for key in TITLES if key != FEWER or can_seal()]


def keys(series: Series) -> list[str]:
    """Return the groups that count in a series, its own ones last."""
    own = [f"{OWN}{at}" for at in range(1, len(series.own_groups) + 1)]
    return [key for key in offered() if key in series.groups] + own


def title(series: Series, key: str) -> str:
    """Return what a group is called."""
    if key.startswith(OWN):
        return str(series.own_groups[int(key[3:]) - 1][0])
    return str(TITLES[key])


def choices(series: Series, key: str) -> list[tuple[str, str]]:
    """Return the values of a group with their names."""
    if key.startswith(OWN):
        return [(value, value) for value in series.own_groups[int(key[3:]) - 1][1]]
    if key == COUNTRY:
        found = [(code, country_name(code)) for code in country_codes()]
    elif key == LANGUAGE:
        found = [(code, language_name(code, locale())) for code in SPOKEN]
    elif key == TYPE:
        return [(kind, type_name(kind)) for kind in TYPES]
    else:
        return [(value, str(name)) for value, name in (SIZES if key == SIZE else YES_NO).items()]
    return sorted(found, key=lambda pair: sort_key(pair[1]))


def value_name(key: str, value: str) -> str:
    """Return what a value is called; what nobody said says so."""
    if not value:
        return _("not said")
    if key == COUNTRY:
        return country_name(value)
    if key == LANGUAGE:
        return language_name(value, locale())
    if key == TYPE:
        return type_name(value)
    return str((SIZES if key == SIZE else YES_NO).get(value, value))


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
