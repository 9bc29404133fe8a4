"""Enquiries: a thread without addresses, reminders, caps, and how a partner answers as a fact."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from plugins.notices.models import Notice
from plugins.requests import enquiring, rules
from plugins.requests.models import Enquiry
from portal.context import Actor, Context
from portal.errors import Conflict, NotAllowed, NotFound, TooMany
from portal.mail import Outbox
from portal.people.models import Account
from tests.factories import make_account, make_organisation, post, set_settings, sign_in
from tests.plugins.partners.conftest import store_partner
from tests.visiting import Visitor


@pytest.fixture
def portal(make_portal: Callable[..., Flask], any_url: str) -> Flask:
    """A portal with its app context open, once on each engine."""
    app = make_portal(any_url, plugins=["requests"])
    with app.app_context():
        yield app


def acting(ctx: Context, account: Account) -> Context:
    return ctx.as_actor(Actor(account.id, account.name, frozenset({"Member"})))


@pytest.mark.parametrize(
    ("hours", "told"),
    [
        ([1.0] * 4, None),
        ([None] * 9, None),
        ([1.0] * 5, (5, 5, 1)),
        ([24.0, 25.0, 90.0, 200.0, None], (4, 5, 2)),
    ],
)
def test_how_somebody_answers_is_told_from_five_enquiries_on(
    hours: list[float | None], told: tuple[int, int, int] | None
) -> None:
    assert rules.response(hours) == (rules.Response(*told) if told else None)


def test_enquiry_from_the_profile_to_the_answer(app: Flask) -> None:
    asker = make_account(app, name="Secret Asker", email="secret@asker.example")
    baker = make_account(app, name="Secret Baker", email="secret@bakery.example")
    store_partner(app, "School", admin=asker, slug="school")
    store_partner(app, "Bakery", "ES", admin=baker, slug="bakery")
    store_partner(app, "Entry", "ES", slug="entry")
    client, other = sign_in(app.test_client(), asker), sign_in(app.test_client(), baker)
    look, over_there = Visitor(client), Visitor(other)
    assert "/partners/bakery/enquiry" in look("/partners/bakery").links
    assert "/partners/entry/enquiry" not in look("/partners/entry").links
    look("/partners/bakery/enquiry")
    look("/partners/entry/enquiry", 403)
    look("/partners/nothing/enquiry", 404)
    assert "Nobody has asked yet." in look("/enquiries").headings
    sent = {"organisation": "school", "text": "Have you room\nin <b>May</b>?"}
    assert post(client, "/partners/bakery/enquiry", **{**sent, "text": " "}).status_code == 422
    assert post(client, "/partners/bakery/enquiry", organisation="x", text="y").status_code == 422
    path = post(client, "/partners/bakery/enquiry", **sent).location
    assert post(client, "/partners/bakery/enquiry", **sent).status_code == 409
    mail = Outbox.get(Outbox.recipient == baker.email)
    assert mail.subject == "School wrote to Bakery" and path in mail.text
    page = over_there(path)
    assert "&lt;b&gt;May" in page.text
    for hidden in ("secret@", "Secret Asker"):
        assert hidden not in page.text.replace("Secret Baker", "")
    assert post(other, path, text="Yes, in May.").status_code == 303
    page = look(path)
    assert "Yes, in May." in page.text and "answered" in page.text
    assert "Secret Baker" not in page.text
    stranger = sign_in(app.test_client(), make_account(app))
    assert stranger.get(path).status_code == 404
    assert post(stranger, f"{path}/close", page="/account/").status_code == 404
    assert "Bakery" not in stranger.get("/enquiries").text
    assert post(client, f"{path}/close", page=path).status_code == 303
    late = post(other, path, page="/account/", text="One more thing.")
    assert late.status_code == 409 and "One more thing." in late.text
    assert Enquiry.get().state == "closed"


def test_receiver_is_reminded_after_three_and_seven_days(
    portal: Flask, ctx: Context, clock
) -> None:
    asker, baker = make_account(portal), make_account(portal)
    school = make_organisation("School", admin=asker)
    bakery = make_organisation("Bakery", admin=baker)
    row = enquiring.ask(acting(ctx, asker), school, bakery, "Hello")
    told = Notice.select().where(Notice.kind == enquiring.WAITING, Notice.account == baker.id)
    for days, reminders in ((2.9, 0), (3, 1), (6, 1), (7, 2), (30, 2)):
        clock.moment = row.created_at + timedelta(days=days)
        enquiring.remind(ctx)
        enquiring.remind(ctx)
        assert told.count() == reminders, days
    enquiring.write(acting(ctx, baker), row, bakery, "Sorry.")
    now = Enquiry.get()
    assert now.state == "answered" and now.answered_at == clock.moment
    enquiring.write(acting(ctx, asker), row, school, "And in June?")
    assert Enquiry.get().state == "open" and Enquiry.get().answered_at == now.answered_at
    clock.moment += timedelta(days=366)
    assert enquiring.forget(ctx) == 1


def test_caps_and_refusals(portal: Flask, ctx: Context, clock) -> None:
    asker, baker = make_account(portal), make_account(portal)
    school = make_organisation("School", admin=asker)
    hosts = [make_organisation(f"Host {n}", admin=baker) for n in range(4)]
    mine = acting(ctx, asker)
    set_settings("requests", most_asked_a_day=2, most_received_a_day=1)
    row = enquiring.ask(mine, school, hosts[0], "Hello")
    other = make_organisation("Other", admin=asker)
    with pytest.raises(TooMany, match="They got"):
        enquiring.ask(mine, other, hosts[0], "Hello")
    enquiring.ask(mine, school, hosts[1], "Hello")
    with pytest.raises(TooMany, match="has asked many"):
        enquiring.ask(mine, school, hosts[2], "Hello")
    clock.moment += timedelta(days=1, seconds=1)
    enquiring.ask(mine, school, hosts[2], "Hello")
    with pytest.raises(Conflict):
        enquiring.ask(mine, school, hosts[0], "Hello again")
    with pytest.raises(NotFound):
        enquiring.ask(mine, hosts[0], school, "Hello")
    with pytest.raises(NotFound):
        enquiring.write(mine, row, hosts[0], "As somebody else")
    for wrong in (
        make_organisation("Unclaimed"),
        make_organisation("Made up", admin=baker, is_fictional=True),
        make_organisation("Hidden", admin=baker, hidden_at=clock.moment),
        school,
    ):
        with pytest.raises(NotAllowed):
            enquiring.ask(mine, school, wrong, "Hello")


def test_profile_says_how_a_partner_answers(app: Flask, ctx: Context, clock) -> None:
    baker = make_account(app)
    bakery = store_partner(app, "Bakery", admin=baker, slug="bakery")
    with app.app_context():
        set_settings("requests", most_received_a_day=100)
        for number in range(6):
            account = make_account(app)
            school = store_partner(app, f"School {number}", admin=account)
            row = enquiring.ask(acting(ctx, account), school, bakery, "Hello")
            if number < 5:
                enquiring.write(acting(ctx, baker), row, bakery, "Yes")
    guest = Visitor(app.test_client())
    assert "Answers 5 of 5 enquiries" in guest("/partners/bakery").text
    clock.moment += timedelta(days=8)
    assert "Answers 5 of 6 enquiries" in guest("/partners/bakery").text
