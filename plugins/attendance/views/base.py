"""The blueprints, and what several pages need."""

from __future__ import annotations

from flask import Blueprint, g

from plugins.roundtables import interface as roundtables
from plugins.roundtables.interface import Series, Table
from portal.people import throttle
from portal.people.views import keep_nothing

blueprint = Blueprint("attendance", __name__)
private = Blueprint("attendance_own", __name__)
private.after_request(keep_nothing)

HOST = "OrgEditor or OrgAdmin of the host; others get 404"
LINK = "whoever has the mailed link and a seat at the table"
WRITING = throttle.Limit("attendance-writing", 240, 3_600)
"""What one account may write for hosts in an hour."""
CHECKS = throttle.Limit("attendance-checks", 60, 900)
"""Certificates that one network may have checked."""


def hosted(slug: str, public_id: str, right: str = "run") -> tuple[Series, Table]:
    """Return a table for those who run its series; others get the 404 of a missing one."""
    series = roundtables.series(g.ctx, slug, right)
    return series, series.table(public_id)


def spend() -> None:
    """Count what an account writes. Raises TooMany."""
    throttle.spend(g.ctx, WRITING, str(g.ctx.actor.account_id))
