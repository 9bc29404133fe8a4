"""The page on which a host sets the rules of a draw."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, g, render_template, request
from flask.typing import ResponseReturnValue

from plugins.allocation import interface as allocation
from plugins.allocation.interface import pictures
from plugins.roundtable_rules import curves
from plugins.roundtable_rules.forms import RulesForm, rules_form
from plugins.roundtables import interface as roundtables
from plugins.roundtables.interface import Series
from portal.errors import Conflict, Invalid
from portal.fields import shown_version
from portal.i18n import _
from portal.people.forms import mark
from portal.people.views import to
from portal.web.access import SIGNED_IN, allow

blueprint = Blueprint("roundtable_rules", __name__)


@blueprint.route("/round-tables/<slug>/rules", methods=["GET", "POST"])
@allow(SIGNED_IN, owner="OrgEditor or OrgAdmin of the host; others get 404")
def rules(slug: str) -> ResponseReturnValue:
    """Set how much groups count, own groups, limits, and how much breadth may be given up."""
    series = roundtables.series(g.ctx, slug, "edit")
    stored = roundtables.rules(series)
    form = rules_form(request.form or None, stored)
    if request.method == "POST" and form.validate():
        shown = shown_version()
        try:
            roundtables.set_rules(g.ctx, series, form.values(stored), shown)
        except Invalid as error:
            mark(form, error)
        except Conflict as error:
            if error.version:
                fresh = rules_form(None, roundtables.rules(series))
                error.forms = form, fresh, None, series.host.is_fictional
            raise
        else:
            flash(_("The rules are saved. They stand on the page of the series."))
            return to(f"/round-tables/{series.slug}")
    return _page(series, stored, form)


@blueprint.route("/round-tables/<slug>/allocation/curve", methods=["GET", "POST"])
@allow(SIGNED_IN, owner="OrgEditor or OrgAdmin of the host; others get 404", rate="round-table")
def curve(slug: str) -> ResponseReturnValue:
    """Show what each loss of breadth gives, and compute what is missing, in the background."""
    series = roundtables.series(g.ctx, slug, "run")
    if request.method == "POST":
        (curves.stop if "stop" in request.form else curves.start)(g.ctx, series)
        return to(f"/round-tables/{series.slug}/allocation/curve")
    found = roundtables.newest_try(series)
    row = curves.of(found)
    job = curves.job_of(row)
    shown = pictures.figures(found.figures) if found else {"points": [], "rivals": []}
    points = sorted([*shown["points"], *curves.points(found)], key=lambda one: int(one["loss"]))
    people = found.figures["people"] if found else 0
    return render_template(
        "roundtable_rules/curve.html",
        series=series,
        host=series.host,
        figures={**shown, "points": points},
        curve=pictures.curve({**shown, "points": points}),
        missing=curves.missing(found, row) if found else [],
        share=round(100 * job.progress) if job and row and not curves.is_stuck(row) else None,
        is_large=people > allocation.LARGE,
        people=people,
    )


def _page(series: Series, stored: Mapping[str, Any], form: RulesForm) -> ResponseReturnValue:
    page = render_template(
        "roundtable_rules/rules.html", series=series, host=series.host, stored=stored, form=form
    )
    return page, 422 if request.method == "POST" else 200
