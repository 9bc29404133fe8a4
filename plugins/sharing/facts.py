"""What is said of a consortium to everybody: rows of a sheet, counts of a status page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from plugins.consortia.interface import (
    INVITED,
    Public,
    Seen,
    kind_name,
    members,
    period,
    public_facts,
    role_name,
    tables,
)
from plugins.partners.interface import ROLES, field_name
from portal.i18n import _, country_name, language_name, locale, ngettext


@dataclass(frozen=True)
class Status:
    """How a consortium stands, told to somebody outside: no persons, no one who has not agreed.

    `members` are named once the consortium has started, which they agreed to by taking part.
    """

    facts: Public
    is_started: bool
    joined: int
    waiting: int
    countries: list[tuple[str, int]]
    places: tuple[int, int, int]
    next_days: list[str]


def rows(facts: Public) -> list[tuple[str, str]]:
    """Return what a consortium says of itself, in words; what is not stated is left out."""
    stated = [
        (_("Kind"), kind_name(facts.kind)),
        (_("Fields"), ", ".join(field_name(code) for code in facts.fields)),
        (_("Languages"), ", ".join(language_name(tag, locale()) for tag in facts.languages)),
        (_("When"), period(facts.starts_on, facts.ends_on)),
        (_("Number of the grant"), facts.grant_number),
        (_("Website"), facts.website),
    ]
    return [pair for pair in stated if pair[1]]


def paper_data(facts: Public, address: str) -> dict[str, Any]:
    """Return the data of the sheet's template, in the language of the request."""
    countries = Counter(item.country for item in facts.members)
    size = ngettext("%(num)s member", "%(num)s members", facts.member_count)
    places = ngettext("%(num)s country", "%(num)s countries", facts.country_count)
    return {
        "demo": _("Demonstration: this consortium and its members are made up.")
        if facts.is_fictional
        else "",
        "purpose": facts.purpose,
        "lang": facts.lang.partition("-")[0],
        "size": f"{size} · {places}",
        "facts": [list(pair) for pair in rows(facts)],
        "countries": [[country_name(code), str(count)] for code, count in _largest(countries)],
        "members": [
            [item.name, country_name(item.country), role_name(item.role), _parts(item.parts)]
            for item in facts.members
        ],
        "words": {
            "members": _("Members"),
            "heads": [_("Organisation"), _("Country"), _("Role"), _("What it does")],
            "countries": _("Members by country"),
            "source": _("Made from the page of the consortium:"),
        },
        "address": address,
        "qr": address,
    }


def _largest(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _parts(parts: Sequence[str]) -> str:
    return ", ".join(str(ROLES.get(part, part)) for part in parts)


def status(consortium: Seen, today: str) -> Status:
    """Return how a consortium stands, for somebody outside."""
    facts, known = public_facts(consortium), tables(consortium)
    numbers = [row[2:5] for row in known["places"][1]]
    days = [row[0] for row in known["dates"][1] if row[0] >= today]
    countries = Counter(item.country for item in facts.members)
    return Status(
        facts,
        consortium.state != "forming",
        facts.member_count,
        len(members(consortium, INVITED)),
        [(country_name(code), count) for code, count in _largest(countries)],
        (
            sum(row[0] for row in numbers),
            sum(row[1] for row in numbers),
            sum(row[2] for row in numbers),
        ),
        sorted(days)[:5],
    )
