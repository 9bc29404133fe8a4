"""Rows of ratings, and how two orders compare."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from itertools import count
from typing import Any

import pytest
from flask import Flask

from plugins.ratings.parameters import Parameters
from plugins.ratings.rowsfile import SENDING, Row
from plugins.ratings.sandbox import ranking
from plugins.ratings.score import scores
from tests.plugins.ratings.world import Apart, World

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


@pytest.fixture
def world(make_portal: Callable[..., Flask]) -> World:
    """Two sides in a portal on SQLite."""
    app = make_portal(plugins=["ratings"])
    app.test_client_class = Apart
    with app.app_context():
        yield World(app)


@pytest.fixture
def any_world(make_portal: Callable[..., Flask], any_url: str) -> World:
    """Two sides in a portal, once on each engine."""
    app = make_portal(any_url, plugins=["ratings"])
    app.test_client_class = Apart
    with app.app_context():
        yield World(app)
