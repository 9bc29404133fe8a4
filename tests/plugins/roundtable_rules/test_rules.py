"""The rules of a draw: bounds, what is published, what is frozen when; a fourth answer."""

from __future__ import annotations

from dataclasses import asdict

import pytest
from flask import Flask

from plugins.allocation import rules
from plugins.roundtable_rules import curves
from plugins.roundtable_rules.models import Curve
from plugins.roundtables import drawing
from plugins.roundtables import interface as roundtables
from plugins.roundtables.models import Draw, Series
from portal import workflow
from portal.clock import FixedClock
from portal.context import SYSTEM, Context
from portal.errors import Conflict, Invalid, NotFound
from portal.people.models import Account
from tests.factories import make_account, post, sign_in
from tests.plugins.roundtables.conftest import PLUGINS, again, by, make_host, make_series
from tests.plugins.roundtables.test_allocation import Quiet, crowd, tried
from tests.visiting import faults

SAID = {"loss": 7, "own_groups": "Sector: metal, care", "org_cap": 2, "seats_per_person": 1}


@pytest.fixture
def needed() -> list[str]:
    """Name the plugin with what it builds on."""
    return [*PLUGINS, "roundtable_rules"]


def test_rules_are_set_in_a_draft_and_frozen_with_the_pool(
    portal: Flask, ctx: Context, clock: FixedClock
) -> None:
    series, host = crowd(portal, ctx, clock, 6)
    Series.update(state="draft").execute()
    mine = roundtables.series(host, series.slug, "edit")
    for wrong, field in (
        ({"loss": 0}, "loss"),
        ({"loss": 31}, "loss"),
        ({"loss": None}, "loss"),
        ({"own_groups": "Sector"}, "own_groups"),
        ({"org_cap": 0}, "org_cap"),
        ({"seats_per_person": 11}, "seats_per_person"),
        ({"weights": {"country": 11}}, "weight_country"),
    ):
        with pytest.raises(Invalid) as error:
            roundtables.set_rules(host, mine, {**SAID, **wrong}, None)
        assert error.value.field == field
    roundtables.set_rules(host, mine, {**SAID, "weights": {"country": 3, "own1": 2}}, None)
    now = again(series)
    assert (now.weights, now.org_cap, now.loss) == ({"country": 3, "own1": 2}, 2, 7)
    Series.update(state="closed").execute()

    closed = roundtables.series(host, series.slug, "edit")
    roundtables.set_rules(host, closed, {**SAID, "loss": 8, "org_cap": 9}, None)
    assert (again(series).loss, again(series).org_cap) == (8, 2)
    made = tried(host, again(series))
    assert set(made.figures["losses"].values()) == {5, 8, 10, 15}
    drawing.commit(host, again(series), made.public_id, "own", "beacon", "")

    assert again(made).loss == again(series).loss == 8
    assert again(made).settings["weights"]["country"] == 3
    assert again(made).settings["epsilon"] == 0.08
    with pytest.raises(Conflict, match="committed"):
        roundtables.set_rules(host, closed, SAID, None)
    with pytest.raises(NotFound):
        roundtables.series(by(ctx, make_account(portal)), series.slug, "edit")
    assert Draw.select().count() == 1


def test_the_page_keeps_what_was_typed_and_publishes_what_is_set(app: Flask, ctx: Context) -> None:
    with app.app_context():
        host, account = make_host(app)
        series = make_series(ctx, host)
        Series.update(state="draft").execute()
        base, version = f"/round-tables/{series.slug}", str(Series.get().version)
    client, page = sign_in(app.test_client(), account), f"{base}/rules"
    assert page in client.get(base).text and faults(client.get(page)) == []
    sent = {"loss": "7", "org_cap": "2", "seats_per_person": "1", "weight_type": "4"}
    sent |= {"weight_country": "1", "weight_first": "1", "own_groups": "Sector: metal, care"}
    for wrong in ({"weight_type": "many"}, {"loss": "99"}, {"own_groups": "x"}, {"org_cap": ""}):
        answer = post(client, page, **{**sent, **wrong})
        assert answer.status_code == 422 and faults(answer) == [], wrong
        assert next(iter(wrong.values())) in answer.text
    assert post(client, page, **sent, version=version).status_code == 303
    late = post(client, page, **{**sent, "weight_type": "9"}, version=version)
    assert late.status_code == 409 and "Kind of organisation" in late.text
    with app.app_context():
        workflow.move(ctx.as_actor(SYSTEM), again(series), "publish")
    shown = client.get(f"/round-tables/{again_slug(app)}")
    for words in ("Kind of organisation × 4", "Sector", "5, 7, 10, 15 %: the host decides"):
        assert words in shown.text, words
    kept = client.get(f"/round-tables/{again_slug(app)}/rules")
    assert "stay as they were published" in kept.text and "weight_type" not in kept.text
    stranger = sign_in(app.test_client(), make_account(app))
    assert stranger.get(page).status_code == 404


def test_the_curve_goes_on_beside_the_answers_and_can_be_stopped(
    portal: Flask, ctx: Context, clock: FixedClock
) -> None:
    series, host = crowd(portal, ctx, clock, 6)
    mine = roundtables.series(host, series.slug, "run")
    with pytest.raises(Conflict, match="Try the allocation out first"):
        curves.start(host, mine)
    tried(host, series)
    assert curves.of(roundtables.newest_try(mine)) is None  # the answers did not wait for it
    curves.follow(ctx, series.id)
    curves.follow(ctx, series.id)  # twice is harmless
    row = Curve.get()
    found = roundtables.newest_try(mine)
    assert found is not None and curves.missing(found, row) == [2, 20]
    curves.stop(host, mine)
    curves.run(ctx, {"curve": row.id}, Quiet())
    assert Curve.get().points == {}
    curves.start(host, mine)
    curves.run(ctx, {"curve": row.id}, Quiet())

    points = Curve.get().points
    pool = found.pool()
    assert pool is not None and set(points) == {"2", "20"} and Curve.get().state == "done"
    alone = rules.allocate(pool, rules.with_epsilon(found.settings, 0.2))
    assert points["20"] == asdict(rules.point_of(alone))
    assert curves.missing(found, Curve.get()) == []
    assert [point["loss"] for point in curves.points(found)] == [2, 20]


def test_the_page_of_the_curve_shows_what_is_there(
    app: Flask, ctx: Context, clock: FixedClock
) -> None:
    with app.app_context():
        series, host = crowd(app, ctx, clock, 6)
        account, page = Account.get(), f"/round-tables/{series.slug}/allocation/curve"
    client = sign_in(app.test_client(), account)
    assert "Nothing was tried out yet" in client.get(page).text
    with app.app_context():
        tried(host, series)
    assert "2, 20" in client.get(page).text
    assert post(client, page).status_code == 303
    working = client.get(page)
    assert "More points are being computed" in working.text and faults(working) == []
    with app.app_context():
        curves.run(ctx, {"curve": Curve.get().id}, Quiet())
    shown = client.get(page)
    assert faults(shown) == [] and "5 %: Broader" in shown.text and "rt-curve" in shown.text
    whole = client.get(f"/round-tables/{series.slug}/allocation").text
    assert "The whole curve" in whole and "20 %" in whole
    stranger = sign_in(app.test_client(), make_account(app))
    assert stranger.get(page).status_code == 404 and post(stranger, page).status_code == 404


def again_slug(app: Flask) -> str:
    """Return the address of the series as it is now."""
    with app.app_context():
        return str(Series.get().slug)
