"""Names of persons in what is signed: commitments whose values can be erased."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from plugins.agreements import (
    interface,
    life,
    negotiating,
    policy,
    queries,
    seats,
    service,
    signing,
)
from plugins.agreements.models import Agreement, Signature
from plugins.agreements.workflow import AGREEMENT, parties, standing
from plugins.evidence.interface import bundle, canonical, commitments, keeping, signatures
from plugins.evidence.models import Value
from plugins.trust import service as trust
from portal.errors import Conflict
from tests.plugins.agreements.conftest import World, content


def with_names(world: World) -> Any:
    """Return a learning agreement of a learner and a group, ready to be agreed."""
    row = service.begin(
        world.ctx(world.writers[0]), world.schools[0], "learning", "Two weeks", role="sending",
        others=[
            service.Asked("host", world.schools[1]),
            service.Asked("learner", name="Ilze Learner", email="ilze@mail.example"),
        ],
    )  # fmt: skip
    world.change(row, 0, "participants", people=2, names="Anna One\nBert Two")
    world.change(row, 0, "duration", starts_on="2027-05-03", ends_on="2027-05-14", weeks=2)
    world.change(row, 0, "qualification", title="Baker")
    world.change(row, 0, "outcomes", units=[{"title": "Bread", "skills": "Bakes."}])
    world.change(
        row, 0, "recognition", recognise_what="One unit", recognise_by="2027-07-01", competent="Own"
    )
    return row


def test_names_stand_in_what_is_signed_as_commitments(world: World) -> None:
    row = with_names(world)
    stored = bytes(queries.shown(world.now(row)).content)
    values = next(c for c in content(row)["clauses"] if c["id"] == "participants")["values"]

    assert b"Ilze" not in stored and b"Anna One" not in stored
    assert b"commitment" in stored
    assert values["names"] == "Anna One\nBert Two"
    assert list(values["person"].values()) == ["Ilze Learner"]
    before = world.now(row).number
    world.change(row, 0, "participants", names="Anna One\nBert Two")
    assert world.now(row).number == before  # the same names are the same commitment
    with pytest.raises(Conflict) as raised:
        negotiating.change(
            world.ctx(world.writers[0]), row, world.hand(row, 0), "participants",
            {"people": 2, "names": "Anna One"}, 1,
        )  # fmt: skip
    assert "Bert Two" in str(raised.value.texts)
    copy = service.follow(world.ctx(world.writers[0]), row, "copy", world.schools[0])
    assert "Ilze Learner" in str(content(copy)) and "Anna One" in str(content(copy))
    assert not set(held(row)) & set(held(copy))  # with salts of its own


def held(row: Any) -> set[str]:
    """Return the commitments in the newest text."""
    found = queries.shown(Agreement.get_by_id(row.id))
    return commitments.commitments(canonical.read(bytes(found.content)))


def test_names_are_erased_and_signatures_stay(world: World) -> None:
    row = with_names(world)
    negotiating.send(world.ctx(world.writers[0]), row)
    world.agree(row, 1)
    learner = policy.held(row, parties(row.id)[2].public_id, "ilze@mail.example", "Ilze Learner")
    assert negotiating.agree(world.ctx(), row, learner, world.digest(row))
    for at in (0, 1):
        world.sign(row, at)
    signing.sign(world.ctx(), row, learner, world.digest(row))
    made = bundle.read(interface.make_bundle(world.ctx(world.writers[0]), row.public_id))
    assert {one.value for one in made.personal} == {"Ilze Learner", "Anna One\nBert Two"}
    assert bundle.verify(made).is_whole
    assert "Ilze Learner" in str(trust.export_address(world.ctx(), "ilze@mail.example"))
    trust.erase_address(world.ctx(), "ilze@mail.example")
    assert {one.value for one in keeping.found(AGREEMENT, row.id)} == {"Anna One\nBert Two"}
    assert b"Ilze" not in interface.make_bundle(world.ctx(world.writers[0]), row.public_id)
    assert [seat.name for seat in seats.seats(row.id)] == ["School 0", "School 1", "erased"]
    keeping.drop(AGREEMENT, [row.id])
    erased = bundle.read(interface.make_bundle(world.ctx(world.writers[0]), row.public_id))

    assert erased.personal == []
    assert b"Ilze Learner" not in b"".join(erased.documents)
    assert bundle.verify(erased).is_whole
    assert len(standing(row.id)) == 3
    copy = service.follow(world.ctx(world.writers[0]), row, "renew", world.schools[0])
    assert [party.name for party in parties(copy.id)] == ["School 0", "School 1"]
    values = next(c for c in content(row)["clauses"] if c["id"] == "participants")["values"]
    assert values["names"] == "erased"
    first = parties(row.id)[0].public_id
    world.change(row, 0, "contacts", office={first: "Mobility office"})  # a clerical correction
    assert world.now(row).state == "in_force"
    newest = bundle.read(interface.make_bundle(world.ctx(world.writers[0]), row.public_id))
    assert bundle.verify(newest).is_whole and len(bundle.verify(newest).standing) == 3


def test_names_are_kept_for_a_while_after_the_end(world: World) -> None:
    row = with_names(world)
    negotiating.send(world.ctx(world.writers[0]), row)
    world.agree(row, 1)
    learner = policy.held(row, parties(row.id)[2].public_id, "ilze@mail.example", "Ilze Learner")
    negotiating.agree(world.ctx(), row, learner, world.digest(row))
    made = signing.sign(world.ctx(), row, learner, world.digest(row))
    assert b"Ilze" not in bytes(made.statement)
    assert (made.name, signatures.read(bytes(made.statement))["mandate"]) == (
        "Ilze Learner", "learner",
    )  # fmt: skip
    negotiating.move(world.ctx(), row, None, "cancel", "Not this year")
    [ended] = {one.ended_at for one in Value.select()}
    assert ended == world.now(row).ended_at
    life.forget(world.ctx())
    assert "Ilze Learner" in names(row)

    long_ago = ended - timedelta(days=1_097)
    Value.update(ended_at=long_ago).execute()
    Agreement.update(ended_at=long_ago).execute()
    trust.run_retention(world.ctx())
    life.forget(world.ctx())
    assert Value.select().count() == 0
    assert names(row) == {"School 0", "School 1", "erased"}
    one = Signature.get()
    assert (one.name, one.salt, one.evidence) == ("", "", {"by": "link"})
    with_all = bundle.read(interface.make_bundle(world.ctx(world.writers[0]), row.public_id))
    assert bundle.verify(with_all).is_whole


def names(row: Agreement) -> set[str]:
    """Return the names of the parties as pages show them."""
    return {party.name for party in parties(row.id)}
