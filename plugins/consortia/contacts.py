"""Whom to write to at a member, and for what. Members of the consortium see it, nobody else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plugins.consortia.models import ACTIVE, Contact, Membership
from portal import db
from portal.i18n import lazy_gettext as lazy
from portal.organisations import queries as organisations
from portal.organisations.models import OrganisationMember

GENERAL = "general"
ROLES: Mapping[str, Any] = {
    GENERAL: lazy("General contact"),
    "placements": lazy("Participants and placements"),
    "agreements": lazy("Agreements and signatures"),
    "money": lazy("Money and reports"),
    "quality": lazy("Quality"),
}
_ACTING = (
    "FROM consortia_contact c JOIN consortia_membership m ON m.id = c.membership_id "
    "JOIN organisation_member o ON o.id = c.member_id AND o.organisation_id = m.organisation_id "
    "JOIN account a ON a.id = o.account_id "
    "WHERE a.disabled_at IS NULL AND m.state = ? AND m.consortium_id = ?"
)


def named(consortium_id: int) -> dict[int, dict[str, str]]:
    """Return the names of the contacts by membership and role, in the order of the roles."""
    found: dict[int, dict[str, str]] = {}
    rows = db.query(f"SELECT c.membership_id, c.role, a.name {_ACTING}", [ACTIVE, consortium_id])
    known = list(ROLES)
    for number, role, name in sorted(rows, key=lambda row: known.index(row[1])):
        found.setdefault(number, {})[role] = name
    return found


def general(consortium_id: int, organisation_id: int) -> list[int]:
    """Return the account of an organisation's general contact, or nothing."""
    ask = f"SELECT a.id {_ACTING} AND m.organisation_id = ? AND c.role = ?"
    rows = db.query(ask, [ACTIVE, consortium_id, organisation_id, GENERAL])
    return [number for (number,) in rows]


def people(membership: Membership) -> list[OrganisationMember]:
    """Return who can be a contact: those who act for the organisation here."""
    found = organisations.members(membership.organisation)
    return [item for item in found if not item.account.disabled_at]


def kept(membership: Membership) -> dict[str, int]:
    """Return what is stored: the number of the person's part in the organisation, by role."""
    of: Any = Contact
    rows = of.select(of.role, of.member).where(of.membership == membership.id)
    return dict(rows.tuples())


def clear(membership_id: int, *roles: str) -> None:
    """Take away the contacts of a member, or those of some roles."""
    here = Contact.membership == membership_id
    if roles:
        here &= Contact.role.in_(roles)
    Contact.delete().where(here).execute()
