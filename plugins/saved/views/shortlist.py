"""A shortlist that stands in its address: nobody needs an account for it, and links share it."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote_plus

from flask import flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from plugins.partners.interface import FILE_KINDS, KIND, heads, printable, respond, row_of
from plugins.saved import labels, queries, rules, shortlists
from plugins.saved.views.base import blueprint, partner_page, slugs_of, spend
from plugins.search.interface import Query, cards_of, index
from portal.errors import NotFound
from portal.i18n import _, ngettext
from portal.organisations import queries as organisations
from portal.web.access import ANYONE, SIGNED_IN, allow
from portal.web.heartbeat import beat

PATH = "/shortlist"
FOUND = 8


def address(slugs: list[str], path: str = PATH) -> str:
    """Return the address of a shortlist with these partners."""
    joined = "&".join(f"partner={quote_plus(slug)}" for slug in slugs)
    return f"{path}?{joined}" if joined else path


def _chosen() -> tuple[list[str], list[Any]]:
    """Return the slugs of the address and the cards of those that can be found, in its order."""
    slugs = slugs_of(request.args.getlist("partner"), rules.MOST_IN_ADDRESS)
    ids = queries.ids_of(slugs)
    cards = cards_of(KIND, ids.values())
    return slugs, [cards[number] for number in ids.values() if number in cards]


@blueprint.get(PATH)
@allow(ANYONE)
def shortlist() -> ResponseReturnValue:
    """Show the partners of the address; look for more, compare some, keep or share the list."""
    slugs, cards = _chosen()
    rows = labels.partners(partner_page(), cards)
    here = [row["slug"] for row in rows]
    words = " ".join(printable(request.args.get("q", ""))[:200].split())
    mine = organisations.mine(g.ctx) if g.ctx.actor.signed_in else []
    counts = queries.counts([item.organisation.id for item in mine])
    return render_template(
        "saved/shortlist.html",
        rows=[{**row, "out": address([s for s in here if s != row["slug"]])} for row in rows],
        missing=len([slug for slug in slugs if slug not in here]),
        is_cut=len(set(request.args.getlist("partner"))) > rules.MOST_IN_ADDRESS,
        words=words,
        found=_more(words, here) if words else [],
        files=[(kind, address(here, f"{PATH}.{kind}")) for kind in FILE_KINDS],
        has_demo=any(row["demo"] for row in rows),
        mine=[(item.organisation, counts.get(item.organisation.id, 0)) for item in mine],
    )


def _more(words: str, here: list[str]) -> list[Any]:
    """Return partners to add, found by words; the last of them may be unfinished."""
    catalogue = index(KIND)
    catalogue.refresh(beat().catalogue_seq)
    cards = catalogue.search(Query(words, limit=FOUND + len(here), prefix_last=True)).cards
    rows = labels.partners(partner_page(), [card for card in cards if card["slug"] not in here])
    return [{**row, "add": address([*here, row["slug"]])} for row in rows[:FOUND]]


@blueprint.get(f"{PATH}.<kind>")
@allow(ANYONE)
def export(kind: str) -> ResponseReturnValue:
    """Save the shortlist of the address as a file, with the columns of the search's."""
    if kind not in FILE_KINDS:
        raise NotFound
    return respond(kind, "shortlist", heads(), map(row_of, _chosen()[1]))


@blueprint.post(f"{PATH}/keep")
@allow(SIGNED_IN, owner="people of the chosen organisation; others get 404", rate="saved-writing")
def keep() -> ResponseReturnValue:
    """Put the partners of a form on the shortlist of an organisation."""
    owner, _role = queries.owner(g.ctx, request.form.get("organisation", ""))
    spend()
    added = shortlists.add(
        g.ctx, owner, slugs_of(request.form.getlist("partner"), rules.MOST_IN_ADDRESS)
    )
    flash(
        ngettext("One partner was added.", "%(num)s partners were added.", added)
        if added
        else _("All of them are on the shortlist already.")
    )
    return redirect(f"/organisations/{owner.slug}/shortlist", 303)
