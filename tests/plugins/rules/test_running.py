"""What rules do when something happens: once, in order, and never round in circles."""

from __future__ import annotations

import contextlib
import dataclasses
import sqlite3
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from plugins.claims import service as claims
from plugins.claims.models import ACCEPTED, OPEN, WRONG_FACT, Case
from plugins.notices import rules as rules_of_notices
from plugins.notices.models import Notice
from plugins.rules import rules, running, service, subjects
from plugins.rules.models import DONE, FAILED, PASSED, STOPPED, Delivery, Run
from portal import db, events, jobs
from portal.audit import AuditEntry
from portal.clock import FixedClock
from portal.context import Actor, Context
from portal.errors import Invalid
from portal.hookspecs import Event
from portal.jobs import Job
from portal.mail import Outbox
from tests import faults
from tests.factories import make_account, make_member, make_organisation, set_settings
from tests.plugins.rules.conftest import mail, make_rule, work

STEP = {"kind": "transition", "step": "accept", "reason": "Found to be right."}


@pytest.fixture
def two_eyes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let steps do without a second pair of eyes, as far as rules look."""
    known = subjects.steps
    free = lambda name: [dataclasses.replace(step, four_eyes=False) for step in known(name)]  # noqa: E731
    monkeypatch.setattr(subjects, "steps", free)


def open_case(ctx: Context, **more: Any) -> Case:
    """Report a wrong fact, as a visitor."""
    organisation = make_organisation(**more)
    return claims.open_case(ctx.as_actor(Actor()), organisation, WRONG_FACT, message="The town.")


def happen(app: Flask, ctx: Context, organisation: Any, name: str = "member.added") -> None:
    """Let something happen to an organisation, and let the worker do what follows."""
    events.emit(ctx, name, "organisation", organisation.id, account=7, role="OrgEditor")
    work(app, ctx)


def mails() -> list[str]:
    return [row.recipient for row in Outbox.select().where(Outbox.kind == "rules/rule")]


def states() -> list[str]:
    return [row.state for row in Run.select().order_by(Run.id)]


def make_school(app: Flask, *roles: str) -> Any:
    """Make an organisation with a person for each role."""
    organisation = make_organisation("Riga <School>", country="LV")
    for role in roles:
        make_member(organisation, make_account(app, email=f"{role.lower()}@school.example"), role)
    return organisation


def test_a_mail_goes_to_those_with_the_role(any_rules: Flask, ctx: Context) -> None:
    school = make_school(any_rules, "OrgAdmin", "OrgEditor")
    make_rule(ctx)

    happen(any_rules, ctx, school)

    row = Outbox.get(Outbox.kind == "rules/rule")
    assert mails() == ["orgadmin@school.example"]
    assert row.subject == "About Riga <School>"
    assert f"/organisations/{school.slug}" in row.text
    assert "<School>" not in row.html
    assert states() == [DONE]


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        ("operator", ["office@site.example"]),
        ("address", ["desk@school.example"]),
        ("actor", ["doer@school.example"]),
        ("Reviewer", ["reviewer@school.example"]),
        ("OrgEditor", ["orgeditor@school.example"]),
        ("OrgMember", ["orgadmin@school.example", "orgeditor@school.example"]),
        ("Owner", []),
    ],
)
def test_each_receiver_is_found(app: Flask, ctx: Context, to: str, expected: list[str]) -> None:
    set_settings("portal", operator_mail="office@site.example")
    make_account(app, email="reviewer@school.example", role="Reviewer")
    doer = make_account(app, email="doer@school.example")
    make_rule(ctx, "member.added", mail(to), mail_to="desk@school.example")

    happen(app, ctx.as_actor(Actor(doer.id)), make_school(app, "OrgAdmin", "OrgEditor"))

    assert mails() == expected


def test_people_who_were_shut_out_or_never_confirmed_get_nothing(app: Flask, ctx: Context) -> None:
    school = make_organisation()
    make_member(school, make_account(app, disabled_at=ctx.clock.now()))
    make_member(school, make_account(app, verified=False))
    make_rule(ctx)

    happen(app, ctx, school)

    assert mails() == []
    assert Run.get().done == ["mail to nobody: there is no address"]


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"what": "country", "test": "equals", "value": "lv"}, True),
        ({"what": "country", "test": "one_of", "value": "DE, LV"}, True),
        ({"what": "country", "test": "one_of", "value": "DE, NL"}, False),
        ({"what": "state", "test": "equals", "value": "unclaimed"}, True),
        ({"what": "payload", "field": "role", "test": "equals", "value": "OrgEditor"}, True),
        ({"what": "payload", "field": "role", "test": "contains", "value": "admin"}, False),
        ({"what": "object", "field": "name", "test": "contains", "value": "riga"}, True),
        ({"what": "object", "field": "city", "test": "is_set"}, False),
        ({"what": "role", "test": "equals", "value": "System"}, True),
    ],
)
def test_a_rule_acts_if_its_condition_holds(
    app: Flask, ctx: Context, condition: dict[str, str], holds: bool
) -> None:
    make_rule(ctx, conditions=[condition])

    happen(app, ctx, make_school(app, "OrgAdmin"))

    assert states() == [DONE if holds else PASSED]
    assert Run.get().reason == ("" if holds else "Condition 1 did not hold.")


def test_any_condition_is_enough_where_the_rule_says_so(app: Flask, ctx: Context) -> None:
    wrong = {"what": "country", "test": "equals", "value": "DE"}
    right = {"what": "country", "test": "equals", "value": "LV"}
    make_rule(ctx, conditions=[wrong, right], matching=rules.ANY)
    make_rule(ctx, conditions=[wrong, right])

    happen(app, ctx, make_school(app))

    assert states() == [DONE, PASSED]


def test_a_step_is_taken_as_the_system_with_the_reason(
    any_rules: Flask, ctx: Context, two_eyes: None
) -> None:
    case = open_case(ctx)
    make_rule(ctx, "claims_case.accept", STEP)

    running.happened(
        ctx, Event(9_000, "claims_case.accept", "claims_case", case.id, {}, ctx.clock.now())
    )

    case = Case.get_by_id(case.id)
    assert (case.state, case.decision) == (ACCEPTED, "Found to be right.")
    assert AuditEntry.select().where(AuditEntry.action == "rule.acted").count() == 1


def test_a_step_that_needs_four_eyes_is_never_taken_by_a_rule(
    any_rules: Flask, ctx: Context, two_eyes: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = open_case(ctx)
    make_rule(ctx, "claims_case.accept", STEP)  # from before the step needed them
    monkeypatch.undo()
    with pytest.raises(Invalid, match="Let the rule tell the reviewers instead") as refused:
        make_rule(ctx, "claims_case.accept", mail(), STEP)

    running.happened(
        ctx, Event(9_000, "claims_case.accept", "claims_case", case.id, {}, ctx.clock.now())
    )

    assert refused.value.field == "step2"
    assert Case.get_by_id(case.id).state == OPEN
    assert Run.get().state == FAILED
    assert "needs four eyes" in Run.get().reason


def test_notices_go_to_people_with_the_role_several_of_them_and_in_order(
    any_rules: Flask, ctx: Context
) -> None:
    school = make_school(any_rules, "OrgAdmin", "OrgEditor")
    first = {**mail("OrgAdmin", subject="First"), "kind": "notify"}
    second = {**mail("OrgMember", subject="Second"), "kind": "notify"}
    make_rule(ctx, "member.added", first, mail("OrgEditor"), second)

    happen(any_rules, ctx, school)

    told = [
        str(rules_of_notices.words_of(row.title)) for row in Notice.select().order_by(Notice.id)
    ]
    assert [text for text in told if text in {"First", "Second"}] == ["First", "Second", "Second"]
    assert mails() == ["orgeditor@school.example"]
    assert Run.get().done == ["notice to 1", "mail to 1", "notice to 2"]


def test_without_notices_a_rule_that_tells_one_is_refused_and_fails_in_sight(
    app: Flask, ctx: Context
) -> None:
    act = {**mail("OrgAdmin"), "kind": "notify"}
    make_rule(ctx, "member.added", act)
    app.extensions["portal"].registry.deactivate(ctx, "notices")

    with pytest.raises(Invalid, match="Notices are switched off") as refused:
        make_rule(ctx, "member.added", act)
    happen(app, ctx, make_school(app, "OrgAdmin"))

    assert refused.value.field == "to"
    assert Run.get().state == FAILED
    assert "Switch the add-on on" in Run.get().reason


def test_a_failed_step_is_tried_again_then_waits_for_a_person(
    any_rules: Flask, ctx: Context, clock: FixedClock, two_eyes: None
) -> None:
    case = open_case(ctx)
    claims.decide_case(ctx, case, False, "No.")
    db.execute("DELETE FROM event")
    make_rule(ctx, "claims_case.decline", STEP)
    events.emit(ctx, "claims_case.decline", "claims_case", case.id)
    for _turn in range(8):
        work(any_rules, ctx)
        clock.moment += timedelta(hours=1)

    run = Run.get()
    assert run.state == FAILED
    assert "changed this meanwhile" in run.reason
    assert run.attempts == running.ATTEMPTS + 1
    assert Job.get(Job.name == running.CARRY_OUT).state == "failed"

    Case.update(state=OPEN).execute()
    service.retry_run(ctx, run)
    work(any_rules, ctx)

    assert Run.get().state == DONE
    assert Case.get().state == ACCEPTED


def test_a_failing_rule_holds_up_no_other(app: Flask, ctx: Context) -> None:
    hook = service.create_webhook(ctx, "Desk", "https://hooks.school.example/in")
    make_rule(ctx, "member.added", {"kind": "webhook", "webhook": hook.public_id})
    make_rule(ctx)
    service.switch_webhook(ctx, hook, False)

    happen(app, ctx, make_school(app, "OrgAdmin"))

    assert states() == [FAILED, DONE]
    assert mails() == ["orgadmin@school.example"]


def test_rules_act_in_their_order(app: Flask, ctx: Context) -> None:
    first, second = (make_rule(ctx, title=title) for title in ("first", "second"))
    service.move_rule(ctx, second, True)

    happen(app, ctx, make_school(app))

    assert [row.rule_id for row in Run.select().order_by(Run.id)] == [second.id, first.id]


def test_a_paused_rule_does_nothing(app: Flask, ctx: Context) -> None:
    service.switch_rule(ctx, make_rule(ctx), False)

    happen(app, ctx, make_school(app, "OrgAdmin"))

    assert states() == []


# The loop guard


def caused(name: str, school: Any, number: int, **cause: int) -> Event:
    payload = {events.CAUSE: cause} if cause else {}
    return Event(number, name, "organisation", school.id, payload, school.created_at)


def test_what_a_rule_does_carries_its_cause(any_rules: Flask, ctx: Context, two_eyes: None) -> None:
    case = open_case(ctx)
    taking = make_rule(ctx, "claims_case.accept", STEP)
    db.execute("DELETE FROM event")

    running.happened(
        ctx, Event(77, "claims_case.accept", "claims_case", case.id, {}, ctx.clock.now())
    )

    row = events.EventRow.get(events.EventRow.name == "claims_case.accept")
    assert row.payload[events.CAUSE] == {"chain": 77, "depth": 1, "rule": taking.id}


def test_a_rule_acts_on_the_same_thing_once_in_a_chain(
    any_rules: Flask, ctx: Context, two_eyes: None
) -> None:
    case = open_case(ctx)
    make_rule(ctx, "claims_case.accept", STEP, title="round")
    db.execute("DELETE FROM event")
    running.happened(
        ctx, Event(77, "claims_case.accept", "claims_case", case.id, {}, ctx.clock.now())
    )

    work(any_rules, ctx)  # its own step is the same event again

    assert states() == [DONE, STOPPED]
    assert Run.select().order_by(Run.id.desc()).get().reason == (
        "It acted on the same thing before in this chain of events."
    )


def test_a_chain_ends_at_the_depth_of_the_setting(app: Flask, ctx: Context) -> None:
    school = make_school(app)
    make_rule(ctx)
    set_settings("rules", most_depth=2)
    for number, depth in ((1, 0), (2, 2), (3, 3)):
        running.happened(ctx, caused("member.added", school, number, chain=number, depth=depth))

    assert states() == [DONE, DONE, STOPPED]
    assert (
        Run.get(Run.event_id == 3).reason == "Rules follow from each other 3 deep; 2 are allowed."
    )


def test_a_rule_acts_on_the_same_thing_so_often_in_an_hour(
    app: Flask, ctx: Context, clock: FixedClock
) -> None:
    school = make_school(app)
    make_rule(ctx)
    set_settings("rules", most_an_hour=2)
    for number in (1, 2, 3):
        running.happened(ctx, caused("member.added", school, number))
    clock.moment += timedelta(hours=2)
    running.happened(ctx, caused("member.added", school, 4))

    assert states() == [DONE, DONE, STOPPED, DONE]


# Once, whatever dies between


def test_an_event_that_is_told_twice_is_acted_on_once(any_rules: Flask, ctx: Context) -> None:
    school = make_school(any_rules, "OrgAdmin")
    make_rule(ctx)
    event = caused("member.added", school, 5)

    running.happened(ctx, event)
    running.happened(ctx, event)

    assert len(mails()) == 1
    assert states() == [DONE]


def test_a_run_that_dies_at_any_statement_ends_with_everything_done_once(
    app: Flask, ctx: Context, two_eyes: None
) -> None:
    """Each round dies before another statement (the commits too), then the event is told again."""
    hook = service.create_webhook(ctx, "Desk", "https://hooks.school.example/in")
    case = open_case(ctx)
    call = {"kind": "webhook", "webhook": hook.public_id}
    tell = {**mail("Reviewer"), "kind": "notify"}
    make_account(app, role="Reviewer")
    acts = mail("address"), STEP, call, tell, tell
    make_rule(ctx, "claims_case.accept", *acts, mail_to="desk@school.example")
    image = sqlite3.connect(":memory:")
    db.database.connection().backup(image)
    event = Event(77, "claims_case.accept", "claims_case", case.id, {}, ctx.clock.now())
    rounds = 0
    for number in range(1, faults.MOST_STATEMENTS):
        image.backup(db.database.connection())
        with faults.failing_at(number) as tried, contextlib.suppress(faults.Fault):
            running.happened(ctx, event)
        died = len(tried) >= number
        running.happened(ctx, event)
        running.happened(ctx, event)

        assert mails() == ["desk@school.example"], number
        assert Delivery.select().count() == 1, number
        assert Job.select().where(Job.name == running.DELIVER).count() == 1, number
        assert Case.get().state == ACCEPTED, number
        assert states() == [DONE], number
        assert len(Run.get().done) == 5, number
        assert Notice.select().count() == 2, number
        rounds += 1
        if not died:
            break
    assert rounds > 20


def test_a_job_that_runs_twice_at_once_does_nothing_twice(app: Flask, ctx: Context) -> None:
    make_rule(ctx)
    rule = running.Rule.get()
    school = make_school(app, "OrgAdmin")
    run = running.begin(ctx, rule, caused("member.added", school, 5))
    twin = Run.get_by_id(run.id)

    running.carry_out(ctx, run)
    running.carry_out(ctx, twin)

    assert len(mails()) == 1


def test_old_runs_are_forgotten(any_rules: Flask, ctx: Context, clock: FixedClock) -> None:
    school = make_school(any_rules)
    make_rule(ctx)
    make_rule(ctx, conditions=[{"what": "country", "test": "equals", "value": "DE"}])
    running.happened(ctx, caused("member.added", school, 5))
    clock.moment += timedelta(days=3)
    service.expire(ctx)
    assert states() == [DONE]

    clock.moment += timedelta(days=30)
    service.expire(ctx)
    assert states() == []
    assert jobs.Job.select().where(jobs.Job.state == "failed").count() == 0
