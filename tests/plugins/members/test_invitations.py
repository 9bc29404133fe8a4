"""Colleagues are invited: the right address, another one, nobody, two at once, too late."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from plugins.members import accepting, invitations, leaving
from plugins.members.models import DECLINED, HELD, SENT, Invitation
from plugins.members.rules import INVITE_ADDRESS
from plugins.notices.models import Notice
from portal.clock import FixedClock
from portal.context import ANONYMOUS, Context
from portal.errors import Conflict, Invalid, NotAllowed, NotFound, TooMany
from portal.mail import Outbox
from portal.organisations import service as organisations
from portal.people.models import Account
from tests.factories import audited, csrf_token, make_account, make_organisation, post, set_settings
from tests.plugins.members.conftest import (
    acting,
    again,
    browser,
    link_to,
    mailed,
    make_school,
    role_of,
    take_back,
    token_to,
)
from tests.visiting import Visitor

NEW = "new@mail.example"


def test_an_invited_address_gets_the_role_when_its_account_accepts(
    portal: Flask, ctx: Context
) -> None:
    school, people = make_school(portal)
    admin = acting(ctx, people["admin"])
    row = invitations.invite(admin, school, email=" New@Mail.example", role="OrgEditor")
    newcomer = make_account(portal, name="New", email=NEW)

    assert accepting.accept(acting(ctx, newcomer), token_to(NEW))

    assert role_of(school, newcomer) == "OrgEditor"
    assert again(row).state == "accepted" and again(row).opened_by_id == newcomer.id
    told = Notice.select().where(Notice.account == people["admin"].id)
    assert [item.kind for item in told] == ["members.invitation_answered"]
    assert audited("invitation.accepted").get().detail["account"] == newcomer.id
    with pytest.raises(NotFound):
        accepting.accept(acting(ctx, people["stranger"]), token_to(NEW))


def test_two_who_accept_at_once_are_one(portal: Flask, ctx: Context) -> None:
    school, people = make_school(portal)
    row = invitations.invite(acting(ctx, people["admin"]), school, email=NEW, role="OrgEditor")
    before = Invitation.get_by_id(row.id)
    accepting.accept(acting(ctx, make_account(portal, email=NEW)), token_to(NEW))

    with pytest.raises(Conflict):  # the second one has looked before the first was done
        invitations.change(before, [SENT, HELD], state="accepted")


def test_a_forwarded_invitation_is_held_until_an_administrator_confirms(
    portal: Flask, ctx: Context
) -> None:
    school, people = make_school(portal)
    admin, other = acting(ctx, people["admin"]), people["stranger"]
    row = invitations.invite(admin, school, email=NEW, role="OrgEditor")

    assert not accepting.accept(acting(ctx, other), token_to(NEW))

    assert again(row).state == HELD and role_of(school, other) == ""
    with pytest.raises(Conflict):
        accepting.accept(acting(ctx, other), token_to(NEW))
    with pytest.raises(NotAllowed):
        accepting.confirm(acting(ctx, people["editor"]), school, again(row))
    accepting.confirm(admin, school, again(row))
    assert role_of(school, other) == "OrgEditor"
    with pytest.raises(Conflict):
        accepting.confirm(admin, school, again(row))


def test_whoever_was_meant_goes_before_whoever_waits(portal: Flask, ctx: Context) -> None:
    school, people = make_school(portal)
    admin, other = acting(ctx, people["admin"]), people["stranger"]
    invitations.invite(admin, school, email=NEW, role="OrgEditor")
    accepting.accept(acting(ctx, other), token_to(NEW))

    meant = make_account(portal, email=NEW)
    assert accepting.accept(acting(ctx, meant), token_to(NEW))

    assert role_of(school, meant) == "OrgEditor" and role_of(school, other) == ""
    told = Notice.select().where(Notice.account == other.id).get()
    assert "meant for somebody else" in told.title["message"]


def test_a_refused_one_can_be_sent_again_with_another_link(portal: Flask, ctx: Context) -> None:
    school, people = make_school(portal)
    admin = acting(ctx, people["admin"])
    row = invitations.invite(admin, school, email=NEW, role="OrgEditor")
    old = token_to(NEW)
    accepting.accept(acting(ctx, people["stranger"]), old)
    accepting.refuse(admin, school, again(row))
    with pytest.raises(NotFound):
        accepting.accept(acting(ctx, people["stranger"]), old)

    invitations.send_again(admin, school, again(row))

    assert again(row).state == SENT and again(row).opened_by_id is None
    assert token_to(NEW) != old
    with pytest.raises(NotFound):
        accepting.find(ctx.as_actor(ANONYMOUS), old)


def test_an_invitation_of_somebody_who_runs_it_no_more_is_held(portal: Flask, ctx: Context) -> None:
    school, people = make_school(portal)
    organisations.add_member(ctx, school, people["editor"].id, "OrgAdmin")
    invitations.invite(acting(ctx, people["editor"]), school, email=NEW, role="OrgAdmin")
    leaving.leave(acting(ctx, people["editor"]), school)

    newcomer = make_account(portal, email=NEW)
    assert not accepting.accept(acting(ctx, newcomer), token_to(NEW))
    assert role_of(school, newcomer) == ""


def test_an_old_or_withdrawn_invitation_is_nothing(
    portal: Flask, ctx: Context, clock: FixedClock
) -> None:
    school, people = make_school(portal)
    admin = acting(ctx, people["admin"])
    row = invitations.invite(admin, school, email=NEW, role="OrgEditor")
    token, meant = token_to(NEW), acting(ctx, make_account(portal, email=NEW))
    invitations.withdraw(admin, school, row)
    with pytest.raises(NotFound):
        accepting.accept(meant, token)
    invitations.bring_back(admin, school, again(row))
    clock.moment += timedelta(days=14)
    with pytest.raises(NotFound):
        accepting.accept(meant, token)
    invitations.invite(admin, school, email=NEW, role="OrgMember")  # an old one makes room
    assert accepting.accept(meant, token_to(NEW))


def test_a_member_keeps_what_is_more(portal: Flask, ctx: Context) -> None:
    school, people = make_school(portal)
    admin = acting(ctx, people["admin"])
    for name, role in (("editor", "OrgMember"), ("member", "OrgEditor")):
        invitations.invite(admin, school, email=people[name].email, role=role)
        accepting.accept(acting(ctx, people[name]), token_to(people[name].email))
    assert role_of(school, people["editor"]) == "OrgEditor"
    assert role_of(school, people["member"]) == "OrgEditor"


def test_who_declines_is_left_alone_for_a_month(
    portal: Flask, ctx: Context, clock: FixedClock
) -> None:
    school, people = make_school(portal)
    admin = acting(ctx, people["admin"])
    row = invitations.invite(admin, school, email=NEW, role="OrgEditor")
    accepting.decline(ctx.as_actor(ANONYMOUS), token_to(NEW))
    assert again(row).state == DECLINED
    with pytest.raises(Conflict):
        invitations.invite(admin, school, email=NEW, role="OrgEditor")
    with pytest.raises(Conflict):
        invitations.send_again(admin, school, again(row))
    clock.moment += timedelta(days=31)
    invitations.invite(admin, school, email=NEW, role="OrgEditor")


@pytest.mark.parametrize(
    ("who", "values", "error"),
    [
        ("admin", {"email": "no address"}, Invalid),
        ("admin", {"email": "admin@people.example"}, Invalid),
        ("admin", {"role": "OrgSignatory"}, Invalid),
        ("admin", {"role": "SiteAdmin"}, Invalid),
        ("editor", {}, NotAllowed),
        ("stranger", {}, NotFound),
    ],
)
def test_what_can_not_be_sent_is_refused(
    app: Flask, ctx: Context, who: str, values: dict[str, str], error: type[Exception]
) -> None:
    with app.app_context():
        school, people = make_school(app)
        with pytest.raises(error):
            invitations.invite(
                acting(ctx, people[who]), school, **{"email": NEW, "role": "OrgMember"} | values
            )
        assert Outbox.select().where(Outbox.kind == "members/invitation").count() == 0


def test_nobody_is_flooded(app: Flask, ctx: Context) -> None:
    with app.app_context():
        school, people = make_school(app)
        admin = acting(ctx, people["admin"])
        invitations.invite(admin, school, email=NEW, role="OrgMember")
        with pytest.raises(Conflict):
            invitations.invite(admin, school, email=NEW, role="OrgMember")
        for number in range(INVITE_ADDRESS.most - 2):
            other = make_organisation(f"Other {number}", admin=people["stranger"])
            actor = acting(ctx, people["stranger"])
            invitations.invite(actor, other, email=NEW, role="OrgMember")
        last = make_organisation("Last", admin=people["stranger"])
        with pytest.raises(TooMany):
            invitations.invite(acting(ctx, people["stranger"]), last, email=NEW, role="OrgMember")
        set_settings("members", most_waiting=1)
        with pytest.raises(TooMany):
            invitations.invite(admin, school, email="two@mail.example", role="OrgMember")


def test_inviting_tells_nobody_whether_an_address_has_an_account(app: Flask) -> None:
    school, people = make_school(app)
    shut_out = make_account(app, email="gone@mail.example")
    Account.update(disabled_at=shut_out.created_at).where(Account.id == shut_out.id).execute()
    client, path = browser(app, people["admin"]), f"/organisations/{school.slug}/members"
    seen, page = set(), ""
    for address in (NEW, shut_out.email, people["stranger"].email, people["member"].email):
        answer = post(client, f"{path}/invite", email=address, role="OrgEditor")
        page = client.get(path).text
        assert address in page
        seen.add((answer.status_code, answer.location))
        mail = mailed(address)
        link = link_to(address)
        assert mail.text.count("@") == 0
        seen.add(mail.subject + mail.text.replace(link, "LINK"))
    assert len(seen) == 2  # one answer, one mail
    assert page.count("asked by The admin") == 4


def test_the_way_of_a_newcomer(app: Flask, clock: FixedClock) -> None:
    school, people = make_school(app)
    office = browser(app, people["admin"])
    path = f"/organisations/{school.slug}/members"
    assert Visitor(office)(path).text.count("Nobody waits.") == 1
    Visitor(office)(f"{path}/invite")
    assert post(office, f"{path}/invite", email="nobody", role="OrgEditor").status_code == 422
    post(office, f"{path}/invite", email=NEW, role="OrgEditor")

    guest, link = browser(app), link_to(NEW)
    page = Visitor(guest)(link).text
    assert "School of Riga" in page and "The admin" in page and "Make an account" in page
    assert "@" not in page.split("<main")[1]
    newcomer = browser(app, make_account(app, name="New", email=NEW))
    assert f'href="{link}"' in newcomer.get("/tasks").text
    assert "Accept the invitation" in Visitor(newcomer)(link).text
    answer = post(newcomer, link)
    assert answer.status_code == 303 and answer.location == f"/organisations/{school.slug}/"
    assert newcomer.get(link).location == answer.location  # opened once more
    assert "This invitation is open no more" in Visitor(guest)(link, 404).text


def test_the_way_of_a_forwarded_invitation(app: Flask) -> None:
    school, people = make_school(app)
    office, other = browser(app, people["admin"]), browser(app, people["stranger"])
    path = f"/organisations/{school.slug}/members"
    post(office, f"{path}/invite", email=NEW, role="OrgMember")
    link = link_to(NEW)
    assert "This invitation went to another address" in Visitor(other)(link).text
    assert post(other, link, answer="no").status_code == 403
    assert "An administrator confirms it first" in post(other, link).text
    assert "An administrator confirms it first" in Visitor(other)(link).text
    page = Visitor(office)(path).text
    assert people["stranger"].email in page
    assert "Confirm who opened an invitation" in office.get("/tasks").text
    row = Invitation.get()
    token = csrf_token(office, path)
    settle = f"{path}/invitations/{row.public_id}"
    assert office.post(f"{settle}/confirm", data={"csrf_token": token}).status_code == 303
    assert role_of(school, people["stranger"]) == "OrgMember"
    assert office.post(f"{settle}/confirm", data={"csrf_token": token}).status_code == 409


def test_withdrawing_can_be_undone(app: Flask) -> None:
    school, people = make_school(app)
    office, path = browser(app, people["admin"]), f"/organisations/{school.slug}/members"
    post(office, f"{path}/invite", email=NEW, role="OrgMember")
    link, row = link_to(NEW), Invitation.get()
    post(office, f"{path}/invitations/{row.public_id}/withdraw", path)
    assert browser(app).get(link).status_code == 404
    take_back(office, path)
    assert browser(app).get(link).status_code == 200
