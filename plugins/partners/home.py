"""What partners show on the home page."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from plugins.partners import pages, queries, search
from plugins.partners.filters import Filters
from portal import db
from portal.context import Context
from portal.i18n import _, ngettext, number
from portal.web.heartbeat import beat

EXAMPLES = (("mechatronics", "en"), ("Pflege", "de"), ("metinātājs", "lv"), ("soldador", "es"))
TILE_KINDS = {
    "coordinator": "lead",
    "partner": "s4",
    "affiliated_entity": "s3",
    "associated_partner": "s2",
}


def hero(ctx: Context) -> dict[str, Any]:
    """Return the search box, the figures and the map."""
    counts = search.run(ctx, Filters(page_size=1), beat().catalogue_seq).result.facets["country"]
    total = sum(counts.values())
    drawn = {code for code, _x, _y in pages.grid()}
    missing = [code for code in counts if code not in drawn]
    return {
        "action": "/partners",
        "placeholder": _("An occupation, a field, a town or a name"),
        "examples": [(word, f"/partners?q={word}") for word, _lang in EXAMPLES],
        "stats": [
            (number(total), ngettext("organisation", "organisations", total)),
            (number(len(counts)), ngettext("country", "countries", len(counts))),
            *_consortia(),
        ],
        "tiles": pages.tiles(counts),
        "table_url": "/partners/map",
        "note": _("Not drawn: %(codes)s", codes=", ".join(sorted(missing))) if missing else "",
    }


def _consortia() -> list[tuple[str, str]]:
    count = len(queries.project_sizes())
    return [(number(count), ngettext("consortium", "consortia", count))] if count else []


def columns() -> list[dict[str, Any]]:
    """Return three things that a newcomer should know."""
    return [
        {
            "title": _("Search in your own language"),
            "text": _(
                "Type an occupation as you say it. You also find partners who wrote in theirs, "
                "and you see which words were searched."
            ),
            "picture": "words",
        },
        {
            "title": _("Every fact has its source"),
            "text": _(
                "Entries nobody has claimed yet hold public facts only, each with the list it "
                "comes from. Nothing is made up about real organisations."
            ),
            "picture": "source",
        },
        {
            "title": _("No account needed to look"),
            "text": _(
                "Search, compare up to four partners and save what you see as a file. "
                "Sign in only to look after your own organisation."
            ),
            "picture": "compare",
        },
    ]


def sections() -> dict[str, Any]:
    """Return the consortia as tiles, one for each member."""
    sizes = queries.project_sizes()
    projects: dict[int, dict[str, Any]] = {}
    roles: dict[int, dict[str, int]] = defaultdict(dict)
    for acronym, title, role, count, ident in queries.project_tiles():
        members, countries = sizes[ident]
        projects[ident] = {
            "acronym": acronym or title,
            "title": title if acronym else "",
            "members": ngettext("%(num)s member", "%(num)s members", members),
            "countries": ngettext("%(num)s country", "%(num)s countries", countries),
            "url": f"/partners?q=%22{(acronym or title).replace(' ', '+')}%22",
        }
        roles[ident][role] = count
    for ident, project in projects.items():
        project["groups"] = [
            (roles[ident][role], kind) for role, kind in TILE_KINDS.items() if role in roles[ident]
        ]
    return {"projects": list(projects.values())[:12]}


def slug_of(organisation_id: int) -> str:
    """Return an organisation's slug."""
    found: str = db.query("SELECT slug FROM organisation WHERE id = ?", (organisation_id,))[0][0]
    return found
