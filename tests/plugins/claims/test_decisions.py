"""Verification, links to a case, reports with their reasons, appeals, names that look alike."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from plugins.claims import hints, names, queries, service
from plugins.claims.models import (
    ABUSE,
    CLAIM,
    LOOKALIKE,
    PERSON,
    REMOVAL,
    VERIFICATION,
    WRONG_FACT,
    Case,
)
from plugins.directory import interface as directory
from plugins.notices.models import Notice
from plugins.signin import service as signin
from portal import db, events
from portal.audit import AuditEntry
from portal.context import ANONYMOUS, REVIEWER, Actor, Context
from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from portal.hookspecs import Event
from portal.mail import Outbox
from portal.organisations import service as core
from portal.organisations.models import Organisation, OrganisationMember
from portal.people.models import Account
from tests.factories import make_account, make_member, make_organisation

RULE = {"ground": "terms", "rule": "Rule 2: no name that is taken for another's."}


@pytest.fixture
def portal(app: Flask) -> Iterator[Flask]:
    """A portal with its app context open."""
    with app.app_context():
        yield app


def acting(ctx: Context, account: Account, *roles: str) -> Context:
    return ctx.as_actor(Actor(account.id, account.name, frozenset({"Member", *roles})))


@pytest.fixture
def person(portal: Flask) -> Account:
    return make_account(portal)


@pytest.fixture
def reviewer(portal: Flask, ctx: Context) -> Context:
    return acting(ctx, make_account(portal, role=REVIEWER), REVIEWER)


@pytest.fixture
def second(portal: Flask, ctx: Context) -> Context:
    return acting(ctx, make_account(portal, role=REVIEWER), REVIEWER)


def again(organisation: Organisation) -> Any:
    return Organisation.get_by_id(organisation.id)


def claim(ctx: Context, school: Organisation, proof: str = "letter") -> Case:
    return service.open_case(ctx, school, CLAIM, message="Ours.", proof=proof)


def report(ctx: Context, school: Organisation) -> Case:
    return service.open_case(
        ctx, school, ABUSE, message="They are not who they say.", reason="misleading"
    )


def told(account: Account) -> list[str]:
    return [row.kind for row in Notice.select().where(Notice.account == account.id)]


# Verification


def test_mail_from_a_domain_never_decides_alone(
    portal: Flask, ctx: Context, person: Account, reviewer: Context
) -> None:
    school = make_organisation(domain="vigo.example")
    case = claim(acting(ctx, person), school, "mail")
    with pytest.raises(Invalid) as refusal:
        service.decide_case(reviewer, case, True, "The address fits.")
    assert refusal.value.field == "proven_by"
    assert again(school).state == "unclaimed"
    service.decide_case(reviewer, case, True, "The letter came too.", proven_by="letter-pic")
    assert again(school).state == "verified"


@pytest.mark.parametrize("domain", ["sites.google.com", "city.example"])
def test_sign_at_a_domain_of_many_proves_nothing(
    portal: Flask, ctx: Context, person: Account, reviewer: Context, domain: str
) -> None:
    for _number in range(directory.SHARED_BY_MANY):
        make_organisation(domain="city.example")
    school = make_organisation(domain=domain)
    case = claim(acting(ctx, person), school, "website")
    with pytest.raises(Invalid, match="Many share the domain"):
        service.decide_case(reviewer, case, True, "The word is there.")
    service.decide_case(reviewer, case, True, "The letter.", proven_by="letter-oid")
    assert again(school).state == "verified"


def test_people_who_added_their_organisation_have_it_verified(
    portal: Flask, ctx: Context, person: Account, reviewer: Context
) -> None:
    mine = acting(ctx, person)
    school = core.create_organisation(mine, name="School of Riga", country="LV")
    stranger = acting(ctx, make_account(portal))
    with pytest.raises(NotFound):
        service.open_case(stranger, school, VERIFICATION, message="Us.", proof="letter")
    case = service.open_case(mine, school, VERIFICATION, message="Us.", proof="website")
    with pytest.raises(Conflict):
        service.open_case(mine, school, VERIFICATION, message="Us.", proof="letter")
    service.decide_case(reviewer, case, True, "The sign is there.")
    assert again(school).state == "verified"
    assert Case.get_by_id(case.id).proven_by == "website"


def test_badge_is_on_profile_card_and_in_the_api(
    portal: Flask, ctx: Context, person: Account, reviewer: Context
) -> None:
    school = core.create_organisation(ctx, name="Berufskolleg Bonn", country="DE")
    case = claim(acting(ctx, person), school)
    service.decide_case(reviewer, case, True, "It fits.", proven_by="letter-oid")
    db.execute("UPDATE partners_publication SET state = 'published'")
    core.touch(ctx, school)
    client = portal.test_client()
    badge = {
        "by": "letter-oid",
        "on": "2026-11-20",
        "label": "verified on 20 November 2026 by letter with its OID",
    }
    assert client.get("/api/v1/partners?q=bonn").json["items"][0]["verified"] == badge
    found = client.get(f"/api/v1/partners/{school.slug}").json
    assert found["verified"] == badge and found["facts"] == []
    for path in ("/partners?q=bonn", f"/partners/{school.slug}"):
        assert badge["label"] in client.get(path).text
    german = client.get("/partners?q=bonn&lang=de").text
    assert badge["label"] not in german and "20. November 2026" in german


def test_of_two_claims_accepted_at_once_one_holds(
    portal: Flask, ctx: Context, reviewer: Context, second: Context
) -> None:
    school = make_organisation()
    cases = [claim(acting(ctx, make_account(portal)), school) for _number in range(2)]
    start, answers = threading.Barrier(2), []

    def decide(who: Context, case: Case) -> None:
        with portal.app_context():
            db.database.connect(reuse_if_open=True)
            start.wait()
            try:
                service.decide_case(who, case, True, "Proven.")
                answers.append("accepted")
            except Conflict:
                answers.append("conflict")
            db.database.close()

    pairs = zip((reviewer, second), cases, strict=True)
    threads = [threading.Thread(target=decide, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(answers) == ["accepted", "conflict"]
    assert OrganisationMember.select().count() == 1
    assert [len(queries.rivals(case)) for case in cases] == [1, 1]


# Who has no link to a case


def test_who_has_a_link_to_a_case_does_not_decide_it(
    portal: Flask, ctx: Context, person: Account
) -> None:
    colleague = make_account(portal, role=REVIEWER)
    make_member(make_organisation(admin=person), colleague, "OrgMember")
    neighbour = make_account(portal, email="who@school.example", role=REVIEWER)
    free = make_account(portal, email="who@gmail.com", role=REVIEWER)
    school = make_organisation(domain="school.example")
    case = claim(acting(ctx, person), school)
    elsewhere = claim(acting(ctx, make_account(portal)), make_organisation(domain="gmail.com"))
    for account in (colleague, neighbour):
        who = acting(ctx, account, REVIEWER)
        assert case.id not in queries.decidable(who, [case])
        with pytest.raises(NotAllowed):
            service.decide_case(who, case, True, "Fine.")
    assert queries.decidable(acting(ctx, free, REVIEWER), [case, elsewhere]) == {
        case.id,
        elsewhere.id,
    }


def test_operators_own_organisation_is_marked_and_decided_by_others(
    portal: Flask, ctx: Context, reviewer: Context
) -> None:
    own = make_organisation("Agency", is_operator=True)
    inside = make_account(portal, role=REVIEWER)
    make_member(make_organisation(is_operator=True), inside)
    case = report(ctx.as_actor(ANONYMOUS), own)
    assert ("warn", "It is one of the operator's own organisations.") in hints.hints(case)
    assert queries.decidable(acting(ctx, inside, REVIEWER), [case]) == set()
    assert queries.decidable(reviewer, [case]) == {case.id}


def test_reviewer_is_told_what_the_address_says(portal: Flask, ctx: Context) -> None:
    school = make_organisation(domain="school.example")

    def said(address: str) -> list[tuple[str, str]]:
        return hints.hints(claim(acting(ctx, make_account(portal, email=address)), school))

    assert said("a@school.example")[0][0] == said("a@mail.school.example")[0][0] == "ok"
    assert "looks like" in said("a@schoo1.example")[0][1]
    assert "Many share" in said("a@gmail.com")[0][1]
    assert "website at school.example" in said("a@other.example")[0][1]


# Reports, reasons, appeals


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "measure"),
        ({"measure": "delete"}, "measure"),
        ({"measure": "hide"}, "ground"),
        ({"measure": "hide", "ground": "law"}, "rule"),
        ({"measure": "hide", "ground": "law", "rule": "x" * 501}, "rule"),
    ],
)
def test_nobody_is_restricted_without_a_whole_statement_of_reasons(
    portal: Flask, ctx: Context, reviewer: Context, given: dict[str, str], field: str
) -> None:
    case = report(ctx.as_actor(ANONYMOUS), make_organisation())
    with pytest.raises(Invalid) as refusal:
        service.decide_case(reviewer, case, True, "It misleads.", **given)
    assert refusal.value.field == field
    assert Case.get_by_id(case.id).measure == ""


def test_report_needs_a_reason_and_keeps_a_page_of_ours(portal: Flask, ctx: Context) -> None:
    guest, school = ctx.as_actor(ANONYMOUS), make_organisation()
    with pytest.raises(Invalid) as refusal:
        service.open_case(guest, school, ABUSE, message="x", reason="because")
    assert refusal.value.field == "reason"
    kept = [
        service.open_case(guest, school, ABUSE, message="x", reason="other", page=page).page
        for page in ("/requests/a-1", "https://evil.example/", "//evil.example", "")
    ]
    assert kept == ["/requests/a-1", *[f"/partners/{school.slug}"] * 3]


def test_hidden_by_a_decision_stays_hidden_until_an_appeal_was_right(
    portal: Flask, ctx: Context, person: Account, reviewer: Context, second: Context
) -> None:
    school = make_organisation(admin=person)
    mine = acting(ctx, person)
    case = report(ctx.as_actor(ANONYMOUS), school)
    service.decide_case(reviewer, case, True, "Not a school.", measure="hide", **RULE)
    assert again(school).hidden_at is not None
    assert told(person) == ["claims.measure"]
    with pytest.raises(Conflict, match="A reviewer took this entry"):
        core.bring_back(mine, again(school))

    case = Case.get_by_id(case.id)
    stranger = acting(ctx, make_account(portal))
    for who in (stranger, ctx.as_actor(ANONYMOUS)):
        with pytest.raises(NotFound):
            service.open_appeal(who, case, "No.")
    appeal = service.open_appeal(mine, case, "We are: see our statutes.")
    with pytest.raises(NotFound):
        service.open_appeal(mine, case, "Once more.")
    with pytest.raises(NotAllowed):
        service.decide_case(reviewer, appeal, True, "Still me.")
    assert queries.decidable(reviewer, [appeal]) == set()
    service.decide_case(second, appeal, True, "The statutes say so.")
    assert again(school).hidden_at is None
    assert Case.get_by_id(case.id).overturned_at is not None
    assert "claims.decided" in told(person)
    core.hide(mine, again(school))
    core.bring_back(mine, again(school))


def test_declined_appeal_leaves_the_decision(
    portal: Flask, ctx: Context, person: Account, reviewer: Context, second: Context
) -> None:
    school = make_organisation(admin=person)
    case = report(ctx.as_actor(ANONYMOUS), school)
    service.decide_case(reviewer, case, True, "Not a school.", measure="hide", **RULE)
    appeal = service.open_appeal(acting(ctx, person), Case.get_by_id(case.id), "We are.")
    service.decide_case(second, appeal, False, "The statutes say nothing of it.")
    assert again(school).hidden_at is not None
    assert Case.get_by_id(case.id).overturned_at is None
    with pytest.raises(NotFound):
        service.open_appeal(acting(ctx, person), Case.get_by_id(appeal.id), "Again.")


def test_declined_claim_is_given_on_appeal(
    portal: Flask, ctx: Context, person: Account, reviewer: Context, second: Context
) -> None:
    school = make_organisation()
    case = claim(acting(ctx, person), school)
    service.decide_case(reviewer, case, False, "I can't read the letter.")
    case = Case.get_by_id(case.id)
    with pytest.raises(NotFound):
        service.open_appeal(acting(ctx, make_account(portal)), case, "Me too.")
    appeal = service.open_appeal(acting(ctx, person), case, "Here it is again.")
    service.decide_case(second, appeal, True, "It fits.", proven_by="letter-pic")
    assert again(school).state == "verified"
    assert OrganisationMember.get().account_id == person.id


def test_declined_removal_is_done_on_appeal_of_whoever_has_the_receipt(
    portal: Flask, ctx: Context, reviewer: Context, second: Context, clock
) -> None:
    school, guest = make_organisation(), ctx.as_actor(ANONYMOUS)
    case = service.open_case(
        guest, school, REMOVAL, message="Closed.", reply_to="head@school.example"
    )
    service.decide_case(reviewer, case, False, "It has a page still.")
    case = Case.get_by_id(case.id)
    clock.moment += timedelta(days=184)
    with pytest.raises(NotFound):
        service.open_appeal(guest, case, "Too late.")
    clock.moment -= timedelta(days=1)
    appeal = service.open_appeal(guest, case, "The page is old.")
    assert appeal.reply_to == "head@school.example"
    service.decide_case(second, appeal, True, "It is.")
    assert again(school).hidden_at is not None
    last = Outbox.select().order_by(Outbox.id.desc()).get()
    assert (last.recipient, last.kind) == ("head@school.example", "claims/case_decided")


def test_mildest_measure_hides_nothing(
    portal: Flask, ctx: Context, person: Account, reviewer: Context
) -> None:
    school = make_organisation(admin=person)
    case = report(ctx.as_actor(ANONYMOUS), school)
    service.decide_case(reviewer, case, True, "Please change it.", measure="ask", **RULE)
    assert again(school).hidden_at is None
    assert told(person) == ["claims.measure"]


def test_reports_and_appeals_are_audited_without_words(
    portal: Flask, ctx: Context, person: Account, reviewer: Context
) -> None:
    case = report(ctx.as_actor(ANONYMOUS), make_organisation(admin=person))
    service.decide_case(reviewer, case, True, "Secret words.", measure="hide", **RULE)
    service.open_appeal(acting(ctx, person), Case.get_by_id(case.id), "Secret answer.")
    entries = AuditEntry.select().where(AuditEntry.subject_type == "claims_case")
    acts = [entry.action for entry in entries.order_by(AuditEntry.id)]
    assert acts == ["case.opened", "claims_case.accept", "case.opened"]
    assert "Secret" not in str([entry.detail for entry in entries])


# Names


def test_lookalike_name_of_a_new_organisation_goes_to_a_reviewer(
    portal: Flask, ctx: Context, person: Account, reviewer: Context
) -> None:
    genuine = core.create_organisation(ctx, name="School of Bonn", country="DE")
    mine = acting(ctx, person)
    made = core.create_organisation(mine, name="Sсhool of Bonn", country="LV")
    case = Case.get()
    assert (case.kind, case.reason, case.organisation, case.resembles, case.account) == (
        LOOKALIKE,
        "mixed same",
        made,
        genuine,
        person,
    )
    assert told(person) == ["claims.names"]
    assert queries.decidable(mine, [case]) == set()
    service.decide_case(reviewer, case, True, "Taken for Bonn.", measure="hide", **RULE)
    assert again(made).hidden_at is not None


def test_renaming_is_looked_at_once_and_an_honest_name_not_at_all(
    portal: Flask, ctx: Context, person: Account, reviewer: Context
) -> None:
    core.create_organisation(ctx, name="School of Bonn", country="DE")
    mine = acting(ctx, person)
    made = core.create_organisation(mine, name="College of Riga", country="LV")
    core.update_organisation(mine, made, 1, city="Riga")
    assert Case.select().count() == 0
    for number, name in enumerate(("School 0f Bonn", "College of Riga", "School 0f Bonn"), 2):
        core.update_organisation(mine, made, number, name=name)
    case = Case.get()
    service.decide_case(reviewer, case, False, "It is their registered name.")
    core.update_organisation(mine, made, 5, name="College")
    core.update_organisation(mine, made, 6, name="School 0f Bonn")
    assert Case.select().count() == 1


def test_what_imports_bring_is_not_looked_at(portal: Flask, ctx: Context) -> None:
    for name in ("School of Bonn", "Sсhool of Bonn"):
        core.create_organisation(ctx, name=name, country="DE")
    assert Case.select().count() == 0


def test_name_of_a_person_that_is_taken_for_another_goes_to_a_reviewer(
    portal: Flask, ctx: Context, reviewer: Context
) -> None:
    make_account(portal, name="Portal Review", role=REVIEWER)
    honest = make_account(portal, name="Žanna Ķīse")
    sly = make_account(portal, name="Some Body")
    signin.update_account(acting(ctx, sly), name="PortaI Review", locale="", scheme="")
    rows = events.EventRow.select().where(events.EventRow.name == "account.renamed")
    assert [row.subject_id for row in rows] == [sly.id]
    for account in (honest, sly, sly):
        names.watch_person(ctx, account.id)
    case = Case.get()
    assert (case.kind, case.reason, case.about_account, case.organisation) == (
        PERSON,
        "same",
        sly,
        None,
    )
    with pytest.raises(Invalid):
        service.decide_case(reviewer, case, True, "No.", measure="hide", **RULE)
    service.decide_case(reviewer, case, True, "You are not ours.", measure="ask", **RULE)
    assert told(sly) == ["claims.names", "claims.decided"]
    assert Case.select().count() == 1


def test_events_of_accounts_are_heard(portal: Flask, ctx: Context) -> None:
    account = make_account(portal, name="Аdmin")  # a Cyrillic letter first
    event = Event(1, "account.registered", "account", account.id, {}, ctx.clock.now())
    for _time in range(2):
        portal.extensions["portal"].registry.hooks.tell(
            "claims", "event_happened", ctx, event=event
        )
    assert [case.reason for case in Case.select()] == ["mixed"]


def test_texts_of_decisions_are_deleted_with_the_rest(
    portal: Flask, ctx: Context, reviewer: Context, clock
) -> None:
    case = report(ctx.as_actor(ANONYMOUS), make_organisation())
    service.decide_case(reviewer, case, True, "It misleads.", measure="hide", **RULE)
    clock.moment += timedelta(days=731)
    assert service.forget_texts(ctx) == 1
    kept = Case.get_by_id(case.id)
    assert (kept.message, kept.decision, kept.rule, kept.measure) == ("", "", "", "hide")


def test_wrong_facts_are_accepted_without_more(
    portal: Flask, ctx: Context, reviewer: Context
) -> None:
    case = service.open_case(ctx.as_actor(ANONYMOUS), make_organisation(), WRONG_FACT, message="x")
    service.decide_case(reviewer, case, True, "Mended.")
    assert Case.get_by_id(case.id).state == "accepted"
