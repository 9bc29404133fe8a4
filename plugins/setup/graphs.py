"""Workflows as pictures: states in columns, steps as lines; plain numbers for a template."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from portal.hookspecs import Workflow

BOX_WIDTH, BOX_HEIGHT = 132, 44
GAP_ACROSS, GAP_DOWN = 112, 46
EDGE = 24


@dataclass(frozen=True)
class Box:
    """A state, placed."""

    name: str
    title: Any
    x: int
    y: int
    kind: str


@dataclass(frozen=True)
class Line:
    """A step from one state to another, with the place of its words."""

    path: str
    title: Any
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


def draw(flow: Workflow) -> Graph:
    """Place each state in the column of its distance from the first one; steps between them."""
    columns = _columns(flow)
    boxes: dict[str, Box] = {}
    tallest = max(map(len, columns))
    for across, names in enumerate(columns):
        offset = (tallest - len(names)) * (BOX_HEIGHT + GAP_DOWN) // 2
        for down, name in enumerate(names):
            state = next(item for item in flow.states if item.name == name)
            kind = "first" if name == flow.initial else "final" if state.final else ""
            x = EDGE + across * (BOX_WIDTH + GAP_ACROSS)
            y = EDGE + 30 + offset + down * (BOX_HEIGHT + GAP_DOWN)
            boxes[name] = Box(name, state.title, x, y, kind)
    width = 2 * EDGE + len(columns) * BOX_WIDTH + (len(columns) - 1) * GAP_ACROSS
    height = 2 * EDGE + 60 + tallest * BOX_HEIGHT + (tallest - 1) * GAP_DOWN
    return Graph(width, height, list(boxes.values()), _lines(flow, boxes))


def _columns(flow: Workflow) -> list[list[str]]:
    distance = {flow.initial: 0}
    waiting = [flow.initial]
    while waiting:
        name = waiting.pop(0)
        for step in flow.transitions:
            if name in step.sources and step.target not in distance:
                distance[step.target] = distance[name] + 1
                waiting.append(step.target)
    far = max(distance.values(), default=0)
    columns: list[list[str]] = [[] for _column in range(far + 1)]
    for state in flow.states:
        columns[distance.get(state.name, far)].append(state.name)
    return [column for column in columns if column]


def _lines(flow: Workflow, boxes: dict[str, Box]) -> list[Line]:
    together: dict[tuple[str, str], list[Any]] = {}
    for step in flow.transitions:
        for source in step.sources:
            if source in boxes and step.target in boxes:
                together.setdefault((source, step.target), []).append(step)
    used: dict[tuple[int, int], int] = {}
    return [_line(boxes[a], boxes[b], steps, used) for (a, b), steps in together.items()]


def _line(source: Box, target: Box, steps: list[Any], used: dict[tuple[int, int], int]) -> Line:
    """Draw forwards from right to left edge, backwards below, within a column at the side."""
    middle = BOX_HEIGHT // 2
    if source is target:
        x, y = source.x + BOX_WIDTH // 2, source.y
        path = f"M{x - 18} {y}C{x - 18} {y - 30} {x + 18} {y - 30} {x + 18} {y}"
        place = (x, y - 26)
    elif target.x > source.x:
        x1, y1, x2, y2 = source.x + BOX_WIDTH, source.y + middle, target.x, target.y + middle
        bend = (x2 - x1) // 2
        path = f"M{x1} {y1 - 5}C{x1 + bend} {y1 - 5} {x2 - bend} {y2 - 5} {x2} {y2 - 5}"
        place = ((x1 + x2) // 2, (y1 + y2) // 2 - 10)
    elif target.x < source.x:
        x1, y1, x2, y2 = source.x, source.y + middle, target.x + BOX_WIDTH, target.y + middle
        sag = 10 + 12 * ((source.x - target.x) // (BOX_WIDTH + GAP_ACROSS))
        path = f"M{x1} {y1 + 8}C{x1 - 50} {y1 + 8 + sag} {x2 + 50} {y2 + 8 + sag} {x2} {y2 + 8}"
        place = ((x1 + x2) // 2, (y1 + y2) // 2 + 14 + sag // 2)
    else:
        down = target.y > source.y
        y1, y2 = (source.y + BOX_HEIGHT, target.y) if down else (source.y, target.y + BOX_HEIGHT)
        x = source.x + BOX_WIDTH // 2 + (22 if down else -22)
        path = f"M{x} {y1}L{x} {y2}"
        place = (x, (y1 + y2) // 2 + 4)
    spot = (place[0] // 40, place[1] // 14)
    used[spot] = used.get(spot, 0) + 1
    y = place[1] + 14 * (used[spot] - 1)
    title = " / ".join(str(step.title) for step in steps)
    return Line(path, title, place[0], y, all(step.automatic for step in steps))
