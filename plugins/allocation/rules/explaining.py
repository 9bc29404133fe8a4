"""What is told to somebody about their chance: numbers that anyone can recount from the tickets."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from plugins.allocation.rules.pool import Person
from plugins.allocation.rules.tickets import Result

ORGANISATION, TABLES_FULL, NO_TABLE = "organisation", "tables_full", "no_table"


@dataclass(frozen=True)
class Group:
    """One of a person's groups: how many asked, and from how many to how many seats it had."""

    feature: str
    value: str
    asked: int
    fewest: int
    most: int
    mean: float


@dataclass(frozen=True)
class Explanation:
    """Why somebody has, or does not have, a place.

    `held` of `tickets` gave a seat, `by_table` says where; `asked` and `places` count each chosen
    table. `colleagues` is in how many tickets somebody of the same organisation sat at a table
    that this person had chosen, while this person sat nowhere. `limits` names what bound.
    """

    id: str
    held: int
    tickets: int
    by_table: dict[str, int]
    asked: dict[str, int]
    places: dict[str, int]
    groups: list[Group]
    colleagues: int
    limits: list[str]

    @property
    def chance(self) -> float:
        """Return the chance of a seat."""
        return self.held / self.tickets if self.tickets else 0.0


def explain(result: Result, code: str) -> Explanation:
    """Return what the tickets say about one person. Raises KeyError for an unknown code."""
    person = result.pool.by_id[code]
    people = result.pool.people
    held, colleagues = 0, 0
    by_table: Counter[str] = Counter()
    mates = {one.id for one in people if person.org and one.org == person.org} - {code}
    for ticket in result.tickets:
        own = [table for who, table in ticket if who == code]
        by_table.update(own)
        held += bool(own)
        colleagues += not own and any(
            who in mates and table in person.choices for who, table in ticket
        )
    chosen = [table for table in person.choices if table in result.settings.tables]
    asked = {table: sum(1 for one in people if table in one.choices) for table in chosen}
    places = {table: result.settings.tables[table] for table in chosen}
    limits = []
    if not any(places.values()):
        limits.append(NO_TABLE)
    if colleagues:
        limits.append(ORGANISATION)
    if chosen and held < len(result.tickets) and all(asked[t] > places[t] for t in chosen):
        limits.append(TABLES_FULL)
    return Explanation(
        code,
        held,
        len(result.tickets),
        {table: by_table[table] for table in chosen},
        asked,
        places,
        _groups(result, person),
        colleagues,
        limits,
    )


def _groups(result: Result, person: Person) -> list[Group]:
    found = []
    for feature in result.settings.features:
        value = person.features.get(feature, "")
        members = {one.id for one in result.pool.people if one.features.get(feature, "") == value}
        seats = [sum(1 for who, _table in ticket if who in members) for ticket in result.tickets]
        mean = sum(seats) / len(seats) if seats else 0.0
        found.append(
            Group(feature, value, len(members), min(seats, default=0), max(seats, default=0), mean)
        )
    return found
