"""Who may ask for what, and who may decide it: one predicate an action."""

from __future__ import annotations

from plugins.claims.models import Case
from portal.context import Actor
from portal.organisations.models import CLAIMED, UNCLAIMED, VERIFIED, Organisation
from portal.organisations.policy import role_of


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


def may_decide(actor: Actor, case: Case) -> bool:
    """Four eyes: a reviewer who neither opened the case nor belongs to the organisation."""
    if not actor.is_reviewer or actor.account_id is None:
        return False
    own = case.account is not None and case.account.id == actor.account_id
    return not own and not role_of(actor, case.organisation)
