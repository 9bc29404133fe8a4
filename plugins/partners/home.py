"""What partners show on the home page."""

from __future__ import annotations

from typing import Any

from plugins.partners import pages, search
from plugins.partners.filters import Filters
from portal import db, objects
from portal.context import Context
from portal.i18n import _, ngettext, number
from portal.web.heartbeat import beat

EXAMPLES = (("mechatronics", "en"), ("Pflege", "de"), ("metinātājs", "lv"), ("soldador", "es"))


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
            *objects.registry().hooks.each("partners_figures", ctx),
        ],
        "tiles": pages.tiles(counts),
        "table_url": "/partners/map",
        "note": _("Not drawn: %(codes)s", codes=", ".join(sorted(missing))) if missing else "",
    }


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


def slug_of(organisation_id: int) -> str:
    """Return an organisation's slug."""
    found: str = db.query("SELECT slug FROM organisation WHERE id = ?", (organisation_id,))[0][0]
    return found
