"""The blueprint, and how much may be written."""

from __future__ import annotations

from flask import Blueprint, g

from portal.people import throttle

blueprint = Blueprint("reliance", __name__)
WRITING = throttle.Limit("reliance-writing", 60, 3_600)
"""What one account may write on trust sheets in an hour."""


def spend() -> None:
    """Count what an account writes. Raises TooMany."""
    throttle.spend(g.ctx, WRITING, str(g.ctx.actor.account_id))
