"""Ratings as pictures: plain numbers for the macros of `ratings/_pictures.html`, each with a table.

Pure functions; words and names come from the caller.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil, cos, pi, sin

from plugins.ratings.rings import Finding
from plugins.ratings.score import Score

WIDTH = 560
EDGE = 40
TILE, STEP, TALLEST = 14, 16, 9
"""Size of a tile, distance of two, and how many stand on each other at most."""


def _across(stars: float) -> float:
    """Return where a mark from 1 to 5 stands."""
    return round(EDGE + (stars - 1) / 4 * (WIDTH - 2 * EDGE), 1)


@dataclass(frozen=True)
class Column:
    """Answers with so many stars, as tiles from the ground up."""

    stars: int
    answers: int
    x: float
    tiles: list[float]
    label_y: float


@dataclass(frozen=True)
class ScorePicture:
    """Distribution of the answers above the likely range; a tile is `per_tile` answers."""

    width: int
    height: int
    ground: int
    columns: list[Column]
    per_tile: int
    low: float
    high: float
    score: float


def score_picture(score: Score) -> ScorePicture:
    """Draw the answers as tiles, and the score with its likely range below."""
    most = max(score.histogram)
    per_tile = max(1, ceil(most / TALLEST))
    rows = ceil(most / per_tile)
    ground = 28 + rows * STEP
    columns = []
    for stars, answers in enumerate(score.histogram, 1):
        tiles = [float(ground - STEP * n) for n in range(1, ceil(answers / per_tile) + 1)]
        label_y = (tiles[-1] if tiles else ground) - 6
        columns.append(Column(stars, answers, _across(stars) - TILE / 2, tiles, label_y))
    low, high, middle = _across(score.low), _across(score.high), _across(score.score)
    return ScorePicture(WIDTH, ground + 60, ground, columns, per_tile, low, high, middle)


@dataclass(frozen=True)
class Point:
    """The score as of a day."""

    on: date
    score: float
    low: float
    high: float


@dataclass(frozen=True)
class Dot:
    """A point, placed."""

    x: float
    y: float
    point: Point


@dataclass(frozen=True)
class TimePicture:
    """A line through the scores, the likely range around it, and the years below."""

    width: int
    height: int
    line: str
    band: str
    dots: list[Dot]
    years: list[tuple[float, int]]
    marks: list[tuple[float, int]]


TIME_HEIGHT, TOP, BOTTOM = 220, 16, 32


def time_picture(points: Sequence[Point]) -> TimePicture | None:
    """Draw scores over time, oldest first; two points make a line, fewer nothing."""
    if len(points) < 2:
        return None
    points = sorted(points, key=lambda point: point.on)
    first, last = points[0].on.toordinal(), points[-1].on.toordinal()
    span = max(1, last - first)

    def place(on: date) -> float:
        return round(EDGE + (on.toordinal() - first) / span * (WIDTH - 2 * EDGE), 1)

    def level(stars: float) -> float:
        return round(TOP + (5 - stars) / 4 * (TIME_HEIGHT - TOP - BOTTOM), 1)

    dots = [Dot(place(point.on), level(point.score), point) for point in points]
    upper = [f"{place(point.on)} {level(point.high)}" for point in points]
    lower = [f"{place(point.on)} {level(point.low)}" for point in reversed(points)]
    years = [
        (place(date(year, 1, 1)), year) for year in range(points[0].on.year + 1, last_year(points))
    ]
    return TimePicture(
        WIDTH,
        TIME_HEIGHT,
        "M" + "L".join(f"{dot.x} {dot.y}" for dot in dots),
        "M" + "L".join(upper + lower) + "Z",
        dots,
        years[:: max(1, ceil(len(years) / 8))],
        [(level(stars), stars) for stars in range(1, 6)],
    )


def last_year(points: Sequence[Point]) -> int:
    """Return the year after the last point's."""
    return points[-1].on.year + 1


def who_rated(counts: Mapping[str, int], others: str, least: int = 3) -> list[tuple[str, int]]:
    """Return groups with their counts, largest first; those below `least` are put together.

    Where even these are too few, the smallest group that is shown joins them: a rest of one would
    tell who it is.
    """
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    shown = [item for item in ordered if item[1] >= least]
    rest = sum(count for _name, count in ordered[len(shown) :])
    while 0 < rest < least and shown:
        rest += shown.pop()[1]
    return [*shown, (others, rest)] if rest else shown


@dataclass(frozen=True)
class Node:
    """An organisation on the ring."""

    id: str
    x: float
    y: float
    anchor: str
    label_x: float
    label_y: float


@dataclass(frozen=True)
class Edge:
    """What one says about another: a curve, so that both ways can be seen."""

    rater: str
    rated: str
    path: str
    width: float
    people: int
    mean: float
    share: float


@dataclass(frozen=True)
class RingPicture:
    """Who rated whom inside a group."""

    width: int
    height: int
    nodes: list[Node]
    edges: list[Edge]


RING_HEIGHT, RADIUS = 360, 120


def ring_picture(findings: Iterable[Finding]) -> RingPicture:
    """Draw the organisations of findings on a circle, with an arrow for each voice."""
    found = list(findings)
    names = sorted(
        {v.rater for item in found for v in item.voices}
        | {item.rated for item in found}
        | {member for item in found for member in item.members}
    )
    nodes = {name: _node(name, place, len(names)) for place, name in enumerate(names)}
    edges = [
        Edge(
            voice.rater,
            voice.rated,
            _curve(nodes[voice.rater], nodes[voice.rated]),
            round(min(6.0, 1 + voice.people / 4), 1),
            voice.people,
            voice.mean,
            item.share,
        )
        for item in found
        for voice in item.voices
    ]
    return RingPicture(WIDTH, RING_HEIGHT, list(nodes.values()), edges)


def _node(name: str, place: int, count: int) -> Node:
    angle = 2 * pi * place / count - pi / 2
    across, down = cos(angle), sin(angle)
    x, y = WIDTH / 2 + RADIUS * across, RING_HEIGHT / 2 + RADIUS * down
    anchor = "middle" if abs(across) < 0.3 else "start" if across > 0 else "end"
    label_y = y + 4 + 20 * down
    return Node(
        name, round(x, 1), round(y, 1), anchor, round(x + 16 * across, 1), round(label_y, 1)
    )


def _curve(start: Node, end: Node) -> str:
    """Bend to the left of the way, and stop before the node so that the head can be seen."""
    across, down = end.x - start.x, end.y - start.y
    length = max(1.0, (across * across + down * down) ** 0.5)
    bend_x = (start.x + end.x) / 2 + down * 0.15
    bend_y = (start.y + end.y) / 2 - across * 0.15
    stop_x, stop_y = end.x - across / length * 10, end.y - down / length * 10
    return f"M{start.x} {start.y}Q{bend_x:.1f} {bend_y:.1f} {stop_x:.1f} {stop_y:.1f}"
