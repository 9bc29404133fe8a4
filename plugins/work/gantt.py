"""A work plan as a picture: rows under each other, months side by side; plain numbers for a template.

Bars are tasks, diamonds milestones, sheets deliverables; lines lead from what is needed to what needs it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

NAMES, CHART, ROW, HEAD, EDGE = 250, 880, 30, 30, 10
BAR = 14
LETTERS = 32
"""So many letters of a title stand beside its bar; the table has it whole."""
MOST_HEADS = 13
MOST_LINES = 200


@dataclass(frozen=True)
class Bar:
    """What is drawn: a package or a piece of work with its first and last day.

    `kind` is package, task, milestone or deliverable, `look` planned, running, done or late.
    """

    id: int
    title: str
    kind: str
    first: date
    last: date
    look: str = ""


@dataclass(frozen=True)
class Placed:
    """A row of the picture: its words, and where its shape stands."""

    title: str
    kind: str
    look: str
    y: int
    x: float
    width: float
    path: str


@dataclass(frozen=True)
class Chart:
    """A work plan, drawn."""

    width: int
    height: int
    rows: list[Placed] = field(default_factory=list)
    heads: list[tuple[float, str]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    today: float | None = None


def draw(
    bars: Sequence[Bar], needs: Mapping[int, Sequence[int]], today: date, month: Mapping[int, str]
) -> Chart:
    """Place the rows; `month` says what the months are called for short. Empty without bars."""
    if not bars:
        return Chart(0, 0)
    first = min(bar.first for bar in bars).replace(day=1)
    last = _next_month(max(bar.last for bar in bars)) - timedelta(days=1)
    scale = CHART / ((last - first).days + 1)

    def at(day: date) -> float:
        return round(NAMES + EDGE + (day - first).days * scale, 1)

    rows, places = [], {}
    for number, bar in enumerate(bars):
        top = HEAD + number * ROW + (ROW - BAR) // 2
        x, end = at(bar.first), at(bar.last + timedelta(days=1))
        if bar.kind in {"milestone", "deliverable"}:
            x = round((at(bar.last) + end) / 2 - BAR / 2, 1)
            end = x + BAR
        width = max(round(end - x, 1), 3.0)
        rows.append(
            Placed(
                _short(bar.title),
                bar.kind,
                bar.look,
                top,
                x,
                width,
                _shape(bar.kind, x, top, width),
            )
        )
        if bar.kind != "package":
            places[bar.id] = (x, x + width, top + BAR // 2)
    lines = [
        _line(places[new], places[item])
        for item, wanted in needs.items()
        for new in wanted
        if item in places and new in places
    ]
    return Chart(
        NAMES + CHART + 2 * EDGE,
        HEAD + len(bars) * ROW + EDGE,
        rows,
        _heads(first, last, at, month),
        lines[:MOST_LINES],
        at(today) if first <= today <= last else None,
    )


def _short(title: str) -> str:
    return title if len(title) <= LETTERS else title[: LETTERS - 1].rstrip() + "…"


def _next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def _shape(kind: str, x: float, y: int, width: float) -> str:
    if kind == "milestone":
        half = BAR / 2
        return f"M{x + half} {y - 1}l{half + 1} {half + 1}l{-half - 1} {half + 1}l{-half - 1} {-half - 1}z"
    if kind == "deliverable":
        return f"M{x} {y}h{BAR - 5}l5 5v{BAR - 5}h{-BAR}z"
    if kind == "package":
        return f"M{x} {y + 3}h{width}v8l-3 -4h{-(width - 6)}l-3 4z" if width > 8 else ""
    return ""


def _line(start: tuple[float, float, int], end: tuple[float, float, int]) -> str:
    """Lead from the end of what is needed to the beginning of what needs it."""
    _left, x, y = start
    target, _right, below = end
    bend = round(x + 5, 1)
    if target >= bend + 4:
        return f"M{x} {y}H{bend}V{below}H{target}"
    half = y + (ROW // 2 if below > y else -ROW // 2)
    return f"M{x} {y}H{bend}V{half}H{round(target - 6, 1)}V{below}H{target}"


def _heads(
    first: date, last: date, at: object, month: Mapping[int, str]
) -> list[tuple[float, str]]:
    """Name months: all of them if they fit, else every second, third and so on; years at their first."""
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    step = next(size for size in (1, 2, 3, 6, 12, 24, 60, 1200) if months / size <= MOST_HEADS)
    found, seen = [], 0
    for number in range(0, months, step):
        which = first.year * 12 + first.month - 1 + number
        day = date(which // 12, which % 12 + 1, 1)
        words = month[day.month] if day.year == seen else f"{month[day.month]} {day.year}"
        seen = day.year
        found.append((at(day), words))  # type: ignore[operator]
    return found
