"""Past cooperation from proposal to rating: who may, what counts, what never does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from plugins.cooperation import documents, profile, queries, service
from plugins.cooperation.models import Document, Record
from plugins.mobilities import interface as mobilities
from plugins.notices.models import Notice
from plugins.ratings import giving, inviting, releasing, rows
from plugins.ratings import queries as rated
from plugins.ratings.models import Ending, Invitation, Rating
from plugins.ratings.score import scores
from portal import audit, db, events, workflow
from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from portal.organisations.models import OrganisationMember
from tests.factories import audited, make_account, make_member
from tests.plugins.cooperation.conftest import PDF, STAY, World

DAY = timedelta(days=1)


def told(world: World, name: str) -> list[str]:
    """Return the titles of what an organisation's person was told."""
    of: Any = Notice
    rows = of.select().where(of.account == world.people[name].id).order_by(of.id)
    return [row.title["message"] % row.title["values"] for row in rows]


def test_both_say_it_and_then_both_profiles_show_it_at_weight_0(any_world: World) -> None:
    world = any_world
    row = world.proposed()
    assert told(world, "Bakery") == ["School says that you worked together: is it true?"]
    for name in ("School", "Bakery"):
        assert profile.known(world.ctx, world.organisation(name)).kinds == 0
    with pytest.raises(NotAllowed):
        workflow.move(world.acting("School"), row, "confirm")

    workflow.move(world.acting("Bakery"), row, "confirm")

    assert told(world, "School") == ["Bakery confirmed that you worked together"]
    for name in ("School", "Bakery"):
        known = profile.known(world.ctx, world.organisation(name))
        assert (len(known.confirmed), known.kinds) == (1, 1)
    assert Ending.select().count() == 0
    assert [entry.action for entry in audited().limit(20) if "cooperation" in entry.action][:2] == [
        "cooperation_record.confirm",
        "cooperation.proposed",
    ]


def test_a_pair_has_one_entry_whoever_proposes(any_world: World) -> None:
    world = any_world
    row = world.proposed()
    for one, other in (("School", "Bakery"), ("Bakery", "School")):
        with pytest.raises(Conflict):
            world.proposed(one, other)
    workflow.move(world.acting("Bakery"), row, "decline", "We never met.")
    assert told(world, "School") == ["Bakery declined what you wrote about past cooperation"]
    assert world.proposed("Bakery", "School").id != row.id
    with pytest.raises(Conflict):  # the pair has another entry by now
        school = world.organisation("School")
        service.correct(world.acting("School"), Record.get_by_id(row.id), school, STAY, None)


def test_an_organisation_has_five_entries(world: World) -> None:
    for at in range(4):
        world.confirmed("School", f"Host{at}")
    sixth = world.proposed("Late", "School")  # what others only propose fills nobody's list
    world.confirmed("School", "Host4")
    for one, other in (("School", "Other"), ("Other", "School")):
        with pytest.raises(Invalid) as refused:
            world.proposed(one, other)
        assert refused.value.field == "partner"
    with pytest.raises(Invalid):
        workflow.move(world.acting("School"), sixth, "confirm")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"state": "claimed"}, {}),
        ({}, {"state": "unclaimed"}),
        ({}, {"is_fictional": True}),
    ],
    ids=["not verified", "nobody there", "made up"],
)
def test_both_are_verified_and_of_one_world(
    one: dict[str, Any], other: dict[str, Any], world: World
) -> None:
    world.organisation("School", **one)
    world.organisation("Bakery", **other)
    with pytest.raises(Invalid):
        world.proposed()
    assert not Record.select().exists()


def test_strangers_and_members_without_a_pen_can_do_nothing(world: World) -> None:
    row = world.proposed()
    member = make_account(world.app)
    make_member(world.organisation("Bakery"), member, "OrgMember")
    world.people["member"] = member
    world.organisation("Stranger")
    with pytest.raises(NotFound):
        workflow.move(world.acting("Stranger"), row, "confirm")
    with pytest.raises(NotFound):
        queries.record(world.acting("Stranger"), row.public_id)
    with pytest.raises(NotAllowed):
        workflow.move(world.acting("member"), row, "confirm")
    with pytest.raises(NotFound):
        school = world.organisation("School")
        service.propose(world.acting("Stranger"), school, world.organisation("Bakery"), STAY)


def test_who_came_is_what_the_log_remembers_not_who_is_left(world: World) -> None:
    school, bakery = world.organisation("School"), world.organisation("Bakery")
    audit.record(world.ctx, "member.added", "organisation", school.id, account=1, role="OrgAdmin")
    audit.record(world.ctx, "member.added", "organisation", bakery.id, account=2, role="OrgAdmin")
    world.app.extensions["portal"].clock.moment += timedelta(days=400)
    OrganisationMember.update(joined_at=world.ctx.clock.now()).execute()
    assert str(queries.joined_on(school)) == "2026-11-20"
    with pytest.raises(Invalid) as refused:
        world.proposed()
    assert refused.value.field == "partner"
    newcomer = world.organisation("Newcomer")  # may, with whoever is here for long
    OrganisationMember.update(joined_at=world.ctx.clock.now()).where(
        OrganisationMember.organisation == newcomer.id
    ).execute()
    assert world.proposed("School", "Newcomer", first_month="2027-03", last_month="2027-04")


def test_a_correction_is_confirmed_anew_by_the_other_side(world: World) -> None:
    row, bakery = world.confirmed(), world.organisation("Bakery")
    seen = row.version
    service.correct(world.acting("Bakery"), row, bakery, STAY | {"participants": 3}, seen)
    now = Record.get_by_id(row.id)
    assert (now.state, now.participants, now.proposer_id) == ("proposed", 3, bakery.id)
    assert now.sender_id == bakery.id  # "we sent" is said by the bakery now
    assert queries.confirmed_of(bakery.id) == []
    with pytest.raises(Conflict):  # made from what stood there before
        service.correct(world.acting("Bakery"), now, bakery, STAY, seen)
    with pytest.raises(NotAllowed):
        workflow.move(world.acting("Bakery"), now, "confirm")
    service.correct(world.acting("School"), now, world.organisation("School"), STAY, None)
    with pytest.raises(Invalid):  # three times is enough
        later = Record.get_by_id(row.id)
        service.correct(world.acting("Bakery"), later, bakery, STAY, None)


def test_either_side_takes_it_back_and_a_reviewer_strikes_it(world: World) -> None:
    row = world.confirmed()
    workflow.move(world.acting("School"), row, "take_back", "It was another project.")
    assert queries.confirmed_of(world.organisation("Bakery").id) == []
    again = world.confirmed("School", "Bakery")
    reviewer = world.acting("Reviewer")
    make_member(world.organisation("Bakery"), world.people["Reviewer"], "OrgMember")
    with pytest.raises(NotAllowed):  # who belongs to a side
        workflow.move(reviewer, again, "strike", "Made up.")
    world.people["other"] = make_account(world.app, role="Reviewer")
    workflow.move(world.acting("other"), again, "strike", "Made up.")
    assert queries.confirmed_of(world.organisation("Bakery").id) == []


def test_a_partner_who_does_not_answer_is_reminded_once(world: World) -> None:
    world.proposed()
    assert service.remind(world.ctx) == 0
    world.app.extensions["portal"].clock.moment += 15 * DAY
    assert [service.remind(world.ctx), service.remind(world.ctx)] == [1, 0]
    assert told(world, "Bakery")[-1] == "School still waits for your answer"


# Documents, and the only way to a rating of what was before


def stay_of(world: World, row: Record) -> Ending:
    """Let a reviewer accept a document and the events of it arrive; return what is asked."""
    workflow.move(world.acting("Reviewer"), world.handed_in(row), "accept")
    placement = Record.get_by_id(row.id).placement
    found = events.EventRow.select().where(events.EventRow.name == "mobility.ended")
    assert [event.subject_id for event in found] == [placement]
    ending = inviting.ask(world.ctx, placement)
    assert ending
    return ending


def rate(world: World, ending: Ending, role: str, stars: int) -> None:
    """Let a side give the same stars for everything."""
    row = Invitation.get(Invitation.ending == ending.id, Invitation.role == role)
    chosen = {part.rated_role: dict.fromkeys(part.criteria, stars) for part in rated.parts(row)}
    giving.rate(world.acting("School" if role == "sending" else "Bakery"), row, chosen, {})


def test_a_document_lets_organisations_rate_double_blind_and_no_learners(any_world: World) -> None:
    world = any_world
    ending = stay_of(world, world.confirmed())
    assert ending.evidence == "backfilled"
    roles = [row.role for row in Invitation.select().order_by(Invitation.role)]
    assert roles == ["host", "sending"]
    assert mobilities.participants(ending.placement) == []
    assert mobilities.completion([world.organisation("School").id]) == {}

    rate(world, ending, "sending", 5)
    assert releasing.release(world.ctx) == 0  # sealed: the other side has not rated
    rate(world, ending, "host", 4)
    assert releasing.release(world.ctx) == 1

    given = rows.released(world.ctx)
    assert {row.evidence for row in given} == {"backfilled"}
    found = list(scores(given).values())
    assert [score.raters for score in found] == [0, 0]  # never among the three required
    assert [sum(score.weights) for score in found] == [0, 0]  # nothing but each other: mutual
    known = profile.known(world.ctx, world.organisation("School"))
    assert (len(known.backfilled), len(known.confirmed)) == (1, 0)
    assert rated.rated_of_ended([world.organisation("School").id]) == {}


def test_one_sided_backfill_weighs_a_quarter_and_is_labelled(world: World) -> None:
    ending = stay_of(world, world.confirmed())
    rate(world, ending, "sending", 5)
    world.app.extensions["portal"].clock.moment += 15 * DAY
    assert releasing.release(world.ctx) == 1
    (score,) = scores(rows.released(world.ctx)).values()
    assert sum(score.weights) <= 0.25 and score.raters == 0 and not score.is_enough
    assert sum(score.weights) > 0.15  # less by its age
    client = world.app.test_client()
    page = client.get("/ratings/about/bakery").text
    assert "from before joining, weighs little" in page
    assert "Stay with a document" in client.get("/partners/bakery").text
    assert "Stays with a document" in client.get("/cooperation/of/bakery").text


def test_no_way_leads_to_a_rating_without_a_stay_that_a_reviewer_saw(world: World) -> None:
    row = world.proposed()
    with pytest.raises(NotAllowed):  # not confirmed
        world.handed_in(row)
    workflow.move(world.acting("Bakery"), row, "confirm")
    document = world.handed_in(Record.get_by_id(row.id))
    for name in ("School", "Bakery"):
        with pytest.raises((NotAllowed, NotFound)):
            workflow.move(world.acting(name), document, "accept")
    make_member(world.organisation("Bakery"), world.people.setdefault(
        "linked", make_account(world.app, role="Reviewer")))  # fmt: skip
    with pytest.raises(NotAllowed):
        workflow.move(world.acting("linked"), document, "accept")
    sides = {"sending": world.organisation("School"), "host": world.organisation("Bakery")}
    today = world.ctx.clock.now().date()
    days = {"starts_on": today - 60 * DAY, "ends_on": today - 30 * DAY}
    for ctx, more in (
        (world.acting("School"), {"evidence": "backfilled"}),
        (world.acting("Reviewer"), {"evidence": "backfilled"}),
        (world.ctx, {}),
        (world.ctx, {"evidence": "backfilled", "ends_on": today + DAY}),
        (world.ctx, {"evidence": "backfilled", "outcome": "did_not_happen"}),
        (world.ctx, {"evidence": "backfilled", "participants": [{"name": "Learner"}]}),
    ):
        with pytest.raises(NotAllowed):
            mobilities.record(ctx, **{**sides, **days, **more})
    assert (Ending.select().count(), Rating.select().count()) == (0, 0)


def test_a_document_is_sealed_kept_for_a_while_and_read_by_few(any_world: World) -> None:
    world = any_world
    row = world.confirmed()
    document = world.handed_in(row)
    with pytest.raises(Conflict):
        world.handed_in(row, "Bakery")
    stored = db.query("SELECT content FROM cooperation_document")[0][0]
    assert b"Canary" not in bytes(stored)
    assert documents.read(world.acting("Reviewer"), document) == PDF
    assert audited("cooperation.document_read").count() == 1
    with pytest.raises(NotFound):
        queries.document(world.acting("Bakery"), document.public_id)
    workflow.move(world.acting("Reviewer"), document, "refuse", "It names nobody.")
    assert told(world, "School")[-1] == "A document was not accepted: read why"
    assert documents.forget(world.ctx) == 0
    world.app.extensions["portal"].clock.moment += 31 * DAY
    assert [documents.forget(world.ctx), documents.forget(world.ctx)] == [1, 0]
    assert Document.get_by_id(document.id).content is None
    assert world.handed_in(row, "Bakery").state == "waiting"  # another try


def test_a_stay_that_ended_too_long_before_stays_confirmed(world: World) -> None:
    row = world.confirmed(first_month="2025-03", last_month="2025-04")
    with pytest.raises(Conflict):
        world.handed_in(row, day=world.ctx.clock.now().date().replace(year=2025, month=5))


def test_what_was_rated_is_not_taken_back_by_a_side(world: World) -> None:
    row = world.confirmed()
    stay_of(world, row)
    now = Record.get_by_id(row.id)
    with pytest.raises(Invalid):
        workflow.move(world.acting("School"), now, "take_back", "Sorry.")
    with pytest.raises(Invalid):
        service.correct(world.acting("School"), now, world.organisation("School"), STAY, None)
    workflow.move(world.acting("Reviewer"), now, "strike", "The document was forged.")
    assert Ending.select().count() == 1  # nothing is deleted; ratings are disputed one by one


def test_a_document_of_an_entry_that_was_changed_meanwhile_is_not_accepted(world: World) -> None:
    row = world.confirmed()
    document = world.handed_in(row)
    service.correct(world.acting("School"), row, world.organisation("School"), STAY, None)
    with pytest.raises(Invalid):
        workflow.move(world.acting("Reviewer"), document, "accept")
    assert Record.get_by_id(row.id).placement is None
