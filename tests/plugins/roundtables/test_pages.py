"""Pages without scripts: registering, the person's own page, the host's; as guest, stranger and owner."""

from __future__ import annotations

import re
from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient

from plugins.roundtables import drawing, tokens
from plugins.roundtables.models import Interest, RoundTable, Series
from portal.clock import FixedClock
from portal.context import Context
from portal.people.models import Account
from tests.factories import csrf_token, make_account, post, sign_in
from tests.plugins.roundtables.conftest import (
    SERIES,
    TABLE,
    again,
    close,
    interested,
    link_in,
    mails,
    make_host,
    make_series,
    tables_of,
)
from tests.plugins.roundtables.test_allocation import crowd, drawn, tried
from tests.visiting import faults


def filled(client: FlaskClient, page: str, **values: str) -> dict[str, str]:
    """Return what a browser sends of the page's form."""
    text = client.get(page).text
    found = {
        name: re.search(rf'name="{name}"[^>]*value="([^"]*)"', text)[1]  # type: ignore[index]
        for name in ("csrf_token", "began")
    }
    return {**found, "name": "Anna", "email": "anna@mail.example", "lang": "lv", **values}


def test_a_visitor_registers_without_scripts_and_programs_do_not(
    app: Flask, ctx: Context, clock: FixedClock
) -> None:
    with app.app_context():
        series = make_series(ctx, make_host(app)[0])
        page, first = f"/round-tables/{series.slug}/interest", tables_of(series)[0].public_id
    client = app.test_client()
    sent = filled(client, page, choice1=first, agrees="y")
    quick = client.post(page, data=sent)
    assert quick.status_code == 422 and "once more" in quick.text and 'value="Anna"' in quick.text
    clock.moment += timedelta(seconds=30)
    trapped = client.post(page, data={**filled(client, page, choice1=first), "homepage": "spam"})
    assert trapped.status_code == 422 and faults(trapped) == []
    sent = filled(client, page, choice1=first)
    clock.moment += timedelta(seconds=30)
    without = client.post(page, data=sent)
    assert without.status_code == 422 and "agrees" in without.text

    done = client.post(page, data={**sent, "began": filled(client, page)["began"], "agrees": "y"})
    clock.moment += timedelta(seconds=30)
    if done.status_code == 422:  # shown a moment ago: a person would be slower
        sent = filled(client, page, choice1=first, agrees="y")
        clock.moment += timedelta(seconds=30)
        done = client.post(page, data=sent)

    assert done.status_code == 200 and "anna@mail.example" in done.text and faults(done) == []
    with app.app_context():
        own = link_in(mails("anna@mail.example")[-1])
    mine = client.get(own)
    assert faults(mine) == [] and "no-store" in mine.headers["Cache-Control"]
    token = csrf_token(client, own)
    client.post(f"{own}/confirm", data={"csrf_token": token})
    assert "Your interest is confirmed" in client.get(own).text
    assert client.post(f"{own}/object", data={"csrf_token": token}).status_code in (409, 422)
    assert client.post(f"{own}/accept", data={"csrf_token": token, "place": "x"}).status_code == 404
    client.post(f"{own}/withdraw", data={"csrf_token": token})
    with app.app_context():
        assert Interest.get().state == "withdrawn" and Interest.get().lang == "lv"


def test_a_host_writes_publishes_and_copies_a_series(
    app: Flask, ctx: Context, clock: FixedClock
) -> None:
    with app.app_context():
        _host, account = make_host(app)
    client = sign_in(app.test_client(), account)
    days = {"opens_on": "2026-11-20", "closes_on": "2026-12-04"}
    wrong = post(client, "/round-tables/new", **{**SERIES, **days, "closes_on": "2026-11-01"})
    assert wrong.status_code == 422 and "must close after" in wrong.text

    made = post(client, "/round-tables/new", **{**SERIES, **days})
    page = made.location
    values = {**TABLE, "day": "2026-12-18", "supports": ["captions", "chat"]}
    assert post(client, page, **{**values, "joining": "javascript:x"}).status_code == 422
    assert post(client, page, **values).status_code == 303
    base = page.removesuffix("/tables/new")
    guest = app.test_client()
    assert guest.get(base).status_code == 404
    assert post(client, f"{base}/publish", page=base).status_code == 303
    with app.app_context():
        slug = Series.get().slug
    assert (
        guest.get(base).status_code == 301 and f"/round-tables/{slug}" in guest.get(base).location
    )
    shown = guest.get(f"/round-tables/{slug}")
    assert faults(shown) == [] and '"@type": "Event"' in shown.text
    post(client, f"/round-tables/{slug}/copy", page=f"/round-tables/{slug}", weeks="2")
    with app.app_context():
        assert Series.select().count() == 2 and RoundTable.select().count() == 2
        times = [f"{row.starts_at:%d}" for row in RoundTable.select().order_by(RoundTable.id)]
    assert times == ["18", "01"]


def test_guests_and_strangers_see_nothing_of_the_hosts_pages(
    app: Flask, ctx: Context, clock: FixedClock
) -> None:
    with app.app_context():
        series = make_series(ctx, make_host(app)[0])
        interested(ctx, series, 1)
        series = close(ctx, clock, series)
        base = f"/round-tables/{series.slug}"
    guest, stranger = app.test_client(), sign_in(app.test_client(), make_account(app))
    for page in ("people", "people.csv", "access", "objections", "allocation", "edit"):
        assert guest.get(f"{base}/{page}").status_code == 303, page
        answer = stranger.get(f"{base}/{page}")
        assert answer.status_code == 404 and "person1@mail.example" not in answer.text, page
    for page in ("draw", "draw.json", "draw-settings.json"):
        assert guest.get(f"{base}/{page}").status_code == 404, page
    closed = guest.get(f"{base}/interest")
    assert closed.status_code == 200 and "Registration closed on" in closed.text
    assert faults(closed) == []


def test_the_pages_of_a_draw_are_whole_at_each_step(
    app: Flask, ctx: Context, clock: FixedClock
) -> None:
    with app.app_context():
        series, host = crowd(app, ctx, clock, 6)
        base, account = f"/round-tables/{series.slug}", Account.get(Account.name == "Host")
    client, guest = sign_in(app.test_client(), account), app.test_client()
    steps = (lambda: None, lambda: tried(host, series), lambda: drawn(host, series))
    for step in (*steps, lambda: drawing.show(host, again(series))):
        with app.app_context():
            step()
            links = [tokens.mine(row) for row in Interest.select()]
        for visitor, path in ((client, f"{base}/allocation"), (guest, base), (guest, links[0])):
            answer = visitor.get(path)
            assert answer.status_code == 200 and faults(answer) == [], path
    for path in (*links, f"{base}/draw", f"{base}/draw-settings.json"):
        answer = guest.get(path)
        assert answer.status_code == 200, path
        assert path.endswith("json") or faults(answer) == [], path
    assert sum("Your chance, drawn to scale" in guest.get(path).text for path in links) == 4
    assert guest.get(f"{base}/draw.json").status_code == 404  # few people: they might be known
    assert client.get(f"{base}/draw.json").json["drawn"] is not None
