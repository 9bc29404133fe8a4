"""Decisions: one voice for each member, until the deadline; a record that nobody changes."""

from __future__ import annotations

import random
from datetime import timedelta

import peewee
import pytest

from plugins.consortia.interface import of_ids
from plugins.consortia.models import Consortium
from plugins.meetings import deciding, queries, reminding
from plugins.meetings.models import (
    CARRIED,
    NO_QUORUM,
    OPEN,
    REJECTED,
    WITHDRAWN,
    Decision,
    Sealed,
    Voice,
)
from plugins.notices.models import Notice
from portal import db, workflow
from portal.clock import FixedClock
from portal.context import Context
from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from tests.plugins.consortia.conftest import part
from tests.plugins.meetings.conftest import Circle


def again(row: Decision) -> Decision:
    """Read a decision anew."""
    return Decision.get_by_id(row.id)  # type: ignore[no-any-return]


def close(ctx: Context, clock: FixedClock, row: Decision) -> Decision:
    """Let the deadline pass and the worker count."""
    clock.moment = row.closes_at + timedelta(minutes=5)
    reminding.look_after(ctx)
    return again(row)


def test_a_vote_counts_the_last_voice_of_members_and_keeps_every_line(
    any_circle: Circle, ctx: Context, clock: FixedClock
) -> None:
    circle = any_circle
    row = circle.put()
    circle.speak(circle.member, row, "no")
    circle.speak(circle.lead, row, "yes")
    circle.speak(circle.member, row, "yes")

    done = close(ctx, clock, row)

    assert done.state == CARRIED
    figures = {name: done.result[name] for name in ("members", "spoke", "needed", "yes", "no")}
    assert figures == {"members": 3, "spoke": 2, "needed": 2, "yes": 2, "no": 0}
    assert [voice.choice for voice in Voice.select().order_by(Voice.id)] == ["no", "yes", "yes"]
    with pytest.raises(peewee.DatabaseError), db.transaction():
        Voice.update(choice="no").execute()
    with pytest.raises(Conflict, match="too late"):
        circle.speak(circle.third, row, "no")
    assert Notice.select().where(Notice.kind == "meetings.deciding").count() >= 4


def test_a_voice_after_the_deadline_is_late_even_before_the_count(
    circle: Circle, clock: FixedClock
) -> None:
    row = circle.put()
    clock.moment = row.closes_at

    with pytest.raises(Conflict, match="18:00"):
        circle.speak(circle.member, row, "yes")

    assert again(row).state == OPEN and not Voice.select().exists()


def test_a_member_that_left_has_no_voice_and_does_not_count_for_the_quorum(
    circle: Circle, ctx: Context, clock: FixedClock
) -> None:
    row = circle.put(quorum=100)
    for side in (circle.lead, circle.member, circle.third):
        circle.speak(side, row, "yes" if side is circle.third else "no")
    consortium = part_of(circle)
    workflow.move(circle.member.ctx, part(consortium, circle.member), "leave")
    with pytest.raises(NotFound):
        circle.speak(circle.member, row, "yes")

    done = close(ctx, clock, row)

    assert (done.result["members"], done.result["spoke"], done.result["yes"]) == (2, 2, 1)
    assert done.state == REJECTED and done.result["is_tie"]


def part_of(circle: Circle) -> Consortium:
    """Return the consortium's own row."""
    return Consortium.get(Consortium.slug == circle.slug)  # type: ignore[no-any-return]


def test_without_quorum_nothing_is_decided(circle: Circle, ctx: Context, clock: FixedClock) -> None:
    row = circle.put(quorum=67)
    circle.speak(circle.lead, row, "yes")
    circle.speak(circle.member, row, "yes")

    done = close(ctx, clock, row)

    assert done.state == NO_QUORUM and done.result["needed"] == 3


def test_a_secret_vote_leaves_figures_and_no_single_voice(
    any_circle: Circle, ctx: Context, clock: FixedClock
) -> None:
    circle = any_circle
    row = circle.put(is_secret=True)
    circle.speak(circle.member, row, "no")
    circle.speak(circle.member, row, "yes")
    circle.speak(circle.third, row, "abstain")
    assert Sealed.select().count() == 2
    assert {voice.choice + voice.reason for voice in Voice.select()} == {""}

    done = close(ctx, clock, row)

    assert (done.state, done.result["yes"], done.result["abstain"]) == (CARRIED, 1, 1)
    assert not Sealed.select().exists()


def test_consent_needs_a_reason_to_object_and_an_objection_can_be_taken_back(
    circle: Circle, ctx: Context, clock: FixedClock
) -> None:
    row, other = circle.put(way="consent"), circle.put(way="consent")
    with pytest.raises(Invalid) as refused:
        circle.speak(circle.member, row, "object")
    assert refused.value.field == "reason"
    for each in (row, other):
        circle.speak(circle.member, each, "object", "Too dear.")
    circle.speak(circle.member, row, "consent")

    assert close(ctx, clock, row).state == CARRIED
    assert again(other).state == REJECTED


def test_a_withdrawn_decision_is_never_counted(
    circle: Circle, ctx: Context, clock: FixedClock
) -> None:
    row = circle.put()
    with pytest.raises(NotAllowed):
        deciding.withdraw(circle.member.ctx, circle.seen(circle.member), row, "No.")
    deciding.withdraw(circle.lead.ctx, circle.seen(), row, "The text was wrong.")
    with pytest.raises(Conflict, match="withdrawn"):
        circle.speak(circle.member, row, "yes")

    assert close(ctx, clock, row).state == WITHDRAWN


def test_members_that_have_not_spoken_are_reminded_once(
    circle: Circle, ctx: Context, clock: FixedClock
) -> None:
    row = circle.put()
    circle.speak(circle.member, row, "yes")
    Notice.delete().execute()
    clock.moment = row.closes_at - timedelta(hours=30)

    for _time in range(2):
        reminding.look_after(ctx)

    told = [notice.account_id for notice in Notice.select()]
    assert sorted(told) == sorted([circle.lead.account.id, circle.third.account.id])


def test_any_order_of_voices_of_many_gives_the_same_result(
    circle: Circle, ctx: Context, clock: FixedClock
) -> None:
    chance, results = random.Random(7), []
    said = [(circle.lead, "no"), (circle.member, "yes"), (circle.third, "yes")]
    rows = [circle.put() for _at in range(4)]
    for row in rows:
        for side in chance.choices([side for side, _choice in said], k=4):
            circle.speak(side, row, chance.choice(("yes", "no", "abstain")))
        for side, choice in chance.sample(said, 3):
            circle.speak(side, row, choice)
        assert len(queries.choices(row)) == 3
    for row in rows:
        results.append(close(ctx, clock, row).result)

    assert all(result == results[0] for result in results)
    consortium = of_ids(ctx, [rows[0].consortium_id])[rows[0].consortium_id]
    assert results[0]["members"] == len(queries.members(consortium)) == 3
