"""The first steps of those who came to lead a consortium."""

from __future__ import annotations

from typing import Any

from portal import db
from portal.context import Context
from portal.i18n import _
from portal.web.frame import plugin_url

_OWN = "(SELECT organisation_id FROM organisation_member WHERE account_id = ?)"
_LED = f"SELECT id, slug FROM consortia_consortium WHERE lead_id IN {_OWN} ORDER BY id DESC"
_DONE = (
    f"SELECT (SELECT slug FROM ({_LED}) AS led LIMIT 1), EXISTS (SELECT 1 FROM consortia_membership "
    f"WHERE organisation_id NOT IN {_OWN} AND consortium_id IN (SELECT id FROM ({_LED}) AS led))"
)


def steps(ctx: Context, aim: str) -> list[dict[str, Any]]:
    """Return what a lead does first; one statement."""
    if aim != "lead":
        return []
    me = ctx.actor.account_id or 0
    slug, has_asked = db.query(_DONE, (me, me, me))[0]
    return [
        {
            "order": 30,
            "title": _("Begin a consortium"),
            "text": _("Name it and say what it is for; everything else can wait."),
            "url": plugin_url("consortia.new"),
            "link": _("Begin a consortium"),
            "done": bool(slug),
            "offers": True,
        },
        {
            "order": 40,
            "title": _("Invite your partners"),
            "text": _("They answer by a link and need no account for it."),
            "url": plugin_url("consortia.show", slug=slug) if slug else "",
            "link": _("Invite partners"),
            "done": bool(has_asked),
        },
    ]
