"""Workflows as pictures: states in a row, steps as arcs; plain numbers for a template.

Steps forwards run above the row, those back below it, each on a level of its own where it would
cross the words of another; short ones to the next state are straight.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from portal.hookspecs import Workflow

WIDTH, HEIGHT = 132, 44
ACROSS = WIDTH + 88
EDGE, LEVEL, FIRST_LEVEL, ROUND = 16, 34, 30, 10
SHORT = 12
"""Letters that fit between two states."""
FITS, SHRINKS = 960, 1100
"""Pixels up to which a picture needs no hint on a wide page, and may be drawn smaller to fit it."""


@dataclass(frozen=True)
class Box:
    """A state, placed; kind is first, final or nothing."""

    title: str
    x: int
    y: int
    kind: str


@dataclass(frozen=True)
class Line:
    """A step or several with the same ends: path, and the middle of its words."""

    path: str
    title: str
    x: int
    y: int
    is_automatic: bool


@dataclass(frozen=True)
class Graph:
    """A workflow, drawn."""

    width: int
    height: int
    boxes: list[Box]
    lines: list[Line]

    @property
    def size(self) -> str:
        """How it gets along with a wide page: nothing, wide (drawn smaller there) or huge."""
        return "" if self.width <= FITS else "wide" if self.width <= SHRINKS else "huge"


@dataclass
class _Edge:
    """Steps from the state at one place of the row to that at another."""

    start: int
    end: int
    title: str
    is_automatic: bool
    level: int = 0

    @property
    def is_straight(self) -> bool:
        return self.end == self.start + 1 and len(self.title) <= SHORT

    @property
    def span(self) -> tuple[int, int]:
        if self.start == self.end:  # the words of a step that stays need room on both sides
            return self.start - 1, self.end + 1
        return min(self.start, self.end), max(self.start, self.end)


def draw(flow: Workflow) -> Graph:
    """Place the states in the order in which they are reached, final ones last."""
    order = _order(flow)
    edges = _edges(flow, order)
    above = _levels(edge for edge in edges if edge.end >= edge.start and not edge.is_straight)
    below = _levels(edge for edge in edges if edge.end < edge.start)
    top = EDGE + (FIRST_LEVEL + (above - 1) * LEVEL + 16 if above else 0)
    states = {state.name: state for state in flow.states}
    boxes = [
        Box(
            str(states[name].title),
            EDGE + place * ACROSS,
            top,
            "first" if name == flow.initial else "final" if states[name].final else "",
        )
        for place, name in enumerate(order)
    ]
    bottom = FIRST_LEVEL + (below - 1) * LEVEL + 16 if below else 0
    width = 2 * EDGE + (len(order) - 1) * ACROSS + WIDTH
    lines = [_line(edge, edges, top) for edge in edges]
    return Graph(width, top + HEIGHT + bottom + EDGE, boxes, lines)


def _order(flow: Workflow) -> list[str]:
    """Return the names of the states by their distance from the first, final ones last."""
    distance, waiting = {flow.initial: 0}, [flow.initial]
    while waiting:
        name = waiting.pop(0)
        for step in flow.transitions:
            if name in step.sources and step.target not in distance:
                distance[step.target] = distance[name] + 1
                waiting.append(step.target)
    far = len(flow.states)
    ranked = sorted(flow.states, key=lambda state: (state.final, distance.get(state.name, far)))
    return [state.name for state in ranked]


def _edges(flow: Workflow, order: list[str]) -> list[_Edge]:
    together: dict[tuple[int, int], list[Any]] = {}
    for step in flow.transitions:
        for source in sorted(step.sources, key=order.index):
            together.setdefault((order.index(source), order.index(step.target)), []).append(step)
    return [
        _Edge(start, end, " / ".join(str(s.title) for s in steps), all(s.automatic for s in steps))
        for (start, end), steps in together.items()
    ]


def _levels(edges: Iterable[_Edge]) -> int:
    """Give each edge the lowest level on which nothing is in its way; return how many there are."""
    levels: list[list[_Edge]] = []
    for edge in sorted(edges, key=lambda edge: (edge.span[1] - edge.span[0], edge.span)):
        low, high = edge.span
        free = (
            number
            for number, others in enumerate(levels)
            if all(high <= other.span[0] or other.span[1] <= low for other in others)
        )
        edge.level = next(free, len(levels))
        if edge.level == len(levels):
            levels.append([])
        levels[edge.level].append(edge)
    return len(levels)


def _line(edge: _Edge, edges: list[_Edge], top: int) -> Line:
    if edge.is_straight:
        x, y = EDGE + edge.start * ACROSS + WIDTH, top + HEIGHT // 2
        end = EDGE + edge.end * ACROSS
        return Line(f"M{x} {y}H{end}", edge.title, (x + end) // 2, y - 6, edge.is_automatic)
    is_back = edge.end < edge.start
    side = top + HEIGHT if is_back else top
    away = 1 if is_back else -1
    y = side + away * (FIRST_LEVEL + edge.level * LEVEL)
    x1, x2 = (_port(edge, edges, at_end) for at_end in (False, True))
    turn = ROUND if x2 > x1 else -ROUND
    path = (
        f"M{x1} {side}V{y - away * ROUND}Q{x1} {y} {x1 + turn} {y}"
        f"H{x2 - turn}Q{x2} {y} {x2} {y - away * ROUND}V{side}"
    )
    return Line(path, edge.title, (x1 + x2) // 2, y + 4, edge.is_automatic)


def _port(edge: _Edge, edges: list[_Edge], at_end: bool) -> int:
    """Return where an edge meets its box: so that lines cross as little as they can."""
    place = edge.end if at_end else edge.start
    is_back = edge.end < edge.start
    ends = [
        (other.start if is_end else other.end, not is_end, id(other), is_end)
        for other in edges
        if not other.is_straight and (other.end < other.start) == is_back
        for is_end in (False, True)
        if (other.end if is_end else other.start) == place
    ]
    mine = (edge.start if at_end else edge.end, not at_end, id(edge), at_end)
    row = sorted(ends, key=lambda item: (item[0] > place, -item[0], item[1:]))
    return EDGE + place * ACROSS + WIDTH * (row.index(mine) + 1) // (len(row) + 1)
