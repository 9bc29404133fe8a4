"""Nothing typed is lost: autosave, expired sign-ins and tokens, discarding, and secrets kept out."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from plugins.drafts import service as drafts
from plugins.drafts.models import Draft
from portal.clock import FixedClock
from portal.context import Context
from portal.organisations.models import Organisation
from portal.people.models import Account
from tests.factories import csrf_token, fields_sent, make_account, make_organisation, sign_in
from tests.visiting import faults

NEW = "/organisations/new"
TYPED = {"name": "School of Boats", "country": "DE", "type": "vet-school", "city": "Kiel"}
HERE = {"Origin": "http://localhost"}


@pytest.fixture
def account(app: Flask) -> Account:
    return make_account(app)


@pytest.fixture
def member(app: Flask, account: Account) -> FlaskClient:
    return sign_in(app.test_client(), account)


def autosave(client: FlaskClient, **fields: Any) -> Any:
    token = csrf_token(client, NEW)
    data = {"csrf_token": token, "_form": "organisation", "_path": NEW, **fields}
    return client.post("/drafts", data=data)


def expire_session(client: FlaskClient) -> None:
    client.delete_cookie("portal_session")


# Autosave


def test_coming_back_offers_the_text_and_fills_the_form(member: FlaskClient) -> None:
    number = autosave(member, **TYPED).json["id"]

    page = member.get(NEW)
    assert faults(page, "en") == []
    assert "Use it</a>" in page.text
    assert f'href="?draft={number}"' in page.text
    assert 'value="School of Boats"' not in page.text
    filled = member.get(f"{NEW}?draft={number}")
    assert faults(filled, "en") == []
    assert 'value="School of Boats"' in filled.text
    assert '<option selected value="DE">' in filled.text


def test_an_old_address_of_a_filled_form_offers_what_was_typed_since(member: FlaskClient) -> None:
    old = autosave(member, **TYPED).json["id"]
    new = autosave(member, **{**TYPED, "city": "Bonn"}).json["id"]

    page = member.get(f"{NEW}?draft={old}")
    assert old == new or f'href="?draft={new}"' in page.text


def test_a_person_has_one_draft_of_a_form(member: FlaskClient) -> None:
    autosave(member, **TYPED)
    autosave(member, **{**TYPED, "city": "Bonn"})

    assert [dict(row.fields)["city"] for row in Draft.select()] == ["Bonn"]


def test_sending_the_form_forgets_the_draft(member: FlaskClient) -> None:
    number = autosave(member, **TYPED).json["id"]
    hidden = fields_sent(member.get(f"{NEW}?draft={number}"))

    assert member.post(NEW, data={**hidden, **TYPED}).status_code == 303
    assert Draft.select().count() == 0
    assert "Use it</a>" not in member.get(NEW).text


def test_a_refused_form_keeps_its_draft(member: FlaskClient) -> None:
    autosave(member, **TYPED)
    hidden = fields_sent(member.get(NEW))

    assert member.post(NEW, data={**hidden, **TYPED, "country": "ZZ"}).status_code == 422
    assert Draft.select().count() == 1


def test_a_draft_is_for_its_writer_alone(app: Flask, member: FlaskClient) -> None:
    number = autosave(member, **TYPED).json["id"]
    other = sign_in(app.test_client(), make_account(app))

    assert other.get(f"/drafts/{number}").status_code == 404
    assert other.get("/drafts/nothing").status_code == 404
    assert "School of Boats" not in other.get(f"{NEW}?draft={number}").text
    refused = other.post(f"/drafts/{number}/discard", data={"csrf_token": csrf_token(other, NEW)})
    assert refused.status_code == 404
    assert Draft.get().discarded_at is None


@pytest.mark.parametrize("name", ["password", "new_password", "api_token", "client_secret"])
def test_a_form_with_a_secret_is_never_kept(member: FlaskClient, name: str) -> None:
    assert autosave(member, **{**TYPED, name: "clear water"}).status_code == 422
    assert Draft.select().count() == 0


def test_what_is_too_long_is_not_kept(member: FlaskClient) -> None:
    assert autosave(member, name="x" * (drafts.MOST_CHARACTERS + 1)).status_code == 422


def test_the_oldest_drafts_make_room(member: FlaskClient, clock: FixedClock) -> None:
    for at in range(drafts.MOST_DRAFTS + 3):
        clock.moment += timedelta(seconds=1)
        autosave(member, _form=f"form {at}", **TYPED)

    keys = {row.key for row in Draft.select()}
    assert len(keys) == drafts.MOST_DRAFTS
    assert "form 2" not in keys
    assert "form 3" in keys


def test_a_discarded_text_can_be_brought_back(member: FlaskClient) -> None:
    number = autosave(member, **TYPED).json["id"]
    answer = member.post(f"/drafts/{number}/discard", data={"csrf_token": csrf_token(member, NEW)})

    page = member.get(answer.location)
    assert "Use it</a>" not in page.text
    act = re.search(r'name="act" value="([^"]+)"', page.text)
    assert act
    done = member.post("/undo", data={"csrf_token": csrf_token(member, NEW), "act": act[1]})
    assert done.status_code == 303
    assert "Use it</a>" in member.get(NEW).text


def test_drafts_are_deleted_after_two_weeks(
    member: FlaskClient, ctx: Context, clock: FixedClock
) -> None:
    autosave(member, **TYPED)
    clock.moment += timedelta(days=13)
    drafts.expire(ctx)
    assert Draft.select().count() == 1

    clock.moment += timedelta(days=2)
    drafts.expire(ctx)
    assert Draft.select().count() == 0


# A sign-in or token that ended


def test_text_survives_an_expired_sign_in(
    app: Flask, member: FlaskClient, account: Account
) -> None:
    hidden = fields_sent(member.get(NEW))
    expire_session(member)
    hidden["csrf_token"] = [csrf_token(member)]

    refused = member.post(NEW, data={**hidden, **TYPED}, headers=HERE)
    assert refused.status_code == 303
    assert refused.location.startswith("/account/sign-in?next=%2Fdrafts%2F")

    page = member.get(refused.location)
    data = {**fields_sent(page), "email": account.email, "password": "clear water runs deep"}
    signed_in = member.post("/account/sign-in", data=data)
    resumed = member.get(signed_in.location)
    form = member.get(resumed.location)
    assert faults(form, "en") == []
    assert 'value="School of Boats"' in form.text
    sent = member.post(NEW, data={**fields_sent(form), **TYPED})
    assert sent.status_code == 303
    assert Organisation.get().name == "School of Boats"
    assert Draft.select().count() == 0


def test_text_survives_a_token_that_is_not_good_any_more(member: FlaskClient) -> None:
    answer = member.post(NEW, data={"csrf_token": "old", **TYPED}, headers=HERE)
    assert answer.status_code == 303

    form = member.get(member.get(answer.location).location)
    assert 'value="School of Boats"' in form.text
    assert member.post(NEW, data={**fields_sent(form), **TYPED}).status_code == 303


def test_guests_lose_nothing_either(client: FlaskClient) -> None:
    page = f"/organisations/{make_organisation().slug}/report"
    answer = client.post(page, data={"message": "The town is wrong."}, headers=HERE)

    form = client.get(client.get(answer.location).location)

    assert "The town is wrong." in form.text
    assert client.post(
        page, data={**fields_sent(form), "message": "The town is wrong."}
    ).location.startswith("/organisations/receipts/")
    assert Draft.select().count() == 0


def test_the_text_of_a_form_without_a_page_is_shown_with_a_button(
    app: Flask, member: FlaskClient
) -> None:
    answer = member.post("/account/", data={"name": "Kim Kept", "locale": "de"}, headers=HERE)

    page = member.get(answer.location)

    assert faults(page, "en") == []
    assert "Kim Kept" in page.text
    sent = member.post("/account/", data={**fields_sent(page), "scheme": ""})
    assert sent.status_code == 303
    assert Account.get(Account.name == "Kim Kept").locale == "de"


def test_what_another_site_sends_is_not_kept(client: FlaskClient) -> None:
    for headers in ({"Origin": "https://evil.example"}, {}):
        answer = client.post(NEW, data=TYPED, headers=headers)
        assert answer.status_code in {400, 401}

    assert Draft.select().count() == 0


def test_only_the_browser_that_wrote_it_gets_a_guests_text(app: Flask, client: FlaskClient) -> None:
    page = f"/organisations/{make_organisation().slug}/report"
    answer = client.post(page, data={"message": "The town is wrong."}, headers=HERE)

    assert app.test_client().get(answer.location).status_code == 404
    assert client.get(answer.location).status_code == 303


def test_a_guests_text_is_kept_for_an_hour(client: FlaskClient, clock: FixedClock) -> None:
    page = f"/organisations/{make_organisation().slug}/report"
    answer = client.post(page, data={"message": "The town is wrong."}, headers=HERE)
    clock.moment += timedelta(minutes=61)

    assert client.get(answer.location).status_code == 404


def test_a_password_is_not_kept_when_the_token_is_old(client: FlaskClient) -> None:
    data = {"email": "a@school.example", "password": "clear water runs deep"}
    answer = client.post("/account/sign-in", data=data, headers=HERE)

    assert answer.status_code == 400
    assert "clear water" not in answer.text
    assert Draft.select().count() == 0
