"""Sessions: cookies, rotation, how they last and how they end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal import db
from portal.clock import FixedClock
from portal.people import service
from portal.people.models import Session
from portal.web.heartbeat import token_hash
from tests.factories import PASSWORD, clocked, make_account, post, sign_in

DAYS = 14


def cookie(client: FlaskClient) -> str:
    found = client.get_cookie("portal_session")
    return found.value if found else ""


def session_cookie_header(answer: object) -> str:
    headers = answer.headers.getlist("Set-Cookie")  # type: ignore[attr-defined]
    return next(line for line in headers if "portal_session=" in line)


def test_the_cookie_is_closed_to_scripts_and_to_other_sites(
    app: Flask, client: FlaskClient
) -> None:
    account = make_account(app)
    answer = post(client, "/account/sign-in", email=account.email, password=PASSWORD)
    line = session_cookie_header(answer)
    assert line.startswith("portal_session=")
    assert "HttpOnly" in line and "SameSite=Lax" in line and "Path=/" in line
    assert "Secure" not in line and "Domain" not in line


def test_under_https_the_cookie_is_bound_to_the_host(make_portal: Callable[..., Flask]) -> None:
    app = make_portal(base_url="https://portal.example")
    account, client = make_account(app), app.test_client()
    secure = {"base_url": "https://portal.example"}
    page = client.get("/account/sign-in", **secure).text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    answer = client.post(
        "/account/sign-in",
        data={"csrf_token": token, "email": account.email, "password": PASSWORD},
        headers={"Referer": "https://portal.example/account/sign-in"},
        **secure,
    )
    line = session_cookie_header(answer)
    assert line.startswith("__Host-portal_session=")
    assert "; Secure" in line and "Path=/" in line and "Domain" not in line
    assert client.get("/account/", **secure).status_code == 200


def test_only_the_hash_of_the_token_is_kept(app: Flask, client: FlaskClient) -> None:
    sign_in(client, make_account(app))
    assert Session.get().token_hash == token_hash(cookie(client)) != cookie(client)


def test_a_token_set_by_somebody_else_is_replaced_at_sign_in(
    app: Flask, client: FlaskClient
) -> None:
    client.set_cookie("portal_session", "chosen-by-an-attacker")
    sign_in(client, make_account(app))
    assert cookie(client) != "chosen-by-an-attacker"
    fixed = app.test_client()
    fixed.set_cookie("portal_session", "chosen-by-an-attacker")
    assert fixed.get("/account/").status_code == 303


def test_a_token_ends_when_its_browser_signs_in_as_somebody_else(
    app: Flask, client: FlaskClient
) -> None:
    sign_in(client, make_account(app))
    former = cookie(client)
    other = make_account(app, verified=False)
    with app.app_context():
        path = db.query("SELECT text FROM outbox ORDER BY id DESC")[0][0]
    link = next(line for line in path.split() if "/verify/" in line).removeprefix(
        "http://127.0.0.1:8000"
    )
    post(client, link, password=PASSWORD)
    assert other.name in client.get("/account/").text
    thief = app.test_client()
    thief.set_cookie("portal_session", former)
    assert thief.get("/account/").status_code == 303


def test_signing_out_ends_the_session_on_the_server(app: Flask, client: FlaskClient) -> None:
    sign_in(client, make_account(app))
    former = cookie(client)
    post(client, "/account/sign-out", page="/account/")
    assert cookie(client) == "" and Session.select().count() == 0
    client.set_cookie("portal_session", former)
    assert client.get("/account/").status_code == 303


def test_a_session_that_is_not_used_ends(
    app: Flask, client: FlaskClient, clock: FixedClock
) -> None:
    sign_in(client, make_account(app))
    clock.moment += timedelta(days=DAYS)
    assert client.get("/account/").status_code == 303


def test_a_session_in_use_lasts_longer(app: Flask, client: FlaskClient, clock: FixedClock) -> None:
    sign_in(client, make_account(app))
    for _visit in range(3):
        clock.moment += timedelta(days=DAYS - 1)
        answer = client.get("/account/")
        assert answer.status_code == 200
        assert f"Max-Age={DAYS * 86_400}" in session_cookie_header(answer)


def test_no_session_lasts_longer_than_ninety_days(
    app: Flask, client: FlaskClient, clock: FixedClock
) -> None:
    sign_in(client, make_account(app))
    for _day in range(89):
        clock.moment += timedelta(days=1)
        assert client.get("/account/").status_code == 200
    clock.moment += timedelta(days=1)
    assert client.get("/account/").status_code == 303


def test_use_is_noted_at_most_once_an_hour(
    app: Flask, client: FlaskClient, clock: FixedClock
) -> None:
    sign_in(client, make_account(app))
    first = Session.get().seen_at
    clock.moment += timedelta(minutes=59)
    with db.count_statements() as seen:
        client.get("/account/")
    assert not [sql for sql in seen if sql.startswith("UPDATE")]
    assert Session.get().seen_at == first
    clock.moment += timedelta(minutes=1)
    client.get("/account/")
    assert Session.get().seen_at == clock.now()


def test_a_disabled_account_is_out_at_once(app: Flask, client: FlaskClient) -> None:
    account = make_account(app)
    sign_in(client, account)
    with app.app_context():
        service.set_disabled(clocked(app), account.email, disabled=True)
    assert client.get("/account/").status_code == 303
    with app.app_context():
        service.set_disabled(clocked(app), account.email, disabled=False)
    sign_in(client, account)


def test_a_session_alone_does_not_let_a_disabled_account_in(
    app: Flask, client: FlaskClient
) -> None:
    sign_in(client, make_account(app))
    db.execute("UPDATE account SET disabled_at = '2026-11-20T00:00:00.000000Z'")
    assert client.get("/account/").status_code == 303


@pytest.mark.parametrize("token", ["", "x", "'; DROP TABLE session; --", "ä" * 10])
def test_a_made_up_token_is_nobody(app: Flask, client: FlaskClient, token: str) -> None:
    make_account(app)
    client.set_cookie("portal_session", token)
    assert client.get("/account/").status_code == 303
