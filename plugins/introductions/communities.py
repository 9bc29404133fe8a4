"""Who worked with whom over the whole portal: groups that work together, and who connects them.

At most two hundred organisations are looked at, those with the most consortia and projects; the
rest is folded and counted. Groups are found by Louvain's method with a fixed seed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import cos, pi, sin, sqrt
from typing import Any

from portal import db, objects
from portal.context import Context
from portal.later import Later
from portal.organisations import queries as organisations
from portal.organisations.models import Organisation

networkx = Later("networkx")  # of the extra "graph"

MOST_NODES = 200
MOST_GROUPS = 12
"""Groups that the picture shows; the smaller ones stand in the table only."""
FEWEST = 2
SEED = 7
STEP, MARGIN, GAP = 9.5, 26, 34
GOLDEN = pi * (3 - sqrt(5))
KEPT_SECONDS = 600
OF_KIND = "SELECT id FROM organisation WHERE hidden_at IS NULL AND is_fictional = ?"
_kept: dict[tuple[Any, ...], Whole] = {}


@dataclass(frozen=True)
class Spot:
    """An organisation in its group, placed. `reaches` counts other groups that it works with.

    `cuts` says that without it others here have no way to each other any more.
    """

    organisation: Organisation
    group: int
    amount: int
    reaches: int
    cuts: bool
    x: float = 0.0
    y: float = 0.0


@dataclass(frozen=True)
class Group:
    """Organisations that work together more than with others, placed; the largest is number 1."""

    number: int
    size: int
    countries: tuple[str, ...]
    x: float = 0.0
    y: float = 0.0
    radius: float = 0.0


@dataclass(frozen=True)
class Tie:
    """How often organisations of two groups worked together, placed."""

    one: int
    other: int
    amount: int
    x1: float
    y1: float
    x2: float
    y2: float
    width: float


@dataclass(frozen=True)
class Whole:
    """The network: all spots and groups, ties between those in the picture, and what is left out."""

    spots: tuple[Spot, ...] = ()
    groups: tuple[Group, ...] = ()
    ties: tuple[Tie, ...] = ()
    size: float = 0.0
    total: int = 0
    folded: int = 0

    @property
    def drawn(self) -> list[Spot]:
        """The organisations in the picture."""
        return [spot for spot in self.spots if spot.group <= MOST_GROUPS]

    @property
    def bridges(self) -> list[Spot]:
        """Who connects most groups, or without whom others lose each other; at most ten."""
        found = [spot for spot in self.spots if spot.reaches > 1 or spot.cuts]
        ranked = sorted(found, key=lambda spot: (-spot.reaches, not spot.cuts, -spot.amount))
        return ranked[:10]


def whole(ctx: Context, made_up: bool, seq: int) -> Whole:
    """Return the network of the real or of the made-up organisations.

    Kept for ten minutes in each worker, unless organisations change. Empty without networkx.
    """
    slot = int(ctx.clock.now().timestamp()) // KEPT_SECONDS
    registry = objects.registry()
    key = (made_up, seq, registry.generation, slot, id(registry))
    if key not in _kept:
        while len(_kept) > 3:
            _kept.pop(next(iter(_kept)))
        groups = [set(ids) for ids in registry.hooks.each("introductions_groups", ctx)]
        _kept[key] = _made(groups, made_up) if networkx else Whole()
    return _kept[key]


def _made(groups: Sequence[Collection[int]], made_up: bool) -> Whole:
    counts = Counter(number for group in groups if len(group) >= FEWEST for number in group)
    same = {number for (number,) in db.query(OF_KIND, [made_up]) if number in counts}
    shown = _in_sight(sorted(same, key=lambda number: (-counts[number], number)))
    amounts = ties_among(groups, shown)
    linked = {number for pair in amounts for number in pair}
    graph = networkx.Graph()
    graph.add_nodes_from(number for number in shown if number in linked)
    for (one, other), amount in sorted(amounts.items()):
        graph.add_edge(one, other, weight=amount)
    found = partition(graph)
    cuts = set(networkx.articulation_points(graph))
    of = {number: at for at, group in enumerate(found, 1) for number in group}
    spots = [
        Spot(shown[number], of[number], counts[number], _reach(graph, of, number), number in cuts)
        for number in graph
    ]
    return _placed(spots, found, amounts, of, len(same))


def _in_sight(ranked: Sequence[int]) -> dict[int, Organisation]:
    """Return the first two hundred that everybody may see, in the same order."""
    shown: dict[int, Organisation] = {}
    for first in range(0, len(ranked), 500):
        part = ranked[first : first + 500]
        rows: Any = Organisation.select().where(Organisation.id.in_(part))
        seen = {item.id: item for item in organisations.in_sight(list(rows))}
        for number in part:
            if number in seen:
                shown[number] = seen[number]
            if len(shown) == MOST_NODES:
                return shown
    return shown


def ties_among(
    groups: Iterable[Collection[int]], shown: Collection[int]
) -> Counter[tuple[int, int]]:
    """Count for each two of some organisations what they were in together."""
    inside = frozenset(shown)
    amounts: Counter[tuple[int, int]] = Counter()
    for group in groups:
        amounts.update(combinations(sorted(inside.intersection(group)), 2))
    return amounts


def partition(graph: Any) -> list[list[int]]:
    """Return groups that work together, the largest first, then by lowest number."""
    if not graph:
        return []
    found = networkx.community.louvain_communities(graph, weight="weight", seed=SEED)
    return sorted((sorted(group) for group in found), key=lambda group: (-len(group), group[0]))


def _reach(graph: Any, of: Mapping[int, int], number: int) -> int:
    return len({of[other] for other in graph[number]} - {of[number]})


def _placed(
    spots: Sequence[Spot],
    found: Sequence[Sequence[int]],
    amounts: Mapping[tuple[int, int], int],
    of: Mapping[int, int],
    total: int,
) -> Whole:
    by_number = {spot.organisation.id: spot for spot in spots}
    radii = [STEP * sqrt(len(group)) + 8 for group in found[:MOST_GROUPS]]
    around = sum(2 * radius + GAP for radius in radii)
    circle = around / (2 * pi) if len(radii) > 1 else 0.0
    circle = max(circle, max(radii[:2], default=0) + GAP / 2) if len(radii) > 1 else 0.0
    size = round(2 * (circle + max(radii, default=0) + MARGIN), 1)
    groups, placed, angle = [], [], -pi / 2
    for at, members in enumerate(found, 1):
        countries = Counter(by_number[number].organisation.country for number in members)
        named = tuple(code for code, _count in sorted(countries.items(), key=_most)[:4])
        if at > MOST_GROUPS:
            groups.append(Group(at, len(members), named))
            placed += [by_number[number] for number in members]
            continue
        radius = radii[at - 1]
        part = 2 * pi * (2 * radius + GAP) / around
        x, y = _point(size, circle, angle + part / 2 if at > 1 else angle)
        angle += part if at > 1 else part / 2
        groups.append(Group(at, len(members), named, x, y, round(radius, 1)))
        placed += _inside(members, by_number, x, y)
    ties = _ties(groups[:MOST_GROUPS], amounts, of)
    order = {spot.organisation.id: spot for spot in placed}
    spots = sorted(
        order.values(), key=lambda spot: (spot.group, -spot.amount, spot.organisation.id)
    )
    return Whole(tuple(spots), tuple(groups), ties, size, total, total - len(spots))


def _most(item: tuple[str, int]) -> tuple[int, str]:
    return -item[1], item[0]


def _point(size: float, radius: float, angle: float) -> tuple[float, float]:
    return round(size / 2 + radius * cos(angle), 1), round(size / 2 + radius * sin(angle), 1)


def _inside(
    members: Sequence[int], by_number: Mapping[int, Spot], x: float, y: float
) -> list[Spot]:
    """Place those of a group like the seeds of a sunflower, who is in most in the middle."""
    ranked = sorted(members, key=lambda number: (-by_number[number].amount, number))
    return [
        replace(
            by_number[number],
            x=round(x + STEP * sqrt(at) * cos(at * GOLDEN), 1),
            y=round(y + STEP * sqrt(at) * sin(at * GOLDEN), 1),
        )
        for at, number in enumerate(ranked)
    ]


def _ties(
    groups: Sequence[Group], amounts: Mapping[tuple[int, int], int], of: Mapping[int, int]
) -> tuple[Tie, ...]:
    between: Counter[tuple[int, int]] = Counter()
    for (one, other), amount in amounts.items():
        if of[one] != of[other]:
            between[min(of[one], of[other]), max(of[one], of[other])] += amount
    by_number = {group.number: group for group in groups}
    most = max(between.values(), default=1)
    return tuple(
        Tie(
            one, other, amount,
            by_number[one].x, by_number[one].y, by_number[other].x, by_number[other].y,
            round(1 + 7 * amount / most, 1),
        )
        for (one, other), amount in sorted(between.items())
        if one in by_number and other in by_number
    )  # fmt: skip
