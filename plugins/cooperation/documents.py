"""Documents of past stays: handed in, seen by a reviewer, forgotten; then organisations may rate the stay."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Any

from peewee import IntegrityError

from plugins.cooperation import entering, queries, rules, sealing, telling
from plugins.cooperation.models import KINDS, REFUSED, SEEN, Document, Record
from plugins.mobilities import interface as mobilities
from portal import audit, db, permissions, workflow
from portal.context import SYSTEM, Context
from portal.errors import Conflict, Invalid, NotFound
from portal.hookspecs import Transition
from portal.i18n import _
from portal.i18n import lazy_gettext as lazy
from portal.organisations.models import Organisation
from portal.organisations.service import new_public_id

TYPE = "cooperation_document"
BACKFILLED = "backfilled"


def hand_in(
    ctx: Context,
    row: Record,
    own: Organisation,
    kind: str,
    dated_on: date | None,
    content: bytes,
) -> Document:
    """Keep a document of a confirmed stay for a reviewer; one at a time.

    Raises NotFound, NotAllowed, Invalid with the field, Conflict where one waits or was seen.
    """
    if own.id not in {row.proposer_id, row.partner_id}:
        raise NotFound
    if kind not in KINDS:
        raise Invalid(_("Choose from the list."), field="kind")
    file_type = rules.content_type(content)
    with db.transaction():
        permissions.check(ctx, "undo", row)
        now = Record.get_by_id(row.id)
        problem = entering.rated_problem(ctx, now)
        if problem:
            raise Conflict(problem)
        today = ctx.clock.now().date()
        dated = rules.check_date(dated_on, now.first_month, now.last_month, today)
        if queries.has_document(row.id):
            raise Conflict(_("A document of this stay was handed in already."))
        try:
            with db.transaction():
                made: Document = Document.create(
                    public_id=new_public_id(),
                    record=row.id,
                    organisation=own.id,
                    account=ctx.actor.account_id,
                    kind=kind,
                    dated_on=dated.isoformat(),
                    content=sealing.seal(content),
                    content_type=file_type,
                    fingerprint=hashlib.sha256(content).hexdigest(),
                    created_at=ctx.clock.now(),
                )
        except IntegrityError as error:  # both sides at once
            raise Conflict(_("A document of this stay was handed in already.")) from error
        workflow.start(ctx, made)
        audit.record(ctx, "cooperation.document_handed_in", TYPE, made.id, kind=kind)
    return made


def read(ctx: Context, row: Document) -> bytes:
    """Return a document for its own people or a reviewer, and note that it was read.

    Raises NotFound once it is gone.
    """
    content = sealing.unseal(row.content) if row.content is not None else b""
    if not content:
        raise NotFound(_("This file is not kept any more."))
    with db.transaction():
        audit.record(ctx, "cooperation.document_read", TYPE, row.id)
    return content


def carry_out(ctx: Context, row: Document, step: Transition, comment: str) -> None:
    """Carry out what a reviewer decided about a document, inside the step's transaction."""
    of: Any = Document
    of.update(decided_at=ctx.clock.now()).where(of.id == row.id).execute()
    record: Record = Record.get_by_id(row.record_id)
    path, both = f"/cooperation/{record.public_id}", (record.proposer, record.partner)
    if step.target == SEEN:
        stay = record_stay(ctx, record)
        title = lazy("A reviewer saw the document; you may rate the stay: %(project)s",
                     project=record.project)  # fmt: skip
        audit.record(ctx, "cooperation.stay_recorded", "cooperation_record", record.id, stay=stay)
        for organisation in both:
            telling.tell(ctx, organisation, telling.ANSWERED, title, comment, path)
    elif step.target == REFUSED:
        title = lazy("A document was not accepted: read why")
        telling.tell(ctx, row.organisation, telling.ANSWERED, title, comment, path)
    else:
        of.update(content=None).where(of.id == row.id).execute()


def record_stay(ctx: Context, row: Record) -> int:
    """Record the stay as one that ended, without participants; organisations are then asked to rate.

    Returns the number of its placement. This is the only way in for ratings of what was before.
    """
    stay = mobilities.record(
        ctx.as_actor(SYSTEM),
        sending=row.sender,
        host=row.host,
        title=row.project,
        starts_on=rules.first_day(row.first_month),
        ends_on=rules.last_day(row.last_month),
        evidence=BACKFILLED,
    )
    Record.update(placement=stay.id).where(Record.id == row.id).execute()
    return stay.id


def forget(ctx: Context) -> int:
    """Delete the files of documents about which was decided a while ago; returns how many."""
    of: Any = Document
    old = of.decided_at <= ctx.clock.now() - rules.KEPT_AFTER_DECISION
    with db.transaction():
        return int(of.update(content=None).where(old, of.content.is_null(False)).execute())
