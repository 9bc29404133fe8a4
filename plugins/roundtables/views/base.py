"""The blueprints, and what several pages need."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, g, request
from itsdangerous import BadData, URLSafeSerializer

from plugins.roundtables import queries
from portal.errors import Invalid
from portal.i18n import _
from portal.people import throttle
from portal.people.views import keep_nothing

blueprint = Blueprint("roundtables", __name__)
own = Blueprint("roundtables_own", __name__)
own.after_request(keep_nothing)

WRITING = throttle.Limit("round-table-writing", 120, 3_600)
"""What one account may write for hosts in an hour."""
QUICKEST, LONGEST = 3, 12 * 3_600
"""Seconds within which a person fills in a form; a program is quicker."""


def hosted(slug: str, *rights: str) -> queries.Found:
    """Return a series for those with one of these rights; others get the 404 of a missing one."""
    found = queries.find(g.ctx, slug)
    if not found.may(*rights):
        raise queries.missing()
    return found


def spend() -> None:
    """Count what an account writes. Raises TooMany."""
    throttle.spend(g.ctx, WRITING, str(g.ctx.actor.account_id))


def network() -> str:
    """Return where this request comes from."""
    return throttle.network(request.remote_addr)


def _clockwork() -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.config["SECRET_KEY"]), "roundtables.began")


def begin() -> str:
    """Return a signed note of when a form was shown."""
    return str(_clockwork().dumps(int(g.ctx.clock.now().timestamp())))


def check_human(form: Any) -> None:
    """Refuse what only a program sends: a filled hidden field, an answer within three seconds.

    Raises Invalid, in words for the person who might be behind it after all.
    """
    try:
        began = int(_clockwork().loads(str(form.began.data or "")))
    except (BadData, ValueError, TypeError):
        began = 0
    took = g.ctx.clock.now().timestamp() - began
    form.began.data = begin()
    if form.homepage.data:
        form.homepage.data = ""
        raise Invalid(_("A hidden field was filled in. Please look once more and send it again."))
    if took < QUICKEST or took > LONGEST:
        raise Invalid(_("Please look at it once more and send it again."))
