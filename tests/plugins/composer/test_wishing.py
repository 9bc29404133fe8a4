"""Wishes and proposals, with a database and in the browser's place."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from plugins.composer import growing, labels, wishing
from plugins.composer import plugin as answers
from plugins.consortia.interface import Seen, of_ids
from plugins.consortia.models import Consortium
from portal import db, workflow
from portal.context import Context
from portal.errors import Invalid, NotAllowed
from tests.factories import make_account, post, sign_in
from tests.plugins.consortia.conftest import Side, acting, found, join
from tests.plugins.partners.conftest import store_partner
from tests.visiting import Visitor


@pytest.fixture
def one(make_portal: Callable[..., Flask]) -> Flask:
    """A portal with its app context open."""
    app = make_portal(plugins=["composer", "projects"])
    with app.test_request_context():
        yield app


def seq() -> int:
    return int(db.query("SELECT catalogue_seq FROM heartbeat WHERE id = 1")[0][0])


def seen(ctx: Context, row: Consortium) -> Seen:
    return of_ids(ctx, [row.id])[row.id]


def compose(ctx: Context, row: Consortium, **more: Any) -> wishing.Composed:
    return wishing.compose(ctx, seen(ctx, row), seq=seq(), **more)


def test_a_host_in_latvia_is_proposed_with_reasons_and_asked_once(one: Flask, ctx: Context) -> None:
    lead, other = Side(one, ctx, "Lead"), Side(one, ctx, "Other", "IT")
    welder = make_account(one)
    fits = {"roles": ["host"], "fields": ["0715"]}
    tech = store_partner(one, "Tehnikums", country="LV", admin=welder, profile=fits)
    bakes = {"roles": ["host"], "fields": ["0721"]}
    store_partner(one, "Bakers", country="LV", admin=make_account(one), profile=bakes)
    store_partner(one, "Unclaimed", country="LV", profile=fits)
    row = found(lead)
    join(row, lead, other)
    want = {"part": "host", "countries": ["LV"], "fields": ["0715"], "language": "", "places": 0}
    wishing.wish(lead.ctx, seen(lead.ctx, row), want)
    with pytest.raises(NotAllowed):
        wishing.wish(other.ctx, seen(other.ctx, row), want)
    row = Consortium.get_by_id(row.id)
    composed = compose(lead.ctx, row)
    assert [(item.card["slug"], item.covers, item.is_new) for item in composed.proposals] == [
        (tech.slug, (0,), True)
    ]
    swapped = compose(lead.ctx, row, without=[tech.slug])
    assert (swapped.proposals, swapped.left) == ([], [0])
    side = Side.__new__(Side)
    side.account, side.organisation, side.ctx = welder, tech, acting(ctx, welder)
    join(row, lead, side)
    composed = compose(lead.ctx, row)
    assert (composed.covered, composed.gaps) == ([["Tehnikums"]], [])
    gone = compose(lead.ctx, row, leaving=tech.slug)
    assert gone.gaps == [0]


def test_what_learners_may_need_and_a_least_score_can_be_wished_for(
    one: Flask, ctx: Context
) -> None:
    lead, step_free = Side(one, ctx, "Lead"), {"inclusion": ["step-free-access"]}
    fits = {"roles": ["host"], "fields": ["0715"]}
    store_partner(one, "Stairs", country="LV", admin=make_account(one), profile=fits)
    ramp = store_partner(
        one, "Ramp", country="LV", admin=make_account(one), profile=fits | step_free
    )
    row = found(lead)
    want = {"part": "host", "countries": ["LV"], "fields": [], "language": "", "places": 0}
    more = {"inclusion": "step-free-access", "least": ""}
    wishing.wish(lead.ctx, seen(lead.ctx, row), want | more)
    composed = compose(lead.ctx, row)
    assert [item.card["slug"] for item in composed.proposals] == [ramp.slug]
    for wrong in ({"inclusion": "wings"}, {"least": "99"}):
        with pytest.raises(Invalid):
            wishing.wish(lead.ctx, seen(lead.ctx, row), want | wrong)
    wishing.wish(lead.ctx, seen(lead.ctx, row), want | {"least": "35"})
    composed = compose(lead.ctx, Consortium.get_by_id(row.id))
    assert composed.left == [1], "nobody is rated"
    assert labels.need_text(composed.needs[1]) == "Host, Latvia, rated 3.5 or more"
    as_if = compose(lead.ctx, Consortium.get_by_id(row.id), joining=ramp.slug)
    assert as_if.covered[0] == ["Ramp"] and as_if.gaps == [1]
    for nobody in ("nowhere", "a\x00b"):
        assert compose(lead.ctx, row, joining=nobody).covered == [[], []]


def test_the_page_takes_a_wish_and_strangers_see_nothing(
    make_portal: Callable[..., Flask], ctx: Context
) -> None:
    app = make_portal(plugins=["composer", "consortium_health"])
    with app.app_context():
        lead, member, stranger = (Side(app, ctx, name) for name in ("Lead", "Member", "Stranger"))
        row = found(lead)
        join(row, lead, member)
        base = f"/consortia/{row.slug}"
    person = sign_in(app.test_client(), lead.account)
    look = Visitor(person)
    wish = post(person, f"{base}/partners", part="host", countries="LV", fields="0715")
    assert wish.status_code == 303
    told = look(f"{base}/partners?without=x&not=y").text
    assert "Host, Latvia, Mechanics and metal trades" in told and "Whom to ask" in told
    host, member_slug = store_partner(app, "Tehnikums", country="LV"), member.organisation.slug
    then = look(f"{base}/partners?joining={host.slug}&without={member_slug}").text
    assert "As if Member had left." in then and "As if Tehnikums had joined." in then
    assert "Countries: 2, now 1." in then and "0 of 1 wishes would be covered, now 0." in then
    assert "1 wish is covered by nobody" in look(f"{base}/health").text
    for side, page, deed in ((member, 200, 403), (stranger, 404, 404)):
        client = sign_in(app.test_client(), side.account)
        assert client.get(f"{base}/partners").status_code == page
        for name in ("partners", "partners/remove"):
            answer = post(client, f"{base}/{name}", page="/consortia/new", part="host", need="x")
            assert answer.status_code == deed
    assert app.test_client().get(f"{base}/partners").status_code in {302, 303, 401}
    key = re.search(r'name="need" value="([^"]+)"', told)
    assert key and post(person, f"{base}/partners/remove", need=key[1]).status_code == 303
    assert "Say what the consortium lacks" in look(f"{base}/partners").text


def test_health_hears_which_members_cover_a_wish(one: Flask, ctx: Context) -> None:
    lead = Side(one, ctx, "Lead")
    row = found(lead)
    want = {"part": "host", "countries": ["DE"], "fields": [], "language": "", "places": 0}
    wishing.wish(lead.ctx, seen(lead.ctx, row), want)
    assert answers.consortia_wishes(lead.ctx, seen(lead.ctx, row)) == [("Host, Germany", [])]


def test_cooperations_in_the_same_fields_grow_into_a_network_in_one_step(
    make_portal: Callable[..., Flask], ctx: Context
) -> None:
    app = make_portal(plugins=["composer"])
    with app.app_context():
        lead, one, two, three = (Side(app, ctx, name) for name in ("Lead", "One", "Two", "Three"))
        rows = []
        for other, codes in ((one, ["0715"]), (two, ["071"]), (three, ["0721"])):
            row = found(
                lead, kind="bilateral", name=f"With {other.organisation.name}", fields=codes
            )
            join(row, lead, other)
            workflow.move(lead.ctx, Consortium.get_by_id(row.id), "activate")
            rows.append(row)
    person = sign_in(app.test_client(), lead.account)
    look = Visitor(person)
    base = f"/consortia/{rows[0].slug}"
    assert "would make a network" in look(base).text
    assert "would make a network" not in look(f"/consortia/{rows[2].slug}").text
    page = look(f"{base}/grow").text
    assert "With One; With Two" in page and "Three" not in page
    assert post(person, f"{base}/grow", name="", purpose="Weld").status_code == 422
    made = post(person, f"{base}/grow", name="Welders", purpose="Weld together", message="Come")
    assert made.status_code == 303
    told = look(made.location).text
    assert ">One<" in told and ">Two<" in told and ">Three<" not in told
    slug = made.location.removesuffix("/members")
    assert "It grew from the cooperation With One" in look(f"{slug}/history").text
    assert "The network Welders grew from this cooperation" in look(f"{base}/history").text
    with app.app_context():
        kept = Consortium.get(Consortium.name == "Welders")
        assert (kept.kind, kept.lead_id, kept.fields) == ("network", lead.id, ["0715"])
    client = sign_in(app.test_client(), one.account)
    assert client.get(f"{base}/grow").status_code == 403


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        (["0715"], ["071"], ["0715"]),
        (["0715"], ["0714"], []),
        (["07"], ["0721", "0715"], ["0715", "0721"]),
        ([], ["07"], []),
    ],
)
def test_a_broader_field_holds_its_narrower_ones(
    one: list[str], other: list[str], shared: list[str]
) -> None:
    assert growing.overlap(one, other) == shared
