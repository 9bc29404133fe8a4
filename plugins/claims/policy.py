"""What may be asked for, and who must not decide because of a link; the rest is in the workflow."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import peewee
from peewee import Value, fn

from plugins.claims.models import ACCEPTED, APPEAL, DECLINED, HIDE, OPEN, Case
from plugins.claims.rules import appeal_until
from plugins.directory import interface as directory
from portal.context import Context
from portal.organisations.models import (
    CLAIMED,
    UNCLAIMED,
    VERIFIED,
    Organisation,
    OrganisationMember,
)
from portal.organisations.policy import role_of
from portal.people.models import Account
from portal.permissions import memberships


def may_be_claimed(organisation: Organisation) -> bool:
    """Nobody acts for it yet, it is real and in sight."""
    return (
        organisation.state == UNCLAIMED
        and not organisation.is_fictional
        and organisation.hidden_at is None
    )


def may_be_removed(organisation: Organisation) -> bool:
    """Entries nobody claimed can be removed on request; members of the others hide them."""
    return organisation.state not in {CLAIMED, VERIFIED} and organisation.hidden_at is None


def may_be_verified(ctx: Context, organisation: Organisation) -> bool:
    """Its administrators may ask to have a real organisation verified that is not yet."""
    return (
        organisation.state == CLAIMED
        and not organisation.is_fictional
        and role_of(ctx.actor, organisation) == "OrgAdmin"
    )


def is_affected(ctx: Context, case: Case) -> bool:
    """Whether a decision restricts the actor: its own name, or an organisation it acts for."""
    me = ctx.actor.account_id
    if me is None:
        return False
    if case.about_account_id == me:
        return True
    return case.organisation is not None and bool(role_of(ctx.actor, case.organisation))


def may_appeal(ctx: Context, case: Case) -> bool:
    """Whoever did not get what they asked for, or is restricted, may appeal once, for six months.

    Who asked without an account has the number of the receipt.
    """
    now: datetime = ctx.clock.now()
    if case.kind == APPEAL or case.decided_at is None or now > appeal_until(case.decided_at):
        return False
    if case.state == DECLINED:
        who = case.account_id is None or case.account_id == ctx.actor.account_id
    else:
        who = case.state == ACCEPTED and bool(case.measure) and is_affected(ctx, case)
    return who and not Case.select().where(Case.parent == case.id).exists()


def in_force(organisation_id: int) -> bool:
    """Whether a decision keeps the organisation from the public pages."""
    row = Case
    here = (row.organisation == organisation_id, row.state == ACCEPTED, row.measure == HIDE)
    return bool(row.select().where(*here, row.overturned_at.is_null()).exists())


def linked(ctx: Context, ids: peewee.Select) -> peewee.Select:
    """Return the query of those cases that the actor must not decide, for a link to them.

    They decided what an appeal is about, are the person it is about, act for an organisation
    together with whoever asked, serve the organisation whose name it resembles, or have their mail
    at the organisation's own domain.
    """
    me = ctx.actor.account_id or 0
    row, member, before = Case, OrganisationMember, Case.alias()
    own_decisions: Any = before.select(before.id).where(before.decided_by == me)
    colleagues: Any = member.select(member.account).where(
        member.organisation.in_(memberships(me)), member.account != me
    )
    bound = (
        row.parent.in_(own_decisions)
        | (row.about_account == me)
        | row.account.in_(colleagues)
        | row.resembles.in_(directory.bound(me))
    )
    bound |= row.organisation.in_(_at_own_domain(me))
    return row.select(row.id).where(row.id.in_(ids), row.state == OPEN, bound)  # type: ignore[no-any-return]


def _at_own_domain(me: int) -> Any:
    """Return the query of the organisations at the domain of a person's address."""
    of: Any = Organisation
    other, account = of.alias(), Account
    many = other.select(fn.COUNT(other.id)).where(other.domain == of.domain)
    end = fn.SUBSTR(account.email, fn.LENGTH(account.email) - fn.LENGTH(of.domain))
    at_it = account.select(account.id).where(account.id == me, end == Value("@").concat(of.domain))
    return of.select(of.id).where(
        of.domain != "",
        of.domain.not_in(sorted(directory.SHARED)),
        many <= directory.SHARED_BY_MANY,
        fn.EXISTS(at_it),
    )


def mail_domain(account_id: int | None) -> str:
    """Return the domain of an account's address, empty without one."""
    account = Account.get_or_none(Account.id == account_id)
    return str(account.email).rpartition("@")[2] if account else ""
