"""Lost second steps: no thief gets in this way, and their owner does."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from plugins.signin import recovery
from plugins.signin.models import Factor, Recovery
from portal import mail
from portal.clock import FixedClock
from portal.people.models import Account
from tests.factories import audited, clocked, make_account, post, set_settings, sign_in
from tests.plugins.signin.conftest import begin, is_signed_in
from tests.visiting import Visitor

LOST = "/account/second-step/lost"
LIST = "/account/recoveries"


@pytest.fixture
def asked(client: FlaskClient, guarded: Account) -> Recovery:
    """A request about the guarded account, made in a browser that knows the password."""
    begin(client, guarded)
    Visitor(client)(LOST)
    assert post(client, LOST).status_code == 200
    row: Recovery = Recovery.get()
    return row


@pytest.fixture
def admin(app: Flask) -> FlaskClient:
    with app.app_context():
        set_settings("signin", required=False)
    return sign_in(app.test_client(), make_account(app, role="SiteAdmin"))


def mailed() -> list[str]:
    return [row.kind for row in mail.Outbox.select().order_by(mail.Outbox.id)]


def link() -> str:
    text = mail.Outbox.select().order_by(mail.Outbox.id.desc()).get().text
    found = re.search(r"/account/second-step/stop/\S+", text)
    assert found
    return found[0]


def decide(client: FlaskClient, row: Recovery, **more: str) -> Any:
    return post(client, f"{LIST}/{row.public_id}", **more)


def remind(app: Flask) -> None:
    with app.app_context():
        recovery.remind(clocked(app))


def test_without_the_password_nobody_asks(client: FlaskClient, guarded: Account) -> None:
    assert client.get(LOST).location == "/account/sign-in"
    assert post(client, LOST, page="/account/sign-in").location == "/account/sign-in"
    assert Recovery.select().count() == 0


def test_for_three_days_nobody_can_grant_it_and_its_account_is_told_twice(
    app: Flask, client: FlaskClient, asked: Recovery, admin: FlaskClient, clock: FixedClock
) -> None:
    assert decide(admin, asked, decision="grant", has_spoken="yes").status_code == 409
    post(client, LOST, page="/account/second-step")  # asking again changes nothing
    clock.moment += timedelta(days=2)
    remind(app)
    remind(app)
    clock.moment += timedelta(hours=23)
    answer = post(admin, "/account/prove", password="clear water runs deep", next=LIST)
    assert answer.location == LIST
    assert decide(admin, asked, decision="grant", has_spoken="yes").status_code == 409
    assert mailed()[1:] == ["signin/recovery-asked", "signin/recovery-soon"]
    assert Factor.select().count() == 1
    assert "Lost second step" not in admin.get("/tasks").text


def test_after_that_somebody_who_has_spoken_with_the_person_grants_it(
    app: Flask, client: FlaskClient, guarded: Account, asked: Recovery, admin: FlaskClient,
    clock: FixedClock,
) -> None:  # fmt: skip
    clock.moment += timedelta(days=3)
    assert "Lost second step: Ada Lovelace" in admin.get("/tasks").text
    Visitor(admin)(LIST)
    Visitor(admin)(f"{LIST}/{asked.public_id}")
    post(admin, "/account/prove", password="clear water runs deep")
    assert decide(admin, asked, decision="grant").status_code == 422
    assert decide(admin, asked, decision="grant", has_spoken="yes").location == LIST
    assert (Factor.select().count(), Recovery.get().outcome) == (0, "granted")
    assert mailed()[-1] == "signin/recovery-granted"
    assert audited("second_step.recovery_granted").get().subject_id == guarded.id
    assert begin(app.test_client(), guarded).location == "/"
    assert decide(admin, asked, decision="decline").status_code == 404  # is decided


def test_a_link_in_the_mail_stops_it(
    app: Flask, client: FlaskClient, asked: Recovery, admin: FlaskClient, clock: FixedClock
) -> None:
    address, owner = link(), app.test_client()
    Visitor(owner)(address)
    assert Recovery.get().outcome == ""  # looking at it is not enough: mail programs look too
    assert post(owner, address).location == "/account/forgot"
    assert Recovery.get().outcome == "stopped"
    assert owner.get(address).status_code == 404
    clock.moment += timedelta(days=4)
    post(admin, "/account/prove", password="clear water runs deep")
    answer = admin.get(f"{LIST}/{asked.public_id}")
    assert answer.status_code == 404
    assert Factor.select().count() == 1


def test_a_forged_link_stops_nothing(client: FlaskClient, asked: Recovery) -> None:
    address = link()
    for forged in (f"{address[:-1]}{'A' if address[-1] != 'A' else 'B'}", address + "=", "/account/second-step/stop/x"):  # fmt: skip
        assert client.get(forged).status_code == 404
    assert Recovery.get().outcome == ""


def test_signing_in_with_the_second_step_ends_the_request(
    app: Flask, client: FlaskClient, guarded: Account, asked: Recovery, code: Any
) -> None:
    assert post(client, "/account/second-step", code=code()).status_code == 303
    assert Recovery.get().outcome == "stopped"
    assert is_signed_in(client)


def test_nobody_decides_about_the_own_account(
    app: Flask, client: FlaskClient, guarded: Account, code: Any, clock: FixedClock
) -> None:
    Account.update(role="SiteAdmin").where(Account.id == guarded.id).execute()
    begin(client, guarded)
    post(client, "/account/second-step", code=code())
    thief = app.test_client()
    begin(thief, guarded)
    post(thief, LOST)
    clock.moment += timedelta(days=3)
    post(client, "/account/prove", code=code())
    row = Recovery.get(Recovery.outcome == "")
    assert decide(client, row, decision="grant", has_spoken="yes").status_code == 403
    assert "Lost second step" not in client.get("/tasks").text
    assert Factor.select().count() == 1


def test_members_see_no_requests_and_what_nobody_decides_ends(
    app: Flask, asked: Recovery, clock: FixedClock
) -> None:
    member = sign_in(app.test_client(), make_account(app))
    assert member.get(LIST).status_code == 403
    assert member.get(f"{LIST}/{asked.public_id}").status_code == 403
    clock.moment += timedelta(days=30)
    remind(app)
    assert Recovery.get().outcome == "over"
