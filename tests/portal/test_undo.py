"""What was removed comes back within ten minutes, once, for whoever removed it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.clock import FixedClock
from portal.organisations.models import Organisation
from portal.people.models import Account
from tests.factories import csrf_token, make_account, make_organisation, post, sign_in
from tests.visiting import faults


@pytest.fixture
def admin(app: Flask) -> Account:
    return make_account(app)


@pytest.fixture
def school(admin: Account) -> Organisation:
    return make_organisation(admin=admin)


@pytest.fixture
def client(app: Flask, admin: Account) -> FlaskClient:
    return sign_in(app.test_client(), admin)


@pytest.fixture
def act(client: FlaskClient, school: Organisation) -> str:
    """The token of the button that stands beside the news that the organisation is hidden."""
    own = f"/organisations/{school.slug}/"
    page = client.get(post(client, f"{own}hide", own).location)
    assert faults(page, "en") == []
    found = re.search(r'name="act" value="([^"]+)"', page.text)
    assert found
    return found[1]


def take(client: FlaskClient, act: str) -> Any:
    return client.post("/undo", data={"csrf_token": csrf_token(client, "/account/"), "act": act})


def is_hidden(school: Organisation) -> bool:
    return Organisation.get_by_id(school.id).hidden_at is not None


def test_a_hidden_organisation_comes_back_with_one_press(
    client: FlaskClient, school: Organisation, act: str
) -> None:
    assert is_hidden(school)
    assert take(client, act).status_code == 303
    assert not is_hidden(school)


def test_undo_works_once(client: FlaskClient, school: Organisation, act: str) -> None:
    take(client, act)
    Organisation.update(hidden_at="2026-11-20T12:00:00.000000Z").execute()

    assert take(client, act).status_code == 409
    assert is_hidden(school)


def test_nobody_else_can_undo_it(
    app: Flask, client: FlaskClient, school: Organisation, act: str
) -> None:
    other = sign_in(app.test_client(), make_account(app, role="SiteAdmin"))

    assert take(other, act).status_code == 404
    assert is_hidden(school)
    assert take(client, act).status_code == 303


def test_ten_minutes_later_it_is_too_late(
    client: FlaskClient, school: Organisation, act: str, clock: FixedClock
) -> None:
    clock.moment += timedelta(minutes=11)

    assert take(client, act).status_code == 409
    assert is_hidden(school)


@pytest.mark.parametrize(
    "change", [lambda act: act[:-2] + "xx", lambda _act: "", lambda _act: "a.b"]
)
def test_a_token_that_was_made_up_does_nothing(
    client: FlaskClient, school: Organisation, act: str, change: Any
) -> None:
    assert take(client, change(act)).status_code == 404
    assert is_hidden(school)


def test_who_lost_the_right_meanwhile_cannot_undo(
    client: FlaskClient, school: Organisation, admin: Account, act: str
) -> None:
    admin.memberships[0].delete_instance()

    assert take(client, act).status_code == 404
    assert is_hidden(school)
