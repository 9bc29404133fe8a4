"""A host with a published series, people without accounts, and a clock that can be moved."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from plugins.roundtables import placing, registering, service
from plugins.roundtables.models import Interest, Place, RoundTable, Series
from portal import db, workflow
from portal.clock import FixedClock
from portal.context import ANONYMOUS, SYSTEM, Actor, Context
from portal.mail import Outbox
from portal.organisations.models import Organisation
from portal.people.models import Account
from tests.factories import make_account, make_organisation

PLUGINS = ["roundtables", "notices", "tasks", "versions", "drafts"]
TABLE: dict[str, Any] = {
    "topic": "Recognition",
    "lang": "en",
    "time": "10:00",
    "minutes": 90,
    "capacity": 2,
    "reserved": 0,
    "joining": "https://meet.example/canary-room",
    "supports": ["captions"],
    "note": "",
}
SERIES: dict[str, Any] = {
    "title": "Mobility that counts",
    "purpose": "What helps, and what is in the way.",
    "questions": "",
    "lang": "en",
    "zone": "Europe/Riga",
    "opens_time": "08:00",
    "closes_time": "18:00",
    "groups": ["type", "country", "first"],
    "own_groups": "",
    "org_cap": 1,
    "seats_per_person": 1,
    "offer_hours": 72,
}


@pytest.fixture
def needed() -> list[str]:
    """Name the plugin with what it builds on."""
    return PLUGINS


def make_host(app: Flask) -> tuple[Organisation, Account]:
    """Make a claimed organisation and somebody who runs it."""
    account = make_account(app, name="Host")
    return make_organisation("School of Riga", "LV", admin=account, type="vet-school"), account


def by(ctx: Context, account: Account | None) -> Context:
    """Return the context of a person, of nobody without an account."""
    if account is None:
        return ctx.as_actor(ANONYMOUS)
    return ctx.as_actor(Actor(account.id, account.name, frozenset({"Member"})))


def make_series(
    ctx: Context, host: Organisation, tables: Sequence[dict[str, Any]] = ({},), **more: Any
) -> Series:
    """Write a series of a host with tables in some weeks, and publish it."""
    today = ctx.clock.now().date()
    days = {"opens_on": today - timedelta(days=1), "closes_on": today + timedelta(days=7)}
    system = ctx.as_actor(SYSTEM)
    made = service.write(system, {**SERIES, **days, **more}, organisation=host)
    for at, values in enumerate(tables):
        day = today + timedelta(days=21 + at)
        service.write_table(system, made, {**TABLE, "day": day, **values})
    workflow.move(system, made, "publish")
    return again(made)


def again(row: Any) -> Any:
    """Return a row as it is now."""
    return type(row).get_by_id(row.id)


def tables_of(series: Series) -> list[RoundTable]:
    """Return the tables of a series by their numbers."""
    rows = RoundTable.select().where(RoundTable.series == series.id)
    return list(rows.order_by(RoundTable.number))


def wish(series: Series, at: int, **more: Any) -> dict[str, Any]:
    """Return what a person without an account types."""
    return {
        "name": f"Person {at}",
        "email": f"person{at}@mail.example",
        "lang": "en",
        "employer": f"Employer {at}",
        "choices": [row.public_id for row in tables_of(series)],
        "groups": {"type": "company", "country": "ES", "first": "yes"},
        "needs": "",
        "agrees": True,
        **more,
    }


def interested(ctx: Context, series: Series, at: int, **more: Any) -> Interest:
    """Let a person without an account confirm an interest, by the mailed link."""
    visitor = by(ctx, None)
    registering.express(visitor, again(series), wish(series, at, **more), f"network {at}")
    row: Interest = Interest.get(Interest.email == f"person{at}@mail.example")
    registering.confirm(visitor, row)
    found: Interest = again(row)
    return found


def close(ctx: Context, clock: FixedClock, series: Series) -> Series:
    """Let the deadline pass."""
    clock.moment = again(series).freezes_at + timedelta(minutes=1)
    workflow.move(ctx.as_actor(SYSTEM), again(series), "freeze")
    found: Series = again(series)
    return found


def place_of(interest: Interest) -> Place:
    """Return the place of a person."""
    found: Place = Place.get(Place.interest == interest.id)
    return found


def offer_to(ctx: Context, series: Series, rows: Sequence[Interest], table: RoundTable) -> None:
    """Offer places by hand, as a published allocation does."""
    Series.update(state="placed").where(Series.id == series.id).execute()
    with db.transaction():
        fresh = again(series)
        table.series = fresh
        placing.offer(ctx, fresh, [(row, table) for row in rows], "draw")


def mails(address: str = "") -> list[Outbox]:
    """Return the mails, all or those to an address, the first first."""
    rows = Outbox.select().order_by(Outbox.id)
    return list(rows.where(Outbox.recipient == address) if address else rows)


def link_in(mail: Outbox) -> str:
    """Return the path of the link in a mail."""
    found = re.search(r"/round-tables/my/\S+", mail.text)
    assert found, mail.text
    return found[0]


NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
