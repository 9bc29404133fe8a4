"""What follows from decisions, inside their transactions."""

from __future__ import annotations

from typing import Any

from plugins.claims import policy, rules, telling
from plugins.claims.models import (
    ABUSE,
    ACCEPTED,
    APPEAL,
    CLAIM,
    HIDE,
    LOOKALIKE,
    REMOVAL,
    RESTRICTING,
    VERIFICATION,
    Case,
)
from plugins.directory import interface as directory
from portal import db
from portal.context import Context
from portal.errors import Conflict
from portal.i18n import _
from portal.organisations import service
from portal.organisations.models import CLAIMED, Organisation


def carry_out(ctx: Context, case: Case, reasons: str) -> None:
    """Do what follows from a decision and tell the people.

    An accepted claim makes the person OrgAdmin of an organisation that is verified then; an
    accepted removal, and a report or name with that measure, hides it; an accepted appeal does
    the opposite of what was decided. Raises Conflict for a claim of what others have claimed
    meanwhile.
    """
    case.decision = reasons
    now, me = ctx.clock.now(), ctx.actor.account_id
    row = Case
    row.update(decision=reasons, decided_by=me, decided_at=now).where(row.id == case.id).execute()
    if case.state == ACCEPTED:
        if case.kind == APPEAL:
            _overturn(ctx, case)
        else:
            _do(ctx, case, case)
    telling.decided(ctx, case)


def check_shown_again(ctx: Context, organisation_id: int) -> None:
    """Refuse to bring back what a decision keeps from the public pages. Raises Conflict."""
    rows = db.query("SELECT hidden_at FROM organisation WHERE id = ?", (organisation_id,))
    if rows and rows[0][0] is None and policy.in_force(organisation_id):
        raise Conflict(
            _(
                "A reviewer took this entry from the public pages. The reasons say why and how to "
                "appeal; it comes back when an appeal was right."
            )
        )


def _do(ctx: Context, case: Case, decision: Case) -> None:
    """Do what a case asks for; `decision` is the case, or the appeal by which it was decided."""
    if case.organisation is not None:
        service.lock(case.organisation)  # of two claims at once, the second one sees the first
        organisation: Any = Organisation.get_by_id(case.organisation_id)
        proof = decision.proven_by or rules.offered_proof(decision)
        if case.kind == CLAIM:
            if not policy.may_be_claimed(organisation) or case.account is None:
                raise Conflict(_("This entry can't be claimed any more; decline and say why."))
            service.add_member(ctx, organisation, case.account.id, "OrgAdmin")
            directory.verify(ctx, organisation, proof)
        elif case.kind == VERIFICATION:
            if organisation.state != CLAIMED:
                raise Conflict(_("Its state is another one by now; decline and say why."))
            directory.verify(ctx, organisation, proof)
        elif organisation.hidden_at is None and HIDE in {decision.measure, _measure(case)}:
            service.touch(ctx, organisation, hidden_at=ctx.clock.now())
    if case.kind in RESTRICTING:
        telling.measured(ctx, decision)


def _measure(case: Case) -> str:
    """Return what follows from a case of its own kind: a removal hides."""
    return HIDE if case.kind == REMOVAL else ""


def _overturn(ctx: Context, appeal: Case) -> None:
    """Do the opposite of what was decided: end a restriction, or give what was declined."""
    case: Case = Case.get_by_id(appeal.parent_id)
    Case.update(overturned_at=ctx.clock.now()).where(Case.id == case.id).execute()
    if case.state != ACCEPTED:
        _do(ctx, case, appeal)
        return
    if case.measure == HIDE and case.organisation is not None:
        organisation: Any = Organisation.get_by_id(case.organisation_id)
        if organisation.hidden_at is not None and not policy.in_force(organisation.id):
            service.touch(ctx, organisation, hidden_at=None)
    if case.kind in {ABUSE, LOOKALIKE}:
        telling.measured(ctx, case, is_over=True)
