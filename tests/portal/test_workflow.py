"""Steps of objects: who may take them, what stands against them, what stays of them."""

from __future__ import annotations

import peewee
import pytest

from portal import db, objects, workflow
from portal.context import ANONYMOUS
from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from portal.people.models import Account
from tests.factories import make_account, make_member
from tests.faults import assert_all_or_nothing
from tests.portal.conftest import Desk
from tests.portal.trial import papers


def names(steps: list[workflow.Transition]) -> list[str]:
    return [step.name for step in steps]


def test_step_changes_state_version_and_history(desk: Desk) -> None:
    sheet, owner = desk.sheet(), desk.acting(desk.admin)
    entry = workflow.move(owner, sheet, "submit", " It is ready. ")

    stored = objects.load("sheet_sheet", sheet.id)
    assert (stored.state, stored.version) == (sheet.state, sheet.version) == ("pending", 2)
    begun, submitted = workflow.history(sheet)
    assert (begun.transition, begun.target_state, begun.actor_name) == ("", "draft", "")
    assert submitted.id == entry.id
    assert (submitted.seq, submitted.source_state, submitted.target_state) == (
        2,
        "draft",
        "pending",
    )
    assert (submitted.actor_name, submitted.role) == (desk.admin.name, "OrgAdmin")
    assert (submitted.comment, submitted.version) == ("It is ready.", 2)


def test_steps_are_offered_to_those_who_may_take_them(desk: Desk) -> None:
    draft, pending = desk.sheet(), desk.sheet("pending")
    owner, reviewer = desk.acting(desk.admin), desk.person("Reviewer")

    assert names(workflow.offered(owner, draft)) == ["submit"]
    assert names(workflow.offered(reviewer, draft)) == []
    assert names(workflow.offered(owner, pending)) == []
    assert names(workflow.offered(reviewer, pending)) == ["publish", "send_back"]
    assert names(workflow.offered(desk.person("SiteAdmin"), pending)) == ["publish", "send_back"]


def test_step_without_permission_is_refused(desk: Desk) -> None:
    with pytest.raises(NotAllowed):
        workflow.move(desk.person(member="OrgMember"), desk.sheet(), "submit")
    assert objects.load("sheet_sheet", 1).state == "draft"


@pytest.mark.parametrize("step", ["submit", "publish", "no_such_step"])
def test_foreign_and_missing_objects_give_the_same_answer(desk: Desk, step: str) -> None:
    sheet = desk.sheet()
    for ctx in (desk.person(), desk.ctx.as_actor(ANONYMOUS)):
        with pytest.raises(NotFound) as foreign:
            workflow.move(ctx, sheet, step)
        assert foreign.value.message == ""


def test_step_from_another_state_is_a_conflict(desk: Desk) -> None:
    sheet = desk.sheet("published")
    with pytest.raises(Conflict):
        workflow.move(desk.person("Reviewer"), sheet, "publish")


def test_step_on_an_older_version_is_a_conflict(desk: Desk) -> None:
    sheet = desk.sheet("pending")
    with pytest.raises(Conflict):
        workflow.move(desk.person("Reviewer"), sheet, "publish", version=1)
    workflow.move(desk.person("Reviewer"), sheet, "publish", version=2)


def test_comment_that_is_required_is_asked_for(desk: Desk) -> None:
    sheet, reviewer = desk.sheet("pending"), desk.person("Reviewer")
    with pytest.raises(Invalid) as refusal:
        workflow.move(reviewer, sheet, "send_back", " \0 ")
    assert refusal.value.field == "comment"
    with pytest.raises(Invalid, match="at most"):
        workflow.move(reviewer, sheet, "send_back", "x" * (workflow.COMMENT_LENGTH + 1))
    workflow.move(reviewer, sheet, "send_back", "No title.")


def test_guard_names_what_is_missing(desk: Desk) -> None:
    sheet = desk.sheet(title=" ")
    with pytest.raises(Invalid, match=r"Give it a title\."):
        workflow.move(desk.acting(desk.admin), sheet, "submit")


def test_plugins_name_what_stands_against_a_step(desk: Desk) -> None:
    with pytest.raises(Invalid, match=r"Not this one\."):
        workflow.move(desk.acting(desk.admin), desk.sheet(title="refused"), "submit")


def test_step_that_can_not_be_carried_out_is_not_taken(desk: Desk) -> None:
    sheet = desk.sheet(title="fails")
    with pytest.raises(Invalid, match="carried out"):
        workflow.move(desk.acting(desk.admin), sheet, "submit")
    assert objects.load("sheet_sheet", sheet.id).state == sheet.state == "draft"
    assert len(workflow.history(sheet)) == sheet.version == 1


def test_plugins_carry_out_what_follows(desk: Desk) -> None:
    done = papers(desk.app).DONE
    done.clear()
    desk.sheet("pending")
    assert done == [("sheet_sheet", "pending", "submit", 2)]


@pytest.mark.parametrize("role", ["Reviewer", "SiteAdmin"])
def test_four_eyes_bind_author_submitter_and_members(desk: Desk, role: str) -> None:
    author, member, submitter = (make_account(desk.app, role=role) for _number in range(3))
    make_member(desk.school, member, "OrgMember")
    make_member(desk.school, submitter, "OrgAdmin")
    sheet = desk.sheet(author=author)
    workflow.move(desk.acting(submitter), sheet, "submit")
    for account in (author, member, submitter):
        assert names(workflow.offered(desk.acting(account), sheet)) == []
        with pytest.raises(NotAllowed, match="Somebody else"):
            workflow.move(desk.acting(account), sheet, "publish")
    workflow.move(desk.person(role), sheet, "publish")


def test_whoever_asked_stays_bound_after_leaving_the_organisation(desk: Desk) -> None:
    submitter = make_account(desk.app, role="Reviewer")
    make_member(desk.school, submitter, "OrgAdmin")
    sheet = desk.sheet()
    workflow.move(desk.acting(submitter), sheet, "submit")
    db.execute("DELETE FROM organisation_member WHERE account_id = ?", (submitter.id,))
    with pytest.raises(NotAllowed, match="Somebody else"):
        workflow.move(desk.acting(submitter), sheet, "publish")


@pytest.mark.parametrize(
    "statement",
    ["UPDATE workflow_history SET actor_id = 7", "DELETE FROM workflow_history"],
)
def test_history_can_not_be_changed(desk: Desk, statement: str) -> None:
    desk.sheet("pending")
    with pytest.raises(peewee.IntegrityError, match="only ever added to"):
        db.execute(statement)


def test_history_outlives_its_people_and_their_words_can_go(desk: Desk) -> None:
    sheet = desk.sheet()
    workflow.move(desk.acting(desk.admin), sheet, "submit", "Mine.")
    Account.delete().where(Account.id == desk.admin.id).execute()
    workflow.HistoryComment.delete().execute()
    entry = workflow.history(sheet)[-1]
    assert (entry.actor_name, entry.comment, entry.transition) == ("", "", "submit")


def test_step_is_taken_whole_or_not_at_all(desk: Desk) -> None:
    owner = desk.acting(desk.admin)
    counted = assert_all_or_nothing(
        desk.sheet, lambda sheet: workflow.move(owner, sheet, "submit", "Ready.")
    )
    assert counted > 5


def test_two_at_once_take_one_step(desk: Desk) -> None:
    sheet = desk.sheet("pending")
    again = objects.load("sheet_sheet", sheet.id)
    workflow.move(desk.person("Reviewer"), sheet, "publish")
    with pytest.raises(Conflict):
        workflow.move(desk.person("Reviewer"), again, "send_back", "No.")
    assert len(workflow.history(sheet)) == 3
