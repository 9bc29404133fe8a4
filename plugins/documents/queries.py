"""Reads of documents, in a bounded number of statements."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from peewee import JOIN, fn

from plugins.consortia.interface import ACTIVE, LEAD, Seen
from plugins.consortia.interface import members as members_of
from plugins.documents import rules
from plugins.documents.models import Document, File, Version
from portal import db
from portal.context import Context
from portal.errors import NotFound
from portal.i18n import _
from portal.organisations import queries as organisations
from portal.organisations.models import Organisation
from portal.people.models import Account
from portal.text import fold

EDITORS = {"OrgEditor", "OrgAdmin"}
BY_MEMBERS = (rules.MEMBERS, rules.PUBLIC)


def missing() -> NotFound:
    """Make the answer for what is not there, or not for this actor."""
    return NotFound(_("This document is not there any more. Look at what the consortium has now."))


def any_kept(consortium: Seen, audiences: Sequence[str] = rules.AUDIENCES) -> bool:
    """Whether a consortium has a document for one of these."""
    marks = ", ".join("?" * len(audiences))
    sql = (
        "SELECT 1 FROM documents_document WHERE consortium_id = ? AND removed_at IS NULL "
        f"AND audience IN ({marks}) LIMIT 1"
    )
    return bool(db.query(sql, (consortium.id, *audiences)))


def writes_for(ctx: Context, consortium: Seen) -> list[Organisation]:
    """Return the active members for which the actor writes, the lead first; the system for all."""
    if ctx.actor.system:
        return [row.organisation for row in members_of(consortium, ACTIVE)]
    mine = {
        item.organisation.id
        for item in (organisations.mine(ctx) if ctx.actor.signed_in else ())
        if item.role in EDITORS
    }
    rows = members_of(consortium, ACTIVE) if mine and consortium.part else []
    return [row.organisation for row in rows if row.organisation_id in mine]


def readable(consortium: Seen, own: Sequence[Organisation]) -> tuple[str, ...]:
    """Return whose documents somebody reads who writes for `own` of the members."""
    if not consortium.part:
        return (rules.PUBLIC,)
    return rules.AUDIENCES if own or consortium.part == LEAD else BY_MEMBERS


def listed(consortium: Seen, audiences: Sequence[str], q: str = "") -> list[Version]:
    """Return the newest version of each document for some readers, by title.

    `q` is looked for in title, name of the file and note.
    """
    of, old = Version, Document
    rows: Any = of.select(of, old, Organisation).join(old, on=of.document == old.id)
    rows = rows.join_from(of, Organisation, JOIN.LEFT_OUTER, on=of.organisation == Organisation.id)
    rows = rows.where(
        old.consortium_id == consortium.id,
        old.removed_at.is_null(),
        old.audience.in_(audiences),
        of.number == old.number,
    )
    wanted = fold(" ".join(q.split()))
    found = [row for row in rows if wanted in fold(f"{row.title} {row.file_name} {row.note}")]
    return sorted(found, key=lambda row: (fold(row.title), row.document_id))


def document(consortium: Seen, public_id: str, audiences: Sequence[str]) -> Document:
    """Return a document of a consortium for those who may read it. Raises NotFound."""
    of: Any = Document
    found: Document | None = of.get_or_none(
        of.public_id == public_id,
        of.consortium_id == consortium.id,
        of.removed_at.is_null(),
        of.audience.in_(audiences),
    )
    if found is None:
        raise missing()
    return found


def removed(consortium: Seen, since: datetime) -> list[Document]:
    """Return the documents that were removed since then, the last first."""
    of: Any = Document
    rows = of.select().where(of.consortium_id == consortium.id, of.removed_at > since)
    return list(rows.order_by(of.removed_at.desc(), of.id.desc()))


def versions(row: Document) -> list[Version]:
    """Return the versions of a document with who made them, the newest first."""
    of: Any = Version
    rows = of.select(of, Organisation, Account)
    rows = rows.join_from(of, Organisation, JOIN.LEFT_OUTER, on=of.organisation == Organisation.id)
    rows = rows.join_from(of, Account, JOIN.LEFT_OUTER, on=of.account == Account.id)
    return list(rows.where(of.document == row.id).order_by(of.number.desc()))


def version(row: Document, number: int) -> Version:
    """Return a version of a document. Raises NotFound."""
    found: Version | None = Version.get_or_none(
        Version.document == row.id, Version.number == number
    )
    if found is None:
        raise missing()
    return found


def content(row: Version) -> bytes:
    """Return what stands in a version's file."""
    return bytes(File.get_by_id(row.file_id).content)


def used(consortium_id: int) -> int:
    """Return how many bytes a consortium keeps, each file once."""
    of: Any = File
    found = of.select(fn.SUM(of.size)).where(of.consortium_id == consortium_id).scalar()
    return int(found or 0)


def lasts(now: datetime) -> datetime:
    """Return since when something removed can be brought back."""
    return now - timedelta(days=rules.DAYS_TO_BRING_BACK)
