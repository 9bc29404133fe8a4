"""What the people of a host do: write series and tables, publish, copy, cancel."""

from __future__ import annotations

from flask import flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from plugins.roundtables import forms, interface, pages, queries, service
from plugins.roundtables.models import DISCARDED, RoundTable, Series
from plugins.roundtables.views.base import blueprint, hosted, spend
from plugins.roundtables.workflow import FLOW
from portal import undo, workflow
from portal.errors import Conflict, Invalid
from portal.fields import shown_version
from portal.i18n import _
from portal.people.forms import mark
from portal.web.access import SIGNED_IN, allow

STEPS = "any(publish, close, hold, cancel, discard, restore):step"
HOST = "OrgEditor or OrgAdmin of the host; others get 404"


@blueprint.get("/round-tables/mine")
@allow(SIGNED_IN, owner="lists series of the person's own organisations")
def mine() -> ResponseReturnValue:
    """List the series of the person's organisations."""
    rows = queries.mine(g.ctx)
    counts = queries.count_interested([row.id for row in rows])
    tables = queries.tables_of(rows)
    return render_template(
        "roundtables/hosted.html",
        rows=[
            {
                **pages.card(g.ctx, row, tables[row.id], counts.get(row.id, 0)),
                "state": next(s for s in FLOW.states if s.name == row.state),
            }
            for row in rows
        ],
        may_write=bool(queries.own_organisations(g.ctx)),
    )


@blueprint.route("/round-tables/new", methods=["GET", "POST"])
@allow(SIGNED_IN, owner="OrgEditor or OrgAdmin of the chosen host", rate="round-table")
def new() -> ResponseReturnValue:
    """Write a series of round tables."""
    mine = queries.own_organisations(g.ctx)
    if not mine:
        return render_template("roundtables/nobody.html")
    joint = interface.hosts(g.ctx, mine)
    hosts = [(own.slug, own.name) for own in mine] + [
        (key, one["title"]) for key, one in joint.items()
    ]
    form = forms.SeriesForm(request.form or None, now=g.ctx.clock.now(), hosts=hosts)
    if form.organisation.data is None:
        form.organisation.data = request.args.get("organisation") or mine[0].slug
    group = joint.get(form.organisation.data)
    leads = (form.organisation.data, group["organisation"] if group else None)
    chosen = next((item for item in mine if item.slug == leads[0] or item.id == leads[1]), None)
    if request.method == "POST" and form.validate():
        try:
            spend()
            if chosen is None:
                raise Invalid(_("Choose one of your organisations."), field="organisation")
            made = service.write(g.ctx, form.values(), organisation=chosen, joint=group)
        except Invalid as error:
            mark(form, error)
        else:
            flash(_("The series is kept as a draft. Add its round tables now."))
            return redirect(f"/round-tables/{made.slug}/tables/new", 303)
    return _series_page(form, None)


@blueprint.route("/round-tables/<slug>/edit", methods=["GET", "POST"])
@allow(SIGNED_IN, owner=HOST)
def edit(slug: str) -> ResponseReturnValue:
    """Change a series."""
    row = hosted(slug, "edit").series
    now = g.ctx.clock.now()
    form = forms.SeriesForm(request.form or None, now=now, series=row)
    if request.method == "POST" and form.validate():
        try:
            service.write(g.ctx, form.values(), series=row, version=shown_version())
        except Invalid as error:
            mark(form, error)
        except Conflict as error:
            fresh = forms.SeriesForm(now=now, series=Series.get_by_id(row.id))
            error.forms = form, fresh, None, row.organisation.is_fictional
            raise
        else:
            flash(_("The series is saved."))
            return redirect(f"/round-tables/{row.slug}", 303)
    return _series_page(form, row)


def _series_page(form: forms.SeriesForm, row: Series | None) -> ResponseReturnValue:
    status = 422 if request.method == "POST" else 200
    return render_template("roundtables/edit.html", form=form, row=row), status


@blueprint.post(f"/round-tables/<slug>/<{STEPS}>")
@allow(SIGNED_IN, owner="the roles that the workflow's state names; others get 404 or 403")
def take_step(slug: str, step: str) -> ResponseReturnValue:
    """Publish, close, hold, cancel or discard a series."""
    row = queries.find(g.ctx, slug).series
    workflow.move(g.ctx, row, step, request.form.get("comment", ""), shown_version())
    now: Series = Series.get_by_id(row.id)
    if now.state == DISCARDED:
        undo.offer(g.ctx, _("The draft is discarded."), "roundtables.restore", series=row.id)
        return redirect("/round-tables/mine", 303)
    flash(_("Done."))
    return redirect(f"/round-tables/{now.slug}", 303)


@blueprint.post("/round-tables/<slug>/copy")
@allow(SIGNED_IN, owner=HOST, rate="round-table")
def copy(slug: str) -> ResponseReturnValue:
    """Make a draft like a series, some weeks later."""
    row = hosted(slug, "run").series
    spend()
    text = request.form.get("weeks", "")
    made = service.copy(g.ctx, row, int(text) if text.isascii() and text.isdigit() else 0)
    flash(_("Here is a draft like it. Look at its days, then publish it."))
    return redirect(f"/round-tables/{made.slug}", 303)


# Tables


@blueprint.route("/round-tables/<slug>/tables/new", methods=["GET", "POST"])
@allow(SIGNED_IN, owner=HOST, rate="round-table")
def new_table(slug: str) -> ResponseReturnValue:
    """Add a round table to a series."""
    row = hosted(slug, "edit").series
    return _table_form(row, None)


@blueprint.route("/round-tables/<slug>/tables/<public_id>/edit", methods=["GET", "POST"])
@allow(SIGNED_IN, owner=HOST)
def edit_table(slug: str, public_id: str) -> ResponseReturnValue:
    """Change a round table."""
    row = hosted(slug, "edit").series
    return _table_form(row, queries.table(row, public_id))


def _table_form(row: Series, table: RoundTable | None) -> ResponseReturnValue:
    form = forms.TableForm(request.form or None, series=row, table=table)
    if request.method == "POST" and form.validate():
        try:
            spend()
            service.write_table(g.ctx, row, form.values(), table, shown_version())
        except Invalid as error:
            mark(form, error)
        except Conflict as error:
            if table is not None and error.version:
                fresh = forms.TableForm(series=row, table=queries.table(row, table.public_id))
                error.forms = form, fresh, None, row.organisation.is_fictional
            raise
        else:
            flash(_("The round table is saved."))
            more = "/tables/new" if "another" in request.form else ""
            return redirect(f"/round-tables/{row.slug}{more}", 303)
    status = 422 if request.method == "POST" else 200
    return render_template("roundtables/edit_table.html", form=form, row=row, table=table), status


@blueprint.post("/round-tables/<slug>/tables/<public_id>/<any(cancel, remove):act>")
@allow(SIGNED_IN, owner=HOST)
def end_table(slug: str, public_id: str, act: str) -> ResponseReturnValue:
    """Cancel a round table, or take it out of a draft."""
    row = hosted(slug, "run").series
    table = queries.table(row, public_id)
    if act == "remove":
        service.remove_table(g.ctx, row, table)
        flash(_("The round table is taken out."))
    else:
        service.cancel_table(g.ctx, row, table, request.form.get("comment", ""))
        flash(_("The round table is cancelled. Everybody concerned is told."))
    return redirect(f"/round-tables/{row.slug}", 303)
