"""The parties as pages count and list them: one ready statement, however many there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from plugins.agreements.models import Signature
from plugins.agreements.workflow import SIGNED
from portal import db
from portal.i18n import _


class Seat(NamedTuple):
    """A party without the price of a row's model; `signature_id` is that of the standing one."""

    id: int
    public_id: str
    name: str
    role: str
    email: str
    confirmed: int
    organisation_id: int | None
    signature_id: int | None = None


_ALL = (
    "SELECT p.id, p.public_id, p.name, p.role, p.email, p.confirmed, p.organisation_id, s.id "
    "FROM agreements_party p LEFT JOIN agreements_signature s ON s.party_id = p.id "
    "AND s.voided_at IS NULL WHERE p.agreement_id = ? AND p.removed_at IS NULL ORDER BY p.place, p.id"
)


def seats(agreement_id: int) -> list[Seat]:
    """Return the parties of an agreement in their order, without those that left."""
    all_of = map(Seat._make, db.query(_ALL, (agreement_id,)))
    return [seat if seat.name else seat._replace(name=_("erased")) for seat in all_of]


def signatures(shown: Sequence[Seat]) -> dict[int, Signature]:
    """Return the standing signatures of some parties by the number of the party."""
    ids = [seat.signature_id for seat in shown if seat.signature_id]
    rows = Signature.select(*SIGNED).where(Signature.id.in_(ids)) if ids else ()
    return {row.party_id: row for row in rows}


def slugs(shown: Sequence[Seat]) -> dict[int, str]:
    """Return the addresses of the organisations that some parties are, by their number."""
    ids = [seat.organisation_id for seat in shown if seat.organisation_id]
    sql = f"SELECT id, slug FROM organisation WHERE id IN ({', '.join('?' * len(ids))})"
    return dict(db.query(sql, ids)) if ids else {}
