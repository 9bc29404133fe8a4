"""What is on record of an agreement, to be shown and checked elsewhere: texts, signatures, bundle."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import rfc8785
from flask import current_app

from plugins.agreements import labels, queries
from plugins.agreements.models import Agreement, Signature, Version
from plugins.agreements.workflow import AGREEMENT, parties
from plugins.evidence.interface import bundle, canonical, signatures
from plugins.trust import interface as trust
from portal import audit, db, merkle
from portal.context import Context
from portal.errors import Invalid
from portal.i18n import _


@dataclass(frozen=True)
class Record:
    """A version with all that was signed: `content` are its exact bytes, `versions` those signed.

    `names` are the parties' by public id, empty ones of persons; `state` is a sentence's end and a kind.
    """

    public_id: str
    content: bytes
    versions: Mapping[str, bytes]
    signed: Sequence[bundle.Signed]
    names: Mapping[str, str]
    is_fictional: bool
    state: tuple[str, str]


def of_party(ctx: Context, public_id: str) -> Record:
    """Return the text that holds, with the names of persons. Raises NotFound for strangers."""
    agreement = queries.find(ctx, public_id).agreement
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
    agreement = queries.find(ctx, public_id).agreement
    rows, current = queries.signatures(agreement), queries.shown(agreement)
    entries, head = _entries(ctx, agreement, rows, size)
    versions = {row.version.digest: bytes(row.version.content) for row in rows}
    versions.pop(current.digest, None)
    made = bundle.Bundle(
        portal=current_app.config["PORTAL"].base_url,
        made_at=db.utc_text(ctx.clock.now()),
        documents=[*versions.values(), bytes(current.content)],
        signed=[_signed(row, entries.get(row.public_id)) for row in rows],
        head=head,
    )
    return bundle.write(made)


def _record(agreement: Agreement, version: Version, persons: bool) -> Record:
    rows = queries.signatures(agreement)
    return Record(
        agreement.public_id,
        bytes(version.content),
        {row.version.digest: bytes(row.version.content) for row in rows},
        [_signed(row) for row in rows],
        {
            party.public_id: party.name if persons or party.organisation_id else ""
            for party in parties(agreement.id)
        },
        bool(agreement.organisation.is_fictional),
        labels.state(agreement.state),
    )


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
    leaves, now = trust.leaves(), trust.head(ctx)
    size = min(size or len(leaves), len(leaves))
    texts: dict[int, tuple[str, str]] = {}
    columns = ", ".join(f"e.{name}" for name in audit.COLUMNS.split(", "))
    for place, *row in db.query(
        f"SELECT l.number, {columns} FROM audit_entry e JOIN audit_leaf l ON l.entry_id = e.id "
        "WHERE e.action = ? AND e.subject_type = ? AND e.subject_id = ?",
        (bundle.ACTION, AGREEMENT, agreement.id),
    ):
        text, said = _text_of(place, row)
        number = numbers.get(str(said["detail"].get("statement")))
        if number:
            texts[place] = (number, text)
    if any(place > size for place in texts):
        raise Invalid(_("That state of the log is older than a signature. Choose a later one."))
    proofs = bundle.paths(leaves[:size], texts)
    found = {number: bundle.Entry(text, at, proofs[at]) for at, (number, text) in texts.items()}
    if size == now.size:
        return found, bundle.Head(size, now.root, now.at, now.text)
    return found, bundle.Head(size, _root_of(leaves[:size]), now.at)


def _root_of(leaves: Sequence[bytes]) -> str:
    peaks: list[bytes] = []
    for at, leaf in enumerate(leaves):
        peaks = merkle.append(peaks, at, leaf)
    return merkle.root(peaks).hex()


def _text_of(place: int, row: Sequence[Any]) -> tuple[str, dict[str, Any]]:
    """Return an entry as the canonical text that its leaf is the hash of, and what it says."""
    entry = {"place": place, **dict(zip(audit.COLUMNS.split(", "), row, strict=True))}
    for name in ("detail", "personal"):
        entry[name] = json.loads(entry[name])
    return rfc8785.dumps(entry).decode(), entry
