"""The page on which a host enters people who wrote a mail."""

from __future__ import annotations

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue

from plugins.roundtable_mail import rules, service
from plugins.roundtables import interface as roundtables
from portal.errors import Invalid
from portal.people import throttle
from portal.people.views import keep_nothing
from portal.web.access import SIGNED_IN, allow

blueprint = Blueprint("roundtable_mail", __name__)
blueprint.after_request(keep_nothing)

HOST = "OrgEditor or OrgAdmin of the host; others get 404"
WRITING = throttle.Limit("round-table-mail", 60, 3_600)
"""Files that one account may send in an hour."""


@blueprint.route("/round-tables/<slug>/people/import", methods=["GET", "POST"])
@allow(SIGNED_IN, owner=HOST, rate="round-table")
def enter(slug: str) -> ResponseReturnValue:
    """Enter interests that came by mail, from a CSV file."""
    series = roundtables.series(g.ctx, slug, "run")
    told, outcome = "", None
    if request.method == "POST":
        throttle.spend(g.ctx, WRITING, str(g.ctx.actor.account_id))
        file = request.files.get("file")
        try:
            data = file.read(rules.LARGEST + 1) if file else b""
            outcome = service.take_in(g.ctx, series, data)
        except Invalid as error:
            told = error.message
    page = render_template(
        "roundtable_mail/enter.html",
        series=series,
        outcome=outcome,
        told=told,
        columns=", ".join(rules.COLUMNS),
        tables=[(one.number, one.topic) for one in series.tables if one.cancelled_at is None],
        groups=[(key, title) for key, (title, _values) in roundtables.asked(series).items()],
    )
    return page, 422 if told else 200
