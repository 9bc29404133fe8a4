"""Proposing past cooperation, correcting it, and what follows from the partner's answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from peewee import IntegrityError

from plugins.cooperation import entering, queries, rules, telling
from plugins.cooperation.models import PROPOSED, STANDING, Record
from portal import audit, db, permissions, workflow
from portal.context import SYSTEM, Context
from portal.errors import Conflict, NotFound
from portal.hookspecs import Transition
from portal.i18n import _
from portal.i18n import lazy_gettext as lazy
from portal.organisations.models import Organisation
from portal.organisations.service import new_public_id

TYPE = "cooperation_record"


def propose(
    ctx: Context, own: Organisation, partner: Organisation, values: Mapping[str, Any]
) -> Record:
    """Propose past cooperation to a partner, who confirms or declines it.

    Values are project, first_month, last_month, participants, we_sent. Raises NotFound for somebody
    else's organisation, Invalid with the field, Conflict where the pair has an entry.
    """
    _check_own(ctx, own)
    today = ctx.clock.now().date()
    with db.transaction():
        joined = entering.newcomer_since(own, partner)
        entering.check_open(joined, today)
        kept = rules.checked(values, joined, today)
        entering.check_room(0, own, partner)
        _check_pair(own, partner)
        try:
            with db.transaction():
                row: Record = Record.create(
                    public_id=new_public_id(),
                    proposer=own.id,
                    partner=partner.id,
                    sender=own.id if values.get("we_sent") else partner.id,
                    account=ctx.actor.account_id,
                    proposed_at=ctx.clock.now(),
                    **kept,
                )
        except IntegrityError as error:  # both proposed at once
            raise _twice(partner) from error
        workflow.start(ctx, row)
        audit.record(ctx, "cooperation.proposed", TYPE, row.id, partner=partner.id)
        _ask(ctx, row)
    return row


def correct(
    ctx: Context, row: Record, own: Organisation, values: Mapping[str, Any], version: int | None
) -> None:
    """Propose an entry with other values; the other side confirms it anew, and until then it is not shown.

    Raises NotFound, NotAllowed, Invalid with the field, Conflict when somebody else changed it.
    """
    _check_own(ctx, own)
    if own.id not in {row.proposer_id, row.partner_id}:
        raise NotFound
    today, partner = ctx.clock.now().date(), row.other(own.id)
    with db.transaction():
        permissions.check(ctx, "edit", row)
        joined = entering.newcomer_since(own, partner)
        kept = rules.checked(values, joined, today)
        entering.check_room(row.id, own, partner)
        if row.state not in STANDING:
            entering.check_open(joined, today)
            _check_pair(own, partner)
        workflow.move(ctx.as_actor(SYSTEM), row, "propose", version=version)
        audit.record(ctx, "cooperation.corrected", TYPE, row.id)
        Record.update(
            proposer=own.id,
            partner=partner.id,
            sender=own.id if values.get("we_sent") else partner.id,
            account=ctx.actor.account_id,
            proposals=Record.proposals + 1,
            proposed_at=ctx.clock.now(),
            reminded_at=None,
            **kept,
        ).where(Record.id == row.id).execute()
        permissions.forget()
        _ask(ctx, Record.get_by_id(row.id))


def _check_own(ctx: Context, own: Organisation) -> None:
    if ctx.actor.system:
        return
    if own.id not in {item.id for item in queries.own_organisations(ctx)}:
        raise NotFound


def _check_pair(own: Organisation, partner: Organisation) -> None:
    of: Any = Record
    pair = [own.id, partner.id]
    if (
        of.select()
        .where(of.proposer.in_(pair), of.partner.in_(pair), of.state.in_(STANDING))
        .exists()
    ):
        raise _twice(partner)


def _twice(partner: Organisation) -> Conflict:
    return Conflict(
        _("You and %(name)s have an entry already. There is one for each pair.", name=partner.name)
    )


def _ask(ctx: Context, row: Record, *, again: bool = False) -> None:
    title = lazy("%(name)s says that you worked together: is it true?", name=row.proposer.name)
    if again:
        title = lazy("%(name)s still waits for your answer", name=row.proposer.name)
    body = lazy("Project %(project)s. Confirm it or decline; nothing is shown before.",
                project=row.project)  # fmt: skip
    mark = f"{TYPE} {row.id} {row.proposals}{' again' if again else ''}"
    path = f"/cooperation/{row.public_id}"
    telling.tell(ctx, row.partner, telling.ASKED, title, body, path, mark)


def carry_out(ctx: Context, row: Record, step: Transition, comment: str) -> None:
    """Tell the other side what was done with an entry, inside the step's transaction."""
    row = Record.get_by_id(row.id)
    titles = {
        "confirm": lazy("%(name)s confirmed that you worked together", name=row.partner.name),
        "decline": lazy(
            "%(name)s declined what you wrote about past cooperation", name=row.partner.name
        ),
        "take_back": lazy("Past cooperation was taken back: %(project)s", project=row.project),
        "strike": lazy("A reviewer struck past cooperation: %(project)s", project=row.project),
    }
    if step.name not in titles:
        return
    path = f"/cooperation/{row.public_id}"
    whom = [row.proposer] if step.name in {"confirm", "decline"} else [row.proposer, row.partner]
    for organisation in whom:
        telling.tell(ctx, organisation, telling.ANSWERED, titles[step.name], comment, path)


def remind(ctx: Context) -> int:
    """Remind once of proposals that nobody answered for two weeks; returns how many."""
    of: Any = Record
    late = of.select().where(
        of.state == PROPOSED,
        of.reminded_at.is_null(),
        of.proposed_at <= ctx.clock.now() - rules.REMIND_AFTER,
    )
    count = 0
    for row in list(late.order_by(of.id).limit(500)):
        with db.transaction():
            here = (of.id == row.id, of.reminded_at.is_null(), of.state == PROPOSED)
            if of.update(reminded_at=ctx.clock.now()).where(*here).execute():
                _ask(ctx, row, again=True)
                count += 1
    return count
