"""Leaving an organisation and changing roles; the last administrator stays until somebody follows."""

from __future__ import annotations

from plugins.members import policy, queries, rules, telling
from plugins.members.invitations import note
from portal import db
from portal.context import Context
from portal.errors import Conflict, NotFound
from portal.i18n import _
from portal.i18n import lazy_gettext as lazy
from portal.organisations import service as organisations
from portal.organisations.models import Organisation
from portal.people.models import Account


def leave(ctx: Context, organisation: Organisation) -> str:
    """Act for an organisation no longer; returns the role that the actor had.

    Raises NotFound for those who don't act for it, Conflict for the last administrator.
    """
    me = ctx.actor.account_id or 0
    with db.transaction():
        role = queries.role_in(organisation.id, me)
        if not role:
            raise NotFound
        try:
            organisations.remove_member(ctx, organisation, me)
        except Conflict:
            raise Conflict(
                _("You are its only administrator: hand over first, then you can leave.")
            ) from None
        note(ctx, "member.left", organisation, account=me, role=role)
        named = {"name": ctx.actor.name, "organisation": organisation.name}
        title = lazy("%(name)s no longer acts for %(organisation)s", **named)
        telling.tell_administrators(ctx, organisation, telling.LEFT, title)
    return role


def come_back(ctx: Context, organisation: Organisation, role: str) -> None:
    """Take a leave back that is some minutes old; `role` is what the actor had."""
    me = ctx.actor.account_id or 0
    with db.transaction():
        if queries.role_in(organisation.id, me):
            raise Conflict(_("You act for this organisation already."))
        organisations.add_member(ctx, organisation, me, role)


def change_role(ctx: Context, organisation: Organisation, person: str, role: str) -> Account:
    """Give a member another role. Raises Conflict for the last administrator, Invalid, NotFound."""
    policy.check_manager(ctx, organisation)
    rules.checked_role(role)
    account = find(organisation, person)
    with db.transaction():
        organisations.add_member(ctx, organisation, account.id, role)
    return account


def change_back(
    ctx: Context, organisation: Organisation, account_id: int, role: str, now: str
) -> None:
    """Give back a role, if nobody changed it since; who lowered their own may take that back."""
    if account_id != ctx.actor.account_id:
        policy.check_manager(ctx, organisation)
    with db.transaction():
        if queries.role_in(organisation.id, account_id) != now:
            raise Conflict(_("Somebody else changed this meanwhile. Look at it as it is now."))
        organisations.add_member(ctx, organisation, account_id, role)


def find(organisation: Organisation, person: str) -> Account:
    """Return a member's account by its public id. Raises NotFound."""
    for item in queries.members(organisation):
        if item.account.public_id == person:
            return item.account  # type: ignore[no-any-return]
    raise NotFound
