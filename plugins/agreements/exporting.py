"""What is on record of an agreement, to be shown and checked elsewhere: texts, signatures, bundle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import current_app

from plugins.agreements import labels, queries
from plugins.agreements.models import Agreement, Signature, Version
from plugins.agreements.workflow import AGREEMENT, parties
from plugins.evidence.interface import bundle, canonical, commitments, keeping, signatures
from plugins.trust import interface as trust
from portal import db
from portal.context import Context

STORED = {
    "agreement": "id, public_id, state, number",
    "party": "id, public_id, removed_at",
    "version": "id, number, digest, material, content, why, clause, account_id, party_id, created_at",
    "signature": (
        "public_id, party_id, version_id, digest, level, statement, evidence, account_id, "
        "attested_by, name, position, salt, scan, scan_type, signed_at, voided_at, void_reason"
    ),
}


@dataclass(frozen=True)
class Record:
    """A version with all that was signed: `content` are its exact bytes, `versions` those signed.

    `names` are the parties' by public id, empty ones of persons; `state` is a sentence's end and a kind,
    `personal` what commitments in the text stand for, empty where nobody is to be named.
    """

    public_id: str
    content: bytes
    versions: Mapping[str, bytes]
    signed: Sequence[bundle.Signed]
    names: Mapping[str, str]
    is_fictional: bool
    state: tuple[str, str]
    personal: Sequence[commitments.Opened] = ()


def of_party(ctx: Context, public_id: str) -> Record:
    """Return the text that holds, with the names of persons. Raises NotFound for strangers."""
    agreement = queries.find(ctx, public_id)
    return _record(agreement, queries.shown(agreement), persons=True)


def by_hash(start: str) -> Record | None:
    """Return the version whose hash begins with these hex digits, for anybody: no person is named."""
    found = Version.get_or_none(Version.digest.startswith(f"{canonical.ALGORITHM}:{start}"))
    return _record(found.agreement, found, persons=False) if found else None


def make_bundle(ctx: Context, public_id: str, size: int = 0) -> bytes:
    """Return the bundle of an agreement; `size` asks for proofs in the log as it was then.

    The size is that of a mailed head, against which the proofs can be held. Raises Invalid when the
    log was smaller than a signature's place, NotFound for strangers.
    """
    agreement = queries.find(ctx, public_id)
    rows, current = queries.signatures(agreement), queries.shown(agreement)
    entries, head = _entries(ctx, agreement, rows, size)
    versions = queries.texts(row.version.digest for row in rows)
    versions.pop(current.digest, None)
    documents = [*versions.values(), bytes(current.content)]
    made = bundle.Bundle(
        portal=current_app.config["PORTAL"].base_url,
        made_at=db.utc_text(ctx.clock.now()),
        documents=documents,
        signed=[_signed(row, entries.get(row.public_id)) for row in rows],
        personal=_personal(agreement, documents),
        head=head,
    )
    return bundle.write(made)


def _record(agreement: Agreement, version: Version, persons: bool) -> Record:
    rows = queries.signatures(agreement)
    return Record(
        agreement.public_id,
        bytes(version.content),
        queries.texts(row.version.digest for row in rows),
        [_signed(row) for row in rows],
        {
            party.public_id: party.name if persons or party.organisation_id else ""
            for party in parties(agreement.id)
        },
        bool(agreement.organisation.is_fictional),
        labels.state(agreement.state),
        _personal(agreement, [bytes(version.content)]) if persons else (),
    )


def _personal(agreement: Agreement, documents: Sequence[bytes]) -> list[commitments.Opened]:
    """Return the personal values that stand in texts as commitments and were not erased."""
    held = set().union(*(commitments.commitments(canonical.read(data)) for data in documents))
    found = keeping.found(AGREEMENT, agreement.id) if held else []
    return [one for one in found if one.commitment in held]


def _signed(row: Signature, entry: bundle.Entry | None = None) -> bundle.Signed:
    who = None
    if row.name and row.salt:
        who = signatures.signer(row.public_id, row.name, row.position, row.salt)
    voided = db.utc_text(row.voided_at) if row.voided_at else ""
    return bundle.Signed(bytes(row.statement), row.evidence, who, voided, entry)


def _entries(
    ctx: Context, agreement: Agreement, rows: Sequence[Signature], size: int
) -> tuple[dict[str, bundle.Entry], bundle.Head]:
    """Return the log's entries of signatures with their proofs, and the head to which these lead."""
    numbers = {canonical.digest(bytes(row.statement)): row.public_id for row in rows}
    found, leaves, head = trust.entries(ctx, bundle.ACTION, AGREEMENT, agreement.id, size)
    proofs = bundle.paths(leaves, [one.place for one in found])
    entries = {
        numbers[name]: bundle.Entry(one.text, one.place, proofs[one.place])
        for one in found
        if (name := str(one.said["detail"].get("statement"))) in numbers
    }
    return entries, bundle.Head(head.size, head.root, head.at, head.text if head.signature else "")


def stored() -> Iterator[dict[str, list[dict[str, Any]]]]:
    """Yield by agreement the rows that prove something, unread, as they lie in the database.

    The last one has the rows that belong to no agreement.
    """
    for number in [row[0] for row in db.query("SELECT id FROM agreements_agreement ORDER BY id")]:
        yield {name: _rows(name, columns, number) for name, columns in STORED.items()}
    yield {name: _rows(name, columns, None) for name, columns in STORED.items()}


def _rows(name: str, columns: str, number: int | None) -> list[dict[str, Any]]:
    key = "id" if name == "agreement" else "agreement_id"
    here = "= ?" if number else "NOT IN (SELECT id FROM agreements_agreement)"
    rows = db.query(
        f"SELECT {columns} FROM agreements_{name} WHERE {key} {here} ORDER BY id",
        (number,) if number else (),
    )
    return [dict(zip(columns.split(", "), row, strict=True)) for row in rows]
