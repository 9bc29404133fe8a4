"""What projects show on the home page: their consortia as tiles, one for each member."""

from __future__ import annotations

from typing import Any

from flask import g

from plugins.projects import queries
from portal.i18n import ngettext

MOST_SHOWN = 12
TILE_KINDS = {
    "coordinator": "lead",
    "partner": "s4",
    "affiliated_entity": "s3",
    "associated_partner": "s2",
}


def overview() -> tuple[int, list[queries.Shown]]:
    """Return how many projects there are and the first of them; read once a request."""
    if "projects_shown" not in g:
        g.projects_shown = queries.shown(MOST_SHOWN)
    found: tuple[int, list[queries.Shown]] = g.projects_shown
    return found


def tiles() -> list[dict[str, Any]]:
    """Return the first projects by acronym, as the section shows them."""
    return [_tile(item) for item in overview()[1]]


def _tile(item: queries.Shown) -> dict[str, Any]:
    members, countries = len(item.members), len(set(item.members.values()))
    name = item.acronym or item.title
    return {
        "acronym": name,
        "title": item.title if item.acronym else "",
        "members": ngettext("%(num)s member", "%(num)s members", members),
        "countries": ngettext("%(num)s country", "%(num)s countries", countries),
        "source": item.source,
        "url": f"/partners?q=%22{name.replace(' ', '+')}%22",
        "groups": [
            (item.roles[role], kind) for role, kind in TILE_KINDS.items() if role in item.roles
        ],
    }
