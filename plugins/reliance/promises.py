"""The recognition clock: what was promised when an agreement came into force, and when it was done."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from plugins.agreements.interface import among, editors, own_organisations, promised
from plugins.notices.interface import notify
from plugins.reliance.models import Promise
from plugins.reliance.rules import checked
from portal import audit, db
from portal.context import Context
from portal.errors import Invalid, NotFound
from portal.i18n import _
from portal.i18n import lazy_gettext as lazy
from portal.organisations.models import Organisation
from portal.organisations.service import new_public_id

OVERDUE = "reliance.overdue"
KINDS = ({"kind": OVERDUE, "title": lazy("Recognition that you promised is overdue")},)


def note(ctx: Context, agreement_id: int) -> int:
    """Note what an agreement in force promises; harmless when that was done. Returns how many."""
    count = 0
    with db.transaction():
        for item in promised(agreement_id):
            count += bool(
                Promise.insert(
                    public_id=new_public_id(),
                    agreement_id=agreement_id,
                    agreement=item.public_id,
                    title=item.title,
                    organisation=item.organisation_id,
                    what=item.what,
                    due_on=item.due_on,
                    created_at=ctx.clock.now(),
                )
                .on_conflict_ignore()
                .execute()
            )
    return count


def of(organisation_ids: list[int]) -> list[Promise]:
    """Return what organisations promised to recognise, open ones first, by day."""
    rows = Promise.select(Promise, Organisation).join(Organisation)
    found = rows.where(Promise.organisation.in_(organisation_ids))
    return sorted(found, key=lambda row: (bool(row.delivered_on), row.due_on, row.id))


def open_among(organisation_ids: Sequence[int]) -> int:
    """Count what organisations promised each other to recognise and have not delivered."""
    here: Any = Promise
    agreed = among(organisation_ids)
    mine = here.organisation.in_(list(organisation_ids)) & here.agreement_id.in_(agreed)
    return int(here.select().where(mine, here.delivered_on == "").count())


def deliver(ctx: Context, number: str, delivered_on: date, proof: str) -> None:
    """Note that a promise of one's own organisation was kept. Raises Invalid, NotFound."""
    own = [item.id for item in own_organisations(ctx)]
    row: Promise | None = Promise.get_or_none(
        Promise.public_id == number, Promise.organisation.in_(own)
    )
    if row is None:
        raise NotFound
    if delivered_on > ctx.clock.now().date():
        raise Invalid(_("This day is still to come."), field="delivered_on")
    with db.transaction():
        Promise.update(
            delivered_on=delivered_on.isoformat(),
            proof=checked(proof, 300, "proof"),
            account=ctx.actor.account_id,
        ).where(Promise.id == row.id).execute()
        audit.record(ctx, "recognition.delivered", "reliance_promise", row.id)


def remind(ctx: Context) -> None:
    """Tell once those who write for an organisation that a promise is overdue."""
    late = Promise.select().where(
        Promise.delivered_on == "",
        Promise.due_on < ctx.clock.now().date().isoformat(),
        Promise.reminded_at.is_null(),
    )
    for row in list(late):
        with db.transaction():
            Promise.update(reminded_at=ctx.clock.now()).where(Promise.id == row.id).execute()
            title = lazy("Recognition is overdue: %(title)s", title=row.title)
            body = lazy("Say what was recognised and when, so that your partner knows.")
            for account in editors(row.organisation_id):
                page = f"/recognition/{row.public_id}"
                made_up = bool(row.organisation.is_fictional)
                notify(ctx, account, OVERDUE, title, body, page, f"promise {row.id}", made_up)


def kept_rows(today: date) -> str:
    """Return the SELECT with which a partner's profile reads how it kept its promises."""
    kept = "CASE WHEN delivered_on <> '' AND delivered_on <= due_on THEN 1 ELSE 0 END"
    return (
        "SELECT organisation_id, 'reliance_kept', CAST(COUNT(*) AS TEXT), "
        f"CAST(SUM({kept}) AS TEXT), '', '' FROM reliance_promise "
        f"WHERE organisation_id IN ({{marks}}) AND due_on < '{today.isoformat()}' "
        "GROUP BY organisation_id"
    )
