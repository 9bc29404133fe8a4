"""What other plugins may use: who has agreements with whom, and what they promise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from plugins.agreements import labels, library, policy, queries, rules, service, signing
from plugins.agreements.drafting import clauses
from plugins.agreements.exporting import Record, by_hash, make_bundle, of_party, stored
from plugins.agreements.life import EVENT_IN_FORCE
from plugins.agreements.models import (
    CANCELLED,
    DRAFT,
    EXPIRED,
    IN_FORCE,
    SUPERSEDED,
    TERMINATED,
    Agreement,
    Party,
)
from plugins.agreements.queries import editors, own_organisations
from plugins.agreements.service import Asked
from plugins.agreements.signing import Paper
from plugins.agreements.workflow import parties
from portal import permissions
from portal.context import Context
from portal.organisations.models import Organisation

__all__ = [
    "EVENT_IN_FORCE", "Asked", "Begun", "Paper", "Promised", "Record", "Shown", "ToSign", "Wording",
    "among", "are_together", "begin", "by_hash", "editors", "has_unit", "in_force_between", "labels",
    "library", "make_bundle", "newest_of", "of_party", "own_organisations", "partners_of", "promised", "rules",
    "shown_of", "signed_by_all", "signed_outside", "stored", "to_sign", "wording_of",
]  # fmt: skip


@dataclass(frozen=True)
class Shown:
    """An agreement, for those who may know of it; `state` is its name on pages and a kind of tag."""

    public_id: str
    title: str
    state: tuple[str, str] = ("", "")
    ends_on: str = ""


@dataclass(frozen=True)
class Begun:
    """A draft that was begun: its number, and the id in its address."""

    id: int
    public_id: str


@dataclass(frozen=True)
class Wording:
    """The texts of the clauses of an agreement, by clause and language; no value, no party."""

    kind: str
    title: str
    languages: list[str]
    texts: dict[str, dict[str, str]]


@dataclass(frozen=True)
class ToSign:
    """What a party can sign elsewhere: the text's exact bytes and hash, and for whom."""

    public_id: str
    title: str
    party: str
    name: str
    content: bytes
    digest: str
    is_fictional: bool


@dataclass(frozen=True)
class Promised:
    """What an organisation says in an agreement that it will recognise, and by which day (ISO)."""

    public_id: str
    title: str
    organisation_id: int
    what: str
    due_on: str


def newest_of(ctx: Context) -> list[Shown]:
    """Return the newest fifty agreements of the actor's organisations, without cancelled ones."""
    found = queries.register(ctx, queries.Filters(), queries.PAGE_SIZE)
    return [Shown(row.public_id, row.title, labels.state(row.state)) for row in found]


def wording_of(ctx: Context, public_id: str) -> Wording:
    """Return the texts of an agreement's clauses, for who may see it; without what was filled in.

    Raises NotFound.
    """
    row = queries.find(ctx, public_id)
    texts = {clause.key: clause.texts["text"] for clause in clauses(row)}
    return Wording(row.kind, row.title, list(row.languages), texts)


def in_force_between(one: int, other: int) -> list[Shown]:
    """Return the agreements in force of which both organisations are parties."""
    return [Shown(row.public_id, row.title) for row in queries.in_force_between(one, other)]


def begin(ctx: Context, organisation: Organisation, kind: str, title: str, **more: Any) -> Begun:
    """Begin an agreement as a draft; see `service.begin`, whose errors it raises."""
    made = service.begin(ctx, organisation, kind, title, **more)
    return Begun(made.id, made.public_id)


def shown_of(ctx: Context, ids: Sequence[int]) -> list[Shown]:
    """Return those of the agreements that the actor may see, the newest first."""
    of: Any = Agreement
    rows = of.select().where(of.id.in_(list(ids)), permissions.visible(ctx, of))
    return [
        Shown(row.public_id, row.title, labels.state(row.state), row.ends_on)
        for row in rows.order_by(of.id.desc())
    ]


def signed_by_all(ids: Sequence[int]) -> dict[int, bool]:
    """Say of agreements that were not cancelled whether all parties signed them once."""
    of: Any = Agreement
    rows = of.select(of.id, of.state).where(of.id.in_(list(ids)), of.state != CANCELLED)
    return {number: state not in labels.UNDER_WAY for number, state in rows.tuples()}


def among(organisation_ids: Sequence[int]) -> list[int]:
    """Return the signed agreements that two or more of some organisations have, or had, together."""
    past = (IN_FORCE, SUPERSEDED, EXPIRED, TERMINATED)
    return [row.id for row, _parties in queries.among(organisation_ids, *past)]


def are_together(one: int, other: int) -> bool:
    """Whether both organisations are parties of an agreement that is past its draft."""
    ids = queries.together(one, other)
    here = Agreement.state != DRAFT, Agreement.id.in_(ids)
    return bool(ids) and bool(Agreement.select().where(*here).exists())


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


def to_sign(ctx: Context, public_id: str, party: str = "") -> ToSign:
    """Return what may be signed elsewhere for a party of the actor, the first when none is named.

    Raises NotFound for strangers, NotAllowed for those who neither write nor sign for it, Conflict
    when nothing is to be signed (any more).
    """
    agreement, who = _signing(ctx, public_id, party)
    signing.check_may_sign(ctx, agreement, who)
    now = queries.shown(agreement)
    return ToSign(
        public_id, agreement.title, who.party.public_id, who.party.name, bytes(now.content),
        now.digest, bool(agreement.organisation.is_fictional),
    )  # fmt: skip


def signed_outside(ctx: Context, public_id: str, party: str, digest: str, paper: Paper) -> None:
    """Note a signature for a party that was made with another tool, over the text with this hash.

    Raises as `to_sign` does, and Conflict when the text is another by now.
    """
    agreement, who = _signing(ctx, public_id, party)
    signing.sign(ctx, agreement, who, digest, paper=paper)


def _signing(ctx: Context, public_id: str, party: str) -> tuple[Agreement, policy.Hand]:
    agreement = queries.find(ctx, public_id)
    return agreement, policy.hand(ctx, agreement, party, signing=True)


def _values(agreement: Agreement) -> dict[str, Any]:
    """Return what is written in an agreement, by field."""
    return {name: value for row in clauses(agreement) for name, value in row.data.items()}


def has_unit(agreement_id: int) -> bool | None:
    """Say whether an agreement names a unit with what is learned in it.

    None for one that was cancelled, or that has no place for units.
    """
    row = Agreement.get_or_none(Agreement.id == agreement_id, Agreement.state != CANCELLED)
    if row is None or "units" not in library.template(row.kind, row.template_version).needs:
        return None
    units, learned = _values(row).get("units", ()), library.UNIT_PARTS[1:]
    return any(unit.get("title") and any(map(unit.get, learned)) for unit in units)


def promised(agreement_id: int) -> list[Promised]:
    """Return what the sending side of an agreement promises to recognise by a day."""
    row = Agreement.get_or_none(Agreement.id == agreement_id)
    if row is None:
        return []
    flat = _values(row)
    what, due_on = flat.get("recognise_what"), flat.get("recognise_by")
    if not what or not due_on:
        return []
    return [
        Promised(row.public_id, row.title, party.organisation_id, what, due_on)
        for party in parties(row.id)
        if party.organisation_id and party.role in rules.SIDES["sending"]
    ]
