"""Nothing about one side is seen by the others before the release, whatever happens in which order."""

from __future__ import annotations

import itertools
import re
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from plugins.notices.models import Notice
from plugins.ratings import giving, inviting, queries, releasing, rows, telling
from plugins.ratings.models import Ending, Invitation, Rating, StoredScore, Text
from plugins.tasks.queries import tasks
from portal import audit, db, events, jobs
from portal.errors import Conflict
from portal.mail import Outbox
from tests.factories import NOON, sign_in
from tests.plugins.ratings.world import World

ROLES = ("sending", "host", "supporting", "learner")
STEADY = re.compile(r'(csrf_token|_key)" value="[^"]*"|nonce="[^"]*"')
_numbers = itertools.count(1)


def counted() -> tuple[Any, ...]:
    """Return how long the logs are that somebody might read, and what the public sees."""
    tables = (audit.AuditEntry, events.EventRow, jobs.Job, Notice, Outbox)
    return (
        *(table.select().count() for table in tables),
        db.query("SELECT catalogue_seq FROM heartbeat"),
        list(StoredScore.select().order_by(StoredScore.organisation).tuples()),
        db.query("SELECT object_id, score, facets, card FROM search_document ORDER BY object_id"),
    )


class Sealed(RuleBasedStateMachine):
    """Three organisations and a participant rate, wait, take back; jobs run; somebody exports."""

    world: World
    leaks = False

    def __init__(self) -> None:
        super().__init__()
        world, number = self.world, next(_numbers)
        world.clock.moment = NOON
        self.names = dict(zip(ROLES, (f"{kind} {number}" for kind in "ABC"), strict=False))
        sides = {side: name for side, name in self.names.items() if side != "learner"}
        self.ending: Ending = world.ask(learners=1, **sides)
        self.clients = {
            side: sign_in(world.app.test_client(), world.people[name])
            for side, name in sides.items()
        }
        self.guest = world.app.test_client()
        self.answered: set[str] = set()
        self.withdrawn: set[str] = set()
        self.released = False
        self.reminded = dict.fromkeys(sides, 0)

    def teardown(self) -> None:
        Ending.delete().where(Ending.id == self.ending.id).execute()
        releasing.count_anew(self.world.ctx)

    def seen(self) -> dict[str, Any]:
        """Return what each side sees, and under "all" what everybody does."""
        world, found = self.world, dict[str, Any]()
        named = [item for name in self.names.values() if (item := world.organisations.get(name))]
        found["all"] = (
            counted(),
            rows.released(world.ctx),
            queries.rated_of_ended([item.id for item in named]),
            [queries.totals(item.id) for item in named],
            [STEADY.sub("", self.guest.get(f"/ratings/about/{item.slug}").text) for item in named],
        )
        for side, client in self.clients.items():
            account, acting = world.people[self.names[side]], world.acting(self.names[side])
            found[side] = (
                [row.public_id for row in queries.waiting(acting)],
                [row.public_id for row in queries.given(acting)],
                [task.url for task in tasks(acting)],
                list(Notice.select().where(Notice.account == account.id).tuples()),
                list(Outbox.select().where(Outbox.recipient == account.email).tuples()),
                STEADY.sub("", client.get("/ratings").text),
            )
        return found

    def unseen(self, side: str, act: Any) -> None:
        """Do something for one side; the others, and the public, see no difference."""
        before = self.seen()
        act()
        after = self.seen()
        changed = [name for name in after if name != side and after[name] != before[name]]
        assert changed == []

    @precondition(lambda self: not self.released)
    @rule(role=st.sampled_from(ROLES), stars=st.sampled_from([1, 3, 5]), words=st.booleans())
    def rate(self, role: str, stars: int, words: bool) -> None:
        texts = {"host": "said", "sending": "said"} if words else {}

        def act() -> None:
            self.world.rate(self.ending, role, stars, **texts)
            if self.leaks:
                telling.asked(
                    self.world.ctx, self.ending, self.world.organisation(self.names["host"]), True
                )

        is_late = self.world.clock.now() >= self.ending.opens_at
        if role in self.answered or is_late:
            with pytest.raises(Conflict):
                self.world.rate(self.ending, role, stars)
        else:
            self.unseen(role, act)
            self.answered.add(role)

    @precondition(lambda self: not self.released and self.answered - self.withdrawn)
    @rule(data=st.data())
    def take_back(self, data: st.DataObject) -> None:
        role = data.draw(st.sampled_from(sorted(self.answered - self.withdrawn)))
        row = self.world.invitation(self.ending, role)
        self.unseen(role, lambda: giving.withdraw(self.world.ctx, row))
        self.withdrawn.add(role)

    @rule(days=st.sampled_from([1, 5, 14]))
    def wait(self, days: int) -> None:
        self.world.clock.moment += timedelta(days=days)

    @rule()
    def remind(self) -> None:
        left = self.ending.opens_at - self.world.clock.now()
        is_time = timedelta() < left <= timedelta(days=7) and not self.released
        inviting.remind(self.world.ctx)
        for side in self.reminded:
            if is_time and side not in self.answered:
                self.reminded[side] = 1

    @rule()
    def run_release(self) -> None:
        due = self.answered == set(ROLES) or self.world.clock.now() >= self.ending.opens_at
        before = self.seen()
        releasing.release(self.world.ctx)
        if self.released or not due:
            assert self.seen() == before
        self.released = self.released or due

    @invariant()
    def only_the_own_reminder_came(self) -> None:
        for side, count in self.reminded.items():
            account = self.world.people[self.names[side]]
            told = Notice.select().where(Notice.account == account.id, Notice.kind == telling.ASKED)
            assert told.count() == 1 + count

    @invariant()
    def states_follow_the_release(self) -> None:
        found = {
            row.role: row.state for row in Rating.select().where(Rating.ending == self.ending.id)
        }
        open_state = "published" if self.released else "sealed"
        assert found == {
            role: "withdrawn" if role in self.withdrawn else open_state for role in self.answered
        }
        words = {
            row.state
            for row in Text.select(Text).join(Rating).where(Rating.ending == self.ending.id)
            if row.rating.state != "withdrawn"
        }
        assert words <= {"waiting" if self.released else "sealed"}
        ending = Ending.get_by_id(self.ending.id)
        assert (ending.released_at is not None) == self.released

    @invariant()
    def nothing_is_edited_after_the_release(self) -> None:
        if self.released:
            for row in Invitation.select().where(Invitation.ending == self.ending.id):
                with pytest.raises(Conflict):
                    giving.rate(self.world.ctx, row, {}, {})


def prove(world: World, examples: int, steps: int, leaks: bool = False) -> None:
    """Run the machine in a world."""
    machine = type("Machine", (Sealed,), {"world": world, "leaks": leaks})
    quiet = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=quiet)


def test_nothing_is_seen_before_the_release(world: World) -> None:
    prove(world, 4, 9)


def test_the_proof_finds_a_notice_too_many(world: World) -> None:
    with pytest.raises(AssertionError):
        prove(world, 2, 6, leaks=True)


@pytest.mark.full
@pytest.mark.timeout(1200)
def test_nothing_is_seen_before_the_release_in_many_orders(any_world: World) -> None:
    prove(any_world, 100, 25)
