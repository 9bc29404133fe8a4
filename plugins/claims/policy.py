"""What may be asked for; who decides it stands in the workflow."""

from __future__ import annotations

from portal.organisations.models import CLAIMED, UNCLAIMED, VERIFIED, Organisation


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
