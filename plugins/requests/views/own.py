"""What an organisation's people do: write, publish, close, look at their own requests."""

from __future__ import annotations

from flask import flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from plugins.requests import forms, pages, queries, service
from plugins.requests.models import DISCARDED, PartnerRequest
from plugins.requests.views.base import blueprint, own, spend
from portal import workflow
from portal.errors import Conflict, Invalid
from portal.fields import shown_version
from portal.i18n import _
from portal.organisations.models import Organisation
from portal.people.forms import mark
from portal.web.access import SIGNED_IN, allow

STEPS = "any(publish, close, reopen, suspend, reinstate, discard, restore):step"


@blueprint.get("/requests/mine")
@allow(SIGNED_IN, owner="lists requests of the person's own organisations")
def mine() -> ResponseReturnValue:
    """List the requests of the person's organisations."""
    found = queries.mine(g.ctx)
    counts = queries.count_replies([row.id for row in found])
    rows = [{**pages.own(row), "answers": counts.get(row.id, 0)} for row in found]
    return render_template(
        "requests/mine.html",
        rows=rows,
        replies=[pages.own_reply(row) for row in queries.own_replies(g.ctx)],
        may_write=bool(queries.own_organisations(g.ctx)),
    )


@blueprint.route("/requests/new", methods=["GET", "POST"])
@allow(SIGNED_IN, owner="OrgEditor or OrgAdmin of the chosen organisation", rate="request")
def new() -> ResponseReturnValue:
    """Write a partner request."""
    mine = queries.own_organisations(g.ctx)
    form = forms.RequestForm(
        request.form or None, today=g.ctx.clock.now().date(), organisations=mine
    )
    if not mine:
        return render_template("requests/nobody.html")
    if form.organisation.data is None:
        form.organisation.data = request.args.get("organisation") or mine[0].slug
    chosen = next((item for item in mine if item.slug == form.organisation.data), None)
    if request.method == "POST" and form.validate():
        if chosen is None:
            mark(form, Invalid(_("Choose one of your organisations."), field="organisation"))
        elif (made := _write(form, chosen)) is not None:
            return _after(made)
    return _form(form, None)


@blueprint.route("/requests/<slug>/edit", methods=["GET", "POST"])
@allow(SIGNED_IN, owner="OrgEditor or OrgAdmin of the organisation; others get 404")
def edit(slug: str) -> ResponseReturnValue:
    """Change a request that is not closed."""
    row = own(slug, "edit").request
    today = g.ctx.clock.now().date()
    form = forms.RequestForm(request.form or None, today=today, request=row)
    if request.method == "POST" and form.validate():
        try:
            changed = service.write(g.ctx, form.values(), request=row, version=shown_version())
        except Invalid as error:
            mark(form, error)
        except Conflict as error:
            now = forms.RequestForm(today=today, request=PartnerRequest.get_by_id(row.id))
            error.forms = form, now, None, row.organisation.is_fictional
            raise
        else:
            return _after(changed)
    return _form(form, row)


def _write(form: forms.RequestForm, organisation: Organisation) -> PartnerRequest | None:
    try:
        spend()
        return service.write(g.ctx, form.values(), organisation=organisation)
    except Invalid as error:
        mark(form, error)
        return None


def _after(row: PartnerRequest) -> ResponseReturnValue:
    """Publish at once where that was asked for; else say what comes next."""
    if "publish" in request.form and row.state == "draft":
        try:
            workflow.move(g.ctx, row, "publish")
        except Invalid as error:
            flash(_("Your request is kept as a draft.") + " " + error.message)
        else:
            flash(_("Your request is published."))
            return redirect(f"/requests/{PartnerRequest.get_by_id(row.id).slug}", 303)
    elif row.state == "draft":
        flash(_("Your request is kept as a draft. Nobody else sees it before you publish it."))
    else:
        flash(_("Your request is saved."))
    return redirect(f"/requests/{row.slug}", 303)


def _form(form: forms.RequestForm, row: PartnerRequest | None) -> ResponseReturnValue:
    status = 422 if request.method == "POST" else 200
    return render_template("requests/edit.html", form=form, row=row), status


@blueprint.post(f"/requests/<slug>/<{STEPS}>")
@allow(SIGNED_IN, owner="the roles that the workflow's state names; others get 404 or 403")
def take_step(slug: str, step: str) -> ResponseReturnValue:
    """Publish, close, open again, discard; reviewers suspend and show again."""
    row = queries.find(g.ctx, slug).request
    if step == "reopen":
        form = forms.ReopenForm(request.form, today=g.ctx.clock.now().date())
        if form.closes_on.errors or not form.validate():
            raise Invalid(str(form.closes_on.errors[0]), field="closes_on")
        service.reopen(g.ctx, row, form.closes_on.data)
    else:
        workflow.move(g.ctx, row, step, request.form.get("comment", ""), shown_version())
    now = PartnerRequest.get_by_id(row.id)
    if now.state == DISCARDED:
        flash(_("The draft is discarded."))
        return redirect("/requests/mine", 303)
    flash(_("Done."))
    return redirect(f"/requests/{now.slug}", 303)
