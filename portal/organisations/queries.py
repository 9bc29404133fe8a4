"""What pages and plugins ask about organisations, in a bounded number of statements."""

from __future__ import annotations

from typing import Any

from portal import objects
from portal.context import Context
from portal.errors import NotFound
from portal.organisations import policy
from portal.organisations.models import (
    Organisation,
    OrganisationFact,
    OrganisationFormerSlug,
    OrganisationIdentifier,
    OrganisationMember,
    Source,
)
from portal.organisations.rules import PLATFORMS, SHARED_BY_MANY
from portal.people.models import Account


def by_slug(slug: str) -> Organisation:
    """Return an organisation by its address or one it once had: compare `slug` to redirect.

    Raises NotFound. Hidden ones are returned: each page decides.
    """
    found = Organisation.get_or_none(Organisation.slug == slug)
    if found is None:
        former = OrganisationFormerSlug.get_or_none(OrganisationFormerSlug.slug == slug)
        if former is None:
            raise NotFound
        found = former.organisation
    return found  # type: ignore[no-any-return]


def public(slug: str) -> Organisation:
    """Return an organisation that is in sight; raises NotFound for hidden and concealed ones."""
    organisation = by_slug(slug)
    if organisation.hidden_at is not None or not in_sight([organisation]):
        raise NotFound
    return organisation


def in_sight(found: list[Organisation]) -> list[Organisation]:
    """Return those of the organisations that no plugin conceals from the public."""
    concealed: set[int] = set()
    ids = [item.id for item in found]
    hooks = objects.registry().hooks
    for _plugin, some in hooks.call("organisation_concealed", Context(), ids=ids) if ids else ():
        concealed.update(ids if some is False else some)
    return [item for item in found if item.id not in concealed]


def own(ctx: Context, slug: str) -> Organisation:
    """Return an organisation for those who may see its own page; NotFound for all others."""
    organisation = by_slug(slug)
    if not policy.may_see_inside(ctx.actor, organisation):
        raise NotFound
    return organisation


def mine(ctx: Context) -> list[OrganisationMember]:
    """Return the actor's memberships with their organisations, by name."""
    if ctx.actor.account_id is None:
        return []
    found = (
        OrganisationMember.select(OrganisationMember, Organisation)
        .join(Organisation)
        .where(OrganisationMember.account == ctx.actor.account_id)
        .order_by(Organisation.folded_name, Organisation.id)
    )
    only = ctx.actor.organisation_id
    return [item for item in found if only in (None, item.organisation.id)]


def facts(organisation: Organisation) -> list[OrganisationFact]:
    """Return the public facts with their sources, in the order they were noted."""
    return list(
        OrganisationFact.select(OrganisationFact, Source)
        .join(Source)
        .where(OrganisationFact.organisation == organisation.id)
        .order_by(OrganisationFact.id)
    )


def identifiers(organisation: Organisation) -> list[OrganisationIdentifier]:
    """Return the identifiers by scheme."""
    return list(
        OrganisationIdentifier.select()
        .where(OrganisationIdentifier.organisation == organisation.id)
        .order_by(OrganisationIdentifier.scheme, OrganisationIdentifier.value)
    )


def members(organisation: Organisation) -> list[OrganisationMember]:
    """Return who acts for an organisation, with accounts, those who came first first."""
    return list(
        OrganisationMember.select(OrganisationMember, Account)
        .join(Account)
        .where(OrganisationMember.organisation == organisation.id)
        .order_by(OrganisationMember.joined_at, OrganisationMember.id)
    )


def duplicates(organisation: Organisation, most: int = 10) -> list[Organisation]:
    """Return other visible entries with its name in its country, an identifier or its domain.

    A domain shared by many says nothing.
    """
    other: Any = Organisation.alias()
    number: Any = OrganisationIdentifier
    same_name = (other.folded_name == organisation.folded_name) & (
        other.country == organisation.country
    )
    numbers = [(row.scheme, row.value) for row in identifiers(organisation)]
    ids: list[int] = []
    for scheme, value in numbers:
        found = number.select(number.organisation).where(
            number.scheme == scheme, number.value == value
        )
        ids += [row[0] for row in found.limit(most).tuples()]
    condition = same_name | other.id.in_(ids)
    domain = organisation.domain
    if domain and domain not in PLATFORMS:
        sharing = Organisation.select().where(Organisation.domain == domain).count()
        if sharing <= SHARED_BY_MANY:
            condition |= other.domain == domain
    query = other.select().where(condition, other.id != organisation.id, other.hidden_at.is_null())
    return in_sight(list(query.order_by(other.id).limit(most)))
