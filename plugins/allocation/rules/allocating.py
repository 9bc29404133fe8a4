"""Give places broadly and fairly: the one entry, whichever method the installation can run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from importlib.util import find_spec
from types import MappingProxyType

from plugins.allocation.rules.board import Layout, board_of
from plugins.allocation.rules.draw import canonical, fingerprint, leaves, pool_hash
from plugins.allocation.rules.greedy import (
    everybody,
    first_come,
    lottery,
    plain_lottery,
)
from plugins.allocation.rules.pool import Pool, Settings, with_epsilon
from plugins.allocation.rules.tickets import TICKETS, Result, gini, numbered, result_of

Progress = Callable[[float], None]
Cancelled = Callable[[], bool]
CURVE = (0.02, 0.05, 0.10, 0.15, 0.20)
"""The points of the trade-off between breadth and equal chances that hosts are shown."""


class Stopped(Exception):
    """An allocation was cancelled between two steps."""


def has_solver() -> bool:
    """Say whether the linear programs can be solved here: the extra `allocation` is installed."""
    return all(find_spec(name) is not None for name in ("highspy", "numpy"))


def default_seed(pool: Pool, settings: Settings) -> str:
    """Return a seed that nobody can choose: it follows from the pool and the settings."""
    parts = [pool_hash(leaves(pool)), fingerprint(canonical(settings.data()))]
    return fingerprint(json.dumps(parts))


def allocate(
    pool: Pool,
    settings: Settings,
    seed: str = "",
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
    *,
    plain: bool = False,
    tickets: int = TICKETS,
) -> Result:
    """Return the tickets of a draw, one of which gives the places.

    Every ticket keeps all limits and fills as many seats as possible. Among such tickets, the
    mean coverage and evenness stay within epsilon of the best attainable, those of each ticket
    within twice epsilon; within that, the lowest chance is as great as found, then the others.
    Without `seed` it follows from pool and settings. `plain` takes the method without a solver.
    `progress` hears the share done; when `cancelled` says yes, Stopped is raised.
    Raises Invalid where pool and settings don't fit each other.
    """
    layout = Layout(pool, settings)
    seed = seed or default_seed(pool, settings)

    def ready(share: float) -> None:
        if cancelled is not None and cancelled():
            raise Stopped
        if progress is not None:
            progress(share)

    ready(0.0)
    seats = everybody(layout)
    if seats is not None:
        board = board_of(layout, seats)
        best = board.coverage(), board.simpson()
        return result_of(
            layout, [seats] * tickets, best, bound=1.0, exact=True, needs_draw=False, seed=seed
        )
    if plain or not has_solver():
        found, cover, even = lottery(layout, tickets, seed, ready)
        return result_of(layout, found, (cover, even), seed=seed)
    fairness = import_module("plugins.allocation.rules.fairness")  # costs 100 ms and 30 MB
    result: Result = fairness.allocate_evenly(layout, tickets, seed, ready)
    return result


Strategy = Callable[[Pool, Settings, str], Sequence[Sequence[tuple[str, str]]]]


def measured(pool: Pool, settings: Settings, make: Strategy, beside: Result) -> Result:
    """Return the tickets of another strategy, measured like those of a result `beside` it.

    They are not held against the rules here; see `check`.
    """
    layout = Layout(pool, settings)
    seed = default_seed(pool, settings)
    tickets = [numbered(layout, ticket) for ticket in make(pool, settings, seed)]
    best = beside.coverage.best, beside.simpson.best
    return result_of(layout, tickets, best, beside.impossible, seed=seed)


@dataclass(frozen=True)
class Point:
    """What one epsilon gives: shares of the best breadth, the lowest chance and its bound."""

    epsilon: float
    coverage: float
    simpson: float
    lowest: float
    bound: float | None
    gini: float
    first_choice: float


def trade_off(
    pool: Pool,
    settings: Settings,
    epsilons: Sequence[float] = CURVE,
    seed: str = "",
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
    known: Mapping[float, Point] = MappingProxyType({}),
) -> Iterator[Point]:
    """Yield what hosts choose from: how much more equal chances get for how much breadth.

    Each point is that of a single run, so those that are `known` from one are not computed again.
    """
    missing = [epsilon for epsilon in epsilons if epsilon not in known]
    for epsilon in epsilons:
        if epsilon in known:
            yield known[epsilon]
            continue
        at = missing.index(epsilon)
        share = (lambda part, at=at: progress((at + part) / len(missing))) if progress else None
        yield point_of(allocate(pool, with_epsilon(settings, epsilon), seed, share, cancelled))


def point_of(result: Result) -> Point:
    """Return the point of the trade-off that a result is."""
    return Point(
        result.settings.epsilon,
        result.coverage.expected_share,
        result.simpson.expected_share,
        result.lowest,
        result.bound,
        result.gini,
        result.first_choice,
    )


@dataclass(frozen=True)
class Rival:
    """Another way to give the places, for comparison; coverage in the same units as a result's."""

    name: str
    coverage: float
    lowest: float
    without_chance: int
    gini: float
    chances: dict[str, float]


def rivals(pool: Pool, settings: Settings, draws: int = 500, seed: str = "") -> list[Rival]:
    """Return first come first served, as event systems do it without limits for organisations,
    and a plain lottery with the limits (its chances estimated from draws).
    """
    layout = Layout(pool, settings)
    first = first_come(Layout(pool, replace(settings, org_cap=None, series_cap=None)))
    chances, cover = plain_lottery(layout, draws, seed or default_seed(pool, settings))
    row = [float(bool(tables)) for tables in first.of]
    return [
        _rival(layout, "first come, first served", first.coverage(), row),
        _rival(layout, "plain lottery", cover, chances),
    ]


def _rival(layout: Layout, name: str, coverage: float, chances: list[float]) -> Rival:
    able = [chance for chance, can in zip(chances, layout.can_have_a_seat(), strict=False) if can]
    return Rival(
        name,
        coverage,
        min(able, default=0.0),
        sum(1 for chance in able if not chance),
        gini(chances),
        dict(zip(layout.ids, chances, strict=False)),
    )
