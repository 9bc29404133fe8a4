"""Roles on single objects: who may give which, to whom, until when, and what comes from above."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from plugins.tasks import sharing, telling
from portal import permissions
from portal.audit import AuditEntry
from portal.context import ANONYMOUS, Context
from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from portal.organisations import service
from portal.organisations.models import OrganisationMember
from tests.factories import make_account, make_member, make_organisation
from tests.faults import assert_all_or_nothing
from tests.portal.conftest import Desk


def test_person_gets_a_role_and_loses_it(desk: Desk) -> None:
    sheet, owner, guest = desk.sheet(), desk.acting(desk.admin), make_account(desk.app)
    assert not permissions.may(desk.acting(guest), "view", sheet)
    given = sharing.share(owner, sheet, guest, "Viewer")
    assert permissions.granted(desk.acting(guest), sheet, ["view", "edit"]) == {"view"}
    assert [row.account.name for row in sharing.shares(sheet)] == [guest.name]
    sharing.unshare(owner, sheet, given.id)
    assert not permissions.may(desk.acting(guest), "view", sheet)
    sharing.unshare(owner, sheet, given.id)
    acts = [entry.action for entry in AuditEntry.select().order_by(AuditEntry.id)]
    assert acts[-2:] == ["role.shared_with_account", "role.unshared"]


def test_organisation_gets_a_role_for_all_its_people(desk: Desk) -> None:
    sheet, partner, host = desk.sheet(), make_account(desk.app), make_organisation()
    make_member(host, partner, "OrgMember")
    sharing.share(desk.acting(desk.admin), sheet, host, "Editor")
    assert permissions.may(desk.acting(partner), "edit", sheet)
    assert not permissions.may(desk.person(), "edit", sheet)


def test_those_who_get_a_role_are_told_once_and_whoever_gave_it_is_not(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[int, str, str]] = []

    def tell(_ctx: Context, person: int, **notice: Any) -> bool:
        told.append((person, str(notice["title"]), str(notice["body"])))
        subjects.add((person, notice["subject"]))
        return True

    subjects: set[tuple[int, str]] = set()
    monkeypatch.setattr(telling, "tell", tell)
    sheet, guest, partner = desk.sheet(title="Plan"), make_account(desk.app), make_account(desk.app)
    host, owner = make_organisation("Host"), desk.acting(desk.admin)
    make_member(host, partner, "OrgMember")
    make_member(host, desk.admin, "OrgMember")

    sharing.share(owner, sheet, guest, "Viewer")
    sharing.share(owner, sheet, guest, "Viewer")
    sharing.share(owner, sheet, host, "Editor", desk.ctx.clock.now() + timedelta(days=1))

    day = (desk.ctx.clock.now() + timedelta(days=1)).date().isoformat()
    assert told[1:] == [
        (guest.id, "Shared with you: Plan", "Paper"),
        (partner.id, "Shared with Host: Plan", f"Until the end of {day}."),
    ]
    assert len(subjects) == 2  # notices tell nobody twice about the same


def test_role_ends_when_its_time_is_over(desk: Desk) -> None:
    sheet, guest = desk.sheet(), make_account(desk.app)
    now = desk.ctx.clock.now()
    sharing.share(desk.acting(desk.admin), sheet, guest, "Viewer", now + timedelta(days=1))
    assert permissions.may(desk.acting(guest), "view", sheet)
    desk.ctx.clock.moment = now + timedelta(days=1)
    assert not permissions.may(desk.acting(guest), "view", sheet)


def test_giving_again_renews_the_end(desk: Desk) -> None:
    sheet, guest, owner = desk.sheet(), make_account(desk.app), desk.acting(desk.admin)
    sharing.share(owner, sheet, guest, "Viewer", desk.ctx.clock.now() + timedelta(days=1))
    sharing.share(owner, sheet, guest, "Viewer")
    assert [row.expires_at for row in sharing.shares(sheet)] == [None]


@pytest.mark.parametrize("role", ["OrgAdmin", "Reviewer", "Host", "nothing", ""])
def test_only_roles_of_the_type_are_shared(desk: Desk, role: str) -> None:
    with pytest.raises(Invalid) as refusal:
        sharing.share(desk.acting(desk.admin), desk.sheet(), make_account(desk.app), role)
    assert refusal.value.field == "role"


def test_time_that_is_over_is_refused(desk: Desk) -> None:
    with pytest.raises(Invalid) as refusal:
        sharing.share(
            desk.acting(desk.admin), desk.sheet(), desk.admin, "Viewer", desk.ctx.clock.now()
        )
    assert refusal.value.field == "expires_at"


def test_those_who_may_not_share_are_refused(desk: Desk) -> None:
    sheet = desk.sheet()
    given = sharing.share(desk.ctx, sheet, make_account(desk.app), "Viewer")
    for ctx, refusal in (
        (desk.person(member="OrgEditor"), NotAllowed),
        (desk.person(), NotFound),
        (desk.ctx.as_actor(ANONYMOUS), NotFound),
    ):
        with pytest.raises(refusal):
            sharing.share(ctx, sheet, desk.admin, "Viewer")
        with pytest.raises(refusal):
            sharing.unshare(ctx, sheet, given.id)
        with pytest.raises(refusal):
            sharing.inherit(ctx, sheet, False)
    assert len(sharing.shares(sheet)) == 1


def test_nobody_gives_what_they_do_not_hold(desk: Desk) -> None:
    # On the folder itself this role opens nothing; on its papers it signs, which is not theirs.
    folder, guest = desk.folder(), make_account(desk.app)
    with pytest.raises(NotAllowed, match="yourself"):
        sharing.share(desk.acting(desk.admin), folder, guest, "OrgSignatory")
    assert sharing.shares(folder) == []
    sharing.share(desk.acting(desk.admin), folder, guest, "Viewer")


def test_role_on_a_parent_holds_one_level_below(desk: Desk) -> None:
    folder, guest = desk.folder(), make_account(desk.app)
    inside, outside = desk.sheet(folder=folder), desk.sheet()
    sharing.share(desk.acting(desk.admin), folder, guest, "Editor")
    ctx = desk.acting(guest)
    assert permissions.may(ctx, "edit", inside)
    assert not permissions.may(ctx, "edit", outside)
    sharing.inherit(desk.acting(desk.admin), inside, False)
    assert not sharing.inherits(inside)
    assert not permissions.may(ctx, "view", inside)
    sharing.inherit(desk.acting(desk.admin), inside, True)
    assert permissions.may(ctx, "edit", inside)


def test_sharing_is_done_whole_or_not_at_all(desk: Desk) -> None:
    sheet, owner = desk.sheet(), desk.acting(desk.admin)
    assert_all_or_nothing(
        lambda: make_account(desk.app), lambda guest: sharing.share(owner, sheet, guest, "Viewer")
    )
    assert_all_or_nothing(
        lambda: sharing.share(owner, sheet, make_account(desk.app), "Viewer"),
        lambda given: sharing.unshare(owner, sheet, given.id),
    )


def test_last_administrator_stays(desk: Desk) -> None:
    owner, other = desk.acting(desk.admin), make_account(desk.app)
    with pytest.raises(Conflict, match="last one"):
        service.remove_member(owner, desk.school, desk.admin.id)
    with pytest.raises(Conflict, match="last one"):
        service.add_member(owner, desk.school, desk.admin.id, "OrgEditor")
    service.add_member(owner, desk.school, other.id, "OrgAdmin")
    service.remove_member(desk.acting(other), desk.school, desk.admin.id)
    members = OrganisationMember.select().where(OrganisationMember.organisation == desk.school.id)
    assert [member.account.id for member in members] == [other.id]


def test_members_leave_and_are_let_go_by_administrators_alone(desk: Desk) -> None:
    first, second = make_account(desk.app), make_account(desk.app)
    make_member(desk.school, first, "OrgEditor")
    make_member(desk.school, second, "OrgMember")
    with pytest.raises(NotAllowed):
        service.remove_member(desk.acting(second), desk.school, first.id)
    with pytest.raises(NotFound):
        service.remove_member(desk.person(), desk.school, first.id)
    service.remove_member(desk.acting(second), desk.school, second.id)
    service.remove_member(desk.acting(desk.admin), desk.school, first.id)
    assert OrganisationMember.select().count() == 1
