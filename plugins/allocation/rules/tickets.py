"""The tickets of a draw and what follows from them: chances, breadth, evenness, first choices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from plugins.allocation.rules.board import Layout, board_of, first_choices
from plugins.allocation.rules.pool import Pool, Settings

TICKETS = 1_000
Ticket = list[tuple[str, str]]


@dataclass(frozen=True)
class Measure:
    """A figure over all tickets: its mean, its smallest, and the best attainable."""

    expected: float
    worst: float
    best: float

    @property
    def expected_share(self) -> float:
        """Return the mean as a share of the best."""
        return self.expected / self.best if self.best else 1.0

    @property
    def worst_share(self) -> float:
        """Return the smallest as a share of the best."""
        return self.worst / self.best if self.best else 1.0


@dataclass(frozen=True)
class Result:
    """What an allocation found, before a ticket is drawn.

    `tickets` hold (code, table), one of them will be drawn, each as likely as the others.
    `bound` is the greatest value that anybody's method could give the lowest chance; None where
    no solver was there. `fill` is how many seats every ticket fills: as many as possible.
    `exact` is False for the plain method. `needs_draw` is False when everybody has a place.
    """

    pool: Pool
    settings: Settings
    tickets: list[Ticket]
    coverage: Measure
    simpson: Measure
    fill: int
    first_choice: float
    bound: float | None = None
    exact: bool = False
    needs_draw: bool = True
    solver: str = ""
    seed: str = ""
    impossible: tuple[str, ...] = field(default=())

    @cached_property
    def held(self) -> dict[str, int]:
        """Return in how many tickets each person has a seat."""
        found = {person.id: 0 for person in self.pool.people}
        for ticket in self.tickets:
            for code in {code for code, _table in ticket}:
                found[code] += 1
        return found

    @cached_property
    def chances(self) -> dict[str, float]:
        """Return each person's chance of a seat."""
        return {code: count / len(self.tickets) for code, count in self.held.items()}

    @property
    def lowest(self) -> float:
        """Return the smallest chance of those whom no rule keeps out; 0 where there is nobody."""
        out = set(self.impossible)
        return min((c for code, c in self.chances.items() if code not in out), default=0.0)

    @property
    def gini(self) -> float:
        """Return how uneven the chances are: 0 for all alike, near 1 where few have all."""
        return gini(list(self.chances.values()))


def gini(values: Sequence[float]) -> float:
    """Return the Gini coefficient of some values; 0 where all are zero."""
    ordered, count = sorted(values), len(values)
    total = sum(ordered)
    if not total:
        return 0.0
    return sum((2 * at - count - 1) * value for at, value in enumerate(ordered, 1)) / (
        count * total
    )


def named(layout: Layout, seats: Sequence[tuple[int, int]]) -> Ticket:
    """Return a ticket in codes and names of tables, sorted."""
    return sorted((layout.ids[person], layout.tables[table]) for person, table in seats)


def numbered(layout: Layout, ticket: Sequence[Sequence[str]]) -> list[tuple[int, int]]:
    """Return a ticket in numbers; what the pool doesn't have is left out."""
    people = {code: at for at, code in enumerate(layout.ids)}
    tables = {name: at for at, name in enumerate(layout.tables)}
    return [
        (people[code], tables[name]) for code, name in ticket if code in people and name in tables
    ]


def result_of(
    layout: Layout,
    tickets: Sequence[Sequence[tuple[int, int]]],
    best: tuple[float, float],
    impossible: Sequence[str] | None = None,
    **more: object,
) -> Result:
    """Measure tickets; `best` are the greatest coverage and Gini-Simpson index attainable."""
    known: dict[tuple[tuple[int, int], ...], tuple[float, float, int]] = {}
    figures = []
    for seats in tickets:
        key = tuple(sorted(seats))
        if key not in known:
            board = board_of(layout, key)
            known[key] = board.coverage(), board.simpson(), first_choices(layout, key)
        figures.append(known[key])
    count, total = len(figures) or 1, sum(map(len, tickets))
    cover = [figure[0] for figure in figures] or [0.0]
    even = [figure[1] for figure in figures] or [0.0]
    nowhere = [code for code, tables in zip(layout.ids, layout.wants, strict=True) if not tables]
    return Result(
        pool=layout.pool,
        settings=layout.settings,
        tickets=[named(layout, seats) for seats in tickets],
        coverage=Measure(sum(cover) / count, min(cover), max(best[0], *cover)),
        simpson=Measure(sum(even) / count, min(even), max(best[1], *even)),
        fill=min(map(len, tickets), default=0),
        first_choice=sum(figure[2] for figure in figures) / total if total else 0.0,
        impossible=tuple(nowhere if impossible is None else impossible),
        **more,  # type: ignore[arg-type]
    )
