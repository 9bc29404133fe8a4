"""First steps: what is offered, what ticks itself off, put away and taken out again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from plugins.partners import publishing
from plugins.welcome import queries, rules, service
from plugins.welcome.models import Choice
from portal import db
from portal.context import Actor, Context
from portal.errors import Invalid
from portal.people.models import Account
from tests.factories import make_account, make_organisation, post, sign_in
from tests.visiting import Visitor


@pytest.fixture
def person(app: Flask) -> Account:
    return make_account(app)


def acting(ctx: Context, account: Account) -> Context:
    return ctx.as_actor(Actor(account.id, account.name, frozenset({"Member"})))


def step(order: int, **more: Any) -> rules.Step:
    values = {"title": f"Step {order}", "url": "/there", "done": False, "order": order, **more}
    return rules.step(values)


def test_at_most_five_steps_are_shown_the_aims_own_among_them() -> None:
    steps = [step(number) for number in range(7)] + [step(9, offers=True)]
    assert [item.order for item in rules.chosen(steps)] == [0, 1, 2, 3, 9]
    assert rules.chosen(steps[:7]) == []


def test_next_step_is_the_first_that_can_be_done() -> None:
    steps = [step(1, done=True), step(2, url=""), step(3)]
    assert rules.next_step(steps) == steps[2]
    assert rules.next_step(steps[:2]) is None


@pytest.mark.parametrize("wrong", [{}, {"title": "x"}, {"title": "x", "done": 1, "order": "y"}])
def test_what_is_no_step_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises((KeyError, ValueError)):
        rules.step(wrong)


def test_first_sign_in_greets_and_later_ones_do_not(app: Flask, person: Account) -> None:
    client = sign_in(app.test_client(), person)
    first = client.get("/").text
    assert '<a href="/welcome">Say what you came for</a>' in first
    assert "What did you come for?" in first
    assert "Say what you came for" not in client.get("/").text
    again = sign_in(app.test_client(), person)
    assert "Say what you came for" not in again.get("/").text


def test_one_chooses_what_one_came_for_and_sees_steps(app: Flask, person: Account) -> None:
    client = sign_in(app.test_client(), person)
    page = Visitor(client)("/welcome").text
    assert "Find a partner" in page and "Host learners" in page
    assert "Lead a consortium" in page and "Take part in a round table" in page
    assert post(client, "/welcome", aim="searcher").status_code == 303
    page = Visitor(client)("/welcome").text
    assert "0 of 5 done" in page
    for link in ("/organisations/find", "/requests/new", "/partners"):
        assert f'href="{link}"' in page
    assert "Your first steps: Find a partner" in Visitor(client)("/").text
    for aim in ("", "nonsense", "' OR 1=1"):
        assert post(client, "/welcome", aim=aim).status_code == 422
    assert Choice.get().aim == "searcher"


def test_steps_tick_themselves_off(any_app: Flask, ctx: Context) -> None:
    with any_app.app_context():
        person = make_account(any_app)
        mine = acting(ctx, person)

        def done(aim: str) -> list[bool]:
            return [item.done for item in queries.steps(mine, aim)]

        assert done("searcher") == done("host") == [False] * 5
        school = make_organisation(admin=person)
        assert done("searcher") == [True, False, False, False, False]
        assert f"/organisations/{school.slug}/verify" in [
            item.url for item in queries.steps(mine, "host")
        ]
        db.execute("UPDATE organisation SET state = 'verified'")
        with db.transaction():
            publishing.start(ctx, school.id, school.public_id, "published")
        assert done("searcher") == [True, True, False, False, True]
        assert done("host") == [True, False, True, False, True]


def test_steps_are_put_away_and_taken_out_again(app: Flask, person: Account) -> None:
    client = sign_in(app.test_client(), person)
    post(client, "/welcome", aim="host")
    assert post(client, "/welcome/dismiss", "/welcome").location == "/"
    home = client.get("/").text
    assert "Your first steps" not in home and 'href="/welcome"' in home
    assert "Show them on the home page again" in client.get("/welcome").text
    post(client, "/welcome/resume", "/welcome")
    assert "Your first steps" in client.get("/").text


def test_visitors_see_none_of_it(client: FlaskClient) -> None:
    assert "What did you come for?" not in client.get("/").text
    assert client.get("/welcome").status_code == 303


def test_aim_whose_plugin_is_absent_is_not_offered(
    make_portal: Callable[..., Flask], ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_portal(plugins=["welcome", "claims"])
    client = sign_in(app.test_client(), make_account(app))
    assert "nothing to choose yet" in client.get("/welcome").text
    own = {
        "title": "Confirm your interest",
        "done": False,
        "offers": True,
        "url": "https://elsewhere.example",
        "order": 5,
    }
    answers = {"stakeholder": [own], "lead": [{"title": "It says not whether it is done"}]}
    monkeypatch.setattr(
        "plugins.claims.plugin.views.first_steps", lambda ctx, aim="": answers.get(asked[-1], [])
    )
    asked: list[str] = []
    genuine = queries.steps

    def steps(ctx: Context, aim: str) -> list[rules.Step]:
        asked.append(aim)
        return genuine(ctx, aim)

    monkeypatch.setattr(queries, "steps", steps)
    with app.app_context():
        mine = acting(ctx, make_account(app))
        assert list(queries.aims(mine)) == ["stakeholder"]
        (first,) = queries.aims(mine)["stakeholder"]
        assert (first.title, first.url) == ("Confirm your interest", "")  # it leads nowhere else
        with pytest.raises(Invalid):
            service.choose(mine, "host")
        service.choose(mine, "stakeholder")
    assert "Take part in a round table" in client.get("/welcome").text


def test_first_sign_in_is_noted_once(any_app: Flask, ctx: Context) -> None:
    with any_app.app_context():
        person = make_account(any_app)
        assert [service.begin(ctx, person.id) for _time in range(2)] == [True, False]
