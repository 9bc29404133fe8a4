"""People ask to join; administrators decide, are reminded, and nobody learns who they are."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from plugins.members import joining, queries
from plugins.members.models import OVER, JoinRequest
from plugins.members.rules import MOST_ASKED
from plugins.notices.models import Notice
from portal.clock import FixedClock
from portal.context import ANONYMOUS, Context
from portal.errors import Conflict, Invalid, NotAllowed, NotFound, TooMany
from portal.organisations.models import Organisation
from tests.factories import make_account, make_organisation, post
from tests.plugins.members.conftest import acting, browser, make_school, role_of
from tests.visiting import Visitor

WORDS = "I teach in the workshop."
NO = {"decision": "declined", "role": "OrgMember", "answer": ""}
YES = {"decision": "accepted", "role": "OrgEditor", "answer": "Welcome."}


def notices(account) -> list[str]:
    found = Notice.select().where(Notice.account == account.id).order_by(Notice.id)
    return [item.kind for item in found]


def test_administrators_let_somebody_join(portal: Flask, ctx: Context) -> None:
    school, people = make_school(portal)
    row = joining.ask(acting(ctx, people["stranger"]), school, message=WORDS)
    assert row.due_at == ctx.clock.now() + timedelta(days=7)  # five working days
    assert notices(people["admin"]) == ["members.asked"]
    for name, error in (("editor", NotAllowed), ("stranger", NotFound)):
        with pytest.raises(error):
            joining.decide(acting(ctx, people[name]), school, row, **YES)
    admin = acting(ctx, people["admin"])
    with pytest.raises(Invalid):
        joining.decide(admin, school, row, **YES | {"role": "OrgSignatory"})

    joining.decide(admin, school, row, **YES)

    assert role_of(school, people["stranger"]) == "OrgEditor"
    assert notices(people["stranger"]) == ["members.decided"]
    with pytest.raises(Conflict):
        joining.decide(admin, school, row, **NO)
    with pytest.raises(Conflict):
        joining.ask(acting(ctx, people["stranger"]), school, message=WORDS)


def test_a_no_is_polite_and_holds_for_a_month(
    portal: Flask, ctx: Context, clock: FixedClock
) -> None:
    school, people = make_school(portal)
    stranger, admin = acting(ctx, people["stranger"]), acting(ctx, people["admin"])
    row = joining.ask(stranger, school, message=WORDS)
    with pytest.raises(Conflict):
        joining.ask(stranger, school, message=WORDS)
    joining.decide(admin, school, row, **NO)
    told = Notice.get(Notice.account == people["stranger"].id)
    assert "Thank you for asking." in told.body["message"]
    assert "The admin" not in str(told.title) + str(told.body)
    with pytest.raises(Conflict):
        joining.ask(stranger, school, message=WORDS)
    clock.moment += timedelta(days=31)
    joining.ask(stranger, school, message=WORDS)


def test_administrators_are_reminded_and_silence_ends(
    portal: Flask, ctx: Context, clock: FixedClock
) -> None:
    school, people = make_school(portal)
    joining.ask(acting(ctx, people["stranger"]), school, message=WORDS)
    counts = []
    for days in (0, 6, 0, 2, 0, 30, 0):
        clock.moment += timedelta(days=days)
        counts.append(joining.look_after(ctx))
    assert counts == [0, 1, 0, 1, 0, 1, 0]
    assert notices(people["admin"]) == ["members.asked"] * 3
    assert JoinRequest.get().state == OVER
    assert notices(people["stranger"]) == ["members.decided"]


def test_the_site_sees_what_nobody_answers(portal: Flask, ctx: Context, clock: FixedClock) -> None:
    school, people = make_school(portal)
    joining.ask(acting(ctx, people["stranger"]), school, message=WORDS)
    assert queries.unanswered(ctx) == []
    clock.moment += timedelta(days=15)
    assert [row.organisation.id for row in queries.unanswered(ctx)] == [school.id]
    found = queries.candidates(ctx, school, may_ask=True)
    assert people["stranger"].id in [item.id for item in found]


def test_where_asking_makes_no_sense_it_is_refused(portal: Flask, ctx: Context) -> None:
    school, people = make_school(portal)
    stranger = acting(ctx, people["stranger"])
    with pytest.raises(NotAllowed):
        joining.ask(ctx.as_actor(ANONYMOUS), school, message=WORDS)
    with pytest.raises(Conflict):
        joining.ask(stranger, make_organisation(), message=WORDS)
    with pytest.raises(Conflict):
        joining.ask(acting(ctx, people["member"]), school, message=WORDS)
    with pytest.raises(Invalid):
        joining.ask(stranger, school, message="  ")
    with pytest.raises(Invalid):
        joining.ask(stranger, school, message="x" * 1_001)
    for _number in range(MOST_ASKED):
        joining.ask(stranger, make_organisation(admin=people["admin"]), message=WORDS)
    with pytest.raises(TooMany):
        joining.ask(stranger, school, message=WORDS)
    joining.withdraw(stranger, Organisation.get_by_id(JoinRequest.get().organisation_id))
    joining.ask(stranger, school, message=WORDS)


def test_the_way_of_somebody_who_asks(app: Flask) -> None:
    school, people = make_school(app)
    make_organisation("Another of the town", domain="riga.example")
    person = make_account(app, name="Somebody", email="somebody@riga.example")
    client, office = browser(app, person), browser(app, people["admin"])
    path = f"/organisations/{school.slug}/join"
    for name in ("The admin", "The editor", "people.example"):
        assert name not in Visitor(client)(path).text
    assert post(client, path, message="").status_code == 422
    assert post(client, path, message=WORDS).status_code == 303
    waiting = Visitor(client)(path).text
    assert "They answer by 27 November 2026." in waiting and "The admin" not in waiting
    post(client, f"{path}/withdraw", path)
    post(client, path, message=WORDS)

    assert "Somebody asks to join School of Riga" in office.get("/tasks").text
    row = JoinRequest.select().where(JoinRequest.state == "waiting").get()
    decide = f"/organisations/{school.slug}/members/requests/{row.public_id}"
    page = Visitor(office)(decide).text
    assert person.email in page and "other organisations here use too" in page
    assert post(office, decide).status_code == 422
    assert post(office, decide, **NO | {"answer": "Ask Ann."}).status_code == 303
    refused = Visitor(client)(path).text
    assert "declined" in refused and "Ask Ann." in refused and "The admin" not in refused
    Visitor(office)(decide)
    assert browser(app, people["member"]).get(path).status_code == 303


def test_who_is_out_of_sight_can_not_be_asked(app: Flask, ctx: Context) -> None:
    school, people = make_school(app)
    client, path = browser(app, people["stranger"]), f"/organisations/{school.slug}/join"
    assert client.get(path).status_code == 200
    Organisation.update(hidden_at=ctx.clock.now()).execute()
    assert client.get(path).status_code == 404
    assert client.get("/organisations/nothing/join").status_code == 404
