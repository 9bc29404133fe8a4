"""Signing in with an account elsewhere: who gets in as whom, and forged answers."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from joserfc.jwk import RSAKey

from plugins.signin.models import Identity
from portal.people.models import Account, Session
from tests.factories import NOON, audited, make_account, post, set_settings, sign_in
from tests.plugins.signin.conftest import is_signed_in
from tests.plugins.signin.provider import CLIENT, Provider
from tests.visiting import Visitor

OUTSIDE = "/account/outside"
BACK = f"{OUTSIDE}/back"
SIGN_IN = "/account/sign-in"


@pytest.fixture
def provider(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    """A provider that the settings name."""
    found = Provider(int(NOON.timestamp()))
    monkeypatch.setenv("OIDC_CLIENT_SECRET", "a secret of the client")
    with app.app_context():
        set_settings("signin", oidc_issuer=found.issuer, oidc_client=CLIENT, oidc_name="EU Login")
    yield found
    found.close()


def address_of(answer: Any) -> str:
    found = re.search(r'http-equiv="refresh" content="0;url=([^"]+)"', answer.text)
    assert found, answer.text[:300]
    return html.unescape(found[1])


def visit_there(client: FlaskClient, provider: Provider, **more: str) -> Any:
    """Sign in with the provider, as people do."""
    answer = post(client, f"{OUTSIDE}/visit", page=OUTSIDE, **more)
    return client.get(BACK, query_string=provider.visited(address_of(answer)))


def linked(app: Flask, provider: Provider, account: Account) -> FlaskClient:
    """Link the account there to one here, from inside."""
    client = sign_in(app.test_client(), account)
    answer = post(client, f"{OUTSIDE}/link", page=OUTSIDE)
    back = client.get(BACK, query_string=provider.visited(address_of(answer)))
    assert back.location == OUTSIDE
    return client


def test_a_linked_account_signs_in_and_leads_back(
    app: Flask, client: FlaskClient, provider: Provider
) -> None:
    account = make_account(app)
    Visitor(linked(app, provider, account))(OUTSIDE)
    assert "Sign in with EU Login" in client.get(SIGN_IN).text
    Visitor(client)(OUTSIDE)
    answer = visit_there(client, provider, next="/organisations/")
    assert answer.location == "/organisations/"
    assert is_signed_in(client)
    row = Identity.get()
    assert (row.account_id, row.issuer, row.subject) == (account.id, provider.issuer, "person-1")
    assert audited("identity.linked").count() == 1
    sent = provider.redeemed[-1]
    assert sent["authorization"].startswith("Basic ") and "a secret" not in provider.asked.values()
    assert provider.asked["code_challenge_method"] == "S256"
    assert provider.asked["redirect_uri"] == "http://127.0.0.1:8000/account/outside/back"


def test_an_address_alone_opens_no_account_with_a_password(
    app: Flask, client: FlaskClient, provider: Provider
) -> None:
    account = make_account(app, email="ada@school.example")
    for is_confirmed in (True, False):
        provider.claims |= {"email": account.email, "email_verified": is_confirmed}
        answer = visit_there(client, provider)
        assert answer.location.startswith(SIGN_IN)
        assert not is_signed_in(client)
    assert Identity.select().count() == 0


def test_a_confirmed_address_makes_an_account_and_finds_it_again_by_its_subject(
    app: Flask, client: FlaskClient, provider: Provider
) -> None:
    provider.claims |= {"email": "new@school.example", "email_verified": True}
    assert visit_there(client, provider).location == "/"
    assert Account.get().email == "new@school.example" and is_signed_in(client)
    provider.claims |= {"email": "other@school.example"}
    again = app.test_client()
    visit_there(again, provider)
    assert "new@school.example" in again.get("/account/").text
    provider.claims = {"sub": "person-2", "email": "new@school.example", "email_verified": "true"}
    third = app.test_client()
    visit_there(third, provider)
    assert not is_signed_in(third)  # only the truth is true


def test_where_registration_is_closed_nobody_new_comes_in(
    app: Flask, client: FlaskClient, provider: Provider
) -> None:
    with app.app_context():
        set_settings("portal", registration_open=False)
    provider.claims |= {"email": "new@school.example", "email_verified": True}
    assert visit_there(client, provider).location == SIGN_IN
    assert Account.select().count() == 0


def test_a_second_step_is_asked_here_too(
    app: Flask, client: FlaskClient, provider: Provider, guarded: Account, code: Any
) -> None:
    Identity.create(
        public_id="link", account=guarded.id, issuer=provider.issuer, subject="person-1",
        linked_at=NOON,
    )  # fmt: skip
    assert visit_there(client, provider, next="/organisations/").location == "/account/second-step"
    assert Session.select().count() == 0
    assert post(client, "/account/second-step", code=code()).location == "/organisations/"


def test_a_shut_account_stays_shut(app: Flask, client: FlaskClient, provider: Provider) -> None:
    account = make_account(app)
    linked(app, provider, account)
    Account.update(disabled_at=NOON).where(Account.id == account.id).execute()
    visit_there(client, provider)
    assert not is_signed_in(client)


def test_forged_answers_are_refused(app: Flask, provider: Provider) -> None:
    linked(app, provider, make_account(app))
    stranger = RSAKey.generate_key(2048, {"kid": "one"})
    lies: list[dict[str, Any]] = [
        {"lies": {"nonce": "another"}},
        {"lies": {"iss": "https://evil.example"}},
        {"lies": {"aud": "another client"}},
        {"lies": {"aud": [CLIENT, "another"], "azp": "another"}},
        {"lies": {"exp": provider.now - 600}},
        {"lies": {"iat": provider.now + 6_000}},
        {"lies": {"sub": ""}},
        {"lies": {"sub": ["person-1"]}},
        {"signing_key": stranger},
        {"facts": {"issuer": "https://evil.example"}},
        {"facts": {"token_endpoint": "http://evil.example/token"}},
        {"facts": {"jwks_uri": "file:///etc/passwd"}},
        {"facts": {"jwks_uri": None}},
    ]
    for lie in lies:
        client = app.test_client()
        was = {key: getattr(provider, key) for key in lie}
        begun = post(client, f"{OUTSIDE}/visit", page=OUTSIDE)
        sent = provider.visited(address_of(begun))
        for key, value in lie.items():
            setattr(provider, key, value)
        assert client.get(BACK, query_string=sent).status_code == 303, lie
        assert not is_signed_in(client), lie
        for key, value in was.items():
            setattr(provider, key, value)


def test_an_answer_that_this_browser_did_not_ask_for_is_refused(
    app: Flask, client: FlaskClient, provider: Provider
) -> None:
    linked(app, provider, make_account(app))
    begun = post(client, f"{OUTSIDE}/visit", page=OUTSIDE)
    sent = provider.visited(address_of(begun))
    thief = app.test_client()
    for odd in (sent, {}, {"state": sent["state"]}, {**sent, "state": "ä" * 3_000}):
        assert thief.get(BACK, query_string=odd).status_code == 303
        assert not is_signed_in(thief)
    assert client.get(BACK, query_string={**sent, "state": "other"}).status_code == 303
    assert client.get(BACK, query_string=sent).status_code == 303  # the first try used it up
    assert not is_signed_in(client)
    visit_there(client, provider)
    assert is_signed_in(client)


def test_what_was_begun_as_somebody_is_not_ended_as_another(app: Flask, provider: Provider) -> None:
    client = sign_in(app.test_client(), make_account(app))
    begun = post(client, f"{OUTSIDE}/link", page=OUTSIDE)
    sent = provider.visited(address_of(begun))
    client.delete_cookie("portal_session")
    client.get(BACK, query_string=sent)
    assert Identity.select().count() == 0 and not is_signed_in(client)


def test_one_account_there_is_one_account_here(app: Flask, provider: Provider) -> None:
    first, second = make_account(app), make_account(app)
    linked(app, provider, first)
    linked(app, provider, second)
    assert [row.account_id for row in Identity.select()] == [first.id]


def test_the_last_way_in_stays(app: Flask, client: FlaskClient, provider: Provider) -> None:
    provider.claims |= {"email": "new@school.example", "email_verified": True}
    visit_there(client, provider)
    number = Identity.get().public_id
    path = f"{OUTSIDE}/{number}/unlink"
    assert post(client, path, page=OUTSIDE).status_code == 409
    stranger = sign_in(app.test_client(), make_account(app))
    assert post(stranger, path, page=OUTSIDE).status_code == 404
    Account.update(password_hash="set").where(Account.email == "new@school.example").execute()
    assert post(client, path, page=OUTSIDE).location == OUTSIDE
    assert Identity.select().count() == 0


def test_a_provider_that_is_away_leaves_the_password(
    app: Flask, client: FlaskClient, provider: Provider
) -> None:
    provider.close()
    answer = post(client, f"{OUTSIDE}/visit", page=OUTSIDE)
    assert answer.location == OUTSIDE
    assert "does not answer" in client.get(OUTSIDE).text
    with app.app_context():
        set_settings("signin", oidc_issuer="http://evil.example")
    assert client.get(OUTSIDE).status_code == 404  # only https leaves this machine
    assert "Sign in with EU Login" not in client.get(SIGN_IN).text
