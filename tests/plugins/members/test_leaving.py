"""People leave, organisations stay: the last administrator, handing over, nobody left."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from plugins.members import accepting, invitations, leaving, queries
from plugins.members.models import Invitation
from plugins.notices.models import Notice
from plugins.trust import interface as trust
from portal.clock import FixedClock
from portal.context import SITE_ADMIN, Context
from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from portal.organisations import service as organisations
from portal.organisations.models import Organisation, OrganisationMember
from portal.people import service as accounts
from portal.people.models import Account
from tests.factories import audited, csrf_token, make_account, make_organisation, post
from tests.plugins.members.conftest import (
    acting,
    again,
    browser,
    make_school,
    role_of,
    take_back,
    token_to,
)
from tests.visiting import Visitor

NEXT = "next@mail.example"


def token_of(row: Invitation) -> str:
    return invitations.path_of(row).rpartition("/")[2]


def test_the_last_administrator_stays(portal: Flask, ctx: Context) -> None:
    school, people = make_school(portal)
    admin, other = acting(ctx, people["admin"]), make_account(portal)
    organisations.add_member(ctx, school, other.id, "OrgAdmin")
    accounts.set_disabled(ctx, other.email, True)  # who is shut out runs nothing

    with pytest.raises(Conflict):
        leaving.leave(admin, school)
    with pytest.raises(Conflict):
        leaving.change_role(admin, school, people["admin"].public_id, "OrgEditor")
    with pytest.raises(Conflict):
        organisations.remove_member(ctx, school, people["admin"].id)
    assert list(trust.objections(people["admin"]))
    with pytest.raises(Conflict):
        trust.erase(admin, people["admin"].id)
    assert role_of(school, people["admin"]) == "OrgAdmin"
    organisations.remove_member(ctx, school, other.id)


def test_a_member_leaves_and_administrators_are_told(portal: Flask, ctx: Context) -> None:
    school, people = make_school(portal)
    assert leaving.leave(acting(ctx, people["editor"]), school) == "OrgEditor"
    assert role_of(school, people["editor"]) == ""
    told = Notice.select().where(Notice.account == people["admin"].id)
    assert [item.kind for item in told] == ["members.left"]
    with pytest.raises(NotFound):
        leaving.leave(acting(ctx, people["editor"]), school)


@pytest.mark.parametrize("afterwards", ["leave", "OrgMember", "OrgAdmin"])
def test_handing_over_waits_for_the_new_one(portal: Flask, ctx: Context, afterwards: str) -> None:
    school, people = make_school(portal)
    admin, editor = acting(ctx, people["admin"]), people["editor"]
    whom = {"person": editor.public_id, "email": "", "afterwards": afterwards}
    row = invitations.hand_over(admin, school, **whom)
    assert role_of(school, editor) == "OrgEditor"
    with pytest.raises(Conflict):
        invitations.hand_over(admin, school, **whom)
    organisations.add_member(ctx, school, people["member"].id, "OrgAdmin")
    with pytest.raises(NotAllowed):  # else that one would step back
        invitations.send_again(acting(ctx, people["member"]), school, row)
    with pytest.raises(NotFound):
        accepting.accept(acting(ctx, people["stranger"]), token_of(row))
    with pytest.raises(NotFound):
        accepting.accept(acting(ctx, people["member"]), token_of(row))

    assert accepting.accept(acting(ctx, editor), token_of(row))

    assert role_of(school, editor) == "OrgAdmin"
    assert role_of(school, people["admin"]) == {"leave": ""}.get(afterwards, afterwards)
    assert audited("organisation.handed_over").get().detail["account"] == editor.id
    told = Notice.select().where(Notice.account == people["admin"].id)
    assert "members.handed_over" in [item.kind for item in told]


def test_handing_over_to_an_address_and_declining(portal: Flask, ctx: Context) -> None:
    school, people = make_school(portal)
    admin = acting(ctx, people["admin"])
    with pytest.raises(Invalid, match="Choose one"):
        invitations.hand_over(admin, school, person="", email=" ", afterwards="leave")
    with pytest.raises(Invalid):
        invitations.hand_over(admin, school, person="nobody", email="", afterwards="leave")
    with pytest.raises(Invalid):
        invitations.hand_over(admin, school, person="", email=NEXT, afterwards="SiteAdmin")
    row = invitations.hand_over(admin, school, person="", email=NEXT, afterwards="leave")
    accepting.decline(acting(ctx, make_account(portal, email=NEXT)), token_to(NEXT))
    assert again(row).state == "declined" and role_of(school, people["admin"]) == "OrgAdmin"


def test_who_gave_it_up_meanwhile_hands_nothing_over(portal: Flask, ctx: Context) -> None:
    school, people = make_school(portal)
    admin, editor = acting(ctx, people["admin"]), people["editor"]
    row = invitations.hand_over(
        admin, school, person=editor.public_id, email="", afterwards="leave"
    )
    organisations.add_member(ctx, school, people["member"].id, "OrgAdmin")
    leaving.leave(admin, school)
    assert not accepting.accept(acting(ctx, editor), token_of(row))
    assert role_of(school, editor) == "OrgEditor"


@pytest.fixture
def site(portal: Flask, ctx: Context) -> Context:
    """Somebody who runs the site."""
    return acting(ctx, make_account(portal, role=SITE_ADMIN), SITE_ADMIN)


def test_the_site_hands_over_what_nobody_runs(portal: Flask, ctx: Context, site: Context) -> None:
    school, people = make_school(portal)
    assert queries.orphans() == []
    accounts.set_disabled(ctx, people["admin"].email, True)
    assert [item.id for item in queries.orphans()] == [school.id]
    whom = {"person": people["editor"].public_id, "email": ""}
    with pytest.raises(Invalid):
        invitations.hand_over_by_site(site, school, reason=" ", **whom)
    with pytest.raises(NotFound):
        invitations.hand_over_by_site(acting(ctx, people["editor"]), school, reason="x", **whom)

    row = invitations.hand_over_by_site(site, school, reason="She has left.", **whom)

    assert "She has left." in str(Notice.get(Notice.account == people["member"].id).body)
    assert audited("invitation.sent").get().personal.keys() == {"reason"}
    assert accepting.accept(acting(ctx, people["editor"]), token_of(row))
    assert role_of(school, people["editor"]) == "OrgAdmin"
    assert role_of(school, people["admin"]) == "OrgAdmin"  # shut out, not taken away
    assert audited("organisation.handed_over").get().detail["by_site"]
    assert queries.orphans() == []


def test_administrators_who_are_there_can_stop_the_site(
    portal: Flask, ctx: Context, site: Context, clock: FixedClock
) -> None:
    school, people = make_school(portal)
    editor, whom = people["editor"], {"person": people["editor"].public_id, "email": ""}
    row = invitations.hand_over_by_site(site, school, reason="No answer.", **whom)
    with pytest.raises(Conflict):
        accepting.accept(acting(ctx, editor), token_of(row))
    invitations.withdraw(acting(ctx, people["admin"]), school, row)
    row = invitations.hand_over_by_site(site, school, reason="No answer.", **whom)
    clock.moment += timedelta(days=7)
    assert accepting.accept(acting(ctx, editor), token_of(row))
    assert role_of(school, people["admin"]) == role_of(school, editor) == "OrgAdmin"


def test_who_is_alone_may_close_the_account_and_the_site_sees_it(
    portal: Flask, ctx: Context
) -> None:
    alone = make_account(portal)
    school = make_organisation("Alone", admin=alone)
    make_organisation("Made up", state="claimed", is_fictional=True)
    trust.erase(acting(ctx, alone), alone.id)
    assert OrganisationMember.select().count() == 0
    assert [item.id for item in queries.orphans()] == [school.id]


def test_leaving_and_roles_on_the_page_with_undo(app: Flask) -> None:
    school, people = make_school(app)
    office, editor = browser(app, people["admin"]), browser(app, people["editor"])
    path = f"/organisations/{school.slug}/members"
    page = Visitor(editor)(path).text
    assert "The member" in page and "Invited" not in page and "Hand over" not in page
    post(editor, f"{path}/leave", path)
    assert role_of(school, people["editor"]) == ""
    take_back(editor, "/organisations/")
    assert role_of(school, people["editor"]) == "OrgEditor"

    change = f"{path}/{people['editor'].public_id}/role"
    post(office, change, path, role="OrgMember")
    assert role_of(school, people["editor"]) == "OrgMember"
    take_back(office, path)
    assert role_of(school, people["editor"]) == "OrgEditor"
    assert post(office, change, path, role="SiteAdmin").status_code == 422
    own = f"{path}/{people['admin'].public_id}/role"
    assert post(office, own, path, role="OrgEditor").status_code == 409
    answer = post(office, f"{path}/leave", path)
    assert answer.status_code == 409 and "hand over first" in answer.text
    assert post(office, f"{path}/nobody/role", path, role="OrgEditor").status_code == 404


def test_an_undo_does_not_outlive_what_others_did(app: Flask, ctx: Context) -> None:
    school, people = make_school(app)
    office, path = browser(app, people["admin"]), f"/organisations/{school.slug}/members"
    with app.app_context():
        organisations.add_member(ctx, school, people["editor"].id, "OrgAdmin")
    post(office, f"{path}/{people['admin'].public_id}/role", path, role="OrgMember")
    page = office.get("/organisations/").text
    act = page.split('name="act" value="')[1].split('"')[0]
    with app.app_context():
        mine = acting(ctx, people["editor"])
        organisations.remove_member(mine, school, people["admin"].id)
    token = csrf_token(office, "/account/")
    assert office.post("/undo", data={"csrf_token": token, "act": act}).status_code == 409
    assert role_of(school, people["admin"]) == ""


def test_the_pages_of_the_site(app: Flask, ctx: Context) -> None:
    school, people = make_school(app)
    staff = browser(app, make_account(app, role=SITE_ADMIN))
    assert "Every claimed organisation" in Visitor(staff)("/setup/members").text
    with app.app_context():
        accounts.set_disabled(ctx, people["admin"].email, True)
    assert "School of Riga" in Visitor(staff)("/setup/members").text
    assert "1 organisation has no administrator" in staff.get("/tasks").text
    path = f"/setup/members/{school.slug}"
    page = Visitor(staff)(path).text
    assert "The editor" in page and "people.example" not in page
    assert post(staff, path, person="", reason="Gone.").status_code == 422
    done = post(staff, path, person=people["editor"].public_id, reason="Gone.")
    assert done.status_code == 303
    assert "Gone." in staff.get(path).text
    row = Invitation.get()
    assert post(staff, f"{path}/{row.public_id}/withdraw", path).status_code == 303
    assert again(row).state == "withdrawn"
    assert post(staff, f"{path}/nothing/withdraw", path).status_code == 404


def test_handing_over_on_the_page(app: Flask) -> None:
    school, people = make_school(app)
    office, editor = browser(app, people["admin"]), browser(app, people["editor"])
    path = f"/organisations/{school.slug}/members"
    Visitor(office)(f"{path}/hand-over")
    values = {"person": people["editor"].public_id, "afterwards": "leave"}
    assert post(office, f"{path}/hand-over", afterwards="leave").status_code == 422
    assert post(office, f"{path}/hand-over", **values).status_code == 303
    again_ = post(office, f"{path}/hand-over", **values)
    assert again_.status_code == 422 and "Withdraw that first" in again_.text
    link = invitations_of(app)
    assert browser(app, people["stranger"]).get(link).status_code == 404
    assert "Take it over" in Visitor(editor)(link).text
    assert post(editor, link).status_code == 303
    assert "Invited" in editor.get(path).text
    assert office.get(path).status_code == 404


def invitations_of(app: Flask) -> str:
    """Return the link of the only invitation."""
    with app.app_context():
        return invitations.path_of(Invitation.get())


def test_nothing_of_the_person_is_left_after_erasing(portal: Flask, ctx: Context) -> None:
    school, people = make_school(portal)
    admin, editor = acting(ctx, people["admin"]), people["editor"]
    invitations.invite(admin, school, email=editor.email, role="OrgAdmin")
    asked = {"name": "Ed", "function": "head", "purpose": ""}
    invitations.invite_signatory(admin, school, email=editor.email, **asked)
    accepting.accept(acting(ctx, editor), token_to(editor.email), "Ed", "head")
    copy = str(trust.export(acting(ctx, editor), editor.id))
    assert "members_signatory" in copy and "members_invitation" in copy
    trust.erase(acting(ctx, editor), editor.id)
    assert Invitation.select().where(Invitation.email != "").count() == 0
    left = Account.get_by_id(editor.id)
    assert left.email == f"former account {editor.id}"
    assert Organisation.get_by_id(school.id).state == "claimed"
