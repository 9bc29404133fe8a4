"""Round tables for programs: what the public pages say, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from plugins.roundtables import service
from portal.clock import FixedClock
from portal.context import SYSTEM, Context
from tests.factories import sign_in
from tests.plugins.roundtables.conftest import (
    PLUGINS,
    SERIES,
    interested,
    make_host,
    make_series,
    tables_of,
)


@pytest.fixture
def app(make_portal: Callable[..., Flask]) -> Flask:
    """A portal with this plugin."""
    return make_portal(plugins=[*PLUGINS, "roundtable_exchange"])


def test_programs_read_series_with_their_tables_and_no_person(
    app: Flask, ctx: Context, clock: FixedClock
) -> None:
    with app.app_context():
        host, account = make_host(app)
        series = make_series(
            ctx, host, [{}, {"lang": "lv", "topic": "Stays"}], questions="One?\nTwo?"
        )
        interested(ctx, series, 1)
        system = ctx.as_actor(SYSTEM)
        service.cancel_table(system, series, tables_of(series)[1], "No room.")
        days = {name: clock.moment.date() + timedelta(days=7) for name in ("opens_on", "closes_on")}
        draft = service.write(system, {**SERIES, **days, "opens_time": "08:00"}, organisation=host)
    guest, runner = app.test_client(), sign_in(app.test_client(), account)
    for client in (guest, runner):
        answer = client.get("/api/v1/roundtables")
        assert answer.status_code == 200, answer.text
        page = answer.get_json()
        assert [(item["slug"], len(item["tables"])) for item in page["items"]] == [(series.slug, 1)]
        assert client.get(f"/api/v1/roundtables/{draft.slug}").status_code == 404
    told = guest.get(f"/api/v1/roundtables/{series.slug}").get_json()
    assert [(item["topic"], item["seats"], item["cancelled"]) for item in told["tables"]] == [
        ("Recognition", 2, False), ("Stays", 2, True),
    ]  # fmt: skip
    assert told["registration_open"] and told["questions"] == ["One?", "Two?"]
    assert told["groups"] == ["type", "country", "first"] and told["host"]["country"] == "LV"
    text = guest.get(f"/api/v1/roundtables/{series.slug}").text
    assert not [word for word in ("canary", "meet.example", "Person 1", "Host") if word in text]
    assert guest.get("/api/v1/roundtables?language=lv").get_json()["total"] == 0
    assert guest.get("/api/v1/roundtables?when=past").get_json()["total"] == 0
    clock.moment += timedelta(days=60)
    assert guest.get("/api/v1/roundtables?when=past&language=EN").get_json()["total"] == 1
    for odd in ("page=0", "when=never", "language=" + "x" * 9, "page=x"):
        assert guest.get(f"/api/v1/roundtables?{odd}").status_code == 422, odd
    assert guest.get("/api/v1/roundtables/nothing").status_code == 404
    described = guest.get("/api/v1/openapi.json").get_json()["paths"]
    assert {"/api/v1/roundtables", "/api/v1/roundtables/{slug}"} <= set(described)
