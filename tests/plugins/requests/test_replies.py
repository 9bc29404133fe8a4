"""Answers: sent, changed, withdrawn, compared, decided; what comes too late is kept to copy."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from plugins.notices.models import Notice
from plugins.requests import replying
from plugins.requests.models import PartnerRequest, Reply
from portal import workflow
from portal.context import Actor, Context
from portal.errors import Conflict, NotAllowed, NotFound
from portal.mail import Outbox
from portal.organisations.models import Organisation
from portal.people.models import Account
from tests.factories import clocked, make_account, make_member, make_organisation, post, sign_in
from tests.plugins.partners.conftest import store_partner
from tests.plugins.requests.conftest import make_request
from tests.visiting import Visitor

PROFILE = {"fields": ["0721"], "roles": ["host"], "languages": [["es", "native"]]}
TYPED: dict[str, Any] = {
    "covers": ["field:0721", "role:host"],
    "starts_on": "2027-05-03",
    "places": "4",
    "price_note": "=60 euro a day",
    "text": "We would love to bake with you.",
}
VALUES: dict[str, Any] = {
    **dict.fromkeys(("starts_on", "ends_on", "places")), "price_note": "", "text": "Yes.",
    "covers": [],
}  # fmt: skip


@pytest.fixture
def baker(app: Flask) -> Account:
    return make_account(app, email="secret@bakery.example")


@pytest.fixture
def bakery(app: Flask, baker: Account) -> Organisation:
    return store_partner(app, "Panadería", "ES", admin=baker, profile=PROFILE)


def latest(account: Account) -> Outbox:
    found: Outbox = (
        Outbox.select().where(Outbox.recipient == account.email).order_by(Outbox.id.desc()).get()
    )
    return found


def test_answer_is_compared_chosen_and_told(
    app: Flask,
    as_asker: FlaskClient,
    school: Organisation,
    asker: Account,
    bakery: Organisation,
    baker: Account,
) -> None:
    row = make_request(app, school)
    path = f"/requests/{row.slug}"
    client = sign_in(app.test_client(), baker)
    look = Visitor(client)
    assert f"{path}/reply?organisation={bakery.slug}" in look(path).links
    page = look(f"{path}/reply")
    assert page.text.count(" checked") == 3  # field, role and language, as the profile says
    answer = post(client, f"{path}/reply", organisation=bakery.slug, version="0", **TYPED)
    assert answer.status_code == 303
    assert "Panadería answered: Bakery" in latest(asker).subject
    again = {**TYPED, "text": "With apple strudel."}
    answer = post(client, f"{path}/reply", organisation=bakery.slug, version="0", **again)
    assert answer.status_code == 409
    assert "apple strudel" in answer.text and "love to bake" in answer.text
    answer = post(client, f"{path}/reply", organisation=bakery.slug, version="1", **again)
    assert answer.status_code == 303
    assert Reply.select().count() == 1

    other = store_partner(app, "Konditorei", "AT", admin=make_account(app))
    with app.app_context():
        replying.answer(clocked(app), row, other, {**VALUES, "covers": ["field:0721"]})
    inside = Visitor(as_asker)
    assert "2 answers" in inside(path).text
    page = inside(f"{path}/replies")
    assert page.headings == ["2 answers"]
    assert "2 of 7 points" in page.text and "1 of 7 points" in page.text
    assert "secret@" not in page.text and baker.name not in page.text
    table = list(csv.reader(io.StringIO(as_asker.get(f"{path}/replies?as=csv").data.decode("utf-8-sig"))))  # fmt: skip
    assert len(table) == 3 and table[1][0] == "Panadería"
    assert "'=60 euro a day" in table[1]

    reply = Reply.get(Reply.organisation == bakery.id)
    decide = f"{path}/replies/{reply.public_id}"
    for step, said in (
        ("shortlist", "put you on the shortlist"),
        ("choose", "chose you"),
    ):
        answer = post(as_asker, f"{decide}/{step}", page=f"{path}/replies", comment="Welcome!")
        assert answer.status_code == 303
        assert said in latest(baker).subject
    assert "Welcome!" in latest(baker).text
    assert "chosen" in look(f"{path}/reply").text
    answer = post(client, f"{path}/reply", organisation=bakery.slug, version="4", **TYPED)
    assert answer.status_code == 409

    with app.app_context():
        workflow.move(clocked(app), PartnerRequest.get(), "close", "Thank you all.")
    closed = Notice.select().where(Notice.kind == replying.OVER)
    assert closed.count() == 1  # the chosen one heard already
    page = inside("/requests/mine")
    assert "2 answers" in page.text
    assert "Your answers to others" in look("/requests/mine").text


def test_answer_after_closing_is_refused_and_the_text_kept(
    app: Flask, school: Organisation, bakery: Organisation, baker: Account, clock
) -> None:
    row = make_request(app, school)
    client = sign_in(app.test_client(), baker)
    path = f"/requests/{row.slug}/reply"
    typed = {"organisation": bakery.slug, "version": "0", **TYPED}
    clock.moment += timedelta(hours=1)
    token = post(client, path, **{**typed, "text": ""})
    assert token.status_code == 422 and "=60 euro a day" in token.text
    with app.app_context():
        workflow.move(clocked(app), row, "close")
    answer = post(client, path, **typed)
    assert answer.status_code == 409
    assert "This request is closed" in answer.text and "love to bake" in answer.text
    assert not Reply.select().exists()


def test_withdrawn_answer_is_gone_for_the_asker_and_can_be_sent_again(
    app: Flask, as_asker: FlaskClient, school: Organisation, bakery: Organisation, baker: Account
) -> None:
    row = make_request(app, school)
    client = sign_in(app.test_client(), baker)
    path = f"/requests/{row.slug}/reply"
    sent = {"organisation": bakery.slug, **TYPED}
    assert post(client, path, version="0", **sent).status_code == 303
    withdrawn = post(client, f"{path}/withdraw", page=path, organisation=bakery.slug)
    assert withdrawn.status_code == 303
    assert "answered yet" in Visitor(as_asker)(f"/requests/{row.slug}/replies").text
    assert "love to bake" in Visitor(client)(path).text
    version = str(Reply.get().version)
    assert post(client, path, version=version, **sent).status_code == 303
    assert Reply.get().state == "sent"
    assert "1 answer" in Visitor(as_asker)(f"/requests/{row.slug}/replies").text


def test_only_the_asker_decides_and_only_both_sides_read(
    app: Flask, school: Organisation, bakery: Organisation, baker: Account
) -> None:
    row, other = make_request(app, school), make_request(app, bakery)
    with app.app_context():
        reply = replying.answer(clocked(app), row, bakery, {**VALUES, "text": "Canary answer"})
    member = make_account(app)
    make_member(school, member, "OrgMember")
    stranger, path = make_account(app), f"/requests/{row.slug}"
    for account in (baker, member, stranger):
        client = sign_in(app.test_client(), account)
        assert client.get(f"{path}/replies").status_code == 404
        answer = post(client, f"{path}/replies/{reply.public_id}/choose", page="/account/")
        assert answer.status_code == 404
        if account != baker:
            assert client.get(f"{path}/reply").status_code == 403
            answer = post(client, f"{path}/reply/withdraw", page="/account/", organisation="x")
            assert answer.status_code == 404
            assert "Canary answer" not in client.get("/requests/mine").text
    owner = sign_in(app.test_client(), baker)
    wrong = f"/requests/{other.slug}/replies/{reply.public_id}/choose"
    assert post(owner, wrong, page="/account/").status_code == 404
    generic = f"/tasks/requests_reply/{reply.public_id}/choose"
    assert post(owner, generic, page="/account/").status_code in {403, 404}
    assert Reply.get().state == "sent"


@pytest.fixture
def portal(make_portal: Callable[..., Flask], any_url: str) -> Flask:
    """A portal with its app context open, once on each engine."""
    app = make_portal(any_url, plugins=["requests"])
    with app.app_context():
        yield app


def acting(ctx: Context, account: Account) -> Context:
    return ctx.as_actor(Actor(account.id, account.name, frozenset({"Member"})))


def test_who_can_not_answer(portal: Flask, ctx: Context, clock) -> None:
    asker, baker = make_account(portal), make_account(portal)
    school = make_organisation("School", admin=asker)
    bakery = make_organisation("Bakery", admin=baker)
    row = make_request(portal, school)
    mine = acting(ctx, baker)
    for wrong in (
        make_organisation("Made up", admin=baker, is_fictional=True),
        make_organisation("Unclaimed", admin=baker, state="unclaimed"),
    ):
        with pytest.raises(NotAllowed):
            replying.answer(mine, row, wrong, VALUES)
    with pytest.raises(NotFound):
        replying.answer(mine, row, school, VALUES)
    with pytest.raises(NotAllowed):
        replying.answer(acting(ctx, asker), row, school, VALUES)
    reply = replying.answer(mine, row, bakery, VALUES)
    for step in ("shortlist", "decline", "reconsider", "choose"):
        workflow.move(acting(ctx, asker), Reply.get_by_id(reply.id), step)
    with pytest.raises(Conflict):
        replying.answer(mine, row, bakery, VALUES)
    clock.moment = row.closes_at + timedelta(seconds=1)
    with pytest.raises(replying.Closed):
        replying.answer(mine, row, bakery, VALUES)


def test_answers_are_deleted_a_year_after_closing(portal: Flask, ctx: Context, clock) -> None:
    school = make_organisation("School", admin=make_account(portal))
    row = make_request(portal, school)
    replying.answer(ctx, row, make_organisation("B", admin=make_account(portal)), VALUES)
    workflow.move(ctx, row, "close")
    clock.moment += timedelta(days=365)
    assert replying.forget(ctx) == 0
    clock.moment += timedelta(seconds=1)
    assert replying.forget(ctx) == 1
    assert Reply.select().count() == 0
