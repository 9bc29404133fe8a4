"""What other plugins may use: who has agreements with whom, and what they promise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from plugins.agreements import labels, library, queries, rules
from plugins.agreements.drafting import clauses
from plugins.agreements.exporting import Record, by_hash, make_bundle, of_party
from plugins.agreements.life import EVENT_IN_FORCE
from plugins.agreements.models import DRAFT, Agreement, Party
from plugins.agreements.queries import editors, own_organisations
from plugins.agreements.workflow import parties
from portal.organisations.models import Organisation

__all__ = [
    "EVENT_IN_FORCE",
    "Promised",
    "Record",
    "Shown",
    "are_together",
    "by_hash",
    "editors",
    "in_force_between",
    "labels",
    "library",
    "make_bundle",
    "of_party",
    "own_organisations",
    "partners_of",
    "promised",
]  # fmt: skip


@dataclass(frozen=True)
class Shown:
    """An agreement, for those who may know of it."""

    public_id: str
    title: str


@dataclass(frozen=True)
class Promised:
    """What an organisation says in an agreement that it will recognise, and by which day (ISO)."""

    public_id: str
    title: str
    organisation_id: int
    what: str
    due_on: str


def in_force_between(one: int, other: int) -> list[Shown]:
    """Return the agreements in force of which both organisations are parties."""
    return [Shown(row.public_id, row.title) for row in queries.in_force_between(one, other)]


def are_together(one: int, other: int) -> bool:
    """Whether both organisations are parties of an agreement that is past its draft."""
    here: Any = Party
    of = here.select(here.agreement).where(here.removed_at.is_null())
    return bool(
        Agreement.select()
        .where(
            Agreement.state != DRAFT,
            Agreement.id.in_(of.where(here.organisation == one)),
            Agreement.id.in_(of.where(here.organisation == other)),
        )
        .exists()
    )


def partners_of(organisation_ids: Sequence[int]) -> list[tuple[int, Organisation]]:
    """Return pairs of one of the organisations and one it has an agreement with, by name."""
    here: Any = Party
    own = (
        here.select(here.agreement, here.organisation)
        .join(Agreement)
        .where(
            here.organisation.in_(list(organisation_ids)),
            here.removed_at.is_null(),
            Agreement.state != DRAFT,
        )
    )
    mine = {row.agreement_id: row.organisation_id for row in own}
    others = here.select(here, Organisation).join(Organisation)
    rows = others.where(here.agreement.in_(list(mine)), here.removed_at.is_null())
    pairs = {
        (mine[row.agreement_id], row.organisation_id): row.organisation
        for row in rows
        if row.organisation_id != mine[row.agreement_id]
    }
    found = [(number, other) for (number, _other), other in pairs.items()]
    return sorted(found, key=lambda pair: (pair[1].folded_name, pair[0]))


def promised(agreement_id: int) -> list[Promised]:
    """Return what the sending side of an agreement promises to recognise by a day."""
    row = Agreement.get_or_none(Agreement.id == agreement_id)
    if row is None:
        return []
    flat: dict[str, Any] = {}
    for clause in clauses(row):
        flat |= clause.data
    what, due_on = flat.get("recognise_what"), flat.get("recognise_by")
    if not what or not due_on:
        return []
    return [
        Promised(row.public_id, row.title, party.organisation_id, what, due_on)
        for party in parties(row.id)
        if party.organisation_id and party.role in rules.SIDES["sending"]
    ]
