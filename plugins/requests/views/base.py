"""The blueprint, and what several pages need."""

from __future__ import annotations

from flask import Blueprint, g

from plugins.requests import queries
from portal.people import throttle

blueprint = Blueprint("requests", __name__)

SHAPES = throttle.Limit("request-writing", 60, 3_600)
"""What one account may write about requests in an hour."""


def own(slug: str, *rights: str) -> queries.Found:
    """Return a request for those with one of these rights; others get the 404 of a missing one."""
    found = queries.find(g.ctx, slug)
    if not found.may(*rights):
        raise queries.missing()
    return found


def spend() -> None:
    """Count what an account writes. Raises TooMany."""
    throttle.spend(g.ctx, SHAPES, str(g.ctx.actor.account_id))
