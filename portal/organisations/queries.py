"""What pages and plugins ask about organisations, in a bounded number of statements."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from portal import kept, objects
from portal.context import Context
from portal.errors import NotFound
from portal.organisations import policy
from portal.organisations.models import (
    Organisation,
    OrganisationFormerSlug,
    OrganisationMember,
)
from portal.people.models import Account


def by_slug(slug: str) -> Organisation:
    """Return an organisation by its address or one it once had: compare `slug` to redirect.

    Raises NotFound. Hidden ones are returned: each page decides.
    """
    found: Organisation | None = Organisation.get_or_none(Organisation.slug == slug)
    if found is None:
        former = OrganisationFormerSlug.get_or_none(OrganisationFormerSlug.slug == slug)
        found = former.organisation if former else None
    if found is None:
        raise NotFound
    return found


def public(slug: str) -> Organisation:
    """Return an organisation that is in sight; raises NotFound for hidden and concealed ones."""
    organisation = by_slug(slug)
    if organisation.hidden_at is not None or not in_sight([organisation]):
        raise NotFound
    return organisation


def in_sight(found: list[Organisation]) -> list[Organisation]:
    """Return those of the organisations that no plugin conceals from the public."""
    ids = [item.id for item in found]
    answers = objects.registry().hooks.call("organisation_concealed", Context(), ids=ids)
    concealed = {number for _plugin, some in answers for number in (ids if some is False else some)}
    return [item for item in found if item.id not in concealed]


def own(ctx: Context, slug: str) -> Organisation:
    """Return an organisation for those who may see its own page; NotFound for all others."""
    organisation = by_slug(slug)
    if not policy.may_see_inside(ctx.actor, organisation):
        raise NotFound
    return organisation


def mine(ctx: Context) -> list[OrganisationMember]:
    """Return the actor's memberships with their organisations, by name."""
    found, only = [], ctx.actor.organisation_id
    for values in kept.rows(ctx, "organisations.mine", _of_account):
        organisation = kept.row_of(Organisation, values)
        item = kept.row_of(OrganisationMember, values[len(Organisation._meta.sorted_fields) :])
        item.organisation = organisation
        found += [item] if only in (None, organisation.id) else []
    return found


def _of_account(ctx: Context) -> Any:
    of, member = Organisation, OrganisationMember
    found = of.select(of, member).join(member).where(member.account == ctx.actor.account_id)
    return found.order_by(of.folded_name, of.id)


def own_organisations(ctx: Context) -> list[Organisation]:
    """Return the organisations for which the actor writes, by name; hidden ones are left out."""
    found = mine(ctx) if ctx.actor.signed_in else ()
    rows = [item.organisation for item in found if item.role in policy.EDITORS]
    return [item for item in rows if not item.hidden_at]


def editors(organisation_id: int, roles: Collection[str] = policy.EDITORS) -> list[int]:
    """Return the open accounts that write for an organisation, or have one of some roles in it.

    Those who came first stand first.
    """
    member: Any = OrganisationMember
    found = member.select(member.account).join(Account)
    here = (member.organisation == organisation_id, member.role.in_(sorted(roles)))
    rows = found.where(*here, Account.disabled_at.is_null()).order_by(member.id)
    return [number for (number,) in rows.tuples()]


def members(organisation: Organisation) -> list[OrganisationMember]:
    """Return who acts for an organisation, with accounts, those who came first first."""
    member = OrganisationMember
    found = member.select(member, Account).join(Account)
    found = found.where(member.organisation == organisation.id)
    return list(found.order_by(member.joined_at, member.id))
