"""What readers of feeds and calendars fetch at the secret address of a search."""

from __future__ import annotations

from flask import Response, g, render_template, request
from flask.typing import ResponseReturnValue

from plugins.saved import feeds, labels, service
from plugins.saved.views.base import blueprint, page_of
from plugins.search.interface import index
from portal import db
from portal.errors import NotFound
from portal.i18n import in_locale
from portal.web.access import ANYONE, allow
from portal.web.heartbeat import beat


@blueprint.get("/saved/<token>.<any(atom, ics):kind>")
@allow(ANYONE, owner="whoever knows the secret address")
def feed(token: str, kind: str) -> ResponseReturnValue:
    """Give what a search found since it is kept, or the days of what it finds."""
    row = service.of_feed(token)
    page = page_of(row.kind)
    if kind == "ics" and not page.has_days:
        raise NotFound
    with in_locale(row.account.locale or g.ctx.locale):
        if kind == "ics":
            index(row.kind).refresh(beat().catalogue_seq)
            answer = Response(feeds.calendar(g.ctx, row, page), mimetype="text/calendar")
        else:
            hits = labels.hits(row, page)
            newest = hits[0]["found_at"] if hits else db.utc_text(row.created_at)
            text = render_template(
                "saved/feed.xml",
                base=feeds.base(),
                row=row,
                address=f"{feeds.base()}{service.feed_path(row)}.atom",
                page_url=feeds.base() + labels.address(page, row.state),
                hits=hits,
                updated=newest,
            )
            answer = Response(text, content_type="application/atom+xml; charset=utf-8")
    answer.headers["X-Robots-Tag"] = "noindex"
    answer.add_etag()
    return answer.make_conditional(request)
