"""The first steps of those who look for a partner, and of those who want to be found."""

from __future__ import annotations

import json
from typing import Any

from portal import db
from portal.context import Context
from portal.i18n import _

_OWN = (
    "SELECT o.slug, m.role, b.state, p.roles FROM organisation_member m "
    "JOIN organisation o ON o.id = m.organisation_id "
    "LEFT JOIN partners_publication b ON b.organisation_id = o.id "
    "LEFT JOIN partners_profile p ON p.organisation_id = o.id "
    "WHERE m.account_id = ? ORDER BY o.id"
)


def steps(ctx: Context, aim: str) -> list[dict[str, Any]]:
    """Return what somebody who came for `aim` does with a profile; one statement."""
    if aim not in {"searcher", "host"}:
        return []
    rows = db.query(_OWN, (ctx.actor.account_id or 0,))
    edited = next((slug for slug, role, *_more in rows if role in {"OrgEditor", "OrgAdmin"}), "")
    published = any(state == "published" for _slug, _role, state, _roles in rows)
    hosts = any("host" in json.loads(roles or "[]") for *_more, roles in rows)
    found = [
        {
            "order": 30 if aim == "host" else 20,
            "title": _("Publish your profile"),
            "text": _("A reviewer looks at it; then partners see with whom they deal."),
            "url": f"/partners/{edited}/publication" if edited else "",
            "link": _("Look at your profile"),
            "done": published,
            "offers": True,
        }
    ]
    if aim == "host":
        found.append(
            {
                "order": 20,
                "title": _("Say what you offer as a host"),
                "text": _("Fields, months, places and languages: by these you are found."),
                "url": f"/partners/{edited}/edit" if edited else "",
                "link": _("Edit the profile"),
                "done": hosts,
            }
        )
    return found
