"""The pages of people without a session, visited as guest, stranger and owner."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal import mail
from portal.context import Context, system_context
from portal.errors import Conflict
from portal.people.models import Account, Session
from tests.factories import PASSWORD, make_account, post, set_settings, sign_in

NEW = "nine quiet lanterns"
SIGN_IN = "/account/sign-in"
REGISTER = "/account/register"
GUEST_PAGES = [REGISTER, "/account/forgot", "/account/mailed/register", "/account/mailed/forgot"]


def body(answer: Any) -> str:
    """Return an answer's text without the token and key, which are others in each."""
    return re.sub(r'name="(csrf_token|_key)" value="[^"]+"', "", answer.text)


@pytest.mark.parametrize("page", GUEST_PAGES)
def test_a_guest_sees_the_page_and_no_copy_is_kept(client: FlaskClient, page: str) -> None:
    answer = client.get(page)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.text.count("<h1") == 1


def test_the_sign_in_page_leads_to_registering_and_a_new_password(client: FlaskClient) -> None:
    text = client.get(SIGN_IN).text
    assert f'href="{REGISTER}"' in text and 'href="/account/forgot"' in text


def mailed_path() -> str:
    row = mail.Outbox.select().order_by(mail.Outbox.id.desc()).get()
    found = re.search(r"http://127.0.0.1:8000(/account/(?:verify|reset)/\S+)", row.text)
    assert found
    return found[1]


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
    text = post(client, REGISTER).text
    for said in (
        "Write the name others should see.",
        "Write your mail address.",
        "Write your pass",
    ):
        assert said in text


def test_a_form_without_its_token_is_refused_and_keeps_the_text_but_no_password(
    app: Flask, client: FlaskClient
) -> None:
    account = make_account(app)
    answer = client.post(
        REGISTER, data={"email": account.email, "name": "Kept Name", "password": PASSWORD}
    )
    assert answer.status_code == 400
    assert account.email in answer.text and "Kept Name" in answer.text
    assert PASSWORD not in answer.text
    assert Session.select().count() == 0


def test_a_signed_in_visitor_is_not_asked_to_register(app: Flask, client: FlaskClient) -> None:
    sign_in(client, make_account(app))
    assert client.get(REGISTER).location == "/account/"


def switch_off(app: Flask) -> None:
    """Switch the plugin off, and what builds on it."""
    registry = app.extensions["portal"].registry
    registry.act(system_context(), "signin", "deactivate", confirmation="signin", with_others=True)


def test_while_the_plugin_is_off_its_pages_and_the_links_to_them_are_gone(
    app: Flask, client: FlaskClient
) -> None:
    account = make_account(app)
    switch_off(app)
    for page in [*GUEST_PAGES, "/account/verify/unknown", "/account/reset/unknown"]:
        assert client.get(page).status_code == 404
    text = client.get(SIGN_IN).text
    assert REGISTER not in text and "/account/forgot" not in text
    sign_in(client, account)


@pytest.mark.parametrize("off", [False, True])
def test_the_mail_about_a_changed_password_names_a_page_that_is_there(
    app: Flask, off: bool
) -> None:
    if off:
        switch_off(app)
    with app.app_context():
        mail.enqueue(system_context(), "lead@school.example", "password-changed")
        text = mail.Outbox.get().text
    assert ("\nhttp://127.0.0.1:8000/account/forgot\n" in text) is not off
    assert ("write to the people who run this site" in text) is off


def test_without_the_plugin_only_confirmed_accounts_are_made(app: Flask) -> None:
    switch_off(app)
    with pytest.raises(Conflict, match="confirms addresses"):
        make_account(app, verified=False)
    assert Account.select().count() == 0
    assert make_account(app).verified_at


def test_nobody_registers_where_registration_is_closed(
    app: Flask, client: FlaskClient, ctx: Context
) -> None:
    with app.app_context():
        set_settings("portal", registration_open=False)
    assert client.get(REGISTER).status_code == 403
    assert REGISTER not in client.get(SIGN_IN).text
