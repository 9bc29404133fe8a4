"""The first steps of those who came for a place at a round table."""

from __future__ import annotations

from typing import Any

from portal import db
from portal.context import Context
from portal.i18n import _
from portal.web.frame import plugin_url

_DONE = "SELECT EXISTS (SELECT 1 FROM roundtables_interest WHERE account_id = ?)"


def steps(ctx: Context, aim: str) -> list[dict[str, Any]]:
    """Return what a stakeholder does first; one statement."""
    if aim != "stakeholder":
        return []
    return [
        {
            "order": 30,
            "title": _("Say which round tables interest you"),
            "text": _("Everyone may ask; places go to the broadest range of people."),
            "url": plugin_url("roundtables.index"),
            "link": _("See the round tables"),
            "done": bool(db.query(_DONE, (ctx.actor.account_id or 0,))[0][0]),
            "offers": True,
        }
    ]
