"""What pages and plugins ask about entries, in a bounded number of statements."""

from __future__ import annotations

from typing import Any

from plugins.directory.rules import PLATFORMS, SHARED_BY_MANY
from portal.organisations.models import (
    Organisation,
    OrganisationFact,
    OrganisationIdentifier,
    OrganisationName,
    Source,
)
from portal.organisations.queries import in_sight

VERIFIED_FACT = "verified"
"""The fact by which the portal keeps how and when an organisation was verified."""


def facts(organisation: Organisation) -> list[OrganisationFact]:
    """Return the public facts with their sources, in the order they were noted."""
    return list(
        OrganisationFact.select(OrganisationFact, Source)
        .join(Source)
        .where(
            OrganisationFact.organisation == organisation.id, OrganisationFact.name != VERIFIED_FACT
        )
        .order_by(OrganisationFact.id)
    )


def identifiers(organisation_id: int) -> list[OrganisationIdentifier]:
    """Return the identifiers by scheme."""
    number = OrganisationIdentifier
    found = number.select().where(number.organisation == organisation_id)
    return list(found.order_by(number.scheme, number.value))


def names(organisation_id: int) -> list[OrganisationName]:
    """Return the other names in the order they were entered."""
    other = OrganisationName
    return list(other.select().where(other.organisation == organisation_id).order_by(other.id))


def source_of(found: list[OrganisationFact], value: str) -> Source | None:
    """Return who published a name or a number; what nobody did was entered by a member."""
    for fact in found:
        words = fact.value.split() if fact.name == "identifiers" else [fact.value]
        if value in words:
            return fact.source  # type: ignore[no-any-return]
    return None


def duplicates(organisation: Organisation, most: int = 10) -> list[Organisation]:
    """Return other visible entries with its name in its country, an identifier or its domain.

    A domain shared by many says nothing.
    """
    other: Any = Organisation.alias()
    number: Any = OrganisationIdentifier
    condition = (other.folded_name == organisation.folded_name) & (
        other.country == organisation.country
    )
    ids: list[int] = []
    for mine in identifiers(organisation.id):
        same = number.select(number.organisation).where(
            number.scheme == mine.scheme, number.value == mine.value
        )
        ids += [row[0] for row in same.limit(most).tuples()]
    condition |= other.id.in_(ids)
    domain = organisation.domain
    if domain and domain not in PLATFORMS:
        sharing = Organisation.select().where(Organisation.domain == domain).count()
        if sharing <= SHARED_BY_MANY:
            condition |= other.domain == domain
    query = other.select().where(condition, other.id != organisation.id, other.hidden_at.is_null())
    return in_sight(list(query.order_by(other.id).limit(most)))
