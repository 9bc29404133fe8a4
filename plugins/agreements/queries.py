"""Reads of agreements, in a bounded number of statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from peewee import fn

from plugins.agreements import drafting, labels
from plugins.agreements.models import (
    CANCELLED,
    DRAFT,
    FROZEN,
    IN_FORCE,
    NEGOTIATION,
    OPEN,
    Acceptance,
    Agreement,
    Clause,
    Opening,
    Party,
    Remark,
    Signature,
    Version,
)
from plugins.agreements.workflow import EDITORS, parties, standing
from portal import db, permissions
from portal.context import Context
from portal.errors import NotFound
from portal.i18n import _
from portal.organisations import queries as organisations
from portal.organisations.models import Organisation, OrganisationMember
from portal.people.models import Account

PAGE_SIZE = 50
MOST_EXPORTED = 5_000
RIGHTS = ("view", "negotiate", "run", "sign", "close", "history")


@dataclass(frozen=True)
class Found:
    """An agreement with what the actor may do with it."""

    agreement: Agreement
    rights: frozenset[str]

    def may(self, *names: str) -> bool:
        """Whether the actor has one of these permissions."""
        return bool(self.rights.intersection(names))


@dataclass(frozen=True)
class Filters:
    """Which agreements a register shows; empty values leave nothing out."""

    state: str = ""
    kind: str = ""
    text: str = ""
    before: int = 0


def missing() -> NotFound:
    """Make the answer for agreements that are not there, or not for this actor."""
    return NotFound(_("There is no agreement at this address, or it is not yours to see."))


def find(ctx: Context, public_id: str) -> Found:
    """Return an agreement for those who may see it. Raises NotFound."""
    row = by_public_id(public_id)
    rights = permissions.granted(ctx, row, RIGHTS) if row else set()
    if row is None or "view" not in rights:
        raise missing()
    return Found(row, frozenset(rights))


def by_public_id(public_id: str) -> Agreement | None:
    """Return an agreement by the id in its address, whoever asks."""
    found: Agreement | None = (
        Agreement.select(Agreement, Organisation)
        .join(Organisation)
        .where(Agreement.public_id == public_id)
        .first()
    )
    return found


def hold(agreement: Agreement) -> Agreement:
    """Return an agreement as it is stored, kept from others until the transaction ends."""
    if db.is_postgres():
        db.query("SELECT id FROM agreements_agreement WHERE id = ? FOR UPDATE", (agreement.id,))
    found: Agreement = Agreement.get_by_id(agreement.id)
    return found


def register(ctx: Context, filters: Filters, most: int = PAGE_SIZE + 1) -> list[Agreement]:
    """Return the agreements that the actor's organisations are parties of, the newest first."""
    of: Any = Agreement
    rows = of.select(of, Organisation).join(Organisation).where(_mine(ctx))
    if filters.state == "under_way":
        rows = rows.where(of.state.in_(labels.UNDER_WAY))
    elif filters.state:
        rows = rows.where(of.state == filters.state)
    else:
        rows = rows.where(of.state != CANCELLED)
    if filters.kind:
        rows = rows.where(of.kind == filters.kind)
    if filters.text:
        like = f"%{filters.text.lower()}%"
        named: Any = Party.select(Party.agreement).where(fn.LOWER(Party.name) ** like)
        rows = rows.where((fn.LOWER(of.title) ** like) | of.id.in_(named))
    if filters.before:
        rows = rows.where(of.id < filters.before)
    return list(rows.order_by(of.id.desc()).limit(most))


def _mine(ctx: Context) -> Any:
    """The condition on agreements in which an organisation of the actor takes part, and may see."""
    own = permissions.memberships(ctx.actor.account_id or 0)
    here: Any = Party
    of: Any = Agreement
    part = here.select(here.agreement).where(here.organisation.in_(own), here.removed_at.is_null())
    return of.id.in_(part) & permissions.visible(ctx, of)


def parties_of(ids: Sequence[int]) -> dict[int, list[Party]]:
    """Return the parties of agreements by number, in their order."""
    found: dict[int, list[Party]] = {number: [] for number in ids}
    rows = Party.select().where(Party.agreement.in_(list(ids)), Party.removed_at.is_null())
    for row in rows.order_by(Party.place, Party.id):
        found[row.agreement_id].append(row)
    return found


def own_organisations(ctx: Context) -> list[Organisation]:
    """Return the organisations for which the actor may write, by name."""
    return [
        item.organisation
        for item in organisations.mine(ctx)
        if item.role in EDITORS and not item.organisation.hidden_at
    ]


def editors(organisation_id: int) -> list[int]:
    """Return the accounts that write for an organisation."""
    member: Any = OrganisationMember
    found = (
        member.select(member.account)
        .join(Account)
        .where(
            member.organisation == organisation_id,
            member.role.in_(sorted(EDITORS)),
            Account.disabled_at.is_null(),
        )
        .order_by(member.id)
    )
    return [number for (number,) in found.tuples()]


def count_open(organisation_id: int) -> int:
    """Return how many agreements that an organisation began are under way."""
    own = Agreement.organisation == organisation_id
    return int(Agreement.select().where(own, Agreement.state.in_(labels.UNDER_WAY)).count())


def clause(agreement: Agreement, key: str) -> Clause:
    """Return a clause of an agreement. Raises NotFound."""
    found: Clause | None = Clause.get_or_none(Clause.agreement == agreement.id, Clause.key == key)
    if found is None:
        raise missing()
    return found


def acceptances(agreement: Agreement) -> dict[int, dict[int, int]]:
    """Return by clause and party which version of the clause was accepted."""
    found: dict[int, dict[int, int]] = {}
    rows = Acceptance.select().join(Clause).where(Clause.agreement == agreement.id)
    for row in rows:
        found.setdefault(row.clause_id, {})[row.party_id] = row.version
    return found


def remarks(agreement: Agreement) -> dict[int, list[Remark]]:
    """Return the remarks on an agreement by clause, oldest first."""
    found: dict[int, list[Remark]] = {}
    rows = (
        Remark.select(Remark, Party)
        .join(Party)
        .switch(Remark)
        .join(Clause)
        .where(Clause.agreement == agreement.id)
    )
    for row in rows.order_by(Remark.id):
        found.setdefault(row.clause_id, []).append(row)
    return found


def remark(agreement: Agreement, public_id: str) -> Remark:
    """Return a remark on an agreement. Raises NotFound."""
    rows = Remark.select(Remark, Clause).join(Clause)
    found: Remark | None = rows.where(
        Remark.public_id == public_id, Clause.agreement == agreement.id
    ).first()
    if found is None:
        raise missing()
    return found


def signatures(agreement: Agreement) -> list[Signature]:
    """Return all signatures of an agreement with parties and versions, voided ones too."""
    rows = Signature.select(Signature, Party, Version).join(Party).switch(Signature).join(Version)
    return list(rows.where(Signature.agreement == agreement.id).order_by(Signature.id))


def versions(agreement: Agreement) -> list[Version]:
    """Return the versions of an agreement, the newest first, without their bytes."""
    of: Any = Version
    rows = of.select(
        of.id, of.number, of.digest, of.material, of.why, of.clause, of.party, of.created_at, Party
    ).join(Party, "LEFT OUTER JOIN")
    return list(rows.where(of.agreement == agreement.id).order_by(of.number.desc()).limit(500))


def openings(agreement: Agreement) -> list[Opening]:
    """Return when administrators of the site opened an agreement, and why."""
    return list(Opening.select().where(Opening.agreement == agreement.id).order_by(Opening.id))


# Who waits for whom


@dataclass(frozen=True)
class Waiting:
    """That a party has to do something before it goes on: agree or sign."""

    party: Party
    what: str


def waiting(agreement: Agreement, there: Sequence[Party] | None = None) -> list[Waiting]:
    """Say who has to do what now, in the order of the parties."""
    all_of = parties(agreement.id) if there is None else there
    if agreement.state == DRAFT:
        return [
            Waiting(party, "send")
            for party in all_of
            if party.organisation_id == agreement.organisation_id
        ][:1]
    if agreement.state == NEGOTIATION:
        return [Waiting(party, "agree") for party in all_of if party.confirmed != agreement.number]
    if agreement.state in FROZEN:
        signed = {row.party_id for row in standing(agreement.id)}
        return [Waiting(party, "sign") for party in all_of if party.id not in signed]
    return []


def tasks(ctx: Context) -> list[tuple[Agreement, str, datetime]]:
    """Return agreements in which a party of the actor has to do something, since when."""
    own = {item.id for item in own_organisations(ctx)}
    rows = register(ctx, Filters(state="under_way"), 200)
    found = []
    for row in rows:
        mine = [item for item in waiting(row) if item.party.organisation_id in own]
        if mine and row.state != DRAFT:
            since = row.frozen_at if row.state in FROZEN else row.sent_at
            found.append((row, mine[0].what, since or row.created_at))
    return found


def in_force_between(one: int, other: int) -> list[Agreement]:
    """Return the agreements in force of which both organisations are parties."""
    rows = Agreement.select().where(
        Agreement.state == IN_FORCE, Agreement.id.in_(_of(one)), Agreement.id.in_(_of(other))
    )
    return list(rows.order_by(Agreement.id))


def among(ids: Sequence[int], *states: str) -> list[tuple[Agreement, list[int]]]:
    """Return the agreements that two or more of some organisations have with each other, with these."""
    here: Any = Party
    rows = here.select(here, Agreement).join(Agreement)
    found = rows.where(here.organisation.in_(list(ids)), here.removed_at.is_null())
    parties: dict[int, tuple[Agreement, list[int]]] = {}
    for row in found.where(Agreement.state.in_(states or (IN_FORCE,))).order_by(here.id):
        parties.setdefault(row.agreement_id, (row.agreement, []))[1].append(row.organisation_id)
    return [pair for pair in parties.values() if len(set(pair[1])) > 1]


def _of(organisation_id: int) -> Any:
    here: Any = Party
    return here.select(here.agreement).where(
        here.organisation == organisation_id, here.removed_at.is_null()
    )


def open_remarks(agreement: Agreement) -> int:
    """Return how many suggestions wait for an answer."""
    here = (Clause.agreement == agreement.id, Remark.state == OPEN, Remark.proposal != {})
    return int(Remark.select().join(Clause).where(*here).count())


def shown(agreement: Agreement) -> Version:
    """Return the text as it is now. Raises NotFound when there is none."""
    found = drafting.newest(agreement)
    if found is None:
        raise missing()
    return found
