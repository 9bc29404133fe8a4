"""From a draft into force: three steps, and what stands against each."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from plugins.agreements import (
    drafting,
    interface,
    life,
    negotiating,
    policy,
    queries,
    service,
    signing,
)
from plugins.agreements.models import Signature
from plugins.agreements.workflow import parties, standing
from portal import workflow
from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from portal.mail import Outbox
from portal.organisations.models import OrganisationMember
from tests.factories import make_organisation
from tests.plugins.agreements.conftest import World, content, mailed_link, party_of


def test_three_steps_lead_into_force(world: World) -> None:
    row = world.sent()
    assert row.state == "negotiation"
    assert party_of(row, world.schools[0]).confirmed == row.number

    assert world.agree(row, 1) is True
    assert world.now(row).state == "ready"
    world.sign(row, 0)
    assert world.now(row).state == "signing"
    world.sign(row, 1)
    assert world.now(row).state == "in_force"


def test_an_agreement_is_filled_with_what_is_known(world: World) -> None:
    row = world.begin()
    said = {clause["id"]: clause["values"] for clause in content(row)["clauses"]}
    assert said["procedures"]["assess_sending"] == "School 0"
    assert said["procedures"]["assess_host"] == "School 1"
    assert said["validity"]["valid_from"] == "2026-11-20"
    assert row.ends_on == said["validity"]["valid_until"]


@pytest.mark.parametrize("kind", ["mou", "learning", "consortium", "sharing"])
def test_each_kind_can_be_shown_in_two_languages(world: World, kind: str) -> None:
    others = [service.Asked("host", world.schools[1])]
    row = service.begin(
        world.ctx(), world.schools[0], kind, "Two languages",
        role="lead" if kind == "consortium" else "sending", others=others, languages=["en", "de"],
    )  # fmt: skip
    for clause in content(row)["clauses"]:
        assert set(clause["title"]) == {"en", "de"}
        assert clause["title"]["en"] != clause["id"]
        assert set(clause["labels"]) >= set(clause["values"])


def test_a_draft_is_seen_by_nobody_else(world: World) -> None:
    row = world.begin()
    with pytest.raises(NotFound):
        queries.find(world.ctx(world.writers[1]), row.public_id)


def test_open_points_stand_against_agreeing(world: World) -> None:
    row = world.begin()
    world.change(row, 0, "qualifications", units=[])
    negotiating.send(world.ctx(world.writers[0]), row)
    with pytest.raises(Invalid, match="unit"):
        world.agree(row, 1)


def test_a_party_without_a_signatory_holds_up_the_round(world: World) -> None:
    row = world.sent()
    OrganisationMember.delete().where(OrganisationMember.account == world.heads[1].id).execute()
    assert world.agree(row, 1) is False
    assert world.now(row).state == "negotiation"

    OrganisationMember.create(
        organisation=world.schools[1].id, account=world.heads[1].id, role="OrgSignatory",
        joined_at=world.ctx().clock.now(),
    )  # fmt: skip
    life.look_after(world.ctx())
    assert world.now(row).state == "ready"


def test_only_whoever_signs_for_a_party_may_sign(world: World) -> None:
    row = world.frozen()
    with pytest.raises(NotAllowed, match="School 1"):
        signing.sign(world.ctx(world.writers[1]), row, world.hand(row, 1), world.digest(row))
    with pytest.raises(NotFound):
        policy.hand(world.ctx(world.writers[2]), row, signing=True)


def test_a_removed_signatory_signs_no_more(world: World) -> None:
    row = world.frozen()
    OrganisationMember.update(role="OrgMember").where(
        OrganisationMember.account == world.heads[1].id
    ).execute()
    with pytest.raises(NotAllowed, match="not any more"):
        world.sign(row, 1)


def test_whoever_signs_finds_it_among_their_tasks(world: World) -> None:
    row = world.sent()
    head, member = world.ctx(world.heads[1]), world.ctx(world.heads[2])
    assert queries.tasks(head) == []
    world.agree(row, 1)
    assert [(one.id, what) for one, what, _since in queries.tasks(head)] == [(row.id, "sign")]
    assert queries.tasks(member) == []
    world.sign(row, 1)
    assert queries.tasks(head) == []


def test_signing_twice_is_told_so(world: World) -> None:
    row = world.frozen()
    world.sign(row, 0)
    with pytest.raises(Conflict, match="has signed already"):
        world.sign(row, 0)
    assert Signature.select().count() == 1


def test_parties_may_sign_in_their_order(world: World) -> None:
    row = world.sent(3)
    with pytest.raises((NotAllowed, NotFound)):
        service.sign_in_turn(world.ctx(world.writers[1]), row, True)
    service.sign_in_turn(world.ctx(world.writers[0]), row, True)
    for at in (1, 2):
        world.agree(row, at)
    asked = Outbox.select().where(Outbox.recipient == world.heads[2].email)
    with pytest.raises((Conflict, NotAllowed)):
        service.sign_in_turn(world.ctx(world.writers[0]), row, False)
    assert [one.party.name for one in queries.waiting(world.now(row))] == ["School 0"]
    with pytest.raises(Conflict, match="turn of School 0"):
        world.sign(row, 2)
    assert not asked.exists()
    world.sign(row, 0)
    assert [one.party.name for one in queries.waiting(world.now(row))] == ["School 1"]
    world.sign(row, 1)
    assert asked.exists()
    world.sign(row, 2)
    assert world.now(row).state == "in_force"
    with pytest.raises((Conflict, NotAllowed)):
        service.sign_in_turn(world.ctx(world.writers[0]), row, False)


def test_a_stale_page_signs_nothing(world: World) -> None:
    row = world.frozen()
    digest = world.digest(row)
    world.change(row, 0, "contacts", office={parties(row.id)[0].public_id: "Office"})
    with pytest.raises(signing.Stale) as caught:
        world.sign(row, 1, digest)
    assert caught.value.shown is not None and caught.value.shown.digest == digest
    assert not standing(row.id)


def test_a_clerical_change_leaves_signatures_and_a_material_one_voids_them(world: World) -> None:
    row = world.frozen()
    world.sign(row, 0)
    world.change(row, 1, "contacts", office={parties(row.id)[0].public_id: "Office"})
    assert [item.party_id for item in standing(row.id)] == [parties(row.id)[0].id]
    assert world.now(row).state == "signing"

    world.change(row, 1, "objectives", other="Also friendship.")
    assert standing(row.id) == []
    now = world.now(row)
    assert (now.state, now.frozen) == ("negotiation", 0)
    assert "Objectives" in signing.reasons(now)


def test_in_force_needs_an_amendment_that_takes_its_place(world: World) -> None:
    row = world.in_force()
    with pytest.raises(Conflict, match="amendment"):
        world.change(row, 0, "objectives", other="Also friendship.")
    ctx = world.ctx(world.writers[1])
    later = service.follow(ctx, row, "amend", world.schools[1])
    with pytest.raises(Conflict, match="under way"):
        service.follow(ctx, row, "amend", world.schools[1])
    world.change(later, 1, "objectives", other="Also friendship.")
    negotiating.send(ctx, later)
    world.agree(later, 0)
    for at in (0, 1):
        world.sign(later, at)
    assert world.now(later).state == "in_force"
    assert world.now(row).state == "superseded"


def test_a_renewal_begins_after_the_old_end(world: World) -> None:
    row = world.in_force()
    later = service.follow(world.ctx(world.writers[0]), row, "renew", world.schools[0])
    assert world.now(later).starts_on > row.ends_on
    assert content(later)["parties"][0]["public_id"] != content(row)["parties"][0]["public_id"]


def test_declining_opens_the_text_again_with_the_reason(world: World) -> None:
    row = world.frozen()
    world.sign(row, 0)
    with pytest.raises(Invalid):
        signing.decline(world.ctx(world.heads[1]), row, world.hand(row, 1, True), "")
    signing.decline(world.ctx(world.heads[1]), row, world.hand(row, 1, True), "Too long.")
    assert world.now(row).state == "negotiation"
    assert standing(row.id) == []
    assert all(party.confirmed == 0 for party in parties(row.id))


def test_a_faster_change_keeps_both_texts(world: World) -> None:
    row = world.sent()
    clause = queries.clause(row, "objectives")
    world.change(row, 1, "objectives", other="Theirs")
    with pytest.raises(Conflict) as caught:
        negotiating.change(
            world.ctx(world.writers[0]), row, world.hand(row, 0), "objectives",
            {"other": "Ours"}, clause.version,
        )  # fmt: skip
    assert caught.value.texts["other"]["yours"] == "Ours"
    assert caught.value.texts["other"]["theirs"] == "Theirs"


def test_a_suggestion_is_taken_over_by_another_party(world: World) -> None:
    row = world.sent()
    made = negotiating.remark(
        world.ctx(world.writers[1]), row, world.hand(row, 1), "review", "Yearly",
        {"en": "Every year."},
    )  # fmt: skip
    negotiating.answer(world.ctx(world.writers[0]), row, world.hand(row, 0), made.public_id, True)
    assert queries.clause(row, "review").texts["text"]["en"] == "Every year."
    with pytest.raises(Conflict, match="already"):
        negotiating.answer(
            world.ctx(world.writers[0]), row, world.hand(row, 0), made.public_id, False
        )


def test_a_text_that_changed_meanwhile_is_not_agreed_to(world: World) -> None:
    row = world.sent()
    digest = world.digest(row)
    world.change(row, 0, "objectives", other="New")
    with pytest.raises(Conflict):
        negotiating.agree(world.ctx(world.writers[1]), row, world.hand(row, 1), digest)


def test_a_partner_without_an_account_reads_agrees_and_signs_by_links(world: World) -> None:
    company = service.Asked("host", None, "Bakery Ltd", "boss@bakery.example", "en")
    row = world.begin()
    service.add_party(world.ctx(world.writers[0]), row, company)
    each = {party.public_id: "Baking" for party in parties(row.id)}
    world.change(row, 0, "organisations", competence=each)
    negotiating.send(world.ctx(world.writers[0]), row)
    world.agree(row, 1)
    browser, token = world.app.test_client(), mailed_link("boss@bakery.example")
    page = browser.get(f"/agreements/links/{token}")
    assert page.status_code == 200
    assert world.writers[0].email not in page.text
    told = _post(browser, f"/agreements/links/{token}/agree", page, digest=world.digest(row))
    assert told.status_code == 303
    assert world.now(row).state == "ready"
    page = browser.get(f"/agreements/links/{token}/sign")
    told = _post(
        browser, f"/agreements/links/{token}/sign", page, digest=world.digest(row), intent="yes"
    )
    assert told.status_code == 303, told.text
    signature = standing(row.id)[0]
    assert (signature.name, signature.evidence["by"]) == ("Bakery Ltd", "link")


def _post(browser: Any, path: str, page: Any, **values: str) -> Any:
    import re

    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert token
    return browser.post(path, data={"csrf_token": token[1], **values})


def test_a_party_that_left_sees_nothing_more(world: World) -> None:
    row = world.sent(3)
    gone = party_of(row, world.schools[2])
    assert queries.find(world.ctx(world.writers[2]), row.public_id)
    service.remove_party(world.ctx(world.writers[0]), row, gone.public_id)
    with pytest.raises(NotFound):
        queries.find(world.ctx(world.writers[2]), row.public_id)
    assert gone.public_id not in str(content(row)["parties"])


def test_unclaimed_and_invented_partners_are_refused(world: World) -> None:
    row = world.begin()
    nobody = make_organisation("Nobody's school")
    made_up = make_organisation("Made up", admin=world.writers[2], is_fictional=True)
    ctx = world.ctx(world.writers[0])
    for partner in (nobody, made_up, world.schools[1]):
        with pytest.raises(Invalid):
            service.add_party(ctx, row, service.Asked("partner", partner))


def test_days_in_the_past_are_named(world: World) -> None:
    row, ctx = world.begin(), world.ctx(world.writers[0])
    today = ctx.clock.now().date()
    late = (today - timedelta(days=1)).isoformat()
    world.change(row, 0, "validity", valid_from="2020-01-01", valid_until=late)
    assert "The last day is over." in [item.text for item in drafting.problems(ctx, world.now(row))]
    with pytest.raises(Invalid, match="from today on"):
        service.begin(
            ctx, world.schools[0], "mou", "Late", role="partner", deadline=today - timedelta(days=1)
        )
    signed = world.in_force()
    with pytest.raises(Invalid, match="from today on"):
        life.give_notice(ctx, signed, world.hand(signed, 0), "Over", today - timedelta(days=1))
    assert world.now(signed).terminates_at is None


def test_a_party_that_vanished_holds_nothing_up_unseen(world: World) -> None:
    row = world.frozen()
    world.sign(row, 0)
    OrganisationMember.delete().where(
        OrganisationMember.organisation == world.schools[1].id
    ).execute()  # everybody there has left
    assert [party.name for party in negotiating.without_signatory(parties(row.id))] == ["School 1"]
    with pytest.raises(NotFound):
        world.sign(row, 1)
    assert len(standing(row.id)) == 1  # nothing is lost
    reason = "School 1 is not there any more"
    workflow.move(world.ctx(world.writers[0]), world.now(row), "cancel", reason)
    assert (world.now(row).state, standing(row.id)) == ("cancelled", [])
    with pytest.raises(NotFound):
        policy.held(row, "0" * 16, "nobody@mail.example", "Nobody")


def test_the_end_is_reminded_of_and_comes_by_itself(world: World) -> None:
    row = world.in_force()
    clock = world.app.extensions["portal"].clock
    clock.advance(timedelta(days=365 * 3 - 20)) if hasattr(clock, "advance") else None
    assert row.expires_at is not None
    assert row.expires_at.date().isoformat() > row.ends_on


def test_notice_ends_an_agreement_on_its_day(world: World) -> None:
    row = world.in_force()
    ctx, hand = world.ctx(world.writers[1]), world.hand(row, 1)
    today = ctx.clock.now().date()
    with pytest.raises(Invalid):
        life.give_notice(ctx, row, hand, "", today)
    life.give_notice(ctx, row, hand, "We close the bakery.", today + timedelta(days=30))
    now = world.now(row)
    assert now.state == "in_force" and now.terminates_at is not None
    workflow.move(world.ctx(), now, "terminate")
    assert world.now(row).state == "terminated"


def test_a_learning_agreement_says_what_is_promised_by_when(world: World) -> None:
    row = service.begin(
        world.ctx(world.writers[0]), world.schools[0], "learning", "Two weeks", role="sending",
        others=[service.Asked("host", world.schools[1])],
    )  # fmt: skip
    world.change(row, 0, "participants", people=6)
    world.change(row, 0, "duration", starts_on="2027-05-03", ends_on="2027-05-14", weeks=2)
    world.change(row, 0, "qualification", title="Baker")
    world.change(row, 0, "outcomes", units=[{"title": "Bread", "skills": "Bakes."}])
    world.change(
        row, 0, "recognition", recognise_what="One unit", recognise_by="2027-07-01", competent="Own"
    )
    assert drafting.problems(world.ctx(), world.now(row)) == []
    negotiating.send(world.ctx(world.writers[0]), row)
    world.agree(row, 1)
    for at in (0, 1):
        world.sign(row, at)
    [promise] = interface.promised(row.id)
    assert (promise.due_on, promise.organisation_id) == ("2027-07-01", world.schools[0].id)


def test_who_is_told_sees_no_address(world: World) -> None:
    row = world.frozen()
    assert Outbox.select().where(Outbox.recipient == world.heads[1].email).exists()
    for mail in Outbox.select():
        others = [a.email for a in (*world.writers, *world.heads) if a.email != mail.recipient]
        assert not any(address in mail.text for address in others)
    assert row.state == "ready"


def test_a_guard_counts_signatures_again(world: World) -> None:
    row = world.frozen()
    world.sign(row, 0)
    with pytest.raises(Invalid, match="Not every party has signed"):
        workflow.move(world.ctx(), world.now(row), "complete")
    with pytest.raises((NotAllowed, NotFound)):
        workflow.move(world.ctx(world.writers[0]), world.now(row), "complete")


def test_versions_and_signatures_can_not_be_rewritten(world: World) -> None:
    row = world.frozen()
    world.sign(row, 0)
    shown = queries.shown(row)
    with pytest.raises(Exception, match="keeps what was written"):
        type(shown).update(digest="sha256:0").where(type(shown).id == shown.id).execute()
    with pytest.raises(Exception, match="keeps what was written"):
        Signature.update(level="passkey").execute()
