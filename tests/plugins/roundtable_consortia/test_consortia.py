"""Round tables in the name of a consortium: who may plan them, and whom they follow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from plugins.consortia.models import Consortium
from plugins.roundtable_consortia import service
from plugins.roundtables import interface as roundtables
from plugins.roundtables.models import Series
from portal import permissions, workflow
from portal.context import SYSTEM, Context
from tests.factories import make_account, post, sign_in
from tests.plugins.consortia.conftest import Side, found, join
from tests.plugins.roundtables.conftest import PLUGINS, SERIES, by, make_series
from tests.visiting import faults

NEEDED = [*PLUGINS, "consortia", "roundtable_consortia"]
DAYS = {"opens_on": "2026-11-20", "closes_on": "2026-12-04"}
RIGHTS = ("view", "edit", "run", "inside")


@pytest.fixture
def needed() -> list[str]:
    """Name the plugin with what it builds on."""
    return NEEDED


def running(app: Flask, ctx: Context) -> tuple[Side, Side, Consortium]:
    """Return an active consortium, its lead and another member."""
    lead, member = Side(app, ctx, "Riga"), Side(app, ctx, "Lyon", "FR")
    row = found(lead)
    join(row, lead, member)
    workflow.move(lead.ctx, Consortium.get_by_id(row.id), "activate")
    return lead, member, Consortium.get_by_id(row.id)


def rights(ctx: Context, series: Series) -> set[str]:
    """Return what somebody may do with a series, as both questions answer it."""
    permissions.forget()
    one = permissions.granted(ctx, Series.get_by_id(series.id), RIGHTS)
    of: Any = Series
    for name in RIGHTS:
        seen = of.select().where(of.id == series.id, permissions.visible(ctx, of, name)).exists()
        assert seen == (name in one), name
    return one


def test_the_lead_invites_in_the_name_of_a_consortium_and_its_members_do_not(
    portal: Flask, ctx: Context
) -> None:
    lead, member, row = running(portal, ctx)
    key = f"consortium-{row.id}"
    assert [one["key"] for one in service.led(lead.ctx)] == [key]
    assert service.led(member.ctx) == service.led(by(ctx, None)) == []

    series = make_series(ctx, lead.organisation)
    roundtables.give_host(roundtables.by_id(series.id), service.led(lead.ctx)[0])  # type: ignore[arg-type]
    assert rights(lead.ctx, series) == set(RIGHTS)
    assert rights(member.ctx, series) == rights(by(ctx, None), series) == {"view"}

    Consortium.update(lead=member.id, name="Another name").execute()
    assert service.follow(ctx.as_actor(SYSTEM), [row.id]) == 1
    assert service.follow(ctx.as_actor(SYSTEM)) == 0  # twice is harmless

    assert rights(member.ctx, series) == set(RIGHTS)
    assert rights(lead.ctx, series) == {"view"}
    now = Series.get_by_id(series.id)
    assert now.host_name == "Another name" and now.contact_id is None
    workflow.move(member.ctx, Consortium.get_by_id(row.id), "close", "It is over.")
    assert service.led(member.ctx) == []
    assert [one.id for one in roundtables.of_host(by(ctx, None), key)] == [series.id]


def test_the_form_offers_the_consortium_and_the_pages_name_it(app: Flask, ctx: Context) -> None:
    with app.test_request_context():
        lead, member, row = running(app, ctx)
        page, key = f"/consortia/{row.slug}/round-tables", f"consortium-{row.id}"
    client, other = (sign_in(app.test_client(), side.account) for side in (lead, member))
    empty = client.get(page)
    assert f"/round-tables/new?organisation={key}" in empty.text and faults(empty) == []
    form = client.get(f"/round-tables/new?organisation={key}")
    assert f'<option selected value="{key}"' in form.text and faults(form) == []
    forged = post(other, "/round-tables/new", **{**SERIES, **DAYS, "organisation": key})
    assert forged.status_code == 422 and "one of your organisations" in forged.text

    made = post(client, "/round-tables/new", **{**SERIES, **DAYS, "organisation": key})

    assert made.status_code == 303
    with app.app_context():
        series = Series.get()
        assert (series.host_key, series.organisation_id) == (key, lead.id)
    shown = client.get(f"/round-tables/{series.slug}")
    assert "Metal without borders" in shown.text and "Led by" in shown.text
    assert faults(shown) == []
    assert series.title in client.get(page).text
    for visitor, sees in ((other, False), (client, True)):
        listed = visitor.get(page)
        assert (series.title in listed.text) is sees and faults(listed) == []
    stranger = sign_in(app.test_client(), make_account(app))
    assert stranger.get(page).status_code == 404


def test_series_stay_readable_without_the_plugin(
    make_portal: Callable[..., Flask], ctx: Context
) -> None:
    app = make_portal(plugins=[name for name in NEEDED if name != "roundtable_consortia"])
    with app.test_request_context():
        lead, _member, row = running(app, ctx)
        series = make_series(ctx, lead.organisation)
        roundtables.give_host(roundtables.by_id(series.id), service.joint(_seen(lead, row)))  # type: ignore[arg-type]
        slug = str(Series.get().slug)
    client = sign_in(app.test_client(), lead.account)
    assert "Metal without borders" in client.get(f"/round-tables/{slug}").text
    form = client.get("/round-tables/new")
    assert form.status_code == 200 and "consortium-" not in form.text
    assert client.get(f"/consortia/{row.slug}/round-tables").status_code == 404


def _seen(lead: Side, row: Consortium) -> Any:
    return service.consortia.of_ids(lead.ctx, [row.id])[row.id]
