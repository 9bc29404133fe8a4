"""Who may do what with an organisation: one predicate an action."""

from __future__ import annotations

from portal.context import Actor
from portal.organisations.models import CLAIMED, UNCLAIMED, VERIFIED, Organisation, OrganisationCase
from portal.organisations.models import OrganisationMember as Member


def role_of(actor: Actor, organisation: Organisation) -> str:
    """Return the actor's role in an organisation, empty for strangers."""
    if actor.account_id is None:
        return ""
    found = Member.get_or_none(
        (Member.organisation == organisation.id) & (Member.account == actor.account_id)
    )
    return str(found.role) if found else ""


def may_see_inside(actor: Actor, organisation: Organisation) -> bool:
    """Members see their organisation's own page, and those who run the site."""
    return actor.is_admin or bool(role_of(actor, organisation))


def may_edit(actor: Actor, organisation: Organisation) -> bool:
    """Editors and administrators of the organisation change its facts."""
    return actor.is_admin or role_of(actor, organisation) in {"OrgEditor", "OrgAdmin"}


def may_hide(actor: Actor, organisation: Organisation) -> bool:
    """Its administrators take an organisation from the public pages and bring it back."""
    return actor.is_admin or role_of(actor, organisation) == "OrgAdmin"


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


def may_decide(actor: Actor, case: OrganisationCase) -> bool:
    """Four eyes: a reviewer who neither opened the case nor belongs to the organisation."""
    if not actor.is_reviewer or actor.account_id is None:
        return False
    own = case.account is not None and case.account.id == actor.account_id
    return not own and not role_of(actor, case.organisation)
