"""The blueprint, and what several pages need."""

from __future__ import annotations

from flask import Blueprint, g

from plugins.mobilities import queries
from portal.people import throttle

blueprint = Blueprint("mobilities", __name__)

WRITING = throttle.Limit("mobility-writing", 120, 3_600)
"""What one account may write about mobilities in an hour."""
PEOPLE = "people of the sending, host or supporting organisation; others get 404"
EDITORS = "OrgEditor or OrgAdmin of a side, as the state says; others get 404 or 403"


def found(public_id: str) -> queries.Found:
    """Return a mobility that the visitor may see. Raises NotFound."""
    return queries.find(g.ctx, public_id)


def spend() -> None:
    """Count what an account writes. Raises TooMany."""
    throttle.spend(g.ctx, WRITING, str(g.ctx.actor.account_id))
