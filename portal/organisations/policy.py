"""Who may do what with an organisation: one predicate an action."""

from __future__ import annotations

from portal.context import Actor
from portal.organisations.models import Organisation
from portal.organisations.models import OrganisationMember as Member

EDITORS = frozenset({"OrgEditor", "OrgAdmin"})
"""Who writes for an organisation."""


def role_of(actor: Actor, organisation: Organisation) -> str:
    """Return the actor's role in an organisation, empty for strangers."""
    if actor.account_id is None or actor.organisation_id not in (None, organisation.id):
        return ""
    here = Member.organisation == organisation.id
    found = Member.get_or_none(here & (Member.account == actor.account_id))
    return str(found.role) if found else ""


def may_see_inside(actor: Actor, organisation: Organisation) -> bool:
    """Members see their organisation's own page, and those who run the site."""
    return actor.is_admin or bool(role_of(actor, organisation))


def may_edit(actor: Actor, organisation: Organisation) -> bool:
    """Editors and administrators of the organisation change its facts."""
    return actor.is_admin or role_of(actor, organisation) in EDITORS


def may_hide(actor: Actor, organisation: Organisation) -> bool:
    """Its administrators take an organisation from the public pages and bring it back."""
    return actor.is_admin or role_of(actor, organisation) == "OrgAdmin"
