"""What administrators of the site see of agreements: that they are there, and more for a reason."""

from __future__ import annotations

from flask import flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from plugins.agreements import labels, oversight, queries
from plugins.agreements.views.base import blueprint
from plugins.agreements.workflow import parties
from portal.i18n import _
from portal.web.access import ADMIN, allow


@blueprint.get("/setup/agreements")
@allow(ADMIN)
def site_list() -> ResponseReturnValue:
    """List all agreements by number, kind, state and days: no titles, no texts, no parties."""
    rows = [
        (row.public_id, labels.kind(row.kind), labels.state(row.state), row.created_at)
        for row in oversight.listed()
    ]
    return render_template("agreements/site_list.html", rows=rows)


@blueprint.route("/setup/agreements/<public_id>", methods=["GET", "POST"])
@allow(ADMIN, "POST", fresh=True)
@allow(ADMIN, "GET")
def site_page(public_id: str) -> ResponseReturnValue:
    """Show what is known without the text; open it for an hour after a reason is given."""
    row = queries.by_public_id(public_id)
    if row is None:
        raise queries.missing()
    if request.method == "POST":
        oversight.look(g.ctx, row, request.form.get("reason", ""))
        flash(_("You see the agreement for an hour. All parties are told, with your reason."))
        return redirect(f"/agreements/{public_id}", 303)
    return render_template(
        "agreements/site_page.html",
        row=row,
        kind=labels.kind(row.kind),
        state=labels.state(row.state),
        count=len(parties(row.id)),
        openings=queries.openings(row),
    )
