"""Trust sheets of pairs, and promises that are kept or overdue."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask

from plugins.agreements import negotiating, service
from plugins.notices.models import Notice
from plugins.reliance import promises, rules, sheets
from plugins.reliance.models import Promise
from portal.errors import Invalid, NotFound
from tests.factories import post, sign_in
from tests.plugins.agreements.conftest import World

TODAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("proof", "verified_on", "seen_on", "wanted"),
    [
        (False, "", "2026-01-01", "claimed"),
        (True, "", "2026-01-01", "evidenced"),
        (True, "", "2024-11-20", "evidenced"),
        (True, "", "2024-11-19", "old"),
        (False, "2026-02-01", "2020-01-01", "verified"),
        (True, "2023-02-01", "2020-01-01", "old"),
    ],
)
def test_what_speaks_for_a_partner_grows_old(
    proof: bool, verified_on: str, seen_on: str, wanted: str
) -> None:
    assert rules.level(proof, verified_on, seen_on, TODAY) == wanted


def test_a_sheet_begins_with_an_agreement(world: World) -> None:
    own, partner = world.schools[:2]
    with pytest.raises(NotFound):
        sheets.check_pair(own, partner)
    world.sent()
    sheets.check_pair(own, partner)


def test_a_partner_verifies_and_the_next_step_goes(world: World) -> None:
    world.sent()
    own, partner, other = world.schools
    ctx = world.ctx(world.writers[1])
    made = sheets.say(ctx, partner, own, "assessment", "We assess in pairs.", "Plan", TODAY)
    before = {row.name: row for row in sheets.of_pair(own, partner, TODAY)}
    assert before["assessment"].level == "evidenced" and before["assessment"].next_step
    with pytest.raises(NotFound):
        sheets.settle(ctx, partner, own, made.public_id, "verify")  # nobody verifies their own
    sheets.settle(world.ctx(world.writers[0]), own, partner, made.public_id, "verify")
    after = {row.name: row for row in sheets.of_pair(own, partner, TODAY)}
    assert (after["assessment"].level, after["assessment"].next_step) == ("verified", "")
    assert "preparatory visit" in sheets.next_step("assessment", "none")
    assert [row.level for row in sheets.of_pair(partner, own, TODAY)] == ["none"] * 4
    with pytest.raises(NotFound):
        sheets.say(ctx, partner, other, "learning", "Words", "", None)


def test_a_stranger_gets_the_answer_of_a_missing_sheet(app: Flask) -> None:
    with app.test_request_context():
        world = World(app)
        world.sent()
    stranger = sign_in(world.app.test_client(), world.writers[2])
    assert stranger.get(f"/trust-sheets/{world.schools[0].slug}").status_code == 404
    insider = sign_in(world.app.test_client(), world.writers[1])
    page = insider.get(f"/trust-sheets/{world.schools[0].slug}")
    assert page.status_code == 200 and "Why you can rely on them" in page.text
    assert insider.get("/trust-sheets").status_code == 200


def test_both_see_the_plan_and_finish_a_step(app: Flask) -> None:
    with app.test_request_context():
        world = World(app)
        world.sent()
    browser = sign_in(world.app.test_client(), world.writers[0])
    path = f"/trust-sheets/{world.schools[1].slug}"
    told = post(browser, path, what="step", text="Visit", owner=world.schools[0].slug)
    assert told.status_code == 303
    [step] = sheets.steps(world.schools[1], world.schools[0])
    sheets.finish(world.ctx(), world.schools[1], world.schools[0], step.public_id)
    assert sheets.steps(world.schools[0], world.schools[1])[0].done_at is not None


def learning(world: World) -> Any:
    """Return a learning agreement in force that promises recognition by a day."""
    row = service.begin(
        world.ctx(world.writers[0]), world.schools[0], "learning", "Two weeks", role="sending",
        others=[service.Asked("host", world.schools[1])],
    )  # fmt: skip
    for key, values in {
        "participants": {"people": 6},
        "duration": {"starts_on": "2026-11-23", "ends_on": "2026-12-04", "weeks": 2},
        "qualification": {"title": "Baker"},
        "outcomes": {"units": [{"title": "Bread", "skills": "Bakes."}]},
        "recognition": {
            "recognise_what": "One unit",
            "recognise_by": "2026-12-31",
            "competent": "Own",
        },
    }.items():
        world.change(row, 0, key, **values)
    negotiating.send(world.ctx(world.writers[0]), row)
    world.agree(row, 1)
    for at in (0, 1):
        world.sign(row, at)
    return world.now(row)


def test_a_promise_is_noted_once_reminded_of_once_and_kept(world: World) -> None:
    row = learning(world)
    ctx = world.ctx()
    assert (promises.note(ctx, row.id), promises.note(ctx, row.id)) != (0, 0)
    [promise] = promises.of([world.schools[0].id])
    assert (promise.due_on, promise.what) == ("2026-12-31", "One unit")
    world.app.extensions["portal"].clock.moment += timedelta(days=50)
    for _turn in range(2):
        promises.remind(ctx)
    told = Notice.select().where(Notice.kind == promises.OVERDUE)
    assert told.count() == 1
    mine = world.ctx(world.writers[0])
    with pytest.raises(Invalid):
        promises.deliver(mine, promise.public_id, date(2030, 1, 1), "")
    with pytest.raises(NotFound):
        promises.deliver(world.ctx(world.writers[1]), promise.public_id, TODAY, "")
    promises.deliver(mine, promise.public_id, date(2027, 1, 4), "School record")
    assert Promise.get().proof == "School record"


def test_promises_stand_on_a_page_with_a_way_to_say_that_it_is_done(app: Flask) -> None:
    with app.test_request_context():
        world = World(app)
        promises.note(world.ctx(), learning(world).id)
        number = Promise.get().public_id
    browser = sign_in(app.test_client(), world.writers[0])
    assert "One unit" in browser.get("/recognition").text
    told = post(browser, f"/recognition/{number}", delivered_on="2026-11-19", proof="Record")
    assert told.status_code == 303
    assert "recognised on" in browser.get("/recognition").text
    other = sign_in(app.test_client(), world.writers[1])
    assert other.get(f"/recognition/{number}").status_code == 404
