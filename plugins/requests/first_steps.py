"""The first steps of those who look for a partner, and of those who want to be found."""

from __future__ import annotations

from typing import Any

from plugins.requests.models import DRAFT
from portal import db
from portal.context import Context
from portal.i18n import _
from portal.web.frame import plugin_url

_OWN = "(SELECT organisation_id FROM organisation_member WHERE account_id = ?)"
_DONE = (
    f"SELECT EXISTS (SELECT 1 FROM requests_request WHERE organisation_id IN {_OWN} AND state <> ?), "
    f"EXISTS (SELECT 1 FROM requests_enquiry WHERE asker_id IN {_OWN}), "
    f"EXISTS (SELECT 1 FROM requests_reply WHERE organisation_id IN {_OWN})"
)


def steps(ctx: Context, aim: str) -> list[dict[str, Any]]:
    """Return what somebody who came for `aim` does with requests; one statement."""
    if aim not in {"searcher", "host"}:
        return []
    me = ctx.actor.account_id or 0
    asked, enquired, answered = (bool(done) for done in db.query(_DONE, (me, DRAFT, me, me))[0])
    if aim == "host":
        return [
            {
                "order": 40,
                "title": _("Answer a request that fits you"),
                "text": _("Others say whom they look for. Answer where you can help."),
                "url": plugin_url("requests.index"),
                "link": _("See the open requests"),
                "done": answered,
            }
        ]
    return [
        {
            "order": 30,
            "title": _("Write what you look for"),
            "text": _("We name the partners that fit, with reasons; those who fit answer you."),
            "url": plugin_url("requests.new"),
            "link": _("Write a partner request"),
            "done": asked,
        },
        {
            "order": 40,
            "title": _("Ask a partner"),
            "text": _("Find one by country, field and language, and ask on its page."),
            "url": plugin_url("partners.results"),
            "link": _("Search partners"),
            "done": enquired,
        },
    ]
