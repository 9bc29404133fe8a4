"""Proofs: whatever the parties do, no signature stands over what its signer was not shown."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from threading import Barrier, Thread
from time import process_time
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.errors import FlakyFailure
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from plugins.agreements import drafting, library, negotiating, policy, queries, service, signing
from plugins.agreements.models import Agreement, Party, Version
from plugins.agreements.workflow import parties, standing
from plugins.evidence.interface import canonical
from portal import db, permissions, workflow
from portal.errors import Conflict, PortalError
from portal.organisations.models import OrganisationMember as Member
from tests.factories import make_account, make_member
from tests.plugins.agreements.conftest import World

PLUGINS = ["agreements"]
EDITORS = 8
AT_ONCE = ("sign", "agree", "edit", "correct", "reopen", "decline")
"""What two parties, or two people of one, may do in the same moment."""


@pytest.fixture
def any_portal(make_portal: Callable[..., Flask], any_url: str) -> Iterator[Flask]:
    """A portal with its context open, once on each engine."""
    made = make_portal(any_url, plugins=PLUGINS)
    with made.test_request_context():
        yield made


def machine(world: World) -> type[RuleBasedStateMachine]:
    """Return what up to five parties may do in any order, and what must hold after each act."""
    who = st.integers(0, len(world.schools) - 1)
    words = itertools.count(1)
    next_heads = [make_account(world.app, f"Next head {at}") for at in range(len(world.schools))]
    for school, head in zip(world.schools, next_heads, strict=True):
        make_member(school, head, "OrgMember")

    class Parties(RuleBasedStateMachine):
        """Edit, comment, freeze, sign, open again, amend, expire, hand over; one by one and at once."""

        def __init__(self) -> None:
            super().__init__()
            self.shown: dict[tuple[str, int], set[str]] = {}
            """Which texts somebody was shown, by agreement and account."""

        @initialize(count=st.integers(2, len(world.schools)), is_frozen=st.booleans())
        def begin(self, count: int, is_frozen: bool) -> None:
            self.row = world.frozen(count) if is_frozen else world.sent(count)
            self.all = [self.row]

        def now(self) -> Agreement:
            return world.now(self.row)

        def attempt(self, act: Callable[[], Any]) -> None:
            try:
                with db.transaction():
                    act()
            except PortalError:
                pass

        @rule(at=who, is_material=st.booleans())
        def edit(self, at: int, is_material: bool) -> None:
            key = "objectives" if is_material else "contacts"
            first = parties(self.row.id)[0].public_id
            text = f"Words {next(words)}"
            values: dict[str, Any] = {"other": text} if is_material else {"office": {first: text}}
            self.attempt(lambda: world.change(self.row, at, key, **values))

        @rule(at=who)
        def comment(self, at: int) -> None:
            ctx = world.ctx(world.writers[at])
            self.attempt(
                lambda: negotiating.remark(
                    ctx, self.row, world.hand(self.row, at), "review", "Hm",
                    {"en": f"Review {next(words)}"},
                )
            )  # fmt: skip

        @rule(at=who)
        def take_over(self, at: int) -> None:
            ids = [clause.id for clause in drafting.clauses(self.row)]
            for rows in queries.remarks(ids).values():
                found = rows[-1].public_id
                ctx = world.ctx(world.writers[at])
                self.attempt(
                    lambda found=found: negotiating.answer(
                        ctx, self.row, world.hand(self.row, at), found, True
                    )
                )

        @rule()
        def all_agree(self) -> None:
            for at in range(len(world.schools)):
                self.attempt(lambda at=at: world.agree(self.row, at))

        @rule(at=who)
        def look(self, at: int) -> None:
            self.open_page(at)

        def open_page(self, at: int) -> str:
            """Open the page to sign on: this is what the person was shown."""
            digest = queries.shown(self.now()).digest
            self.shown.setdefault((self.row.public_id, world.heads[at].id), set()).add(digest)
            return digest

        @rule(at=who, pick=st.integers(0, 5))
        def sign_what_was_shown(self, at: int, pick: int) -> None:
            seen = sorted(self.shown.get((self.row.public_id, world.heads[at].id), ()))
            if seen:
                digest = seen[pick % len(seen)]
                self.attempt(lambda: world.sign(self.row, at, digest))

        @rule(at=who)
        def hand_over(self, at: int) -> None:
            """Another head comes; the former one, who was shown the text, can sign no more."""
            digest, former = self.open_page(at), world.heads[at]
            world.heads[at], next_heads[at] = next_heads[at], former
            for account, role in ((former, "OrgMember"), (world.heads[at], "OrgSignatory")):
                mine = (Member.account == account.id, Member.organisation == world.schools[at].id)
                Member.update(role=role).where(*mine).execute()
            permissions.forget()
            ctx = world.ctx(former)
            with pytest.raises(PortalError):
                signing.sign(ctx, self.row, policy.hand(ctx, self.row, signing=True), digest)

        @rule(acts=st.tuples(*[st.tuples(st.sampled_from(AT_ONCE), who)] * 2))
        def two_act_at_once(self, acts: tuple[tuple[str, int], ...]) -> None:
            row, seen, text = (
                self.row,
                [self.open_page(at) for _act, at in acts],
                f"Words {next(words)}",
            )
            first, strange = parties(row.id)[0].public_id, []
            together = Barrier(2)

            def act(name: str, at: int, digest: str) -> Any:
                ctx = world.ctx(world.writers[at])
                if name == "sign":
                    return world.sign(row, at, digest)
                if name == "agree":
                    return negotiating.agree(ctx, row, world.hand(row, at), digest)
                if name == "reopen":
                    return negotiating.reopen(ctx, row, world.hand(row, at), "Once more")
                if name == "decline":
                    who = world.hand(row, at, signing=True)
                    return signing.decline(world.ctx(world.heads[at]), row, who, "Not like this")
                if name == "correct":
                    return world.change(row, at, "contacts", office={first: f"{text}, {at}"})
                return world.change(row, at, "objectives", other=f"{text}, {at}")

            def run(name: str, at: int, digest: str) -> None:
                with world.app.test_request_context():
                    db.database.connect(reuse_if_open=True)
                    try:
                        together.wait(20)
                        act(name, at, digest)
                    except PortalError:
                        pass
                    except Exception as error:
                        strange.append(error)
                    finally:
                        db.database.close()

            threads = [
                Thread(target=run, args=(*one, digest))
                for one, digest in zip(acts, seen, strict=True)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert strange == []

        @rule(at=who, by=who, is_material=st.booleans())
        def somebody_edits_before_the_signature(self, at: int, by: int, is_material: bool) -> None:
            digest = self.open_page(at)
            self.edit(by, is_material)
            self.attempt(lambda: world.sign(self.row, at, digest))

        @rule()
        def all_look_and_sign(self) -> None:
            for at in range(len(world.schools)):
                self.look(at)
                self.attempt(lambda at=at: world.sign(self.row, at))

        @rule(at=who)
        def open_again(self, at: int) -> None:
            ctx = world.ctx(world.writers[at])
            self.attempt(
                lambda: negotiating.reopen(ctx, self.row, world.hand(self.row, at), "Once more")
            )

        @rule(at=who)
        def decline(self, at: int) -> None:
            ctx = world.ctx(world.heads[at])
            self.attempt(
                lambda: signing.decline(
                    ctx, self.row, world.hand(self.row, at, signing=True), "Not like this"
                )
            )

        @rule(at=who)
        def amend(self, at: int) -> None:
            def follow() -> None:
                ctx = world.ctx(world.writers[at])
                made = service.follow(ctx, self.now(), "amend", world.schools[at])
                negotiating.send(ctx, made)
                self.row = made
                self.all.append(made)

            self.attempt(follow)

        @rule(step=st.sampled_from(["expire", "complete", "freeze", "terminate", "supersede"]))
        def the_portal_tries(self, step: str) -> None:
            if step in ("complete", "freeze") or self.now().state == "in_force":
                self.attempt(lambda: workflow.move(world.ctx(), self.now(), step))

        @invariant()
        def signatures_stand_over_what_was_shown(self) -> None:
            for row in getattr(self, "all", ()):
                newest = queries.shown(world.now(row))
                for item in standing(row.id):
                    assert item.digest in self.shown[row.public_id, item.account_id or 0]
                    version: Version = Version.get_by_id(item.version_id)
                    assert canonical.digest(bytes(version.content)) == item.digest
                    assert version.material == newest.material

        @invariant()
        def nothing_is_in_force_without_all(self) -> None:
            for row in getattr(self, "all", ()):
                now = world.now(row)
                signed = {item.party_id for item in standing(row.id)}
                if now.state in ("in_force", "superseded", "expired", "terminated"):
                    assert signed == {party.id for party in parties(row.id)}
                if now.state in ("draft", "negotiation"):
                    assert not signed

        @invariant()
        def versions_count_without_gaps(self) -> None:
            for row in getattr(self, "all", ()):
                numbers = [item.number for item in queries.versions(row)]
                assert numbers == list(range(len(numbers), 0, -1))

    return Parties


def _prove(world: World, examples: int, steps: int, **more: Any) -> None:
    run_state_machine_as_test(
        machine(world),
        settings=settings(
            **more,
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_no_order_of_acts_leaves_a_wrong_signature(any_portal: Flask) -> None:
    _prove(World(any_portal, 3), 6, 25)


@pytest.mark.full
@pytest.mark.long
@pytest.mark.timeout(1800)
def test_no_order_of_many_acts_by_five_leaves_a_wrong_signature(any_portal: Flask) -> None:
    _prove(World(any_portal, 5), 60, 40)


def sign_whatever_there_is(agreement: Agreement, _digest: str) -> Version:
    """Sign what stands there, whatever was shown."""
    return queries.shown(agreement)


FAULTS = {
    "void": lambda *_more: 0,
    "_check_shown": sign_whatever_there_is,
    "_go_on": lambda ctx, row: Agreement.update(state="in_force").where(Agreement.id == row.id).execute(),
}  # fmt: skip
"""What a wrong portal would do: void nothing, sign anything, be in force after the first signature."""


@pytest.mark.full
@pytest.mark.parametrize("name", FAULTS)
def test_a_seeded_fault_is_found_by_the_same_machine(
    world: World, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(signing, name, FAULTS[name])
    with pytest.raises((AssertionError, FlakyFailure)) as caught:
        _prove(world, 400, 40, phases=[Phase.generate], report_multiple_bugs=False)
    found = getattr(caught.value, "exceptions", [caught.value])  # flaky: who is first differs
    assert any(isinstance(error, AssertionError) for error in found)


def another(item: library.Field, value: Any, first: str) -> Any:
    """Return another value for a field with which the text is complete still."""
    if item.type == "units":
        return [{"title": "Other", "skills": "Other"}]
    if item.type == "date":
        return (date.fromisoformat(value) + timedelta(days=1)).isoformat()
    if item.type == "number":
        return 70
    return {**(value or {}), first: "Another"} if item.each else "Another"


def wrong_leaves(world: World, fault: Callable[[], Any] = lambda: None) -> list[tuple[str, str]]:
    """Change each leaf of a text that is signed; name those that void wrongly, with a fault or none."""
    row = world.frozen()
    first, wrong = parties(row.id)[0].public_id, []
    clauses = library.template(row.kind, row.template_version).clauses
    fault()
    for clause in clauses:
        for item in clause.fields:
            value = another(item, queries.clause(row, clause.id).data.get(item.id), first)
            if world.now(row).state == "negotiation":
                for at in (0, 1):
                    world.agree(row, at)
            if not standing(row.id):
                world.sign(row, 0)
            world.change(row, 0, clause.id, **{item.id: value})
            if bool(standing(row.id)) is clause.material:
                wrong.append((clause.id, item.id))
    return wrong


def test_every_material_leaf_voids_and_no_clerical_one(world: World) -> None:
    assert wrong_leaves(world) == []


@pytest.mark.full
def test_so_it_is_on_both_engines(make_portal: Callable[..., Flask], any_url: str) -> None:
    app = make_portal(any_url, plugins=["agreements", "drafts", "versions", "tasks"])
    with app.test_request_context():
        assert wrong_leaves(World(app)) == []


@pytest.mark.full
def test_a_leaf_that_voids_wrongly_is_found(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    genuine = library.template

    def all_alike(kind: str, version: int) -> library.Template:
        found = genuine(kind, version)
        clauses = tuple(replace(clause, material=True) for clause in found.clauses)
        return replace(found, clauses=clauses)

    clerical = wrong_leaves(world, lambda: monkeypatch.setattr(library, "template", all_alike))
    monkeypatch.setattr(library, "template", genuine)
    material = wrong_leaves(world, lambda: monkeypatch.setattr(signing, "void", lambda *_more: 0))
    assert {clause for clause, _field in clerical} == {"file", "contacts"}
    assert len(material) > 20


LONG = [pytest.mark.full, pytest.mark.long, pytest.mark.timeout(1800)]


@pytest.mark.parametrize("turns", [12, pytest.param(1_000, marks=LONG)])
def test_an_edit_between_view_and_signature_signs_nothing(any_portal: Flask, turns: int) -> None:
    world = World(any_portal, 2)
    row = world.frozen()
    wrong = 0
    for turn in range(turns):
        digest = world.digest(row)
        key = "contacts" if turn % 2 else "objectives"
        first = parties(row.id)[0].public_id
        values: dict[str, Any] = (
            {"office": {first: f"Office {turn}"}} if turn % 2 else {"other": f"Words {turn}"}
        )
        world.change(row, turn % 2, key, **values)
        if world.now(row).state == "negotiation":
            for at in (0, 1):
                world.agree(row, at)
        try:
            world.sign(row, 1, digest)
            wrong += 1
        except signing.Stale:
            pass
    assert (wrong, len(standing(row.id))) == (0, 0)


@pytest.mark.parametrize("edits", [6, pytest.param(1_000, marks=LONG)])
def test_editors_at_the_same_time_lose_nothing(any_portal: Flask, edits: int) -> None:
    world = World(any_portal, 2)
    row = world.sent()
    before, hands = row.number, [world.hand(row, at) for at in (0, 1)]
    saved: list[str] = []
    refused: list[Conflict] = []

    def write(editor: int) -> None:
        with any_portal.test_request_context():
            db.database.connect(reuse_if_open=True)
            ctx = world.ctx(world.writers[editor % 2])
            for turn in range(edits):
                clause, text = queries.clause(row, "objectives"), f"Editor {editor}, edit {turn}"
                values = {"other": text}
                try:
                    negotiating.change(
                        ctx, row, hands[editor % 2], "objectives", values, clause.version
                    )
                    saved.append(text)
                except Conflict as error:
                    refused.append(error)
            db.database.close()

    threads = [Thread(target=write, args=(editor,)) for editor in range(EDITORS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(saved) + len(refused) == EDITORS * edits
    assert all({"yours", "theirs"} <= error.texts["other"].keys() for error in refused)
    rows = Version.select().where(Version.agreement == row.id, Version.number > before)
    stored = [drafting.content_of(item) for item in rows.order_by(Version.number)]
    texts = [
        clause["values"]["other"]
        for content in stored
        for clause in content["clauses"]
        if clause["id"] == "objectives"
    ]
    assert sorted(texts) == sorted(saved)
    assert world.now(row).number == before + len(saved)


def test_a_text_with_186_parties_and_long_clauses_is_stored_at_once(world: World) -> None:
    row = world.begin()
    for number in range(service.rules.MOST_PARTIES - 2):
        Party.create(
            public_id=f"p{number}", agreement=row.id, place=10 + number, role="partner",
            name=f"Firm {number}", email=f"firm{number}@firms.example",
        )  # fmt: skip
    each = {party.public_id: "Baking " * 20 for party in parties(row.id)}
    began = process_time()
    world.change(row, 0, "organisations", competence=each)
    assert process_time() - began < 1
    assert len(queries.shown(world.now(row)).content) > 30_000
    with pytest.raises(PortalError, match="at most 186"):
        service.add_party(
            world.ctx(world.writers[0]), row, service.Asked("partner", world.schools[2])
        )


def test_a_page_with_many_parties_asks_a_bounded_number_of_statements(world: World) -> None:
    row = world.begin()
    for number in range(20):
        Party.create(
            public_id=f"p{number}", agreement=row.id, place=10 + number, role="partner",
            name=f"Firm {number}", email=f"firm{number}@firms.example",
        )  # fmt: skip
    counts = []
    for _turn in range(2):
        with db.count_statements() as seen:
            policy.hands(world.ctx(world.writers[0]), world.now(row))
            queries.waiting(world.now(row))
            negotiating.without_signatory(parties(row.id))
        counts.append(len(seen))
    assert max(counts) < 20
