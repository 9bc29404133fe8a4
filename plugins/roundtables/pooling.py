"""The database as the allocation sees it: people under receipt codes, settings, who comes next."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from itertools import combinations

from plugins.allocation import interface as allocation
from plugins.allocation.interface import Person, Pool, Settings
from plugins.roundtables import checking, groups, models, queries
from plugins.roundtables.models import Interest, RoundTable, Series
from portal.text import sort_key


def organisation_key(row: Interest) -> str:
    """Return what stands for a person's organisation in the caps, empty when nothing is known."""
    if row.organisation_id is not None:
        return f"o{row.organisation_id}"
    name = sort_key(row.employer)
    return "n" + hashlib.sha256(name.encode()).hexdigest()[:12] if name else ""


def _choices(row: Interest, tables: Mapping[int, RoundTable], is_wide: bool) -> tuple[str, ...]:
    """Return the tables that somebody can have, best first; `is_wide` with those not chosen."""
    wanted = [number for number in row.choices if number in tables]
    if is_wide and row.is_flexible:
        wanted += [number for number in tables if number not in wanted]
    found = (tables[number] for number in wanted)
    return tuple(
        one.key for one in found if checking.can_come(row.away, one.starts_at, one.ends_at)
    )


def pool_of(
    series: Series, rows: list[Interest], tables: list[RoundTable], is_wide: bool = False
) -> Pool:
    """Return the people as the allocation sees them; `is_wide` for places that nobody chose."""
    values = groups.all_of(series, rows)
    by_id = {row.id: row for row in tables}
    return Pool(
        tuple(
            Person(
                row.receipt, row.position, organisation_key(row), values[row.id],
                _choices(row, by_id, is_wide), row.salt,
            )
            for row in rows
        )
    )  # fmt: skip


def settings_of(series: Series, tables: list[RoundTable], loss: int) -> Settings:
    """Return the published settings; `loss` in per cent."""
    spans = {row.key: (row.starts_at, row.ends_at) for row in tables}
    return Settings(
        tables={row.key: row.seats for row in sorted(tables, key=lambda row: row.number)},
        org_cap=series.org_cap, features=tuple(groups.keys(series)),
        seats_per_person=series.seats_per_person,
        weights={key: series.weights[key] for key in sorted(series.weights)}, epsilon=loss / 100,
        clashes=tuple(
            (one, other)
            for one, other in combinations(sorted(spans), 2)
            if checking.overlap(spans[one], spans[other])
        ),
        event=series.public_id,
    )  # fmt: skip


def everybody_fits(series: Series) -> list[tuple[Interest, RoundTable]] | None:
    """Return places for everybody when interest fits the places; None when it does not."""
    tables = queries.tables(series)
    rows = queries.people(series, models.INTERESTED)
    pool, settings = pool_of(series, rows, tables), settings_of(series, tables, series.loss)
    seats = allocation.everybody_fits(pool, settings)
    if seats is None:
        return None
    by_key = {row.key: row for row in tables}
    by_code = {row.receipt: row for row in rows}
    return [(by_code[code], by_key[key]) for code, key in seats]


def beacon_of(series: Series) -> str:
    """Return the value that breaks ties: that of the draw, or the series' own id where all fitted."""
    draw = queries.draw_of(series)
    return draw.value if draw else series.public_id


def line_of(
    series: Series, is_wide: bool = False
) -> tuple[Pool, Settings, list[tuple[str, str]], set[str]]:
    """Return who is interested now, the settings, who sits where and who is out of the line.

    Out is who declined, gave back or let an offer pass; who lost a cancelled table stays in line.
    """
    tables = queries.tables(series)
    rows = queries.people(series, models.INTERESTED)
    keys = {row.id: row.key for row in tables}
    seated, gone = [], set()
    for place in queries.places(series):
        if place.state in models.TAKING and place.table_id in keys:
            seated.append((place.interest.receipt, keys[place.table_id]))
        elif place.state in (models.DECLINED, models.EXPIRED, models.LEFT):
            gone.add(place.interest.receipt)
    pool = pool_of(series, rows, tables, is_wide)
    return pool, settings_of(series, tables, series.loss), sorted(seated), gone


def next_in(series: Series, left: Mapping[int, int]) -> list[tuple[Interest, RoundTable]]:
    """Return who gets the free places by the published rule; see `replace` of the allocation.

    First those who chose the table; what is left then, those who take any other table.
    """
    by_key = {row.key: row for row in queries.tables(series) if left.get(row.id)}
    by_code = {row.receipt: row for row in queries.people(series, models.INTERESTED)}
    beacon = beacon_of(series)
    called: list[tuple[str, str]] = []
    for is_wide in (False, True) if any(row.is_flexible for row in by_code.values()) else (False,):
        pool, settings, seated, gone = line_of(series, is_wide)
        seated = sorted([*seated, *called])
        called += allocation.replace(pool, settings, seated, gone, beacon, tables=sorted(by_key))
    return [(by_code[code], by_key[key]) for code, key in called]


def standing_of(series: Series, code: str) -> dict[str, int]:
    """Return somebody's place in line for each table, if a seat there came free now."""
    pool, settings, seated, gone = line_of(series)
    found = allocation.standing(pool, settings, seated, gone, beacon_of(series))
    return found.get(code, {})
