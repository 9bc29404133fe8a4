"""Who got no place sees where there is one, and is there with one click."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from plugins.roundtable_next import service
from plugins.roundtables import drawing, placing, tokens
from plugins.roundtables import interface as roundtables
from plugins.roundtables.models import Interest, Series
from portal.clock import FixedClock
from portal.context import Context
from portal.errors import Conflict, NotFound
from tests.factories import make_account, make_organisation, post
from tests.plugins.roundtables.conftest import (
    PLUGINS,
    again,
    by,
    close,
    interested,
    mails,
    make_host,
    make_series,
    offer_to,
    place_of,
    tables_of,
)
from tests.plugins.roundtables.test_allocation import beacon, tried, wait_for
from tests.visiting import faults


@pytest.fixture
def needed() -> list[str]:
    """Name the plugin with what it builds on."""
    return [*PLUGINS, "roundtable_next"]


def token_of(row: Interest) -> str:
    """Return what stands in the link of somebody."""
    return tokens.mine(again(row)).rpartition("/")[2]


def first_full(app: Flask, ctx: Context, clock: FixedClock) -> tuple[Any, Series, list[Interest]]:
    """Make a series whose first table is full; nobody chose the other one."""
    host, account = make_host(app)
    series = make_series(ctx, host, [{"capacity": 2}, {"capacity": 1, "topic": "Quality"}])
    chosen = [tables_of(series)[0].public_id]
    rows = [interested(ctx, series, at, choices=chosen) for at in (1, 2, 3)]
    return (host, account), close(ctx, clock, series), rows


def titles(ctx: Context, row: Interest) -> list[str]:
    """Return the tables that somebody is shown."""
    series, who = roundtables.person(token_of(row))
    return [one.table.topic for one in service.others(ctx, series, who)] if who.is_waiting else []


def test_who_got_no_place_is_told_of_a_table_with_room_and_is_there_with_one_click(
    portal: Flask, ctx: Context, clock: FixedClock
) -> None:
    (_host, account), series, rows = first_full(portal, ctx, clock)
    host = by(ctx, account)
    made = tried(host, series)
    drawing.commit(host, series, made.public_id, "balanced", "beacon", "")
    wait_for(host, again(made))
    drawing.draw(host, series, beacon(again(made)))
    drawing.show(host, series)
    out = next(row for row in rows if titles(ctx, row))

    assert titles(ctx, out) == ["Quality"]
    assert "“Quality”" in mails(out.email)[-1].text
    url = service.move_on(by(ctx, None), token_of(out), tables_of(series)[1].public_id, "here")

    assert url == tokens.mine(again(out))
    assert (place_of(out).table_id, place_of(out).state) == (tables_of(series)[1].id, "offered")
    assert "A place for you: Quality" in mails(out.email)[-1].subject
    with pytest.raises(Conflict, match="nobody any more"):
        service.move_on(by(ctx, None), token_of(out), tables_of(series)[1].public_id, "here")
    with pytest.raises(NotFound):
        service.move_on(by(ctx, None), "forged", tables_of(series)[1].public_id, "here")


def test_an_open_series_of_the_same_host_takes_over_what_was_said(
    portal: Flask, ctx: Context, clock: FixedClock
) -> None:
    (host, _account), series, rows = first_full(portal, ctx, clock)
    offer_to(ctx, series, rows[:2], tables_of(series)[0])
    more = make_series(ctx, host, [{"topic": "Later", "capacity": 1}], groups=["type", "size"])
    make_series(
        ctx, make_organisation("Another host", admin=make_account(portal)), [{"topic": "Elsewhere"}]
    )
    own = make_organisation("Company of Vigo", "ES", type="company")
    Interest.update(organisation=own).where(Interest.id == rows[2].id).execute()
    assert titles(ctx, rows[2]) == ["Quality", "Later"] and titles(ctx, rows[0]) == []

    url = service.move_on(by(ctx, None), token_of(rows[2]), tables_of(more)[0].public_id, "here")

    made = Interest.get(Interest.series == more.id)
    assert url == tokens.mine(made) and made.state == "interested"
    assert made.choices == [tables_of(more)[0].id] and made.organisation_id == own.id
    assert (made.name, made.email, made.groups["size"]) == ("Person 3", rows[2].email, "")
    assert not made.is_listed and titles(ctx, rows[2]) == ["Quality"]
    assert "We have your interest" in mails(rows[2].email)[-1].subject


def test_a_table_at_a_time_that_was_excluded_and_a_place_given_back_offer_nothing(
    portal: Flask, ctx: Context, clock: FixedClock
) -> None:
    _host, series, rows = first_full(portal, ctx, clock)
    first, other = tables_of(series)
    offer_to(ctx, series, rows[:2], first)
    span = [other.starts_at.isoformat(), other.ends_at.isoformat()]
    Interest.update(away=[span]).where(Interest.id == rows[2].id).execute()

    placing.decline(by(ctx, None), place_of(rows[0]))

    assert titles(ctx, rows[2]) == [] and titles(ctx, rows[0]) == []
    with pytest.raises(Conflict):
        service.move_on(by(ctx, None), token_of(rows[0]), other.public_id, "here")


def test_the_own_page_has_a_button_for_each(app: Flask, ctx: Context, clock: FixedClock) -> None:
    with app.app_context():
        _host, series, rows = first_full(app, ctx, clock)
        offer_to(ctx, series, rows[:2], tables_of(series)[0])
        page = tokens.mine(again(rows[2]))
        other = tables_of(series)[1].public_id
    client = app.test_client()

    shown = client.get(page)
    assert "Other tables that still take people" in shown.text and faults(shown) == []
    assert "1 place left" in shown.text and f"{page}/next/{other}" in shown.text
    assert post(client, f"{page}/next/{other}", page=page).location.endswith(page)
    after = client.get(page)
    assert "You are offered a place" in after.text and "still take people" not in after.text
    assert post(client, f"{page}/next/{other}", page=page).status_code == 409
    assert client.get(page).headers["Cache-Control"].startswith("no-store")
