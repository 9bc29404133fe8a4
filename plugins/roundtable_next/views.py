"""The one click that puts somebody at another table."""

from __future__ import annotations

from flask import Blueprint, flash, g, request
from flask.typing import ResponseReturnValue

from plugins.roundtable_next import service
from portal.i18n import _
from portal.people import throttle
from portal.people.views import keep_nothing, to
from portal.web.access import ANYONE, allow

blueprint = Blueprint("roundtable_next", __name__)
blueprint.after_request(keep_nothing)


@blueprint.post("/round-tables/my/<token>/next/<table>")
@allow(ANYONE, owner="whoever has the mailed link", rate="round-table")
def move_on(token: str, table: str) -> ResponseReturnValue:
    """Stand in line for another table, or confirm an interest in it."""
    url = service.move_on(g.ctx, token, table, throttle.network(request.remote_addr))
    flash(_("You are among those who want this table. This is your page for it."))
    return to(url)
