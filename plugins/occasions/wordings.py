"""Templates of a consortium: wording that it agreed on once, with which members begin agreements."""

from __future__ import annotations

from collections.abc import Sequence

from plugins.agreements import interface as agreements
from plugins.agreements.interface import Begun
from plugins.consortia import interface as consortia
from plugins.occasions.models import Wording
from portal import audit, db
from portal.context import Context
from portal.errors import Conflict, NotFound
from portal.i18n import _
from portal.organisations.models import Organisation
from portal.organisations.service import new_public_id

MOST = 20


def kept(consortium: consortia.Seen) -> list[Wording]:
    """Return the templates of a consortium, the newest first."""
    rows = Wording.select().where(Wording.number == consortium.id)
    return list(rows.order_by(Wording.id.desc()))


def find(consortium: consortia.Seen, public_id: str) -> Wording:
    """Return a template of a consortium. Raises NotFound."""
    row: Wording | None = Wording.get_or_none(
        Wording.number == consortium.id, Wording.public_id == public_id
    )
    if row is None:
        raise NotFound
    return row


def form_of(row: Wording) -> agreements.library.Template:
    """Return the form of the kind that a template is of. Raises NotFound when it is gone."""
    found = agreements.library.newest().get(row.kind)
    if found is None:
        raise NotFound
    return found


def keep(ctx: Context, consortium: consortia.Seen, agreement: str) -> Wording:
    """Keep the wording of an agreement that its lead can see: texts alone, no values and no names.

    Raises NotFound, NotAllowed for members, Conflict when there are many.
    """
    with db.transaction():
        now = consortia.lock(ctx, consortium)
        if len(kept(now)) >= MOST:
            raise Conflict(_("This consortium has many templates. Take one away first."))
        found = agreements.wording_of(ctx, agreement)
        row: Wording = Wording.create(
            public_id=new_public_id(), number=now.id, kind=found.kind, title=found.title,
            languages=found.languages, texts=found.texts, created_at=ctx.clock.now(),
        )  # fmt: skip
        audit.record(ctx, "occasions.template_kept", "consortium", now.id, template=row.public_id)
    return row


def remove(ctx: Context, consortium: consortia.Seen, public_id: str) -> None:
    """Take a template away; agreements that began with it stay as they are. Raises NotFound."""
    with db.transaction():
        now = consortia.lock(ctx, consortium)
        row = find(now, public_id)
        Wording.delete().where(Wording.id == row.id).execute()
        audit.record(ctx, "occasions.template_removed", "consortium", now.id, template=public_id)


def writers(ctx: Context, consortium: consortia.Seen) -> list[Organisation]:
    """Return the active members for which the actor may begin agreements."""
    own = {item.id for item in agreements.own_organisations(ctx)}
    there = consortia.members(consortium, consortia.ACTIVE)
    return [item.organisation for item in there if item.organisation_id in own]


def begin(
    ctx: Context,
    consortium: consortia.Seen,
    public_id: str,
    organisation: str,
    title: str,
    languages: Sequence[str],
) -> Begun:
    """Begin an agreement of a member with a template's wording; `organisation` is its slug.

    Raises NotFound for a template or a member that is not there, and what beginning raises.
    """
    row = find(consortium, public_id)
    own = next((item for item in writers(ctx, consortium) if item.slug == organisation), None)
    if own is None:
        raise NotFound
    return agreements.begin(
        ctx, own, row.kind, title, role=form_of(row).roles[0], languages=languages,
        wording=row.texts,
    )  # fmt: skip
