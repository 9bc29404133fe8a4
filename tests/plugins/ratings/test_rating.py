"""Who is asked, rating on both ways, release, and what follows from it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from peewee import PeeweeException

from plugins.partners import service as partners
from plugins.ratings import answering, giving, inviting, queries, releasing, rows, rules
from plugins.ratings.interface import scores as standings
from plugins.ratings.models import (
    Answer,
    Dispute,
    Ending,
    Invitation,
    Rating,
    StoredScore,
    Text,
)
from plugins.ratings.parameters import Parameters
from plugins.ratings.score import scores
from portal import db, events, workflow
from portal.context import Actor
from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from portal.jobs import Job
from portal.organisations.models import Organisation
from tests.factories import audited, make_account, make_member, post, set_settings, sign_in
from tests.plugins.ratings.world import World, link_in, mails
from tests.visiting import Visitor

DAY = timedelta(days=1)


def fields(world: World, row: Invitation, stars: str = "4") -> dict[str, str]:
    """Return what somebody sends who chooses the same everywhere."""
    return {
        f"{part.rated_role}-{name}": stars for part in queries.parts(row) for name in part.criteria
    }


def several(world: World, raters: int = 3, learners: int = 3, stars: int = 5) -> list[Ending]:
    """Let several schools rate the bakery, with their learners, and release it."""
    made = []
    for at in range(raters):
        ending = world.ask(sending=f"School {at}", learners=learners)
        for place in range(learners):
            world.rate(ending, "learner", stars, at=place)
        world.rate(ending, "sending", stars)
        world.rate(ending, "host", 3)
        made.append(ending)
    assert releasing.release(world.ctx) == raters
    return made


# Rules


@pytest.mark.parametrize("outcome", ["ended", "interrupted", "did_not_happen"])
def test_every_side_is_asked_about_every_other_and_never_about_itself(outcome: str) -> None:
    sides = {"sending": 1, "host": 2, "supporting": 3}
    for role in (*sides, "learner"):
        parts = rules.parts(1, outcome, role, sides)
        own = sides.get("sending" if role == "learner" else role)
        assert own not in [part.rated_id for part in parts]
        assert parts, role
        assert {name for part in parts for name in part.criteria} <= rules.criteria().keys()


def test_an_organisation_with_two_roles_is_there_once() -> None:
    assert rules.sides(1, 2, 2) == {"sending": 1, "host": 2}
    assert rules.parts(1, "ended", "sending", {"sending": 1, "host": 1}) == ()


@pytest.mark.parametrize(("after", "opens"), [(1, 31), (16, 31), (20, 34), (200, 214)])
def test_sealed_for_thirty_days_and_never_less_than_two_weeks(after: int, opens: int) -> None:
    end = date(2026, 3, 1)
    asked_at = world_day(end) + after * DAY
    assert rules.opens_at(end, asked_at, 30) == world_day(end) + opens * DAY


def world_day(day: date) -> Any:
    return rules.datetime(day.year, day.month, day.day, tzinfo=rules.UTC)


# Asking


def test_the_end_of_a_stay_asks_each_side_once(any_world: World) -> None:
    stay = any_world.stay(supporting="Helper", learners=2)
    made = inviting.ask(any_world.ctx, stay.id)
    assert made and inviting.ask(any_world.ctx, stay.id) is None
    roles = [row.role for row in Invitation.select().order_by(Invitation.id)]
    assert roles == ["sending", "host", "supporting", "learner", "learner"]
    assert [len(queries.waiting(any_world.acting(name))) for name in any_world.people] == [1, 1, 1]
    assert len(mails("ratings/rate")) == 2
    assert not mails("ratings/guardian")
    assert {mail.recipient for mail in mails("notices/notice")} == {
        account.email for account in any_world.people.values()
    }


def test_guardians_of_minors_are_told_and_minors_write_no_text(world: World) -> None:
    ending = world.ask(learners=1, is_minor=True, guardian_email="parent@mail.example")
    told = mails("ratings/guardian")[0]
    assert told.recipient == "parent@mail.example"
    assert "/ratings/link/" not in told.text
    page = Visitor(world.app.test_client())(link_in(mails("ratings/rate")[0]))
    assert "<textarea" not in page.text
    row = world.invitation(ending, "learner")
    stars = {"host": dict.fromkeys(queries.parts(row)[0].criteria, 5)}
    giving.rate(world.ctx, row, stars, {"host": "I am Kim."})
    assert not Text.select().exists()


def test_nobody_is_asked_before_the_end_nor_about_real_and_made_up_together(world: World) -> None:
    assert inviting.ask(world.ctx, world.stay(outcome="").id) is None
    stay = world.stay()
    real = world.organisations["Bakery"].id
    Organisation.update(is_fictional=False).where(Organisation.id == real).execute()
    assert inviting.ask(world.ctx, stay.id) is None
    Organisation.update(is_fictional=True, state="unclaimed").where(
        Organisation.id == real
    ).execute()
    assert inviting.ask(world.ctx, stay.id) is None
    assert not Ending.select().exists() and not Invitation.select().exists()


def test_no_rating_is_stored_without_an_ended_mobility(any_world: World) -> None:
    world = any_world
    ending = world.ask()
    rated = world.organisations["Bakery"].id
    values = {
        "rated": rated,
        "role": "sending",
        "rated_role": "host",
        "given_at": world.clock.now(),
    }
    rater = world.organisations["School"].id
    for missing in ({"ending": ending.id}, {"invitation": 1}, {"ending": 99, "invitation": 99}):
        with pytest.raises(PeeweeException), db.transaction():
            Rating.create(public_id="x", rater=rater, **values, **missing)
    with pytest.raises(PeeweeException), db.transaction():
        Ending.update(outcome="").where(Ending.id == ending.id).execute()
    assert not Rating.select().exists()


# Rating


def test_from_the_task_list_to_the_public_score(world: World) -> None:
    ending = world.ask(learners=1)
    school = sign_in(world.app.test_client(), world.people["School"])
    look = Visitor(school)
    path = f"/ratings/give/{world.invitation(ending, 'sending').public_id}"
    assert path in look("/tasks").links and path in look("/ratings").links
    assert "How was it? " in look("/tasks").text
    assert "Sealed until" in look(path).text
    sent = fields(world, world.invitation(ending, "sending"), "5")
    refused = post(school, path, **(sent | {"host-documents": "6", "host-text": "Well <done>"}))
    assert refused.status_code == 422 and "Well &lt;done&gt;" in refused.text
    empty = post(school, path, **dict.fromkeys(sent, "0"))
    assert empty.status_code == 422 and "at least one question" in empty.text
    assert post(school, path, **sent, **{"host-text": "Well done"}).status_code == 303
    again = post(school, path, "/account/", **dict.fromkeys(sent, "1"))
    assert again.status_code == 409 and "was rated already" in again.text
    page = look(path)
    assert "5 of 5, very good" in page.text and "Well done" in page.text
    assert path not in look("/tasks").links
    other = sign_in(world.app.test_client(), world.people["Bakery"])
    Visitor(other)(path, 404)
    assert post(other, path, "/account/", **sent).status_code == 404
    assert post(other, f"{path}/withdraw", "/account/").status_code == 404
    assert world.app.test_client().get(path).location.startswith("/account/sign-in")


def test_a_participant_rates_by_the_private_link_once(world: World) -> None:
    ending = world.ask(learners=1)
    guest = world.app.test_client()
    look = Visitor(guest)
    path = link_in(mails("ratings/rate")[0])
    assert "no-store" in guest.get(path).headers["Cache-Control"]
    sent = fields(world, world.invitation(ending, "learner"), "3")
    assert post(guest, path, **{**sent, "host-safety": "-1"}).status_code == 422
    assert post(guest, path, **{**sent, "host-safety": ""}).status_code == 422
    assert post(guest, path, **sent).status_code == 303
    page = look(path)
    assert "3 of 5, fair" in page.text and "/withdraw" in page.text
    again = post(guest, path, **dict.fromkeys(sent, "1"))
    assert again.status_code == 409
    assert Rating.get().account_id is None
    look(path[:-2] + "xx", 404)
    assert "School" not in page.text
    assert post(guest, f"{path}/withdraw", path).status_code == 303
    assert Rating.get().state == "withdrawn"
    assert post(guest, f"{path}/withdraw", "/account/sign-in").status_code == 409


def test_the_school_never_sees_its_learners_pages(world: World) -> None:
    ending = world.ask(learners=1)
    row = world.rate(ending, "learner", 2)
    school = Visitor(sign_in(world.app.test_client(), world.people["School"]))
    school(f"/ratings/give/{row.public_id}", 404)
    assert not any(item.role == "learner" for item in queries.waiting(world.acting("School")))


def test_links_that_are_over_say_so(world: World) -> None:
    ending = world.ask(learners=1)
    path, guest = link_in(mails("ratings/rate")[0]), world.app.test_client()
    world.clock.moment = ending.opens_at
    assert "time for rating is over" in Visitor(guest)(path).text
    sent = fields(world, world.invitation(ending, "learner"))
    late = post(guest, path, "/account/sign-in", **sent)
    assert late.status_code == 409
    releasing.release(world.ctx)
    assert post(guest, path, "/account/sign-in", **sent).status_code == 409
    world.clock.moment += 100 * DAY
    assert guest.get(path).location.startswith("/links/")
    assert not Rating.select().exists()


@pytest.mark.parametrize("stars", [0, 6, -1, True, 3.5, "4"])
def test_other_stars_are_refused_by_the_service_and_the_database(world: World, stars: Any) -> None:
    ending = world.ask()
    row = world.invitation(ending, "sending")
    with pytest.raises(Invalid):
        giving.rate(world.acting("School"), row, {"host": {"documents": stars}}, {})
    assert world.invitation(ending, "sending").answered_at is None


def test_stars_are_never_changed_not_even_in_the_database(any_world: World) -> None:
    ending = any_world.ask()
    any_world.rate(ending, "sending", 2)
    for change in ({"stars": 5}, {"stars": None}, {"criterion": "support"}):
        with pytest.raises(PeeweeException), db.transaction():
            Answer.update(**change).execute()
    with pytest.raises(PeeweeException), db.transaction():
        Answer.insert(rating=Rating.get().id, criterion="support", stars=6).execute()
    assert {row.stars for row in Answer.select()} == {2}


def test_two_colleagues_rate_and_one_is_told(any_world: World) -> None:
    ending = any_world.ask()
    colleague = make_account(any_world.app)
    make_member(any_world.organisations["School"], colleague, "OrgEditor")
    row = any_world.invitation(ending, "sending")
    any_world.rate(ending, "sending", 4)
    with pytest.raises(Conflict):
        giving.rate(any_world.acting("School"), row, {"host": {"documents": 1}}, {})
    assert Rating.select().count() == 1
    with pytest.raises(NotFound):
        giving.rate(any_world.acting("Bakery"), row, {"host": {"documents": 1}}, {})


# Release


def test_released_when_all_have_rated_or_time_is_over(any_world: World) -> None:
    both, one = any_world.ask(), any_world.ask(sending="Other")
    any_world.rate(both, "sending")
    any_world.rate(one, "sending")
    assert releasing.release(any_world.ctx) == 0
    any_world.rate(both, "host", 5, sending="Prepared")
    assert releasing.release(any_world.ctx) == 1
    assert [row.state for row in Rating.select().order_by(Rating.id)] == [
        "published", "sealed", "published"
    ]  # fmt: skip
    any_world.clock.moment = one.opens_at - timedelta(seconds=1)
    assert releasing.release(any_world.ctx) == 0
    any_world.clock.moment = one.opens_at
    with pytest.raises(Conflict):
        any_world.rate(one, "host")
    assert releasing.release(any_world.ctx) == 1
    assert {row.state for row in Rating.select()} == {"published"}
    assert Rating.get_by_id(2).released_on == "2026-12-01"
    assert releasing.release(any_world.ctx) == 0
    assert [row.state for row in Text.select()] == ["waiting"]


def test_scores_are_stored_and_searched_with_the_release(any_world: World) -> None:
    world = any_world
    bakery, client = world.organisation("Bakery"), world.app.test_client()
    assert "quality" not in client.get("/api/v1/partners").json["facets"]
    assert 'value="quality"' not in client.get("/partners").text
    several(world)
    shown = standings([bakery.id])[bakery.id]
    row = StoredScore.get_by_id(bakery.id)
    score, low, high = (round(value, 1) for value in (row.score, row.low, row.high))
    assert (shown.raters, shown.people, shown.score) == (3, 12, score)
    assert 4.5 <= score < high <= 5
    assert shown.label == f"{score}, likely {low} to {high}, 3 organisations, 12 people"
    found = client.get("/api/v1/partners?sort=quality&min_quality=4.4").json
    item = found["items"][0]
    assert found["total"] == 1 and item["name"] == "Bakery"
    assert item["quality"] == {
        "score": score, "low": low, "high": high, "raters": 3, "label": shown.label
    }  # fmt: skip
    assert f"Rated {shown.label}" in item["why"]
    assert client.get(f"/api/v1/partners?min_quality={min(score + 0.1, 5)}").json["total"] == 0
    assert client.get("/api/v1/partners?min_quality=9").status_code == 422
    everybody = client.get("/api/v1/partners").json
    assert everybody["facets"]["quality"] == [{"value": "45", "label": "4.5 and more", "count": 1}]
    assert [row["quality"] is None for row in everybody["items"]].count(False) == 1
    page = Visitor(client)("/partners?quality=45&sort=quality").text
    assert f"likely {low} to {high}, 3 organisations, 12 people" in page and "School 0" not in page
    kept = client.get("/partners?min_quality=4").text
    assert 'name="min_quality" value="4"' in kept and "Rated 4.0 at least" in kept
    assert "3 of 3 ended placements rated" in Visitor(client)("/partners/bakery").text
    assert "1 of 3 organisations" in Visitor(client)("/partners/school-0").text


def test_the_export_gives_the_stored_scores_again(any_world: World) -> None:
    several(any_world, raters=4, stars=4)
    giving.withdraw(any_world.ctx, Invitation.get(Invitation.role == "host"))
    releasing.count_anew(any_world.ctx)
    names = rows.Names()
    given = rows.released(any_world.ctx, names)
    assert not {str(row.rater_organisation) for row in given} & set(any_world.organisations)
    found = {names.number(name): score for name, score in scores(given, Parameters()).items()}
    stored = {row.organisation_id: row for row in StoredScore.select()}
    assert found.keys() == stored.keys()
    for number, score in found.items():
        for name in ("score", "low", "high", "rank_value"):
            assert abs(getattr(stored[number], name) - getattr(score, name)) < 1e-9


def test_learners_answers_are_exported_in_cells_alone(world: World) -> None:
    several(world, raters=1, learners=2)
    assert not [row for row in rows.released(world.ctx) if row.role == "learner"]
    assert queries.totals(world.organisation("Bakery").id)["received"] == 1
    several(world, raters=1, learners=1)
    learners = [row for row in rows.released(world.ctx) if row.role == "learner"]
    assert len(learners) == 15 and len({row.rating_id for row in learners}) == 15
    assert queries.totals(world.organisation("Bakery").id)["received"] == 5
    last = Invitation.select().where(Invitation.role == "learner").order_by(Invitation.id.desc())
    giving.withdraw(world.ctx, last.first())
    assert not [row for row in rows.released(world.ctx) if row.role == "learner"]
    assert not queries.learner_means(world.organisation("Bakery").id)


def test_without_the_plugin_the_search_is_as_before(world: World) -> None:
    several(world)
    client, registry = world.app.test_client(), world.app.extensions["portal"].registry
    assert client.get("/api/v1/partners?sort=quality").json["items"][0]["quality"]
    registry.deactivate(world.ctx, "ratings")
    assert partners.catch_up(world.ctx) == 1
    found = client.get("/api/v1/partners?sort=quality&min_quality=1").json
    assert found["total"] == 0 and "quality" not in found["facets"]
    assert client.get("/ratings").status_code == 404
    assert "Quality" not in Visitor(client)("/partners/bakery").text


# Answers and disputes


def test_a_rating_is_answered_once_and_a_reviewer_shows_the_answer(world: World) -> None:
    several(world, raters=1, learners=0)
    bakery = sign_in(world.app.test_client(), world.people["Bakery"])
    rating = Rating.get(Rating.role == "sending")
    path = f"/ratings/received/{rating.public_id}"
    look = Visitor(bakery)
    assert path in look("/ratings/about/bakery").links
    assert post(bakery, f"{path}/reply", path, text=" ").status_code == 422
    assert post(bakery, f"{path}/reply", path, text="Thank <you>").status_code == 303
    again = post(bakery, f"{path}/reply", path, text="More")
    assert again.status_code == 409 and "answered already" in again.text
    guest = Visitor(world.app.test_client())
    assert "Thank &lt;you&gt;" not in guest("/ratings/about/bakery").text
    reviewer = make_account(world.app, role="Reviewer")
    eye = Visitor(sign_in(world.app.test_client(), reviewer))
    text = Text.get(Text.kind == "reply")
    assert f"/ratings/texts/{text.public_id}" in eye("/ratings/moderation").links
    page = eye(f"/ratings/texts/{text.public_id}")
    assert "Thank &lt;you&gt;" in page.text and "Show it to everybody" in page.text
    workflow.move(world.ctx.as_actor(actor_of(reviewer)), text, "show")
    shown = guest("/ratings/about/bakery")
    assert "Thank &lt;you&gt;" in shown.text and "sending organisation, Germany, 2026" in shown.text
    assert "School 0" not in shown.text
    other = sign_in(world.app.test_client(), world.people["School 0"])
    Visitor(other)(path, 404)
    assert post(other, f"{path}/reply", "/account/", text="x").status_code == 404


def actor_of(account: Any) -> Actor:
    return Actor(account.id, account.name, frozenset({account.role}))


def test_a_dispute_is_decided_by_somebody_without_a_link(any_world: World) -> None:
    world = any_world
    several(world, raters=3, learners=0, stars=1)
    bakery = world.acting("Bakery")
    rating = queries.rating(bakery, Rating.get(Rating.role == "sending").public_id)
    with pytest.raises(Invalid):
        answering.dispute(bakery, rating, "bad", "They were not here.")
    made = answering.dispute(bakery, rating, "not-there", "They were not here.")
    with pytest.raises(Conflict):
        answering.dispute(bakery, rating, "untrue", "Once more.")
    assert made.state == "open" and Rating.get_by_id(rating.id).state == "published"
    for side in ("School 0", "Bakery"):
        linked = make_account(world.app, role="Reviewer")
        make_member(world.organisations[side], linked, "OrgMember")
        with pytest.raises(NotAllowed):
            workflow.move(world.ctx.as_actor(actor_of(linked)), made, "remove", "No.")
    apart = world.ctx.as_actor(actor_of(make_account(world.app, role="Reviewer")))
    task = workflow.ReviewTask.get(workflow.ReviewTask.object_type == "ratings_dispute")
    assert task.due_at - world.clock.now() <= 10 * DAY
    with pytest.raises(Invalid):
        workflow.move(apart, made, "remove", "")
    workflow.move(apart, made, "remove", "The lists show another workplace.")
    gone = Rating.get_by_id(rating.id)
    assert (gone.state, gone.removed_for) == ("removed", "not-there")
    assert Job.select().where(Job.name == giving.RECOUNT).exists()
    releasing.count_anew(world.ctx)
    assert StoredScore.get_by_id(world.organisation("Bakery").id).raters == 2
    counts = {"received": 3, "published": 2, "removed": 1, "withdrawn": 0}
    assert queries.totals(world.organisation("Bakery").id) == counts
    page = Visitor(world.app.test_client())("/ratings/about/bakery").text
    assert "Reason: Whoever wrote it was not there" in page
    assert audited("rating.removed").count() == 1
    kept = Dispute.get_by_id(made.id)
    assert kept.state == "removed"


def test_answers_and_disputes_come_in_time(world: World) -> None:
    several(world, raters=1, learners=0)
    bakery = world.acting("Bakery")
    rating = queries.rating(bakery, Rating.get(Rating.role == "sending").public_id)
    world.clock.moment += 92 * DAY
    for act in (lambda: answering.reply(bakery, rating, "x"),
                lambda: answering.dispute(bakery, rating, "untrue", "x")):  # fmt: skip
        with pytest.raises(Conflict):
            act()
    with pytest.raises(NotFound):
        queries.rating(world.acting("School 0"), rating.public_id)


def test_withdrawn_ratings_stay_counted_and_weigh_nothing(world: World) -> None:
    first, *_others = several(world, raters=3, learners=0)
    school = world.acting("School 0")
    giving.withdraw(school, world.invitation(first, "sending"))
    releasing.count_anew(world.ctx)
    bakery = world.organisation("Bakery").id
    assert queries.totals(bakery) == {
        "received": 3, "published": 2, "removed": 0, "withdrawn": 1
    }  # fmt: skip
    assert standings([bakery])[bakery].score is None
    with pytest.raises(Conflict):
        giving.withdraw(school, world.invitation(first, "sending"))
    with pytest.raises(NotFound):
        giving.withdraw(world.acting("Bakery"), world.invitation(first, "sending"))
    assert "took it back" in Visitor(world.app.test_client())("/ratings/about/bakery").text


# Reminders


def test_who_has_not_rated_is_reminded_once_a_week_before(any_world: World) -> None:
    ending = any_world.ask(learners=1)
    any_world.rate(ending, "sending")
    assert inviting.remind(any_world.ctx) == 0
    any_world.clock.moment = ending.opens_at - 6 * DAY
    before = len(mails("ratings/rate"))
    assert inviting.remind(any_world.ctx) == 2
    assert len(mails("ratings/rate")) == before + 1
    assert inviting.remind(any_world.ctx) == 0
    assert "A week is left" in mails("notices/notice")[-1].subject


def test_the_days_of_the_seal_are_a_setting(world: World) -> None:
    set_settings("ratings", sealed_days=60)
    ending = world.ask()
    assert (ending.opens_at.date() - ending.ended).days == 61
    assert events.EventRow.select().where(events.EventRow.name ** "rating%").count() == 0
