"""Whatever people do, in any order: exactly one lead, no lost member, a full history."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from plugins.consortia import inviting, leading
from plugins.consortia.models import ACTIVE, CLOSED, Consortium, Entry, Membership, Motion
from portal import workflow
from portal.clock import FixedClock
from portal.context import Context
from portal.errors import PortalError
from portal.workflow import HistoryEntry
from tests.plugins.consortia.conftest import Side, found, part

STEPS = ("accept", "decline", "leave", "apply", "withdraw")
LEADS = ("end", "take_back", "admit", "refuse", "invite")


def deed(chance: random.Random, sides: list[Side], seen: list[Consortium], ctx: Context) -> None:
    """Let somebody do something with the consortium as they saw it some time ago."""
    row, actor, other = chance.choice(seen), chance.choice(sides), chance.choice(sides)
    motion = leading.open_motion(row)
    what = chance.randrange(9)
    if what <= 1:
        inviting.invite(actor.ctx, row, other.organisation)
    elif what <= 3:
        workflow.move(actor.ctx, part(row, actor), chance.choice(STEPS))
    elif what == 4:
        workflow.move(actor.ctx, part(row, other), chance.choice(LEADS), "Because")
    elif what == 5:
        leading.hand_over(actor.ctx, row, other.organisation)
    elif what == 6:
        leading.replace(actor.ctx, row, other.organisation)
    elif motion is not None and what == 7:
        chance.choice([leading.support, leading.take_back, leading.decide])(actor.ctx, motion)
    elif motion is not None:
        leading.answer(actor.ctx, motion, chance.random() < 0.8)


def play(app: Flask, ctx: Context, clock: FixedClock, seed: int, deeds: int) -> int:
    """Let five organisations do things at random; returns how many deeds were done."""
    chance = random.Random(seed)
    sides = [Side(app, ctx, f"Side {seed} {at}") for at in range(5)]
    row = found(sides[0])
    seen, done, lines, invited = [row], 0, 0, {sides[0].id}
    for _deed in range(deeds):
        try:
            deed(chance, sides, seen, ctx)
            done += 1
        except (PortalError, Membership.DoesNotExist):
            pass
        if chance.random() < 0.1:
            clock.moment += timedelta(days=5)
            leading.decide_due(ctx)
        now = Consortium.get_by_id(row.id)
        seen = [*seen[-6:], now]
        members = {item.organisation_id: item for item in row_members(row)}
        assert members[now.lead_id].state == ACTIVE, "the lead is an active member"
        assert invited <= set(members), "nobody is lost"
        invited |= set(members)
        assert (
            Motion.select().where(Motion.consortium == row.id, Motion.state == "open").count() <= 1
        )
        count = Entry.select().where(Entry.consortium == row.id).count()
        assert count >= lines, "history only grows"
        lines = count
        for item in members.values():
            last = HistoryEntry.select().where(
                HistoryEntry.object_type == "consortia_membership",
                HistoryEntry.object_id == item.id,
            )
            newest = last.order_by(HistoryEntry.seq.desc()).first()
            assert newest.target_state == item.state, "the history says how it is"
    assert Consortium.get_by_id(row.id).state != CLOSED
    return done


def row_members(row: Consortium) -> list[Membership]:
    return list(Membership.select().where(Membership.consortium == row.id))


def test_there_is_always_exactly_one_lead(one: Flask, ctx: Context, clock: FixedClock) -> None:
    assert play(one, ctx, clock, 1, 150) > 20


@pytest.mark.full
@pytest.mark.parametrize("seed", range(2, 22))
def test_there_is_always_exactly_one_lead_whatever_happens(
    make_portal: Callable[..., Flask], any_url: str, ctx: Context, clock: FixedClock, seed: int
) -> None:
    app = make_portal(any_url, plugins=["consortia"])
    with app.app_context():
        play(app, ctx, clock, seed, 300)
