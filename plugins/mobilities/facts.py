"""What others may know of stays: plain facts, without the tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from peewee import fn

from plugins.mobilities import queries, tasklist
from plugins.mobilities.models import (
    DID_NOT_HAPPEN,
    ENDED,
    INTERRUPTED,
    RECORDED,
    SENDING,
    Mobility,
    PlacementRow,
)
from portal.context import Context
from portal.errors import NotFound
from portal.organisations.models import Organisation


@dataclass(frozen=True)
class Participant:
    """A person who took part. Addresses are empty where none was written, or after some years."""

    id: int
    public_id: str
    email: str
    name: str
    language: str
    is_minor: bool
    guardian_email: str
    placement_id: int


@dataclass(frozen=True)
class Placement:
    """A stay at a host, or at a workplace that differs from it.

    `outcome` is empty while it goes on, then ended, interrupted or did_not_happen; `ended_on` is
    its last day, or the day on which it was known that it does not happen. `evidence` is live, or
    backfilled for a stay from before a side joined.
    """

    id: int
    public_id: str
    mobility_id: int
    sending_id: int
    host_id: int
    supporting_id: int | None
    workplace: str
    field: str
    starts_on: date
    ends_on: date
    ended_on: date | None
    outcome: str
    evidence: str = RECORDED


@dataclass(frozen=True)
class Stay:
    """A mobility as somebody sees it who may; `sides` are those for which they write.

    `people` are named to the sending side alone.
    """

    id: int
    public_id: str
    title: str
    state: str
    sending: Organisation
    host: Organisation
    supporting: Organisation | None
    starts_on: str
    ends_on: str
    sides: frozenset[str]
    count: int
    people: Sequence[Participant]


@dataclass(frozen=True)
class Completion:
    """How many stays of an organisation, in any role, ended as planned, early, or not at all."""

    ended: int = 0
    interrupted: int = 0
    did_not_happen: int = 0


@dataclass(frozen=True)
class Seen:
    """A mobility as the actor sees it: for which sides they write, and which steps they may mark."""

    id: int
    public_id: str
    title: str
    is_fictional: bool
    sides: frozenset[str]
    steps: Mapping[str, str]
    may: frozenset[str]


def seen(ctx: Context, public_id: str) -> Seen:
    """Return a mobility for the people of its sides, with its steps by key. Raises NotFound."""
    found = queries.find(ctx, public_id)
    row, items = found.mobility, tasklist.items(found.mobility.id)
    is_over = row.state in tasklist.OVER
    may = {
        item.row.key for item in items if not is_over and tasklist.sides_of(item.step) & found.sides
    }
    return Seen(
        row.id,
        row.public_id,
        row.title,
        bool(row.sending.is_fictional),
        found.sides,
        {item.row.key: str(item.step.title) for item in items},
        frozenset(may),
    )


def _fact(row: PlacementRow) -> Placement:
    mobility: Mobility = row.mobility
    return Placement(
        id=row.id,
        public_id=row.public_id,
        mobility_id=mobility.id,
        sending_id=mobility.sending_id,
        host_id=mobility.host_id,
        supporting_id=mobility.supporting_id,
        workplace=row.workplace,
        field=mobility.field,
        starts_on=date.fromisoformat(row.starts_on),
        ends_on=date.fromisoformat(row.ends_on),
        ended_on=date.fromisoformat(row.ended_on) if row.ended_on else None,
        outcome=row.outcome,
        evidence=mobility.evidence,
    )


def _rows() -> Any:
    return PlacementRow.select(PlacementRow, Mobility).join(Mobility)


def ended(placement_ids: Iterable[int]) -> dict[int, Placement]:
    """Return those of the placements that are over, by number; in one statement."""
    of: Any = PlacementRow
    rows = _rows().where(of.id.in_(list(placement_ids)), of.outcome != "")
    return {row.id: _fact(row) for row in rows}


def placement(public_id: str) -> Placement:
    """Return a placement by its public id. Raises NotFound."""
    row = _rows().where(PlacementRow.public_id == public_id).first()
    if row is None:
        raise NotFound
    return _fact(row)


def participants(placement_id: int) -> list[Participant]:
    """Return who took part in a stay, in the order in which they were named."""
    return _people([placement_id])


def _people(placement_ids: Sequence[int]) -> list[Participant]:
    return [
        Participant(
            id=row.id,
            public_id=row.public_id,
            email=row.email,
            name=row.name,
            language=row.language,
            is_minor=bool(row.is_minor),
            guardian_email=row.guardian_email,
            placement_id=row.placement_id,
        )
        for row in queries.participants(placement_ids)
    ]


def find(ctx: Context, public_id: str) -> Stay:
    """Return a mobility for those who may see it. Raises NotFound, the same for all others."""
    found = queries.find(ctx, public_id)
    row = found.mobility
    of: Any = PlacementRow
    places = [number for (number,) in of.select(of.id).where(of.mobility == row.id).tuples()]
    people = _people(places)
    return Stay(
        row.id, row.public_id, row.title, row.state, row.sending, row.host, row.supporting,
        row.starts_on, row.ends_on, found.sides, len(people),
        people if SENDING in found.sides else [],
    )  # fmt: skip


def ended_of(organisation_id: int) -> list[Placement]:
    """Return the stays of an organisation, in any role, that are over; the first that ended first."""
    of: Any = Mobility
    sides = (of.sending, of.host, of.supporting)
    here = sides[0] == organisation_id
    for side in sides[1:]:
        here |= side == organisation_id
    rows = _rows().where(PlacementRow.outcome != "", here)
    return [_fact(row) for row in rows.order_by(PlacementRow.ended_on, PlacementRow.id)]


def completion(organisation_ids: Sequence[int]) -> dict[int, Completion]:
    """Return how stays that were recorded here ended, for those that had any; three statements."""
    counts: dict[int, Counter[str]] = {}
    of: Any = Mobility
    for side in (of.sending, of.host, of.supporting):
        rows: Any = (
            PlacementRow.select(side, PlacementRow.outcome, fn.COUNT(PlacementRow.id))
            .join(Mobility)
            .where(
                side.in_(list(organisation_ids)),
                PlacementRow.outcome != "",
                of.evidence == RECORDED,
            )
            .group_by(side, PlacementRow.outcome)
        )
        for number, outcome, count in rows.tuples():
            counts.setdefault(number, Counter())[outcome] += count
    return {
        number: Completion(found[ENDED], found[INTERRUPTED], found[DID_NOT_HAPPEN])
        for number, found in counts.items()
    }


def roles_on(ctx: Context, placement_id: int) -> set[str]:
    """Return for which sides of a stay the acting account writes: sending, host, supporting."""
    of: Any = Mobility
    row = of.select().join(PlacementRow).where(PlacementRow.id == placement_id).first()
    return queries.sides_of(ctx, row) if row else set()
