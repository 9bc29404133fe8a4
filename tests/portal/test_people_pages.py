"""The pages of accounts, visited as guest, stranger and owner."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.people import service
from portal.people.models import Account, Session
from tests.factories import PASSWORD, clocked, csrf_token, make_account, post, sign_in

NEW = "nine quiet lanterns"
SIGN_IN = "/account/sign-in"


def body(answer: Any) -> str:
    """Return an answer's text without the token and key, which are others in each."""
    return re.sub(r'name="(csrf_token|_key)" value="[^"]+"', "", answer.text)


def test_a_guest_sees_the_page_and_no_copy_is_kept(client: FlaskClient) -> None:
    answer = client.get(SIGN_IN)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.text.count("<h1") == 1


def test_the_sign_in_page_says_what_an_account_is_for(client: FlaskClient) -> None:
    text = client.get(SIGN_IN).text
    assert "Searching and reading need none." in text
    assert 'autocomplete="username"' in text and 'autocomplete="current-password"' in text


def test_signing_in_leads_back_to_the_page_it_was_asked_for(
    app: Flask, client: FlaskClient
) -> None:
    account = make_account(app)
    page = client.get("/account/?a=b").location
    answer = post(client, page, email=account.email, password=PASSWORD, next="/account/?a=b")
    assert answer.location == "/account/?a=b"


@pytest.mark.parametrize("bad", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_signing_in_never_leads_elsewhere(app: Flask, client: FlaskClient, bad: str) -> None:
    account = make_account(app)
    assert 'name="next" value="/"' in client.get(SIGN_IN, query_string={"next": bad}).text
    answer = post(client, SIGN_IN, email=account.email, password=PASSWORD, next=bad)
    assert answer.location == "/"
    assert client.get(SIGN_IN, query_string={"next": bad}).location == "/"


@pytest.mark.parametrize("state", ["unknown", "unconfirmed", "disabled"])
def test_a_refused_sign_in_looks_the_same_for_every_address(
    app: Flask, client: FlaskClient, state: str
) -> None:
    email = "person@school.example"
    make_account(app, email="known@school.example")
    if state != "unknown":
        make_account(app, email=email, verified=state != "unconfirmed")
    if state == "disabled":
        with app.app_context():
            service.set_disabled(clocked(app), email, disabled=True)
    wrong = post(client, SIGN_IN, email="known@school.example", password="other words entirely")
    other = post(client, SIGN_IN, email=email, password=PASSWORD)
    assert (wrong.status_code, other.status_code) == (422, 422)
    assert body(wrong).replace("known@", "person@") == body(other)
    assert "Set-Cookie" not in wrong.headers and "Set-Cookie" not in other.headers


def test_a_form_without_its_token_is_refused_and_keeps_the_text_but_no_password(
    app: Flask, client: FlaskClient
) -> None:
    account = make_account(app)
    answer = client.post(SIGN_IN, data={"email": account.email, "password": PASSWORD})
    assert answer.status_code == 400
    assert account.email in answer.text
    assert PASSWORD not in answer.text
    assert Session.select().count() == 0


@pytest.mark.parametrize(
    "path",
    ["/account/", "/account/password", "/account/sign-out", "/account/sign-out-everywhere"],
)
def test_no_form_of_an_account_works_without_its_token(
    app: Flask, client: FlaskClient, path: str
) -> None:
    sign_in(client, make_account(app))
    assert client.post(path, data={"name": "Forged"}).status_code == 400
    assert Session.select().count() == 1


def test_a_form_opened_before_signing_in_still_works_after(app: Flask, client: FlaskClient) -> None:
    account, token = make_account(app), csrf_token(client)
    sign_in(client, account)
    answer = client.post(
        "/account/", data={"csrf_token": token, "name": "After", "locale": "", "scheme": ""}
    )
    assert answer.status_code == 303
    assert Account.get_by_id(account.id).name == "After"


@pytest.mark.parametrize("path", ["/account/", "/account/password"])
def test_a_guest_can_change_no_account(client: FlaskClient, path: str) -> None:
    assert post(client, path, page=SIGN_IN, name="Forged").status_code == 401


def test_an_owner_changes_language_and_colours(app: Flask, client: FlaskClient) -> None:
    sign_in(client, make_account(app))
    client.get("/account/?lang=es")
    answer = post(client, "/account/", name="Owner", locale="de", scheme="dark")
    assert answer.location == "/account/"
    page = client.get("/account/").text
    assert '<html lang="de" data-scheme="dark">' in page


def test_an_account_form_with_a_fault_comes_back_as_typed(app: Flask, client: FlaskClient) -> None:
    sign_in(client, make_account(app))
    answer = post(client, "/account/", name="", locale="de", scheme="dark")
    assert answer.status_code == 422
    assert '<option selected value="de">' in answer.text


def test_an_owner_changes_the_password_and_stays_signed_in(app: Flask, client: FlaskClient) -> None:
    account, elsewhere = make_account(app), app.test_client()
    sign_in(client, account)
    sign_in(elsewhere, account)
    answer = post(
        client, "/account/password", page="/account/", current_password=PASSWORD, new_password=NEW
    )
    assert answer.status_code == 303
    assert client.get("/account/").status_code == 200
    assert elsewhere.get("/account/").status_code == 303


def test_a_refused_password_change_shows_no_password(app: Flask, client: FlaskClient) -> None:
    sign_in(client, make_account(app))
    answer = post(
        client,
        "/account/password",
        page="/account/",
        current_password="some other words",
        new_password=NEW,
    )
    assert answer.status_code == 422
    assert "This is not your present password." in answer.text
    assert NEW not in answer.text and "some other words" not in answer.text


def test_signing_out_everywhere_ends_every_device(app: Flask, client: FlaskClient) -> None:
    account, elsewhere = make_account(app), app.test_client()
    sign_in(client, account)
    sign_in(elsewhere, account)
    assert client.get("/account/devices").text.count("last used") == 2
    post(client, "/account/sign-out-everywhere", page="/account/")
    assert client.get("/account/").status_code == elsewhere.get("/account/").status_code == 303


def test_a_signed_in_visitor_is_not_asked_to_sign_in(app: Flask, client: FlaskClient) -> None:
    sign_in(client, make_account(app))
    assert client.get(SIGN_IN).location == "/"


def test_names_are_shown_as_text(app: Flask, client: FlaskClient) -> None:
    sign_in(client, make_account(app, name="<script>alert(1)</script>"))
    assert "<script>alert(1)" not in client.get("/account/").text


def test_a_throttled_sign_in_says_how_long_to_wait(app: Flask, client: FlaskClient) -> None:
    account = make_account(app)
    token = csrf_token(client)
    for _try in range(20):
        data = {"csrf_token": token, "email": account.email, "password": "other words entirely"}
        assert client.post(SIGN_IN, data=data).status_code == 422
    answer = post(client, SIGN_IN, email=account.email, password=PASSWORD)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) == 900
    assert PASSWORD not in answer.text
