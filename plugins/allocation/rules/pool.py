"""Who asks for a place, and by which published settings places are given: plain values."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from portal.errors import Invalid
from portal.i18n import _

OWN_COLUMNS = ("id", "order", "org", "choices", "salt")
MOST_PEOPLE = 20_000
MOST_TABLES = 60
MOST_PLACES = 2_000


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who asks for a place, under a receipt code instead of a name.

    `choices` holds tables, best first: only those the person can attend. A feature that is
    missing or empty was not told. `order` is the place in the row of registrations, 1 first; it
    counts in comparisons only. `salt` protects the published fingerprint of the record.
    """

    id: str
    order: int = 0
    org: str = ""
    features: Mapping[str, str] = field(default_factory=dict)
    choices: tuple[str, ...] = ()
    salt: str = ""


@dataclass(frozen=True)
class Pool:
    """All who ask, sorted by their codes: the order of a file changes nothing."""

    people: tuple[Person, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "people", tuple(sorted(self.people, key=lambda one: one.id)))
        if len(self.people) > MOST_PEOPLE:
            raise Invalid(_("At most %(num)s people can take part in a draw.", num=MOST_PEOPLE))
        if len(self.by_id) < len(self.people):
            twice = next(
                a.id for a, b in zip(self.people, self.people[1:], strict=False) if a.id == b.id
            )
            raise Invalid(_("The code “%(code)s” stands in the list twice.", code=twice), "id")

    @cached_property
    def by_id(self) -> Mapping[str, Person]:
        """Return the people by their codes."""
        return {person.id: person for person in self.people}


@dataclass(frozen=True)
class Floor:
    """At least so many of those seated share a value, as far as that can be."""

    feature: str
    value: str
    seats: int


@dataclass(frozen=True)
class Settings:
    """What a host publishes before a draw.

    `tables` holds places by table. `org_cap` is the most people of one organisation at one table,
    `series_cap` at all tables together; None means no limit. `epsilon` is how much breadth may be
    given up for more equal chances: on average, and twice that in a single ticket. `preference`
    is how much of a place's worth each step down a person's list costs. `clashes` are pairs of
    tables that nobody can attend both of; `event` names the draw.
    """

    tables: Mapping[str, int]
    org_cap: int | None = 1
    features: tuple[str, ...] = ()
    seats_per_person: int = 1
    weights: Mapping[str, float] = field(default_factory=dict)
    epsilon: float = 0.10
    preference: float = 0.02
    series_cap: int | None = None
    clashes: tuple[tuple[str, str], ...] = ()
    floors: tuple[Floor, ...] = ()
    event: str = ""

    def __post_init__(self) -> None:
        if not 1 <= len(self.tables) <= MOST_TABLES:
            raise Invalid(_("Name 1 to %(num)s tables.", num=MOST_TABLES), "tables")
        for name, places in self.tables.items():
            if not name or name != "".join(name.split()):
                raise Invalid(
                    _("“%(name)s” can't be the name of a table: it has blanks.", name=name),
                    "tables",
                )
            _whole(places, f"tables: {name}", 0, MOST_PLACES)
        for name in ("org_cap", "series_cap"):
            if getattr(self, name) is not None:
                _whole(getattr(self, name), name, 1, MOST_PLACES)
        _whole(self.seats_per_person, "seats_per_person", 1, MOST_TABLES)
        _between(self.epsilon, "epsilon", 0, 0.5)
        _between(self.preference, "preference", 0, 0.5)
        for name in self.features:
            _between(self.weights.get(name, 1), f"weights: {name}", 0, 100)
        unknown = [name for name in self.weights if name not in self.features]
        unknown += [one.feature for one in self.floors if one.feature not in self.features]
        if unknown:
            text = _("“%(name)s” has a weight or a floor but is no feature.", name=unknown[0])
            raise Invalid(text, "weights")
        for clash in self.clashes:
            if len(clash) != 2 or not set(clash) <= set(self.tables):
                raise Invalid(_("A clash names two tables of the list."), "clashes")
        for floor in self.floors:
            _whole(floor.seats, f"floors: {floor.feature}", 0, MOST_PLACES)

    def weight(self, feature: str) -> float:
        """Return how much a feature counts; 1 where nothing is said."""
        return float(self.weights.get(feature, 1))

    def data(self) -> dict[str, Any]:
        """Return the settings as they are published and fingerprinted."""
        return {
            "tables": {name: int(places) for name, places in sorted(self.tables.items())},
            "org_cap": self.org_cap,
            "series_cap": self.series_cap,
            "features": list(self.features),
            "seats_per_person": self.seats_per_person,
            "weights": {name: self.weight(name) for name in self.features},
            "epsilon": float(self.epsilon),
            "preference": float(self.preference),
            "clashes": sorted(sorted(pair) for pair in self.clashes),
            "floors": [
                {"feature": one.feature, "value": one.value, "seats": one.seats}
                for one in self.floors
            ],
            "event": self.event,
        }


def _whole(value: Any, name: str, least: int, most: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise Invalid(
            _(
                "“%(name)s” must be a whole number from %(least)s to %(most)s.",
                name=name,
                least=least,
                most=most,
            ),
            name.partition(":")[0],
        )


def _between(value: Any, name: str, least: float, most: float) -> None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not least <= value <= most:
        raise Invalid(
            _(
                "“%(name)s” must be a number from %(least)s to %(most)s.",
                name=name,
                least=least,
                most=most,
            ),
            name.partition(":")[0],
        )


def read_settings(text: str, columns: Iterable[str] = ()) -> Settings:
    """Read SETTINGS.json; without `features` all columns of the pool count. Raises Invalid."""
    try:
        data = json.loads(text)
    except ValueError as error:
        raise Invalid(_("The settings are not valid JSON: %(why)s", why=error)) from None
    if not isinstance(data, dict) or not isinstance(data.get("tables"), dict):
        raise Invalid(_("The settings must name the tables with their places."), "tables")
    return settings_from(data, columns)


def settings_from(data: Mapping[str, Any], columns: Iterable[str] = ()) -> Settings:
    """Return settings from their published form. Raises Invalid."""
    features = data.get("features")
    names = tuple(columns if features is None else features)
    try:
        floors = tuple(
            Floor(str(one["feature"]), str(one["value"]), one["seats"])
            for one in data.get("floors") or ()
        )
        more = {
            name: data[name]
            for name in ("org_cap", "series_cap", "seats_per_person", "epsilon", "preference")
            if name in data
        }
        return Settings(
            tables=dict(data["tables"]),
            features=tuple(map(str, names)),
            weights={str(key): value for key, value in dict(data.get("weights") or {}).items()},
            clashes=tuple(tuple(map(str, pair)) for pair in data.get("clashes") or ()),  # type: ignore[misc]
            floors=floors,
            event=str(data.get("event") or ""),
            **more,
        )
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        text = _("The settings can't be read as they are: %(why)s", why=error)
        raise Invalid(text, "settings") from None


def read_pool(text: str) -> tuple[Pool, tuple[str, ...]]:
    """Read POOL.csv; return the people, and the names of the columns of features.

    Columns are `id`, `order` and `org` (both optional), one for each feature, and `choices`:
    tables, best first, separated by blanks. Raises Invalid naming the line.
    """
    rows = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    people = []
    try:
        header = next(rows, [])
        names = [name.strip() for name in header]
        for name in ("id", "choices"):
            if names.count(name) != 1:
                raise Invalid(_("The list needs a column “%(name)s”, once.", name=name), name)
        features = tuple(name for name in names if name not in OWN_COLUMNS)
        for row in rows:
            if any(cell.strip() for cell in row):
                people.append(
                    _person(
                        dict(zip(names, row, strict=False)), row, names, features, rows.line_num
                    )
                )
    except csv.Error as error:
        text = _(
            "Line %(line)s is not a line of a CSV file: %(why)s", line=rows.line_num, why=error
        )
        raise Invalid(text) from None
    return Pool(tuple(people)), features


def _person(
    cells: Mapping[str, str], row: list[str], names: list[str], features: tuple[str, ...], line: int
) -> Person:
    code, order = cells.get("id", "").strip(), cells.get("order", "").strip()
    if len(row) != len(names) or not code:
        raise Invalid(
            _("Line %(line)s: expected %(num)s cells and a code.", line=line, num=len(names)), "id"
        )
    if order and not (order.isascii() and order.isdecimal()):
        raise Invalid(_("Line %(line)s: “order” is not a whole number.", line=line), "order")
    return Person(
        id=code,
        order=int(order or line - 1),
        org=cells.get("org", "").strip(),
        features={name: cells[name].strip() for name in features},
        choices=tuple(dict.fromkeys(cells["choices"].split())),
        salt=cells.get("salt", "").strip(),
    )


def with_epsilon(settings: Settings, epsilon: float | None) -> Settings:
    """Return the settings with another epsilon; None leaves them."""
    return settings if epsilon is None else replace(settings, epsilon=epsilon)
