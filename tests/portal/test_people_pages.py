"""The pages of accounts, visited as guest, stranger and owner."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal import mail
from portal.people import service
from portal.people.models import Account, Session
from tests.factories import PASSWORD, clocked, csrf_token, make_account, post, sign_in

NEW = "nine quiet lanterns"
SIGN_IN = "/account/sign-in"
GUEST_PAGES = [SIGN_IN, "/account/register", "/account/forgot", "/account/mailed/register"]


def mailed_path() -> str:
    row = mail.Outbox.select().order_by(mail.Outbox.id.desc()).get()
    found = re.search(r"http://127.0.0.1:8000(/account/(?:verify|reset)/\S+)", row.text)
    assert found
    return found[1]


def body(answer: Any) -> str:
    """Return an answer's text without the token and key, which are others in each."""
    return re.sub(r'name="(csrf_token|_key)" value="[^"]+"', "", answer.text)


@pytest.mark.parametrize("page", GUEST_PAGES)
def test_a_guest_sees_the_page_and_no_copy_is_kept(client: FlaskClient, page: str) -> None:
    answer = client.get(page)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.text.count("<h1") == 1


def test_the_sign_in_page_says_what_an_account_is_for(client: FlaskClient) -> None:
    text = client.get(SIGN_IN).text
    assert "Searching and reading need none." in text
    assert 'autocomplete="username"' in text and 'autocomplete="current-password"' in text


def test_a_story_from_registering_to_signing_out(app: Flask, client: FlaskClient) -> None:
    answer = post(
        client,
        "/account/register",
        name="New Person",
        email="new@school.example",
        password=PASSWORD,
    )
    assert answer.location == "/account/mailed/register"
    link = mailed_path()
    assert client.get(link).status_code == 200
    answer = post(client, link, password=PASSWORD)
    assert answer.location == "/account/"
    page = client.get("/account/").text
    assert "You sign in as new@school.example." in page and "Your address is confirmed." in page
    answer = post(client, "/account/sign-out", page="/account/")
    assert answer.location == "/"
    assert client.get("/account/").location == "/account/sign-in?next=%2Faccount%2F"


def test_opening_the_link_alone_confirms_nothing(app: Flask, client: FlaskClient) -> None:
    make_account(app, verified=False)
    client.get(mailed_path())
    assert Account.get().verified_at is None


def test_a_story_from_a_forgotten_password_to_a_new_one(app: Flask, client: FlaskClient) -> None:
    account = make_account(app)
    assert post(client, "/account/forgot", email=account.email).location == "/account/mailed/forgot"
    link = mailed_path()
    assert account.email in client.get(link).text
    assert post(client, link, password=NEW).location == SIGN_IN
    sign_in(client, account, NEW)
    answer = client.get(link)
    assert answer.status_code == 404
    assert 'href="/account/forgot"' in answer.text


@pytest.mark.parametrize("path", ["/account/verify/unknown", "/account/reset/unknown"])
def test_an_unknown_link_says_how_to_get_another(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "This link works no more" in answer.text


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


@pytest.mark.parametrize("path", ["/account/register", "/account/forgot"])
def test_known_and_unknown_addresses_get_the_same_answer(app: Flask, path: str) -> None:
    account = make_account(app)
    answers = []
    for email in (account.email, "nobody@school.example"):
        visitor = app.test_client()
        answer = post(visitor, path, name="Somebody", email=email, password=PASSWORD)
        after = visitor.get(answer.location)
        answers.append((answer.status_code, answer.location, answer.text, body(after)))
    assert answers[0] == answers[1]
    assert mail.Outbox.select().count() == 2


def test_a_refused_form_keeps_what_was_typed_but_not_the_password(client: FlaskClient) -> None:
    answer = post(
        client, "/account/register", name="New Person", email="no", password="long secret!"
    )
    assert answer.status_code == 422
    assert 'value="New Person"' in answer.text and 'value="no"' in answer.text
    assert "long secret!" not in answer.text
    assert 'href="#email"' in answer.text


def test_empty_fields_are_named_one_by_one(client: FlaskClient) -> None:
    text = post(client, "/account/register").text
    for said in (
        "Write the name others should see.",
        "Write your mail address.",
        "Write your pass",
    ):
        assert said in text


@pytest.mark.parametrize("path", [SIGN_IN, "/account/register"])
def test_a_form_without_its_token_is_refused_and_keeps_the_text_but_no_password(
    app: Flask, client: FlaskClient, path: str
) -> None:
    account = make_account(app)
    answer = client.post(
        path, data={"email": account.email, "name": "Kept Name", "password": PASSWORD}
    )
    assert answer.status_code == 400
    assert account.email in answer.text and "Kept Name" in answer.text
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
    assert client.get("/account/").text.count("last used") == 2
    post(client, "/account/sign-out-everywhere", page="/account/")
    assert client.get("/account/").status_code == elsewhere.get("/account/").status_code == 303


def test_a_signed_in_visitor_is_not_asked_to_sign_in_or_register(
    app: Flask, client: FlaskClient
) -> None:
    sign_in(client, make_account(app))
    assert client.get(SIGN_IN).location == "/"
    assert client.get("/account/register").location == "/account/"


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
