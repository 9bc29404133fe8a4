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
from tests.factories import csrf_token, make_account, make_member, make_organisation, post, sign_in
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


def test_a_removed_member_comes_back_in_the_same_role(
    app: Flask, client: FlaskClient, school: Organisation
) -> None:
    account = make_account(app, name="Eve Editor")
    make_member(school, account, "OrgEditor")
    own = f"/organisations/{school.slug}/"
    page = client.get(post(client, f"{own}members/{account.public_id}/remove", own).location)
    assert "Eve Editor no longer acts" in page.text
    assert not account.memberships.exists()

    act = re.search(r'name="act" value="([^"]+)"', page.text)
    assert act and take(client, act[1]).status_code == 303
    assert account.memberships[0].role == "OrgEditor"


@pytest.mark.parametrize("role", ["OrgMember", "OrgEditor", ""])
def test_others_remove_nobody(app: Flask, school: Organisation, admin: Account, role: str) -> None:
    account = make_account(app)
    if role:
        make_member(school, account, role)
    visitor = sign_in(app.test_client(), account)
    path = f"/organisations/{school.slug}/members/{admin.public_id}/remove"

    assert post(visitor, path, "/account/").status_code == (403 if role else 404)
    assert admin.memberships.exists()


def test_the_last_administrator_stays(
    client: FlaskClient, school: Organisation, admin: Account
) -> None:
    own = f"/organisations/{school.slug}/"

    assert post(client, f"{own}members/{admin.public_id}/remove", own).status_code == 409
    assert post(client, f"{own}members/nobody/remove", own).status_code == 404
    assert admin.memberships.exists()
