"""Pages of a host who takes tables from calendar files: choose files, look, add."""

from __future__ import annotations

from flask import Blueprint, flash, g, render_template, request
from flask.typing import ResponseReturnValue

from plugins.roundtable_exchange import again, forms, service
from plugins.roundtable_exchange.forms import Row
from plugins.roundtables import interface as roundtables
from plugins.roundtables.interface import Series
from portal.errors import Invalid
from portal.i18n import _, day, ngettext
from portal.people import throttle
from portal.people.forms import mark
from portal.people.views import to
from portal.web.access import SIGNED_IN, allow

blueprint = Blueprint("roundtable_exchange", __name__)

HOST = "OrgEditor or OrgAdmin of the host; others get 404"
READING = throttle.Limit("round-table-calendar-files", 60, 3_600)
"""How often one account may have files read, or tables made of them, in an hour."""


@blueprint.route("/round-tables/<slug>/calendar-file", methods=["GET", "POST"])
@allow(SIGNED_IN, owner=HOST, rate="round-table")
def calendar_file(slug: str) -> ResponseReturnValue:
    """Take calendar files, and show which meetings are in them."""
    series = roundtables.series(g.ctx, slug, "edit")
    form, refused = forms.FilesForm(), []
    if request.method == "POST":
        throttle.spend(g.ctx, READING, str(g.ctx.actor.account_id))
        try:
            found = service.read(g.ctx, series, forms.files(request.files.getlist("files")))
        except Invalid as error:
            mark(form, error)
        else:
            refused = found.refused
            if found.entries:
                tables = forms.TablesForm(None, series)
                return _choose(series, tables, forms.rows_of(found.entries), refused), 200
            form.files.errors = [_("There is nothing in these files that can become a table.")]
    else:
        service.check_draft(series)
    page = render_template(
        "roundtable_exchange/files.html", series=series, host=series.host, form=form,
        refused=refused,
    )  # fmt: skip
    return page, 422 if request.method == "POST" else 200


@blueprint.post("/round-tables/<slug>/calendar-file/tables")
@allow(SIGNED_IN, owner=HOST, rate="round-table")
def add(slug: str) -> ResponseReturnValue:
    """Make tables of the chosen meetings."""
    series = roundtables.series(g.ctx, slug, "edit")
    form, rows = forms.TablesForm(request.form, series), forms.typed_rows(request.form)
    if form.validate():
        throttle.spend(g.ctx, READING, str(g.ctx.actor.account_id))
        try:
            count = service.add(g.ctx, series, rows, form.lang.data, form.capacity.data or 0)
        except Invalid as error:
            mark(form, error)
        else:
            told = ngettext(
                "%(num)s round table is added to the draft.",
                "%(num)s round tables are added to the draft.",
                count,
            )
            flash(told + " " + _("Joining links are not taken from files: write them yourself."))
            return to(f"/round-tables/{series.slug}")
    return _choose(series, form, rows, []), 422


@blueprint.route("/round-tables/<slug>/tables/<table_id>/repeat", methods=["GET", "POST"])
@allow(SIGNED_IN, owner=HOST, rate="round-table")
def repeat(slug: str, table_id: str) -> ResponseReturnValue:
    """Make a table happen again: say how often, look at the days, add them."""
    series = roundtables.series(g.ctx, slug, "edit")
    table = series.table(table_id)
    again.check_open(series)
    first = again.first_day(series, table)
    form, shown = forms.RepeatForm(request.form or None, first), []
    told = ""
    if "add" in request.form:
        try:
            throttle.spend(g.ctx, READING, str(g.ctx.actor.account_id))
            on = forms.typed_days(request.form.getlist("day"))
            count = again.repeat(g.ctx, series, table, on)
        except Invalid as error:
            told = error.message
        else:
            flash(
                ngettext(
                    "%(num)s round table like it is added.",
                    "%(num)s round tables like it are added.",
                    count,
                )
            )
            return to(f"/round-tables/{series.slug}")
    if request.method == "POST" and form.validate():
        shown = again.days(first, form.way.data, form.times.data or 0)
    page = render_template(
        "roundtable_exchange/repeat.html",
        series=series,
        host=series.host,
        table=table,
        when=roundtables.moment(table.starts_at, series.zone),
        form=form,
        days=[(one.isoformat(), day(one, "full")) for one in shown],
        ticked=request.form.getlist("day") if "add" in request.form else None,
        told=told,
    )
    return page, 422 if told or form.errors else 200


def _choose(
    series: Series, form: forms.TablesForm, rows: list[Row], refused: list[tuple[str, str]]
) -> str:
    return render_template(
        "roundtable_exchange/choose.html",
        series=series,
        host=series.host,
        form=form,
        rows=rows,
        refused=refused,
    )
