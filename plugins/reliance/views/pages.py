"""Trust sheets of pairs of partners, and the recognition clock."""

from __future__ import annotations

from datetime import date
from typing import Any, cast

from flask import flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from plugins.agreements.interface import (
    are_together,
    in_force_between,
    own_organisations,
    partners_of,
)
from plugins.reliance import forms, labels, promises, sheets
from plugins.reliance.rules import RELIANCES
from plugins.reliance.views.base import blueprint, spend
from portal.errors import Conflict, Invalid, NotFound
from portal.fields import options
from portal.i18n import _
from portal.organisations import queries as organisations
from portal.organisations.models import Organisation
from portal.people.forms import mark
from portal.web.access import SIGNED_IN, allow

MOST_PARTNERS = 50
WHO = "OrgEditor or OrgAdmin of one of the pair; others get 404"


@blueprint.get("/trust-sheets")
@allow(SIGNED_IN, owner="lists partners of the person's own organisations")
def trust_list() -> ResponseReturnValue:
    """List the partners with whom there is a trust sheet."""
    names = {item.id: item for item in own_organisations(g.ctx)}
    today = g.ctx.clock.now().date()
    rows = [
        (names[mine], other, [labels.level(row.level) for row in pair])
        for mine, other in partners_of(list(names))[:MOST_PARTNERS]
        for pair in [sheets.of_pair(names[mine], other, today)]
    ]
    heads = [labels.reliance(name)[0] for name in RELIANCES]
    return render_template("reliance/trust_list.html", rows=rows, heads=heads)


def _pair(slug: str) -> tuple[Organisation, Organisation]:
    """Return one's own organisation and the partner. Raises NotFound."""
    partner = organisations.public(slug)
    mine = [item for item in own_organisations(g.ctx) if item.id != partner.id]
    if not mine:
        raise NotFound
    wanted = request.values.get("organisation", "")
    named = [item for item in mine if item.slug == wanted]
    together = [item for item in mine if are_together(item.id, partner.id)]
    own = (named or together or mine)[0]
    sheets.check_pair(own, partner)
    return own, partner


@blueprint.route("/trust-sheets/<slug>", methods=["GET", "POST"])
@allow(SIGNED_IN, owner=WHO)
def trust_sheet(slug: str) -> ResponseReturnValue:
    """Show why a pair of partners may rely on each other; say what speaks for one's own side."""
    own, partner = _pair(slug)
    is_step = request.form.get("what") == "step"
    ground = forms.GroundForm(request.form if not is_step else None)
    step = forms.StepForm(request.form if is_step else None)
    step.owner.choices = options((item.slug, item.name) for item in (own, partner))
    if request.method == "POST" and (step if is_step else ground).validate():
        spend()
        try:
            if is_step:
                owner = partner if step.owner.data == partner.slug else own
                sheets.plan(g.ctx, own, partner, step.text.data or "", owner, step.due_on.data)
                flash(_("The step is on the plan. Your partner sees it too."))
            else:
                _say(own, partner, ground)
                flash(_("It stands on the sheet. Your partner can verify it."))
            return _back(own, partner)
        except (Invalid, Conflict) as error:
            mark(step if is_step else ground, error)
    today = g.ctx.clock.now().date()
    return render_template(
        "reliance/trust.html",
        own=own,
        partner=partner,
        theirs=[_row(item, today) for item in sheets.of_pair(own, partner, today)],
        ours=[_row(item, today) for item in sheets.of_pair(partner, own, today)],
        steps=sheets.steps(own, partner),
        ground=ground,
        step=step,
        agreements=in_force_between(own.id, partner.id),
    ), (422 if request.method == "POST" else 200)


def _say(own: Organisation, partner: Organisation, form: forms.GroundForm) -> None:
    sheets.say(
        g.ctx,
        own,
        partner,
        form.reliance.data,
        form.text.data or "",
        form.proof.data or "",
        form.happened_on.data,
    )


def _row(item: sheets.Reliance, today: Any) -> dict[str, Any]:
    name, means = labels.reliance(item.name)
    return {
        "name": name,
        "means": means,
        "level": labels.level(item.level),
        "next": item.next_step,
        "grounds": [(row, labels.level(sheets.level_of(row, today))) for row in item.grounds],
    }


def _back(own: Organisation, partner: Organisation) -> ResponseReturnValue:
    return redirect(f"/trust-sheets/{partner.slug}?organisation={own.slug}", 303)


@blueprint.post("/trust-sheets/<slug>/grounds/<number>/<any(verify, take_back):act>")
@allow(SIGNED_IN, owner=WHO)
def settle_ground(slug: str, number: str, act: str) -> ResponseReturnValue:
    """Verify what the partner says, or take back what one said."""
    own, partner = _pair(slug)
    sheets.settle(g.ctx, own, partner, number, act)
    flash(_("Verified. Your partner sees it.") if act == "verify" else _("It is taken back."))
    return _back(own, partner)


@blueprint.post("/trust-sheets/<slug>/steps/<number>/done")
@allow(SIGNED_IN, owner=WHO)
def finish_step(slug: str, number: str) -> ResponseReturnValue:
    """Mark a step of the plan as done, or as open again."""
    own, partner = _pair(slug)
    sheets.finish(g.ctx, own, partner, number)
    return _back(own, partner)


@blueprint.get("/recognition")
@allow(SIGNED_IN, owner="lists promises of the person's own organisations")
def recognition() -> ResponseReturnValue:
    """List what was promised to be recognised: overdue, open, kept."""
    own = [item.id for item in own_organisations(g.ctx)]
    today = g.ctx.clock.now().date().isoformat()
    rows = [
        (row, "kept" if row.delivered_on else "overdue" if row.due_on < today else "open")
        for row in promises.of(own)
    ]
    return render_template("reliance/recognition.html", rows=rows)


@blueprint.route("/recognition/<number>", methods=["GET", "POST"])
@allow(SIGNED_IN, owner="OrgEditor or OrgAdmin of who promised; others get 404")
def deliver(number: str) -> ResponseReturnValue:
    """Say that a promise was kept, and when."""
    own = [item.id for item in own_organisations(g.ctx)]
    row = next((item for item in promises.of(own) if item.public_id == number), None)
    if row is None:
        raise NotFound
    form = forms.DeliveredForm(request.form or None)
    if request.method == "POST" and form.validate():
        try:
            promises.deliver(
                g.ctx, number, cast(date, form.delivered_on.data), form.proof.data or ""
            )
            flash(_("Noted. It counts on your profile, and your partner sees it."))
            return redirect("/recognition", 303)
        except Invalid as error:
            mark(form, error)
    status = 422 if request.method == "POST" else 200
    return render_template("reliance/deliver.html", row=row, form=form), status
