"""Cases: what may be asked for, who decides, what follows from it."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

from plugins.claims import models as claims_models
from plugins.claims import queries, rules, service
from plugins.claims.models import CLAIM, REMOVAL, WRONG_FACT, Case
from plugins.claims.plugin import organisation_in_use
from portal import db, migrate, workflow
from portal.audit import AuditEntry
from portal.context import ANONYMOUS, REVIEWER, Actor, Context
from portal.errors import Conflict, Invalid, NotAllowed, TooMany
from portal.mail import Outbox
from portal.organisations.models import Organisation, OrganisationMember
from portal.organisations.policy import role_of
from portal.people.models import Account
from tests.factories import make_account, make_organisation, set_settings
from tests.faults import assert_all_or_nothing


@pytest.fixture
def portal(any_app: Flask) -> Flask:
    """A portal with its app context open, once on each engine."""
    with any_app.app_context():
        yield any_app


def acting(ctx: Context, account: Account, *roles: str) -> Context:
    """The context of a signed-in person."""
    return ctx.as_actor(Actor(account.id, account.name, frozenset({"Member", *roles})))


@pytest.fixture
def person(portal: Flask) -> Account:
    return make_account(portal)


@pytest.fixture
def reviewer(portal: Flask, ctx: Context) -> Context:
    return acting(ctx, make_account(portal, role=REVIEWER), REVIEWER)


def test_working_days_leave_out_the_weekend() -> None:
    friday = datetime(2026, 11, 20, 12, tzinfo=UTC)
    assert rules.due_after(friday) == datetime(2026, 11, 27, 12, tzinfo=UTC)


def claim(ctx: Context, school: Organisation, **more: str) -> Case:
    return service.open_case(ctx, school, CLAIM, message="Ours.", proof="letter", **more)


def test_accepted_claim_makes_an_administrator(
    portal: Flask, ctx: Context, person: Account, reviewer: Context
) -> None:
    school = make_organisation()
    case = claim(acting(ctx, person), school)
    assert case.due_at == datetime(2026, 11, 27, 12, tzinfo=UTC)
    service.decide_case(reviewer, case, True, "The letter fits.")
    school = Organisation.get_by_id(school.id)
    assert school.state == "verified"
    assert role_of(acting(ctx, person).actor, school) == "OrgAdmin"
    mails = [(row.recipient, row.kind) for row in Outbox.select().order_by(Outbox.id)]
    assert mails[-2:] == [
        (person.email, "claims/case_received"),
        (person.email, "notices/notice"),
    ]
    assert "The letter fits." in Outbox.select().order_by(Outbox.id.desc()).get().text


def test_declined_claim_changes_nothing(
    portal: Flask, ctx: Context, person: Account, reviewer: Context
) -> None:
    school = make_organisation()
    case = claim(acting(ctx, person), school)
    service.decide_case(reviewer, case, False, "No proof.")
    assert Organisation.get_by_id(school.id).state == "unclaimed"
    assert OrganisationMember.select().count() == 0
    assert Case.get_by_id(case.id).state == "declined"


def test_accepted_removal_hides_the_entry(portal: Flask, ctx: Context, reviewer: Context) -> None:
    school = make_organisation()
    guest = ctx.as_actor(ANONYMOUS)
    case = service.open_case(
        guest, school, REMOVAL, message="Closed.", reply_to="Head@School.example"
    )
    assert Organisation.get_by_id(school.id).hidden_at is None
    service.decide_case(reviewer, case, True, "It is closed.")
    assert Organisation.get_by_id(school.id).hidden_at == ctx.clock.now()


def test_accepted_report_leaves_the_entry_as_it_is(
    portal: Flask, ctx: Context, reviewer: Context
) -> None:
    school = make_organisation()
    case = service.open_case(ctx.as_actor(ANONYMOUS), school, WRONG_FACT, message="Wrong town.")
    service.decide_case(reviewer, case, True, "Mended.")
    assert Organisation.get_by_id(school.id).version == 1


def test_claim_is_refused_where_it_makes_no_sense(
    portal: Flask, ctx: Context, person: Account
) -> None:
    mine = acting(ctx, person)
    with pytest.raises(NotAllowed, match="demonstration"):
        claim(mine, make_organisation(is_fictional=True))
    with pytest.raises(Conflict):
        claim(mine, make_organisation(admin=make_account(portal)))
    with pytest.raises(NotAllowed):
        claim(ctx.as_actor(ANONYMOUS), make_organisation())
    with pytest.raises(Invalid, match="prove"):
        service.open_case(mine, make_organisation(), CLAIM, message="Ours.", proof="magic")


def test_same_claim_waits_only_once(portal: Flask, ctx: Context, person: Account) -> None:
    school = make_organisation()
    claim(acting(ctx, person), school)
    with pytest.raises(Conflict):
        claim(acting(ctx, person), school)


def test_claimed_organisation_is_not_removed_by_strangers(
    portal: Flask, ctx: Context, person: Account
) -> None:
    with pytest.raises(Conflict):
        service.open_case(
            acting(ctx, make_account(portal)),
            make_organisation(admin=person),
            REMOVAL,
            message="x",
        )


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"message": " ", "reply_to": "a@b.example"}, "message"),
        ({"message": "x" * 4_001, "reply_to": "a@b.example"}, "message"),
        ({"message": "Closed."}, "reply_to"),
        ({"message": "Closed.", "reply_to": "nobody"}, "reply_to"),
        ({"message": "Closed.", "reply_to": "a@b.example\nBcc: c@d.example"}, "reply_to"),
    ],
)
def test_removal_asked_by_a_guest_needs_reason_and_address(
    portal: Flask, ctx: Context, typed: dict[str, str], field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        service.open_case(ctx.as_actor(ANONYMOUS), make_organisation(), REMOVAL, **typed)
    assert refusal.value.field == field


def test_nobody_can_bury_an_entry_under_requests(portal: Flask, ctx: Context) -> None:
    school = make_organisation()
    guest = ctx.as_actor(ANONYMOUS)
    for _number in range(service.MOST_OPEN):
        service.open_case(guest, school, WRONG_FACT, message="Wrong.")
    with pytest.raises(TooMany):
        service.open_case(guest, school, WRONG_FACT, message="Wrong.")


def test_case_needs_four_eyes(portal: Flask, ctx: Context, person: Account) -> None:
    own_case = claim(acting(ctx, person), make_organisation())
    other = service.open_case(
        ctx.as_actor(ANONYMOUS), make_organisation(admin=person), WRONG_FACT, message="x"
    )
    for case in (own_case, other):
        for roles in ((REVIEWER,), ("SiteAdmin",), ()):
            with pytest.raises(NotAllowed):
                service.decide_case(acting(ctx, person, *roles), case, True, "Fine.")


def test_stranger_may_not_decide(portal: Flask, ctx: Context, person: Account) -> None:
    case = claim(acting(ctx, make_account(portal)), make_organisation())
    with pytest.raises(NotAllowed):
        service.decide_case(acting(ctx, person), case, True, "Fine.")


def test_case_is_decided_once_and_with_reasons(
    portal: Flask, ctx: Context, person: Account, reviewer: Context
) -> None:
    case = claim(acting(ctx, person), make_organisation())
    with pytest.raises(Invalid):
        service.decide_case(reviewer, case, False, "")
    service.decide_case(reviewer, case, False, "No.")
    with pytest.raises(Conflict):
        service.decide_case(reviewer, case, True, "Yes.")


def test_second_claim_can_only_be_declined(
    portal: Flask, ctx: Context, person: Account, reviewer: Context
) -> None:
    school = make_organisation()
    first = claim(acting(ctx, person), school)
    second = claim(acting(ctx, make_account(portal)), school)
    service.decide_case(reviewer, first, True, "Proven.")
    with pytest.raises(Conflict):
        service.decide_case(reviewer, second, True, "Also.")
    assert Case.get_by_id(second.id).state == "open"
    service.decide_case(reviewer, second, False, "Taken.")
    assert OrganisationMember.select().count() == 1


def test_reviewers_see_open_cases_due_first(
    portal: Flask, ctx: Context, person: Account, clock
) -> None:
    late = claim(acting(ctx, person), make_organisation())
    clock.moment = datetime(2026, 11, 18, 12, tzinfo=UTC)
    early = claim(acting(ctx, person), make_organisation())
    assert [case.id for case in queries.open_cases()] == [early.id, late.id]


def test_word_belongs_to_one_person_and_one_organisation(
    portal: Flask, ctx: Context, person: Account
) -> None:
    school, other = make_organisation(), make_organisation()
    word = service.website_word(school, person.id)
    assert word == service.website_word(school, person.id)
    assert word.startswith("proof-") and len(word) == 22
    others = {
        service.website_word(other, person.id),
        service.website_word(school, make_account(portal).id),
        rules.website_word("another key", school.public_id, person.id),
    }
    assert word not in others and len(others) == 3


def test_reviewer_is_told_the_word_that_the_person_was_given(
    portal: Flask, ctx: Context, person: Account
) -> None:
    school = make_organisation()
    case = service.open_case(acting(ctx, person), school, CLAIM, message="Ours.", proof="website")
    assert service.word_of(case) == service.website_word(school, person.id)
    assert service.word_of(claim(acting(ctx, person), make_organisation())) == ""


def test_entry_somebody_asked_about_is_in_use(portal: Flask, ctx: Context) -> None:
    asked, other = make_organisation(), make_organisation()
    service.open_case(ctx.as_actor(ANONYMOUS), asked, WRONG_FACT, message="Wrong.")
    assert organisation_in_use(ctx, [asked.id, other.id]) == {asked.id: "somebody asked about it"}
    assert organisation_in_use(ctx, [other.id]) == {}


# On the workflow of the core


def test_case_has_a_history_and_waits_for_a_review(
    portal: Flask, ctx: Context, person: Account, reviewer: Context
) -> None:
    case = claim(acting(ctx, person), make_organisation())
    task = workflow.ReviewTask.get()
    assert (task.object_type, task.object_id, task.due_at) == ("claims_case", case.id, case.due_at)
    service.decide_case(reviewer, case, False, "No proof.")
    begun, decided = workflow.history(case)
    assert (begun.actor_name, begun.target_state) == (person.name, "open")
    assert (decided.transition, decided.comment, decided.role) == (
        "decline",
        "No proof.",
        "Reviewer",
    )
    assert workflow.ReviewTask.select().count() == 0


def test_case_is_audited_without_words(
    portal: Flask, ctx: Context, person: Account, reviewer: Context
) -> None:
    case = claim(acting(ctx, person), make_organisation())
    service.decide_case(reviewer, case, True, "The letter fits.")
    entries = list(AuditEntry.select().order_by(AuditEntry.id))
    of_case = [entry for entry in entries if entry.subject_type == "claims_case"]
    assert [entry.action for entry in of_case] == ["case.opened", "claims_case.accept"]
    assert {entry.subject_id for entry in of_case} == {case.id}
    assert "letter" not in str([entry.detail for entry in of_case])


def test_decision_is_made_whole_or_not_at_all(portal: Flask, ctx: Context) -> None:
    reviewer = acting(ctx, make_account(portal, role=REVIEWER), REVIEWER)
    guest = ctx.as_actor(ANONYMOUS)

    def opened() -> Case:
        return service.open_case(
            guest, make_organisation(), REMOVAL, message="Closed.", reply_to="a@b.example"
        )

    assert_all_or_nothing(opened, lambda case: service.decide_case(reviewer, case, True, "Yes."))
    assert_all_or_nothing(
        make_organisation,
        lambda school: service.open_case(guest, school, WRONG_FACT, message="Wrong town."),
    )


def test_texts_are_deleted_two_years_after_the_decision(
    portal: Flask, ctx: Context, person: Account, reviewer: Context, clock
) -> None:
    decided, waiting = (claim(acting(ctx, person), make_organisation()) for _number in range(2))
    service.decide_case(reviewer, decided, False, "No proof.")
    clock.moment += timedelta(days=730)
    assert service.forget_texts(ctx) == 0
    clock.moment += timedelta(seconds=1)
    assert service.forget_texts(ctx) == 1
    case = Case.get_by_id(decided.id)
    assert (case.message, case.decision, case.reply_to, case.state) == ("", "", "", "declined")
    assert [entry.comment for entry in workflow.history(case)] == ["", ""]
    assert Case.get_by_id(waiting.id).message == "Ours."
    assert service.forget_texts(ctx) == 0


def test_administrators_choose_how_long_texts_are_kept(
    portal: Flask, ctx: Context, person: Account, reviewer: Context, clock
) -> None:
    case = claim(acting(ctx, person), make_organisation())
    service.decide_case(reviewer, case, False, "No proof.")
    set_settings("claims", text_days=30)
    clock.moment += timedelta(days=31)
    assert service.forget_texts(ctx) == 1


def test_cases_from_before_get_their_history(any_url: str, ctx: Context, tmp_path: Path) -> None:
    steps = Path(claims_models.__file__).parent / "migrations"
    early = tmp_path / "steps"
    early.mkdir()
    shutil.copy(steps / "0001_create_claims.py", early)
    db.open_database(any_url)
    db.database.connect(reuse_if_open=True)
    migrate.run([migrate.CORE_NAMESPACE, migrate.Namespace("claims", early)], backup=False)
    school, moment = make_organisation(), "2026-11-18T12:00:00.000000Z"
    for number, state in enumerate(("open", "accepted", "declined"), 1):
        db.execute(
            "INSERT INTO claims_case (public_id, organisation_id, kind, reply_to, proof, message, "
            "state, decision, created_at, due_at, decided_at) VALUES (?, ?, 'removal', '', '', 'x', "
            "?, ?, ?, ?, ?)",
            (f"case{number}", school.id, state, "" if number == 1 else "Why.", moment, moment,
             None if number == 1 else moment),
        )  # fmt: skip
    shutil.copy(steps / "0002_run_on_workflow.py", early)
    shutil.copy(steps / "0002_run_on_workflow.sql", early)
    migrate.run([migrate.Namespace("claims", early)], backup=False)
    assert db.query("SELECT id, version FROM claims_case ORDER BY id") == [(1, 1), (2, 2), (3, 2)]
    assert db.query(
        "SELECT object_id, seq, transition, target_state FROM workflow_history ORDER BY object_id, seq"
    ) == [
        (1, 1, "", "open"), (2, 1, "", "open"), (2, 2, "accept", "accepted"),
        (3, 1, "", "open"), (3, 2, "decline", "declined"),
    ]  # fmt: skip
    assert db.query("SELECT text FROM workflow_comment") == [("Why.",), ("Why.",)]
    assert db.query("SELECT object_type, object_id, due_at FROM review_task") == [
        ("claims_case", 1, moment)
    ]
    db.database.close()


def test_plan_to_switch_it_off_says_who_waits(portal: Flask, ctx: Context, person: Account) -> None:
    registry = portal.extensions["portal"].registry
    before = registry.plan(ctx, "claims", "deactivate").objections
    claim(acting(ctx, person), make_organisation("Waiting School"))
    after = registry.plan(ctx, "claims", "deactivate").objections

    assert list(before) == []
    assert ["1 request waits" in text for text in after] == [True]
