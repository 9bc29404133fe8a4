"""Plans from a table."""

from __future__ import annotations

from flask import g, render_template, request
from flask.typing import ResponseReturnValue

from plugins.mobilities import forms, importing, queries
from plugins.mobilities.views.base import blueprint, spend
from plugins.mobilities.views.plans import entries
from portal.errors import Invalid
from portal.i18n import _
from portal.people.forms import mark
from portal.web.access import SIGNED_IN, allow


@blueprint.route("/mobilities/import", methods=["GET", "POST"])
@allow(SIGNED_IN, owner="OrgEditor or OrgAdmin of the chosen organisation")
def bring() -> ResponseReturnValue:
    """Plan many stays from a table."""
    mine = queries.own_organisations(g.ctx)
    if not mine:
        return render_template("mobilities/nobody.html")
    form = forms.TableForm(request.form or None, organisations=mine)
    outcome, status = None, 200
    if request.method == "POST":
        status = 422
        chosen = next((item for item in mine if item.slug == form.organisation.data), None)
        try:
            if chosen is None:
                raise Invalid(_("Choose one of your organisations."), field="organisation")
            if form.validate():
                spend()
                me, text = g.ctx.actor.account_id, form.table.data or ""
                outcome = importing.take(g.ctx, text, chosen, entries, me)
                status = 422 if outcome.problems else 200
        except Invalid as error:
            mark(form, error)
    values = {"form": form, "outcome": outcome, "columns": importing.COLUMNS}
    return render_template("mobilities/import.html", **values, needed=importing.NEEDED), status
