"""Reads of past cooperation and references, in a bounded number of statements."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from peewee import JOIN

from plugins.cooperation.models import (
    CONFIRMED,
    PROPOSED,
    REFERENCE,
    SEEN,
    SHOWN,
    WAITING,
    Document,
    Record,
    Reference,
    Text,
)
from portal import db, permissions
from portal.audit import AuditEntry
from portal.context import Context
from portal.errors import NotFound
from portal.organisations import queries as organisations
from portal.organisations.models import (
    UNCLAIMED,
    VERIFIED,
    Organisation,
    OrganisationMember,
)

MOST_LISTED = 200
own_organisations = organisations.own_organisations
editors = organisations.editors


def is_here(organisation: Organisation) -> bool:
    """Whether an organisation has people here."""
    return organisation.state != UNCLAIMED and organisation.hidden_at is None


def is_verified(organisation: Organisation) -> bool:
    """Whether its people proved that it is theirs; nobody can for what is made up."""
    return is_here(organisation) and (
        organisation.state == VERIFIED or bool(organisation.is_fictional)
    )


def joined_on(organisation: Organisation) -> date | None:
    """Return the day on which the first person acted for an organisation; None for nobody so far.

    The audit log remembers those who have left, so that a change of people moves no day. What is
    made up has been here from its beginning.
    """
    member: Any = OrganisationMember
    entry: Any = AuditEntry
    told = (
        entry.select(entry.at)
        .where(
            entry.action == "member.added",
            entry.subject_type == "organisation",
            entry.subject_id == organisation.id,
        )
        .order_by(entry.id)
        .first()
    )
    days = [row.at for row in (told,) if row is not None]
    since = member.select(member.joined_at).where(member.organisation == organisation.id)
    days += [at for (at,) in since.order_by(member.joined_at).limit(1).tuples()]
    if not days and organisation.is_fictional:
        days = [organisation.created_at]
    return min(days).date() if days else None


# Past cooperation


def _records(*where: Any) -> Any:
    proposer: Any = Organisation.alias()
    partner: Any = Organisation.alias()
    of: Any = Record
    return (
        of.select(of, proposer, partner)
        .join(proposer, on=(of.proposer == proposer.id), attr="proposer")
        .join_from(of, partner, on=(of.partner == partner.id), attr="partner")
        .where(*where)
    )


def record(ctx: Context, public_id: str) -> Record:
    """Return past cooperation for those who may see it. Raises NotFound."""
    here = (Record.public_id == public_id, permissions.visible(ctx, Record))
    row: Record | None = _records(*here).first()
    if row is None:
        raise NotFound
    return row


def records_of(ids: Sequence[int]) -> list[Record]:
    """Return the entries of organisations, on either side, newest first."""
    of: Any = Record
    rows = _records(of.proposer.in_(list(ids)) | of.partner.in_(list(ids)))
    return list(rows.order_by(of.id.desc()).limit(MOST_LISTED)) if ids else []


def to_answer(ids: Sequence[int]) -> list[Record]:
    """Return what is proposed to organisations and waits for their answer, oldest first."""
    of: Any = Record
    rows = _records(of.partner.in_(list(ids)), of.state == PROPOSED)
    return list(rows.order_by(of.proposed_at).limit(MOST_LISTED)) if ids else []


def confirmed_of(organisation_id: int) -> list[Record]:
    """Return what everybody may know of an organisation's past cooperation, the latest first."""
    of: Any = Record
    mine = (of.proposer == organisation_id) | (of.partner == organisation_id)
    rows = list(_records(mine, of.state == CONFIRMED).order_by(of.last_month.desc()))
    return [row for row in rows if is_here(row.proposer) and is_here(row.partner)]


def count_of(organisation_id: int, *states: str, without: int = 0) -> int:
    """Return how many entries in these states an organisation has, on either side."""
    of: Any = Record
    mine = (of.proposer == organisation_id) | (of.partner == organisation_id)
    return int(of.select().where(mine, of.state.in_(states), of.id != without).count())


def document(ctx: Context, public_id: str) -> Document:
    """Return a document for those who may see it. Raises NotFound."""
    of: Any = Document
    row: Document | None = of.get_or_none(of.public_id == public_id, permissions.visible(ctx, of))
    if row is None:
        raise NotFound
    return row


def documents_of(row: Record) -> list[Document]:
    """Return the documents of an entry without their content, newest first."""
    of: Any = Document
    columns = [of.id, of.public_id, of.kind, of.dated_on, of.state, of.organisation, of.created_at]
    return list(of.select(*columns).where(of.record == row.id).order_by(of.id.desc()))


def has_document(record_id: int) -> bool:
    """Whether a document of an entry waits for a reviewer, or was seen."""
    of: Any = Document
    return bool(of.select().where(of.record == record_id, of.state.in_((WAITING, SEEN))).exists())


def together(ids: Sequence[int]) -> list[tuple[int, int, str]]:
    """Return one of some organisations, who confirmed to have worked with it, and the project."""
    marks = ", ".join("?" * len(ids))
    sides = (("proposer", "partner"), ("partner", "proposer"))
    selects = " UNION ALL ".join(
        f"SELECT r.{mine}_id, o.id, r.project FROM cooperation_record r "
        f"JOIN organisation o ON o.id = r.{other}_id "
        f"WHERE r.state = 'confirmed' AND o.hidden_at IS NULL AND r.{mine}_id IN ({marks})"
        for mine, other in sides
    )
    return db.query(selects, [*ids] * 2)


# References


def _references(*where: Any) -> Any:
    giver: Any = Organisation.alias()
    of: Any = Reference
    return (
        of.select(of, Organisation, giver)
        .join(Organisation, on=of.organisation)
        .join_from(of, giver, JOIN.LEFT_OUTER, on=(of.giver == giver.id), attr="giver")
        .where(*where)
    )


def with_texts(rows: Sequence[Reference]) -> list[tuple[Reference, dict[str, Text]]]:
    """Return references with their words by kind, in one statement."""
    words: dict[int, dict[str, Text]] = {row.id: {} for row in rows}
    for text in Text.select().where(Text.reference.in_(list(words))) if words else ():
        words[text.reference_id][text.kind] = text
    return [(row, words[row.id]) for row in rows]


def references_of(ids: Sequence[int]) -> list[tuple[Reference, dict[str, Text]]]:
    """Return the references that organisations asked for, newest first."""
    of: Any = Reference
    rows = _references(of.organisation.in_(list(ids))).order_by(of.id.desc()) if ids else []
    return with_texts(list(rows))


def to_write(ids: Sequence[int]) -> list[Reference]:
    """Return references that organisations are asked to write, oldest first."""
    of: Any = Reference
    written = Text.select(Text.reference).where(Text.kind == REFERENCE)
    rows = _references(of.giver.in_(list(ids)), of.closed_at.is_null(), of.id.not_in(written))
    return list(rows.order_by(of.id).limit(MOST_LISTED)) if ids else []


def reference(public_id: str, ids: Sequence[int]) -> Reference:
    """Return a reference for the organisation that asked, or that gives it. Raises NotFound."""
    of: Any = Reference
    mine = of.organisation.in_(list(ids)) | of.giver.in_(list(ids))
    row: Reference | None = _references(of.public_id == public_id, mine).first()
    if row is None:
        raise NotFound
    return row


def asked_since(organisation_id: int, since: Any) -> int:
    """Return how many references an organisation asked for since a moment."""
    of: Any = Reference
    return int(of.select().where(of.organisation == organisation_id, of.asked_at >= since).count())


def shown_of(organisation_id: int) -> list[tuple[Reference, dict[str, Text]]]:
    """Return the references of an organisation that everybody may read, newest first."""
    of: Any = Reference
    rows = with_texts(list(_references(of.organisation == organisation_id).order_by(of.id.desc())))
    found = []
    for row, words in rows:
        seen = {kind: text for kind, text in words.items() if text.state == SHOWN}
        if REFERENCE in seen:
            found.append((row, seen))
    return found


def words(public_id: str) -> Text:
    """Return words that a reviewer decides about. Raises NotFound."""
    row: Text | None = Text.get_or_none(Text.public_id == public_id)
    if row is None:
        raise NotFound
    return row
