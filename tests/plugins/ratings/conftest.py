"""Rows of ratings, and how two orders compare."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import count
from typing import Any

from plugins.ratings.parameters import Parameters
from plugins.ratings.rowsfile import SENDING, Row
from plugins.ratings.sandbox import ranking
from plugins.ratings.score import scores

DAY = date(2026, 6, 1)
_numbers = count(1)


def row(rater: str, rated: str, stars: int = 4, **values: Any) -> Row:
    """Make a row; only who, whom and how many stars matter to most tests."""
    number = f"n{next(_numbers)}"
    usual: dict[str, Any] = {"role": SENDING, "criterion": "overall"}
    usual |= {"mobility_ended_on": DAY, "released_on": DAY} | values
    return Row(
        rating_id=number, rater_organisation=rater, rated_organisation=rated, stars=stars, **usual
    )


def order(rows: Iterable[Row], parameters: Parameters | None = None) -> list[str]:
    """Return the organisations as lists show them."""
    found = scores(rows, parameters)
    return ranking({name: score.rank_value for name, score in found.items()})


def spearman(one: Sequence[str], other: Sequence[str]) -> float:
    """Return the rank correlation of two orders of the same names."""
    places = {name: place for place, name in enumerate(other)}
    size = len(one)
    square = sum((place - places[name]) ** 2 for place, name in enumerate(one))
    return 1 - 6 * square / (size * (size * size - 1))


def kendall(one: Sequence[str], other: Sequence[str]) -> float:
    """Return Kendall's tau of two orders of the same names."""
    places = {name: place for place, name in enumerate(other)}
    seen = [places[name] for name in one]
    size = len(seen)
    crossed = sum(seen[i] > seen[j] for i in range(size) for j in range(i + 1, size))
    return 1 - 4 * crossed / (size * (size - 1))
