"""A series whose table was held, with people who took their places."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from plugins.roundtables import interface as roundtables
from plugins.roundtables import placing, tokens
from plugins.roundtables.interface import Seat, Series, Table
from plugins.roundtables.models import Interest, Place
from portal.clock import FixedClock
from portal.context import SYSTEM, Context
from portal.people.models import Account
from tests.plugins.roundtables.conftest import (
    PLUGINS,
    again,
    by,
    close,
    interested,
    make_host,
    make_series,
    offer_to,
    place_of,
    tables_of,
)

NEEDED = [*PLUGINS, "attendance", "paper"]
PEOPLE = 6


@pytest.fixture
def needed() -> list[str]:
    """Name the plugin with what it builds on."""
    return NEEDED


@dataclass
class Held:
    """A table with people; those of `came` went in, the last one was offered a place and is silent."""

    app: Flask
    host: Context
    account: Account
    people: list[Interest]
    slug: str

    @property
    def series(self) -> Series:
        """The series as it is now, for its host."""
        with self.app.app_context():
            return roundtables.series(self.host, self.slug, "run")

    @property
    def table(self) -> Table:
        """Its table."""
        return self.series.tables[0]

    @property
    def seats(self) -> list[Seat]:
        """The seats as they are now."""
        with self.app.app_context():
            return roundtables.seats(self.series)

    def path(self, at: int) -> str:
        """Return the page of somebody at the table, behind their link."""
        return f"{self.own(at)}/tables/{self.place(at).public_id}"

    def own(self, at: int) -> str:
        """Return somebody's own page."""
        with self.app.app_context():
            return tokens.mine(again(self.people[at]))

    def place(self, at: int) -> Place:
        """Return somebody's place as it is now."""
        with self.app.app_context():
            return place_of(self.people[at])

    def do(self, deed: Callable[..., Any], *values: Any) -> Any:
        """Do something as the host, with the table."""
        with self.app.app_context():
            return deed(self.host, self.series, self.table, *values)


def make_held(
    app: Flask, ctx: Context, clock: FixedClock, people: int = PEOPLE, *, is_over: bool = True
) -> Held:
    """Hold a table: everybody but the last took the place, everybody but the last two came."""
    host, account = make_host(app)
    series = make_series(ctx, host, [{"capacity": people}])
    rows = [interested(ctx, series, at, is_listed=at % 2 == 1) for at in range(1, people + 1)]
    series = close(ctx, clock, series)
    table = tables_of(series)[0]
    offer_to(ctx, series, rows, table)
    for row in rows[:-1]:
        placing.accept(by(ctx, None), place_of(row))
    clock.moment = table.starts_at
    for row in rows[:-2]:
        placing.check_in(by(ctx, None), place_of(row))
    if is_over:
        clock.moment = table.ends_at + timedelta(hours=1)
    return Held(app, by(ctx, account), account, rows, series.slug)


@pytest.fixture
def held(site: Flask, ctx: Context, clock: FixedClock) -> Held:
    """A table that is over, on SQLite."""
    return make_held(site, ctx, clock)


@pytest.fixture
def shown(app: Flask, ctx: Context, clock: FixedClock) -> Held:
    """A table that is over, for pages: no context is open."""
    with app.app_context():
        return make_held(app, ctx, clock)


@pytest.fixture
def held_anywhere(portal: Flask, ctx: Context, clock: FixedClock) -> Held:
    """A table that is over, once on each engine."""
    return make_held(portal, ctx, clock)


def system(ctx: Context) -> Context:
    """Return the context of regular work."""
    return ctx.as_actor(SYSTEM)
