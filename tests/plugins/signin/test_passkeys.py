"""Passkeys, with a key in software: set up, sign in, prove; forged answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from plugins.signin import rules
from plugins.signin.models import PASSKEY, Factor, Step
from portal.people import throttle
from portal.people.models import Account
from tests.factories import csrf_token, make_account, post, sign_in
from tests.plugins.signin.authenticator import Passkey
from tests.plugins.signin.conftest import begin, is_signed_in, shown_codes
from tests.visiting import Visitor

STEP = "/account/second-step"
OWN = "/account/second-steps"


@pytest.fixture
def app(make_portal: Callable[..., Flask]) -> Flask:
    """A portal whose address has a name."""
    return make_portal(base_url="http://localhost:8000")


def ask(client: FlaskClient, path: str, page: str) -> dict[str, Any]:
    """Ask the portal's question, as the script does."""
    answer = client.post(path, headers={"X-CSRFToken": csrf_token(client, page)})
    assert answer.status_code == 200, answer.text
    asked: dict[str, Any] = json.loads(answer.text)
    return asked


def add(client: FlaskClient, key: Passkey, name: str = "My laptop") -> Any:
    """Set a passkey up through the page."""
    asked = ask(client, f"{OWN}/passkeys/question", OWN)
    return post(client, f"{OWN}/passkeys", page=OWN, answer=key.made(asked), name=name)


def answer_step(client: FlaskClient, key: Passkey) -> Any:
    """Use a passkey in the middle of signing in."""
    asked = ask(client, f"{STEP}/question", STEP)
    return post(client, STEP, answer=key.signed(asked))


@pytest.fixture
def key(app: Flask) -> Passkey:
    return Passkey()


@pytest.fixture
def account(app: Flask, key: Passkey) -> Account:
    """An account with a passkey."""
    account = make_account(app)
    answer = add(sign_in(app.test_client(), account), key)
    assert len(shown_codes(answer.text)) == 10
    return account


def test_a_passkey_is_set_up_signs_in_and_proves(
    app: Flask, client: FlaskClient, account: Account, key: Passkey
) -> None:
    assert (Factor.get().kind, Factor.get().name) == (PASSKEY, "My laptop")
    assert begin(client, account).location == STEP
    page = Visitor(client)(STEP)
    assert "data-passkey=" in page.text and "needs a browser with scripts" in page.text
    assert answer_step(client, key).status_code == 303
    assert is_signed_in(client)
    Visitor(client)("/account/prove")
    asked = ask(client, "/account/prove/question", "/account/prove")
    proven = post(client, "/account/prove", answer=key.signed(asked), next=OWN)
    assert proven.location == OWN
    assert Step.select().count() == 0


def test_an_answer_is_good_for_its_question_alone(
    app: Flask, account: Account, key: Passkey
) -> None:
    first, second = app.test_client(), app.test_client()
    for client in (first, second):
        begin(client, account)
    signed = key.signed(ask(first, f"{STEP}/question", STEP))
    ask(second, f"{STEP}/question", STEP)
    assert post(second, STEP, answer=signed).status_code == 422
    assert post(first, STEP, answer=signed).status_code == 303
    begin(second, account)
    assert post(second, STEP, answer=signed).location == "/account/sign-in"  # no question is open
    assert not is_signed_in(second)


def test_an_answer_for_another_address_is_refused(
    app: Flask, client: FlaskClient, account: Account, key: Passkey
) -> None:
    begin(client, account)
    for origin, host in (
        ("https://localhost.evil.example", "localhost"),
        ("http://localhost:8000", "evil.example"),
        ("http://localhost", "localhost"),
        ("https://localhost:8000", "localhost"),
    ):
        key.origin, key.host = origin, host
        throttle.lift(rules.CODE_TRIES, str(account.id))
        answer = answer_step(client, key)
        assert answer.status_code == 422, origin
        sent = client.post(STEP, headers={"Host": "localhost.evil.example"})
        assert sent.status_code >= 400
    assert not is_signed_in(client)


def test_a_passkey_of_somebody_else_opens_nothing(
    app: Flask, client: FlaskClient, account: Account
) -> None:
    other, others_key = make_account(app), Passkey()
    add(sign_in(app.test_client(), other), others_key)
    begin(client, account)
    assert answer_step(client, others_key).status_code == 422
    assert answer_step(client, Passkey()).status_code == 422
    assert not is_signed_in(client)


def test_a_key_that_counts_backwards_was_copied(
    app: Flask, client: FlaskClient, account: Account, key: Passkey
) -> None:
    key.count = 7
    begin(client, account)
    assert answer_step(client, key).status_code == 303
    key.count = 3
    begin(client := app.test_client(), account)
    assert answer_step(client, key).status_code == 422


def test_five_wrong_answers_close_the_step_for_a_while(
    client: FlaskClient, account: Account, key: Passkey
) -> None:
    begin(client, account)
    for _try in range(5):
        assert answer_step(client, Passkey()).status_code == 422
    assert answer_step(client, key).status_code == 429


@pytest.mark.parametrize("path", [STEP, f"{OWN}/passkeys"])
def test_odd_answers_are_refused(
    app: Flask, client: FlaskClient, account: Account, path: str
) -> None:
    page = STEP if path == STEP else OWN
    begin(client, account) if path == STEP else sign_in(client, make_account(app))
    odd = [
        "{",
        "[]",
        "null",
        '{"id": 1}',
        "9" * 30_000,
        '{"id": "x", "rawId": "x", "response": []}',
    ]
    odd += [
        Passkey().made({"challenge": "eA"}),
        Passkey().signed({"challenge": "eA"}),
        "[" * 15_000,
    ]
    for answer in odd:
        throttle.lift(rules.CODE_TRIES, str(account.id))
        ask(client, f"{path}/question", page)
        assert post(client, path, page=page, answer=answer).status_code == 422, answer[:50]
    assert Factor.select().count() == 1


def test_one_key_is_not_set_up_twice(app: Flask, account: Account, key: Passkey) -> None:
    other = sign_in(app.test_client(), make_account(app))
    assert "set up already" in add(other, key).text


def test_where_the_address_is_a_number_the_page_says_why_not(
    make_portal: Callable[..., Flask],
) -> None:
    app = make_portal(base_url="http://127.0.0.1:8000")
    client = sign_in(app.test_client(), make_account(app))
    assert "Passkeys work once the site has an address" in client.get(OWN).text
    assert post(client, f"{OWN}/passkeys/question", page=OWN).status_code == 404
