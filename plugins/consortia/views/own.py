"""What a lead does with the consortium as a whole: found, change, start, suspend, close; history."""

from __future__ import annotations

from flask import flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from plugins.consortia import forms, labels, queries, service
from plugins.consortia.models import Consortium
from plugins.consortia.views.base import LEADS, STRANGERS, back, blueprint, find, page, spend
from portal import workflow
from portal.errors import Conflict, Invalid
from portal.fields import shown_version
from portal.i18n import _
from portal.people.forms import mark
from portal.web.access import SIGNED_IN, allow

STEPS = "any(activate, suspend, reinstate, close):step"


@blueprint.route("/consortia/new", methods=["GET", "POST"])
@allow(SIGNED_IN, owner="OrgEditor or OrgAdmin of the chosen organisation", rate="consortia")
def new() -> ResponseReturnValue:
    """Found a consortium."""
    mine = service.own_organisations(g.ctx)
    if not mine:
        return render_template("consortia/nobody.html")
    form = forms.ConsortiumForm(request.form or None, organisations=mine)
    if form.organisation.data is None:
        form.organisation.data = request.args.get("organisation") or mine[0].slug
    chosen = next((item for item in mine if item.slug == form.organisation.data), None)
    if request.method == "POST" and form.validate():
        try:
            if chosen is None:
                raise Invalid(_("Choose one of your organisations."), field="organisation")
            spend()
            made = service.found(g.ctx, form.values(), chosen)
        except Invalid as error:
            mark(form, error)
        else:
            flash(_("The consortium is there. Invite its members now."))
            return redirect(f"/consortia/{made.slug}/members", 303)
    status = 422 if request.method == "POST" else 200
    return render_template("consortia/edit.html", form=form, row=None), status


@blueprint.route("/consortia/<slug>/edit", methods=["GET", "POST"])
@allow(SIGNED_IN, owner=LEADS)
def edit(slug: str) -> ResponseReturnValue:
    """Change what a consortium says of itself."""
    row = find(slug, "edit").row
    form = forms.ConsortiumForm(request.form or None, row=row)
    if request.method == "POST" and form.validate():
        version = shown_version()
        try:
            spend()
            changed = service.change(g.ctx, row, form.values(), version)
        except Invalid as error:
            mark(form, error)
        except Conflict as error:
            now = forms.ConsortiumForm(row=Consortium.get_by_id(row.id))
            error.forms = form, now, None, row.is_fictional
            raise
        else:
            flash(_("The consortium is saved."))
            return redirect(f"/consortia/{changed.slug}", 303)
    status = 422 if request.method == "POST" else 200
    return render_template("consortia/edit.html", form=form, row=row), status


@blueprint.post(f"/consortia/<slug>/<{STEPS}>")
@allow(SIGNED_IN, owner="the roles that the workflow's state names; others get 404 or 403")
def take_step(slug: str, step: str) -> ResponseReturnValue:
    """Start, suspend, let go on, close."""
    found = find(slug)
    version = shown_version()
    workflow.move(g.ctx, found.row, step, request.form.get("comment", ""), version)
    flash(_("Done."))
    return back(found)


@blueprint.get("/consortia/<slug>/history")
@allow(SIGNED_IN, owner=STRANGERS)
def history(slug: str) -> ResponseReturnValue:
    """Show everything that happened, the latest first."""
    found = find(slug, "history")
    lines = [
        (entry.at, labels.happened(entry), entry.account.name if entry.account else "")
        for entry in queries.history(found.row)
    ]
    return page("history", found, "history", lines=lines)  # type: ignore[no-any-return]
