"""Reads of agreements, in a bounded number of statements."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from peewee import fn

from plugins.agreements import drafting, labels
from plugins.agreements.models import (
    CANCELLED,
    DRAFT,
    FROZEN,
    IN_FORCE,
    NEGOTIATION,
    OPEN,
    Agreement,
    Clause,
    Opening,
    Party,
    Remark,
    Signature,
    Version,
)
from plugins.agreements.seats import Seat, seats
from plugins.agreements.workflow import AGREEMENT, EDITORS, SIGNED
from plugins.members.interface import signatories
from portal import db, kept, permissions
from portal.context import Context
from portal.errors import NotFound
from portal.i18n import _
from portal.organisations import queries as organisations
from portal.organisations.models import Organisation, OrganisationMember
from portal.people.models import Account

PAGE_SIZE = 50
MOST_EXPORTED = 5_000


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


def find(ctx: Context, public_id: str) -> Agreement:
    """Return an agreement for those who may see it. Raises NotFound."""
    found = kept.rows(ctx, "agreements.find", _with_right, public_id, permissions=["view"])
    if not found or not found[0][-1]:
        raise missing()
    row: Agreement = kept.row_of(Agreement, found[0])
    row.is_fictional = bool(found[0][-2])
    return row


def _with_right(ctx: Context, public_id: str) -> Any:
    of: Any = Agreement
    may = permissions.visible(ctx, of).alias("may")
    rows = of.select(of, Organisation.is_fictional, may).join(Organisation)
    return rows.where(of.public_id == public_id)


def by_public_id(public_id: str) -> Agreement | None:
    """Return an agreement by the id in its address, whoever asks."""
    sql = (
        "SELECT a.*, o.is_fictional AS is_fictional FROM agreements_agreement a "
        "JOIN organisation o ON o.id = a.organisation_id WHERE a.public_id = ?"
    )
    found = Agreement.raw(sql.replace("?", db.database.param), public_id)
    return next(iter(list(found)), None)


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


class Mark(NamedTuple):
    """A clause without its text: its number and version, and how many remarks it has."""

    id: int
    version: int
    remarks: int


def clause_marks(agreement: Agreement, keys: Sequence[str]) -> dict[str, Mark]:
    """Return some clauses of an agreement by their ids, without their texts."""
    if not keys:
        return {}
    sql = (
        "SELECT key, id, version, (SELECT COUNT(*) FROM agreements_remark r WHERE r.clause_id = c.id) "
        "FROM agreements_clause c WHERE agreement_id = ?"
    )
    here = f"{sql} AND key IN ({', '.join('?' * len(keys))})"
    return {row[0]: Mark(*row[1:]) for row in db.query(here, (agreement.id, *keys))}


def accepted(ids: Sequence[int]) -> dict[int, set[int]]:
    """Return for clauses the parties that accepted them as they are now."""
    found: dict[int, set[int]] = {}
    sql = (
        "SELECT c.id, a.party_id FROM agreements_clause c JOIN agreements_acceptance a "
        f"ON a.clause_id = c.id AND a.version = c.version WHERE c.id IN ({', '.join('?' * len(ids))})"
    )
    for clause, party in db.query(sql, ids) if ids else ():
        found.setdefault(clause, set()).add(party)
    return found


def remarks(ids: Sequence[int]) -> dict[int, list[Remark]]:
    """Return the remarks on clauses by their numbers, oldest first."""
    found: dict[int, list[Remark]] = {}
    if not ids:
        return found
    rows = Remark.select(Remark, Party).join(Party).where(Remark.clause.in_(list(ids)))
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
    """Return all signatures of an agreement with the hashes of their versions, voided ones too.

    Neither the bytes of texts nor scans are read.
    """
    rows = Signature.select(*SIGNED, Version.id, Version.digest).join(Version)
    return list(rows.where(Signature.agreement == agreement.id).order_by(Signature.id))


def texts(digests: Iterable[str]) -> dict[str, bytes]:
    """Return the exact bytes of versions by their hashes, each once, in this order."""
    of: Any = Version
    wanted = list(dict.fromkeys(digests))
    found = dict(of.select(of.digest, of.content).where(of.digest.in_(wanted)).tuples())
    return {digest: bytes(found[digest]) for digest in wanted}


def scan(agreement: Agreement, public_id: str) -> Signature | None:
    """Return a signature of an agreement that has a scan."""
    here = (Signature.agreement == agreement.id, Signature.public_id == public_id)
    found: Signature | None = Signature.get_or_none(*here, Signature.scan_type != "")
    return found


def counts(agreement: Agreement) -> tuple[int, int]:
    """Return how many voided signatures an agreement has, and how often the site opened it."""
    sql = (
        "SELECT (SELECT COUNT(*) FROM agreements_signature WHERE agreement_id = ? "
        "AND voided_at IS NOT NULL), (SELECT COUNT(*) FROM agreements_opening WHERE agreement_id = ?)"
    )
    voided, opened = db.query(sql, (agreement.id, agreement.id))[0]
    return voided, opened


def versions(agreement: Agreement) -> list[Version]:
    """Return the versions of an agreement, the newest first, without their bytes."""
    of: Any = Version
    rows = of.select(
        of.id, of.number, of.digest, of.material, of.why, of.clause, of.party, of.created_at, Party
    ).join(Party, "LEFT OUTER JOIN")
    return list(rows.where(of.agreement == agreement.id).order_by(of.number.desc()).limit(500))


class Step(NamedTuple):
    """A step that an agreement took, with the comment and who took it, empty where they are gone."""

    transition: str
    at: datetime
    comment: str
    actor_name: str


def past(agreement: Agreement) -> list[Step]:
    """Return the steps of an agreement, oldest first."""
    sql = (
        "SELECT h.transition, h.at, COALESCE(c.text, ''), COALESCE(a.name, '') FROM workflow_history h "
        "LEFT JOIN workflow_comment c ON c.entry_id = h.id LEFT JOIN account a ON a.id = h.actor_id "
        "WHERE h.object_type = ? AND h.object_id = ? ORDER BY h.seq"
    )
    rows = db.query(sql, (AGREEMENT, agreement.id))
    return [Step(name, db.parse_utc(at), text, who) for name, at, text, who in rows]


def openings(agreement: Agreement) -> list[Opening]:
    """Return when administrators of the site opened an agreement, and why."""
    return list(Opening.select().where(Opening.agreement == agreement.id).order_by(Opening.id))


# Who waits for whom


class Waiting(NamedTuple):
    """That a party has to do something before it goes on: agree or sign."""

    party: Seat
    what: str


def waiting(agreement: Agreement, there: Sequence[Seat] | None = None) -> list[Waiting]:
    """Say who has to do what now, in the order of the parties."""
    all_of = seats(agreement.id) if there is None else there
    if agreement.state == DRAFT:
        return [
            Waiting(party, "send")
            for party in all_of
            if party.organisation_id == agreement.organisation_id
        ][:1]
    if agreement.state == NEGOTIATION:
        return [Waiting(party, "agree") for party in all_of if party.confirmed != agreement.number]
    if agreement.state in FROZEN:
        found = [Waiting(party, "sign") for party in all_of if not party.signature_id]
        return found[:1] if agreement.in_turn else found
    return []


def tasks(ctx: Context) -> list[tuple[Agreement, str, datetime]]:
    """Return agreements in which a party of the actor has to do something, since when."""
    own = {"agree": {item.id for item in own_organisations(ctx)}}
    own["sign"] = own["agree"] | {
        item.organisation.id
        for item in organisations.mine(ctx)
        if item.role not in EDITORS
        and any(one.account_id == ctx.actor.account_id for one in signatories(item.organisation))
    }
    rows = register(ctx, Filters(state="under_way"), 200)
    found = []
    for row in rows:
        mine = [one for one in waiting(row) if one.party.organisation_id in own.get(one.what, ())]
        if mine and row.state != DRAFT:
            since = row.frozen_at if row.state in FROZEN else row.sent_at
            found.append((row, mine[0].what, since or row.created_at))
    return found


def in_force_between(one: int, other: int) -> list[Agreement]:
    """Return the agreements in force of which both organisations are parties."""
    ids = together(one, other)
    here = Agreement.state == IN_FORCE, Agreement.id.in_(ids)
    return list(Agreement.select().where(*here).order_by(Agreement.id)) if ids else []


def together(one: int, other: int) -> list[int]:
    """Return the agreements of which both organisations are parties, by number, whatever their state."""
    sql = (
        "SELECT DISTINCT p.agreement_id FROM agreements_party p JOIN agreements_party q "
        "ON q.agreement_id = p.agreement_id WHERE p.organisation_id = ? AND q.organisation_id = ? "
        "AND p.removed_at IS NULL AND q.removed_at IS NULL"
    )
    return [number for (number,) in db.query(sql, (one, other))]


def among(ids: Sequence[int], *states: str) -> list[tuple[Agreement, list[int]]]:
    """Return the agreements that two or more of some organisations have with each other, with these."""
    here: Any = Party
    rows = here.select(here, Agreement).join(Agreement)
    found = rows.where(here.organisation.in_(list(ids)), here.removed_at.is_null())
    pairs: dict[int, tuple[Agreement, list[int]]] = {}
    for row in found.where(Agreement.state.in_(states or (IN_FORCE,))).order_by(here.id):
        pairs.setdefault(row.agreement_id, (row.agreement, []))[1].append(row.organisation_id)
    return [pair for pair in pairs.values() if len(set(pair[1])) > 1]


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
