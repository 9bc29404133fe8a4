"""Robots publish nothing, learn from nobody who is here or where people work, and hold nobody up.

Small here, with seeded faults that must be found; at full size by `make reliability`. The people's
answers come in turns with those of the robots: what is measured is what robots leave behind.
"""

from __future__ import annotations

import statistics
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from plugins.claims.models import Case
from plugins.partners import workflow
from portal.clock import FixedClock
from portal.context import Context
from portal.errors import Invalid, NotFound
from portal.organisations import queries as organisations
from portal.organisations.models import Organisation
from portal.people import service as people
from portal.people import throttle
from portal.people.models import Account
from tests.reliability import bots as robots
from tests.reliability import spying
from tests.reliability.bots import Bots, Human, World, make_world
from tests.reliability.test_reliability import tell

NETWORK = 6_000
"""A robot whose network signs up many."""


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    """A portal with four organisations and twenty people."""
    return make_world(app, clock, 20)


@pytest.fixture
def army(world: World) -> Bots:
    """A robot that owns its mailbox, and a draft that it would like to see published."""
    bots = Bots(world)
    bots.sign_up(0, 1, own=1)
    write(bots)
    return bots


def write(bots: Bots) -> None:
    """Let all robots with an account write wherever they can."""
    for number, browser in bots.accounts:
        world = bots.world
        robots.publish(bots, number, browser, ["unclaimed-school", world.slugs[3], world.wanted])


def test_robots_publish_nothing_see_nobody_and_hold_nobody_up(world: World) -> None:
    human = Human(world)
    bots = Bots(world, human=human, every=150)

    bots.sign_up(0, 4, own=4)
    write(bots)
    refused = spying.hammer(bots, 110)

    assert (len(bots.accounts), len(bots.made) > 1, bots.sent > 50) == (1, True, True)
    assert (spying.public_spam(bots, most=60, variants=2), robots.reached(bots)) == (set(), 0)
    assert spying.people_seen(bots, most=80, variants=2)[0] == set()
    assert spying.guess(bots, bots.accounts[0][1], 1, 2) == {}
    assert spying.told_apart(bots, pairs=2)[0] == set()
    assert refused == 110 - throttle.SIGN_IN_NETWORK.most
    assert (human.failures, human.rounds > 1) == ([], True)


@pytest.mark.full
def test_an_organisation_that_is_public_without_a_review_is_found(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workflow, "DRAFT", workflow.PUBLISHED)
    bots = Bots(world)
    bots.sign_up(0, 1, own=1)
    write(bots)

    assert spying.public_spam(bots, most=60, variants=2) != set()
    assert robots.reached(bots) > 0


@pytest.mark.full
def test_a_page_that_shows_members_to_strangers_is_found(
    army: Bots, monkeypatch: pytest.MonkeyPatch
) -> None:
    def anybodys(_ctx: Context, slug: str) -> Organisation:
        found: Organisation | None = Organisation.get_or_none(Organisation.slug == slug)
        if found is None:
            raise NotFound
        return found

    monkeypatch.setattr(organisations, "own", anybodys)

    assert len(spying.people_seen(army, most=80, variants=2)[0]) > 5


@pytest.mark.full
def test_a_sign_in_that_says_whether_there_is_an_account_is_found(
    army: Bots, monkeypatch: pytest.MonkeyPatch
) -> None:
    genuine = people.prove

    def talkative(ctx: Context, account: Account | None, *more: Any) -> Account:
        if account is None:
            raise Invalid("Nobody has this address.")
        return genuine(ctx, account, *more)

    monkeypatch.setattr(people, "prove", talkative)

    assert spying.told_apart(army, pairs=1)[0] == {"sign-in"}


@pytest.mark.full
def test_a_receipt_with_a_short_number_is_found(army: Bots) -> None:
    first: Any = Case.select().order_by(Case.id).get()
    Case.update(public_id="1").where(Case.id == first.id).execute()

    found = spying.guess(army, army.accounts[0][1], 1, 2)

    assert set(found) == {"/organisations/receipts/<public_id>"}


@pytest.mark.full
def test_a_limit_that_all_networks_share_is_found(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "network", lambda _address: "everywhere")
    human = Human(world)

    spying.hammer(Bots(world), 110)
    human()

    assert any("/account/sign-in: 429" in text for text in human.failures)


@pytest.mark.full
def test_a_portal_without_limits_is_found(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def sign_ups(first: int) -> int:
        bots = Bots(world)
        bots.sign_up(first, first + 62, own=1_000_000, network=NETWORK)
        return bots.refused

    assert sign_ups(1_001) == 2
    monkeypatch.setattr(throttle, "spend", lambda *_args: None)
    assert sign_ups(2_001) == 0


# At full size: `make reliability`.


@pytest.mark.reliability
@pytest.mark.timeout(3_600)
def test_a_thousand_robots_for_ten_minutes(any_app: Flask, clock: FixedClock) -> None:
    world = make_world(any_app, clock, 500)
    before, human = Human(world), Human(world)
    for _round in range(3):
        before()
    bots = Bots(world, pace=0.05, human=human, every=2_000)
    began, tried = clock.moment, 1

    bots.sign_up(0, 1_000, own=40)
    bots.sign_up(1_001, 1_101, own=1_000_000, network=NETWORK)
    write(bots)
    refused = spying.hammer(bots, 300)
    differing, seconds = spying.told_apart(bots, pairs=25)
    hits: dict[str, int] = {}
    while clock.moment < began + timedelta(minutes=10):
        hits |= spying.guess(bots, bots.accounts[tried % 20][1], tried, tried + 5)
        tried += 5
    shown = spying.public_spam(bots, most=1_500, variants=10)
    seen, visited = spying.people_seen(bots, most=1_500, variants=10)

    for kind, both in seconds.items():
        medians = {which: f"{statistics.median(took) * 1e3:.1f} ms" for which, took in both.items()}
        tell(f"asked about an address: {kind}", **medians)
    tell("robots", signed_up=bots.registered, refused=bots.refused, with_a_mailbox=len(bots.accounts),
         organisations=len(bots.made), forms_sent=bots.sent, requests=bots.requests,
         minutes=f"{(clock.moment - began).total_seconds() / 60:.0f}", passwords_refused=refused,
         public_spam=len(shown), pages_harvested=visited, people_seen=f"{len(seen)} of 500",
         hits=sum(hits.values()))  # fmt: skip
    tell("people meanwhile", rounds=human.rounds, answers=dict(human.statuses()),
         before=f"{statistics.median(before.seconds()) * 1e3:.0f} ms (median)",
         during=f"{statistics.median(human.seconds()) * 1e3:.0f} ms (median), "
                f"{max(human.seconds()) * 1e3:.0f} ms (longest)")  # fmt: skip
    assert (bots.registered, bots.refused, len(bots.accounts)) == (1_060, 40, 25)
    assert (shown, robots.reached(bots), differing, hits) == (set(), 0, set(), {})
    assert len(seen) < 5
    assert (before.failures, human.failures, human.rounds > 5) == ([], [], True)
