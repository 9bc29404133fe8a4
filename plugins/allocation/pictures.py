"""What pages show of an allocation: plain numbers for tables and drawings, made of a try's figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from plugins.allocation.trying import OWN, PRESETS
from portal.i18n import _, number
from portal.i18n import lazy_gettext as lazy

ACROSS = 50
"""Tiles in a row of the picture of the tickets."""
NEAR = 16
"""Points of the curve that are nearer share one mark, so that their names can be read."""
SMALLEST_SHOWN = 5
"""Fewer people of a group are not told apart, so that nobody is recognised."""
_TITLES = {
    "broader": lazy("Broader"),
    "balanced": lazy("Balanced"),
    "equal": lazy("More equal"),
    OWN: lazy("Your own"),
}


def figures(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a try, or a committed draw, shows to its host and to everybody."""
    losses: Mapping[str, int] = told.get("losses") or PRESETS
    points = [
        {
            "name": name,
            "title": str(_TITLES.get(name) or told.get("titles", {}).get(name, name)),
            "loss": loss,
            "groups": round(point["coverage"] * 100),
            "lowest": point["lowest"],
            "one_in": round(1 / point["lowest"]) if point["lowest"] else 0,
            "first": round(point["first_choice"] * 100),
            "bound": point["bound"],
            "gini": point["gini"],
        }
        for name, loss in sorted(losses.items(), key=lambda pair: pair[1])
        if (point := told.get("points", {}).get(name))
    ]
    titles = (_("First come, first served"), _("A plain lottery"))
    rivals = [
        {**one, "title": title, "groups": round(one["coverage"] * 100)}
        for title, one in zip(titles, told.get("rivals", []), strict=False)
    ]
    return {
        "points": points,
        "rivals": rivals,
        "people": told.get("people", 0),
        "seats": told.get("seats", 0),
        "problems": told.get("problems", []),
        "is_exact": told.get("exact", True),
    }


def curve(shown: Mapping[str, Any]) -> dict[str, Any]:
    """Return the points of the picture "what each setting costs": groups to the right, chance up."""
    points, others = shown["points"], shown["rivals"]
    if not points:
        return {}
    top = max([point["lowest"] for point in (*points, *others)] + [0.01]) * 1.15
    left = min(point["groups"] for point in (*points, *others)) - 3

    def place(one: Mapping[str, Any]) -> dict[str, Any]:
        x = 60 + (one["groups"] - left) / max(1, 103 - left) * 460
        y = round(220 - one["lowest"] / top * 190)
        return {"x": round(x), "y": y, "title": one["title"], "name": one.get("name", "")}

    marked: list[dict[str, Any]] = []
    for one in map(place, sorted(points, key=lambda one: one["groups"])):
        if (
            marked
            and abs(one["x"] - marked[-1]["x"]) < NEAR
            and abs(one["y"] - marked[-1]["y"]) < NEAR
        ):
            marked[-1]["title"] += f", {one['title']}"
        else:
            marked.append(one)
    return {
        "points": marked,
        "others": [place(one) for one in others],
        "marks": [
            (round(220 - share * 190), number(top * share * 100, 0))
            for share in (0, 0.25, 0.5, 0.75)
        ],
    }


def presence(told: Mapping[str, Any], key: str, tables: int) -> tuple[list[Any], int]:
    """Return the values of a group: value, people, tables (whole, mean), all; and how many are small."""
    point = told.get("points", {}).get(told.get("preset", "balanced"), {})
    counted: dict[str, int] = told.get("groups", {}).get(key, {})
    means = point.get("presence", {}).get(key, {})
    rows = [
        (value, number(count), round(means.get(value, 0)), number(means.get(value, 0), 1), tables)
        for value, count in sorted(counted.items(), key=lambda pair: -pair[1])
        if count >= SMALLEST_SHOWN
    ]
    return rows, sum(count for count in counted.values() if count < SMALLEST_SHOWN)


def tiles(held: set[int], drawn: int | None, total: int) -> dict[str, Any]:
    """Return the tickets as rows of tiles: with the person, without, the drawn one."""
    cells = [
        (at % ACROSS * 12, at // ACROSS * 12, "mine" if at in held else "other")
        for at in range(total)
    ]
    mark = None if drawn is None else (drawn % ACROSS * 12, drawn // ACROSS * 12)
    return {"cells": cells, "mark": mark, "width": ACROSS * 12, "height": -(-total // ACROSS) * 12}


def without_few(rows: Sequence[Sequence[int]], least: int) -> list[list[int]]:
    """Return counts without those of fewer than `least` people, who might be recognised: -1 there.

    Where what is left out of a column could be told from its sum, the next smallest goes too.
    """
    shown = [list(cells) for cells in rows]
    for column in range(len(rows[0]) if rows else 0):
        order = sorted((cells[column], at) for at, cells in enumerate(rows) if cells[column])
        few = [count for count, _at in order if count < least]
        if few and (len(few) == 1 or sum(few) < least):
            few.append(0)
        for _count, at in order[: len(few)]:
            shown[at][column] = -1
    return shown


def together(told: Mapping[str, Sequence[int]], least: int) -> dict[str, list[int]]:
    """Return counts by value, the largest first; values of fewer than `least` people as "other"."""
    shown = {value: list(cells) for value, cells in told.items() if cells[0] >= least}
    small = [cells for value, cells in told.items() if value not in shown]
    if small:
        shown["other"] = [sum(column) for column in zip(*small, strict=True)]
    return dict(sorted(shown.items(), key=lambda pair: (pair[0] == "other", -pair[1][0], pair[0])))
