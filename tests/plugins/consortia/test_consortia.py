"""Founding, inviting, answering, leaving, leading, closing."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from plugins.consortia import inviting, labels, leading, queries, rules, service
from plugins.consortia.models import (
    ACTIVE,
    Consortium,
    Entry,
    Membership,
    Motion,
)
from plugins.links.models import Link
from plugins.notices.models import Notice
from portal import workflow
from portal.clock import FixedClock
from portal.context import Actor, Context
from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from portal.mail import Outbox
from portal.organisations.models import Organisation
from tests.factories import make_account, make_organisation
from tests.plugins.consortia.conftest import VALUES, Side, found, join, part


def states(row: Consortium) -> dict[str, str]:
    return {item.organisation.name: item.state for item in queries.members(row)}


def test_whoever_founds_leads_and_is_the_first_member(portal: Flask, ctx: Context) -> None:
    lead = Side(portal, ctx, "School")
    row = found(lead)
    assert row.lead_id == lead.id
    assert states(row) == {"School": ACTIVE}
    assert row.slug.startswith("metal-without-borders-")


def test_nobody_founds_for_an_organisation_of_others(one: Flask, ctx: Context) -> None:
    lead, other = Side(one, ctx, "School"), Side(one, ctx, "Other")
    with pytest.raises(NotFound):
        service.found(other.ctx, VALUES, lead.organisation)


def test_invited_people_are_told_accept_and_start_it(portal: Flask, ctx: Context) -> None:
    lead, baker = Side(portal, ctx, "School"), Side(portal, ctx, "Bakery", "ES")
    row = found(lead)
    with pytest.raises(Invalid, match="at least two members"):
        workflow.move(lead.ctx, row, "activate")
    inviting.invite(lead.ctx, row, baker.organisation, message="Come along")
    assert Notice.get(Notice.account == baker.account.id).kind == "consortia.invited"
    workflow.move(baker.ctx, part(row, baker), "accept")
    workflow.move(lead.ctx, Consortium.get_by_id(row.id), "activate")
    assert states(row) == {"School": ACTIVE, "Bakery": ACTIVE}
    assert part(row, baker).joined_on == "2026-11-20"


def test_inviting_a_member_again_is_refused_with_what_to_do(one: Flask, ctx: Context) -> None:
    lead, baker = Side(one, ctx, "School"), Side(one, ctx, "Bakery")
    row = found(lead)
    inviting.invite(lead.ctx, row, baker.organisation)
    with pytest.raises(Conflict, match="You can remind it"):
        inviting.invite(lead.ctx, row, baker.organisation)
    workflow.move(baker.ctx, part(row, baker), "accept")
    with pytest.raises(Conflict, match="member already"):
        inviting.invite(lead.ctx, row, baker.organisation)
    workflow.move(baker.ctx, part(row, baker), "leave")
    inviting.invite(lead.ctx, row, baker.organisation)
    assert part(row, baker).state == "invited"
    assert Membership.select().where(Membership.organisation == baker.id).count() == 1


def test_many_are_invited_at_once_and_each_line_that_fails_says_why(
    portal: Flask, ctx: Context
) -> None:
    lead = Side(portal, ctx, "School")
    bakers = [Side(portal, ctx, f"Bakery {number}") for number in range(24)]
    bakers.append(Side(portal, ctx, "L’Atelier du Haut-Pré"))
    make_organisation("Twin", "DE", state="claimed")
    make_organisation("Twin", "FR", state="claimed")
    row = found(lead)
    text = "organisation;role\n" + "\n".join(side.organisation.name for side in bakers)
    text += "\nTwin\nNobody at all\nSchool\nBakery 3;chief"
    done = inviting.invite_all(lead.ctx, row, rules.read_list(text), "Hello", ["host"])
    assert [item.line.number for item in done if item.invited] == list(range(2, 27))
    wrong = {item.line.organisation: item.problem for item in done if not item.invited}
    assert "Several organisations" in wrong["Twin"]
    assert "no such organisation" in wrong["Nobody at all"]
    assert "member already" in wrong["School"]
    assert "partner, associated_partner" in wrong["Bakery 3"]
    for side in bakers[:16]:
        workflow.move(side.ctx, part(row, side), "accept" if side.id % 2 else "decline")
    assert queries.waiting_count(row) == (25, 9)


def test_those_who_are_silent_are_reminded_every_three_days(
    portal: Flask, ctx: Context, clock: FixedClock
) -> None:
    lead, baker = Side(portal, ctx, "School"), Side(portal, ctx, "Bakery")
    row = found(lead)
    inviting.invite(lead.ctx, row, baker.organisation)
    with pytest.raises(Invalid, match="three days"):
        inviting.remind(lead.ctx, row)
    clock.moment += timedelta(days=4)
    assert inviting.remind(lead.ctx, row) == 1
    with pytest.raises(NotFound):
        inviting.remind(baker.ctx, Consortium.get_by_id(found(lead).id))


def test_a_link_answers_without_an_account_only_at_the_organisations_own_domain(
    portal: Flask, ctx: Context
) -> None:
    lead = Side(portal, ctx, "School")
    works: Organisation = make_organisation("Works", domain="works.example", country="LV")
    row = found(lead)
    with pytest.raises(Invalid, match="Add an address"):
        inviting.invite(lead.ctx, row, works)
    with pytest.raises(Invalid, match=r"own domain: works\.example"):
        inviting.invite(lead.ctx, row, works, email="somebody@elsewhere.example")
    inviting.invite(lead.ctx, row, works, email="Office@works.example")
    mail = Outbox.select().order_by(Outbox.id.desc()).get()
    assert (mail.recipient, mail.locale) == ("office@works.example", "lv")
    token = re.search(r"/consortia/invitation/(\S+)", mail.text)
    assert token
    visitor = portal.test_client()
    address = f"/consortia/invitation/{token[1]}"
    shown = visitor.get(address)
    assert shown.status_code == 200
    assert part_of(row, works).state == "invited", "opening the link does nothing"
    csrf = re.search(r'name="csrf_token" value="([^"]+)"', shown.text)
    assert csrf
    answer = visitor.post(address, data={"csrf_token": csrf[1], "answer": "yes"})
    assert answer.status_code == 303
    assert part_of(row, works).state == ACTIVE
    assert "You take part" in visitor.get(answer.location).text
    assert visitor.get(address).status_code == 303, "used: the page for links that are over"
    line = Entry.select().where(Entry.what == "member.accept").get()
    assert labels.happened(line) == "Works accepted, by the link in its mail"


def part_of(row: Consortium, organisation: Organisation) -> Any:
    return Membership.get(
        Membership.consortium == row.id, Membership.organisation == organisation.id
    )


def test_an_answer_closes_the_link(one: Flask, ctx: Context) -> None:
    lead = Side(one, ctx, "School")
    works = make_organisation("Works", domain="works.example")
    with one.test_request_context():
        row = found(lead)
        inviting.invite(lead.ctx, row, works, email="office@works.example")
        workflow.move(lead.ctx, part_of(row, works), "take_back")
    assert Link.get().closed_at is not None


def test_real_and_made_up_organisations_are_never_together(one: Flask, ctx: Context) -> None:
    lead = Side(one, ctx, "School")
    with pytest.raises(Invalid, match="made-up"):
        inviting.invite(lead.ctx, found(lead), make_organisation("X", is_fictional=True))


def test_organisations_ask_to_join_and_are_admitted_or_refused(portal: Flask, ctx: Context) -> None:
    lead, baker, other = (Side(portal, ctx, name) for name in ("School", "Bakery", "Other"))
    row = found(lead)
    with pytest.raises(NotFound):
        service.apply(other.ctx, row, other.organisation, "")
    join(row, lead, baker)
    workflow.move(lead.ctx, Consortium.get_by_id(row.id), "activate")
    service.apply(other.ctx, row, other.organisation, "We bake")
    with pytest.raises(Conflict):
        service.apply(other.ctx, row, other.organisation, "Again")
    with pytest.raises(NotAllowed):
        workflow.move(other.ctx, part(row, other), "admit")
    with pytest.raises(NotFound):
        workflow.move(baker.ctx, part(row, other), "admit")
    workflow.move(lead.ctx, part(row, other), "admit")
    assert part(row, other).state == ACTIVE


def test_the_lead_cannot_leave_but_members_can(portal: Flask, ctx: Context) -> None:
    lead, baker = Side(portal, ctx, "School"), Side(portal, ctx, "Bakery")
    row = found(lead)
    join(row, lead, baker)
    for step, comment in (("leave", ""), ("end", "Because")):
        with pytest.raises(Invalid, match="Hand the lead over first"):
            workflow.move(lead.ctx, part(row, lead), step, comment)
    with pytest.raises(Invalid, match="reasons"):
        workflow.move(lead.ctx, part(row, baker), "end")
    workflow.move(baker.ctx, part(row, baker), "leave")
    assert part(row, baker).left_on == "2026-11-20"


def test_the_lead_is_handed_over_in_two_steps(portal: Flask, ctx: Context) -> None:
    lead, baker, other = (Side(portal, ctx, name) for name in ("School", "Bakery", "Other"))
    row = found(lead)
    join(row, lead, baker)
    with pytest.raises(Invalid, match="active member"):
        leading.hand_over(lead.ctx, row, other.organisation)
    motion = leading.hand_over(lead.ctx, row, baker.organisation)
    with pytest.raises(Conflict):
        leading.hand_over(lead.ctx, row, baker.organisation)
    assert Consortium.get_by_id(row.id).lead_id == lead.id
    for side in (lead, other):
        with pytest.raises(NotFound):
            leading.answer(side.ctx, motion, accepts=True)
    leading.answer(baker.ctx, motion, accepts=True)
    assert Consortium.get_by_id(row.id).lead_id == baker.id
    assert part(row, lead).state == ACTIVE
    with pytest.raises(Conflict):
        leading.answer(baker.ctx, motion, accepts=True)
    with pytest.raises(NotAllowed):
        leading.hand_over(lead.ctx, Consortium.get_by_id(row.id), lead.organisation)
    workflow.move(lead.ctx, part(row, lead), "leave")


def test_a_silent_lead_is_replaced_by_more_than_half_of_the_others(
    portal: Flask, ctx: Context, clock: FixedClock
) -> None:
    lead, one, two, three = (Side(portal, ctx, name) for name in ("Lead", "One", "Two", "Three"))
    row = found(lead)
    join(row, lead, one, two, three)
    motion = leading.replace(one.ctx, row, two.organisation)
    assert leading.needed(row) == 2
    clock.moment += timedelta(days=15)
    assert not leading.decide(ctx, motion), "one voice of three is not enough"
    motion = leading.replace(one.ctx, row, two.organisation)
    assert leading.support(two.ctx, motion) == 2
    assert not leading.decide(ctx, motion), "the days of the lead are not over"
    clock.moment += timedelta(days=15)
    assert leading.decide_due(ctx) == 1
    assert Consortium.get_by_id(row.id).lead_id == two.id


def test_a_lead_that_does_anything_stays(portal: Flask, ctx: Context, clock: FixedClock) -> None:
    lead, one, two = (Side(portal, ctx, name) for name in ("Lead", "One", "Two"))
    row = found(lead)
    join(row, lead, one, two)
    motion = leading.replace(one.ctx, row, two.organisation)
    leading.support(two.ctx, motion)
    with pytest.raises(NotAllowed):
        leading.support(lead.ctx, motion)
    workflow.move(lead.ctx, part(row, two), "end", "It sends nobody")
    clock.moment += timedelta(days=15)
    assert leading.decide_due(ctx) == 0
    assert Consortium.get_by_id(row.id).lead_id == lead.id
    assert Motion.get_by_id(motion.id).state == "stopped"


def test_closing_asks_for_reasons_and_leaves_nobody_waiting(portal: Flask, ctx: Context) -> None:
    lead, baker = Side(portal, ctx, "School"), Side(portal, ctx, "Bakery")
    row = found(lead)
    inviting.invite(lead.ctx, row, baker.organisation)
    with pytest.raises(Invalid):
        workflow.move(lead.ctx, row, "close")
    workflow.move(lead.ctx, row, "close", "The grant is over")
    assert part(row, baker).state == "ended"
    with pytest.raises(NotAllowed):
        inviting.invite(lead.ctx, Consortium.get_by_id(row.id), baker.organisation)


def test_what_a_reviewer_suspended_a_reviewer_lets_go_on(portal: Flask, ctx: Context) -> None:
    lead, baker = Side(portal, ctx, "School"), Side(portal, ctx, "Bakery")
    row = found(lead)
    join(row, lead, baker)
    workflow.move(lead.ctx, Consortium.get_by_id(row.id), "activate")
    who = make_account(portal, role="Reviewer")
    reviewer = ctx.as_actor(Actor(who.id, who.name, frozenset({"Member", "Reviewer"})))
    workflow.move(reviewer, Consortium.get_by_id(row.id), "suspend", "Misleading")
    with pytest.raises(Invalid, match="reviewer suspended"):
        workflow.move(lead.ctx, Consortium.get_by_id(row.id), "reinstate")
    workflow.move(reviewer, Consortium.get_by_id(row.id), "reinstate")


def test_the_history_names_every_deed(portal: Flask, ctx: Context) -> None:
    lead, baker = Side(portal, ctx, "School"), Side(portal, ctx, "Bakery")
    row = found(lead)
    join(row, lead, baker)
    workflow.move(lead.ctx, part(row, baker), "end", "It sends nobody")
    told = [labels.happened(entry) for entry in reversed(queries.history(row))]
    assert told == [
        "School founded the consortium",
        "School is a member",
        "Bakery was invited",
        "Bakery accepted",
        "The participation of Bakery was ended: It sends nobody",
    ]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("School", [("School", "", "", "")]),
        ("School, ES, a@b.example, partner", [("School", "ES", "a@b.example", "partner")]),
        ("email;organisation\nx@y.example;School", [("School", "", "x@y.example", "")]),
        ("organisation\tcountry\nSchool\tES\n\n\tDE", [("School", "ES", "", "")]),
        ('"Comma, Inc.",DE', [("Comma, Inc.", "DE", "", "")]),
        ("", []),
    ],
)
def test_lists_are_read_as_people_paste_them(text: str, read: list[tuple[str, ...]]) -> None:
    found_lines = rules.read_list(text)
    assert [(row.organisation, row.country, row.email, row.role) for row in found_lines] == read


@pytest.mark.parametrize(("others", "needed"), [(1, 1), (2, 2), (3, 2), (4, 3), (10, 6)])
def test_a_quorum_is_more_than_half(others: int, needed: int) -> None:
    assert rules.quorum(others) == needed
