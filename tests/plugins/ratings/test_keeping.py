"""Scores are brought up to date from what changed, and are those of a whole computation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from plugins.ratings import giving, keeping, parameters, plugin, releasing, rows
from plugins.ratings.models import PUBLISHED, REMOVED, Ending, Rating, StoredScore
from plugins.ratings.score import scores
from portal import db, settings
from portal.hookspecs import Event
from portal.jobs import Job
from tests.plugins.ratings.world import World

SIDES = ("sending", "host", "supporting", "learner")
NAMES = ("School", "College", "Bakery", "Hotel", "Helpers")


def whole(world: World) -> dict[int, tuple[float, ...]]:
    """Return the figures of a computation from all rows."""
    names = rows.Names()
    running = parameters.from_settings(settings.of(world.ctx, "ratings"))
    found = scores(rows.released(world.ctx, names), running)
    return {names.number(name): figures(one) for name, one in found.items()}


def figures(one: Any) -> tuple[float, ...]:
    return (one.score, one.low, one.high, one.rank_value, one.raters, one.people)


def stored() -> dict[int, tuple[float, ...]]:
    return {row.organisation_id: figures(row) for row in StoredScore.select()}


def assert_up_to_date(world: World) -> None:
    releasing.count_anew(world.ctx)
    right = whole(world)
    assert stored().keys() == right.keys()
    for number, found in stored().items():
        assert found == pytest.approx(right[number], abs=1e-12)


ACTS = ("ask", "ask", "rate", "rate", "rate", "release", "back", "remove", "half")
SHORT = "ask ask ask rate release ask rate half release back ask rate remove release".split()


def act(world: World, chance: Random, ended: list[Ending], what: str) -> None:
    """Do one of the things that change scores, and some that do not."""
    if what == "ask" or not ended:
        sides = dict(zip(("sending", "host", "supporting"), chance.sample(NAMES, 3), strict=True))
        ended.append(world.ask(**sides, learners=3))
    elif what == "rate":
        for ending in ended:
            if Ending.get_by_id(ending.id).released_at is None and chance.random() < 0.6:
                for side in SIDES:
                    if world.invitation(ending, side).answered_at is None:
                        world.rate(ending, side, chance.randint(1, 5))
                for at in (1, 2):
                    if world.invitation(ending, "learner", at).answered_at is None:
                        world.rate(ending, "learner", chance.randint(1, 5), at)
    elif what == "release":
        world.clock.moment += timedelta(days=31)
        releasing.release(world.ctx)
    elif what == "back":
        row = world.invitation(chance.choice(ended), chance.choice(SIDES))
        if Rating.select().where(Rating.invitation == row.id, Rating.state == PUBLISHED).exists():
            giving.withdraw(world.ctx, row)
    elif what == "remove":
        for row in list(Rating.select().where(Rating.state == PUBLISHED))[:1]:
            Rating.update(state=REMOVED).where(Rating.id == row.id).execute()
    else:
        settings.store("ratings", {"half_life_days": chance.choice([100, 730])})


def walk(world: World, seed: int, acts: Sequence[str]) -> None:
    chance, ended = Random(seed), list[Ending]()
    for what in acts:
        act(world, chance, ended, what)
        assert_up_to_date(world)


def test_whatever_happens_scores_are_those_of_a_whole_computation(any_world: World) -> None:
    walk(any_world, 3, SHORT)
    assert len(stored()) > 3


@pytest.mark.full
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", range(8))
def test_whatever_happens_in_long_walks_they_are_too(any_world: World, seed: int) -> None:
    walk(any_world, seed, Random(seed).choices(ACTS, k=60))


def test_a_change_that_nobody_notes_would_be_found(world: World) -> None:
    db.execute("DROP TRIGGER ratings_touched_update")
    with pytest.raises(AssertionError):
        walk(world, 3, SHORT)


def test_only_rows_about_those_with_changes_are_read(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = world.ask(), world.ask(sending="College", host="Hotel")
    for ending in (first, second):
        for side in ("sending", "host"):
            world.rate(ending, side)
    releasing.release(world.ctx)
    read: list[set[int]] = []
    plain = rows.released
    monkeypatch.setattr(
        rows,
        "released",
        lambda ctx, names, about: read.append(set(about)) or plain(ctx, names, about),
    )
    assert releasing.count_anew(world.ctx) == 0
    assert read == []
    giving.withdraw(world.ctx, world.invitation(second, "sending"))
    assert releasing.count_anew(world.ctx) > 0
    assert read == [{world.organisations["Hotel"].id}]


def test_changed_parameters_reach_the_stored_scores_at_once(world: World) -> None:
    ending = world.ask()
    world.rate(ending, "sending", 5)
    world.rate(ending, "host", 2)
    releasing.release(world.ctx)
    before = stored()
    settings.store("ratings", {"prior_weight": 9})
    for scope in ("partners", "ratings"):
        happened = Event(1, "setting.changed", "setting", 0, {"scope": scope}, world.clock.now())
        plugin.event_happened(world.ctx, happened)
    queued = Job.select().where(Job.name == giving.RECOUNT)
    assert queued.count() == 1
    releasing.count_anew(world.ctx)
    assert stored() != before
    assert_up_to_date(world)


def test_everything_can_be_put_together_anew(world: World) -> None:
    ending = world.ask()
    world.rate(ending, "sending", 2)
    world.clock.moment += timedelta(days=40)
    releasing.release(world.ctx)
    db.execute("UPDATE ratings_voice SET facts = '[9,9,9,[]]'")
    with pytest.raises(AssertionError):
        assert_up_to_date(world)
    keeping.forget()
    assert_up_to_date(world)
