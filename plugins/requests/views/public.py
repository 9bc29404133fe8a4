"""What everybody sees: the list of open requests, its feed, one request."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import current_app, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from plugins.requests import forms, labels, pages, queries
from plugins.requests.models import CLOSED, PUBLISHED, PartnerRequest
from plugins.requests.views.base import blueprint
from portal import db, workflow
from portal.i18n import _, language_name, locale, ngettext, number
from portal.web.access import ANYONE, allow
from portal.web.caching import not_modified
from portal.web.heartbeat import beat

FEED_SIZE = 50
MOST_OWN = 5


@blueprint.get("/requests")
@allow(ANYONE)
def index() -> ResponseReturnValue:
    """List the open requests, the newest first; all state is in the address."""
    unchanged = not_modified()
    if unchanged is not None:
        return unchanged
    filters = pages.parse(request.args)
    answer = pages.search(filters, beat().catalogue_seq)
    last_page = max(1, -(-answer.total // filters.page_size))
    plain = replace(filters, page=1)
    rows = [pages.card(found) for found in answer.cards]
    values: dict[str, Any] = {
        "filters": filters,
        "rows": rows,
        "facets": pages.facets(filters, answer.facets),
        "applied": pages.applied(filters),
        "has_demo": any(row["demo"] for row in rows),
        "is_empty": not answer.total and filters == pages.Filters(),
        "heading": ngettext(
            "%(shown)s open request",
            "%(shown)s open requests",
            answer.total,
            shown=number(answer.total),
        ),
        "feed_url": plain.url("/requests.atom"),
        "span": _("Page %(page)s of %(last)s", page=number(filters.page), last=number(last_page)),
        "previous_url": replace(filters, page=filters.page - 1).url() if filters.page > 1 else None,
        "next_url": replace(filters, page=filters.page + 1).url()
        if filters.page < last_page
        else None,
    }
    return render_template("requests/index.html", **values)


@blueprint.get("/requests.atom")
@allow(ANYONE)
def feed() -> ResponseReturnValue:
    """Give the newest open requests as a feed (Atom, RFC 4287)."""
    unchanged = not_modified()
    if unchanged is not None:
        return unchanged
    filters = pages.parse(request.args, FEED_SIZE)
    found = pages.search(replace(filters, page=1), beat().catalogue_seq, counted=False).cards
    text = render_template(
        "requests/feed.xml",
        base=current_app.config["PORTAL"].base_url.rstrip("/"),
        address=filters.url("/requests.atom"),
        page=filters.url(),
        rows=[pages.card(item) for item in found],
        updated=max((item["published_at"] for item in found), default=db.utc_text(_epoch())),
    )
    return text, 200, {"Content-Type": "application/atom+xml; charset=utf-8"}


def _epoch() -> Any:
    return g.ctx.clock.now().replace(hour=0, minute=0, second=0, microsecond=0)


@blueprint.get("/requests/<slug>")
@allow(ANYONE)
def show(slug: str) -> ResponseReturnValue:
    """Show a request."""
    found = queries.find(g.ctx, slug)
    row = found.request
    if row.slug != slug:
        return redirect(f"/requests/{row.slug}", 301)
    is_over = row.closes_at <= g.ctx.clock.now()
    values = {
        "row": row,
        "owner": row.organisation,
        "found": found,
        "facts": pages.facts(row),
        "looks_for": labels.looks_for(row.role),
        "language": language_name(row.lang, locale()),
        "is_open": row.state == PUBLISHED and not is_over,
        "is_closed": row.state == CLOSED or (row.state == PUBLISHED and is_over),
        "flow": workflow.panel(g.ctx, row) if found.may("history") else None,
        "reopening": forms.ReopenForm(today=g.ctx.clock.now().date()),
        "answering": _answering(row) if g.ctx.actor.signed_in else [],
        "answers": queries.count_replies([row.id]).get(row.id, 0) if found.may("inside") else 0,
    }
    return render_template("requests/show.html", **values)


def _answering(row: PartnerRequest) -> list[tuple[str, str, tuple[str, str]]]:
    """Return address, name and state of the answer of each of the person's organisations."""
    return [
        (
            f"/requests/{row.slug}/reply?organisation={own.slug}",
            own.name,
            labels.reply_state(known.state)
            if (known := queries.reply_of(row.id, own.id))
            else ("", ""),
        )
        for own in queries.own_organisations(g.ctx)
        if own.id != row.organisation.id
    ][:MOST_OWN]
