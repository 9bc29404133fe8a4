"""References: asked for, written for an organisation, answered; words for a reviewer to decide."""

from __future__ import annotations

from flask import flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from plugins.cooperation import forms, labels, queries, references, rules
from plugins.cooperation.models import REFERENCE, REPLY, SHOWN, WAITING
from plugins.cooperation.views.base import EDITORS, blueprint, chosen_own, entry, spend
from plugins.cooperation.workflow import TEXT_FLOW
from portal import workflow
from portal.errors import Conflict, Invalid
from portal.fields import options
from portal.i18n import _
from portal.organisations.models import Organisation
from portal.people.forms import mark
from portal.web.access import REVIEWER, SIGNED_IN, allow

STATES = {state.name: (state.title, state.tag) for state in TEXT_FLOW.states}
SIDES = "OrgEditor or OrgAdmin of the organisation that asked, or that was asked; others get 404"


@blueprint.route("/cooperation/references/ask", methods=["GET", "POST"])
@allow(SIGNED_IN, owner=EDITORS)
def ask() -> ResponseReturnValue:
    """Ask an organisation, or somebody by mail, for a reference."""
    mine = queries.own_organisations(g.ctx)
    if not mine:
        return render_template("cooperation/nobody.html")
    own = chosen_own(mine)
    form = forms.AskForm(request.form or None, data={"organisation": own.slug})
    form.organisation.choices = options((item.slug, item.name) for item in mine)
    status = 200
    if request.method == "POST":
        status = 422
        try:
            if form.validate():
                spend()
                _ask(own, form)
                flash(_("Asked. You see here when it was written and let through."))
                return redirect("/cooperation", 303)
        except (Invalid, Conflict) as error:
            mark(form, error)
            status = error.status
    return render_template(
        "cooperation/ask.html", form=form, many=len(mine) > 1, most=rules.MOST_REFERENCES
    ), status


def _ask(own: Organisation, form: forms.AskForm) -> None:
    typed, email = (form.giver.data or "").strip(), (form.email.data or "").strip()
    if bool(typed) == bool(email):
        raise Invalid(_("Fill in one of the two: an organisation or an address."), field="giver")
    giver = entry(typed, "giver") if typed else None
    references.ask(
        g.ctx, own, giver=giver, email=email, name=form.name.data or "",
        language=form.language.data or "en",
    )  # fmt: skip


@blueprint.route("/cooperation/references/<public_id>", methods=["GET", "POST"])
@allow(SIGNED_IN, owner=SIDES)
def reference(public_id: str) -> ResponseReturnValue:
    """Write a reference that one's organisation is asked for, or answer one about it."""
    own = [item.id for item in queries.own_organisations(g.ctx)]
    row = queries.reference(public_id, own)
    words = queries.with_texts([row])[0][1]
    is_giver = row.giver_id in own
    given, answer = words.get(REFERENCE), words.get(REPLY)
    form: forms.ReferenceForm | forms.ReplyForm = (
        forms.ReferenceForm(request.form or None)
        if is_giver
        else forms.ReplyForm(request.form or None)
    )
    status = 200
    if request.method == "POST":
        status = 422
        try:
            if form.validate():
                spend()
                if isinstance(form, forms.ReferenceForm):
                    references.write(g.ctx, row, form.worked.data or "", form.text.data or "")
                else:
                    references.reply(g.ctx, row, form.text.data or "")
                flash(_("Thank you. A reviewer reads it; then everybody can."))
                return redirect(request.path, 303)
        except (Invalid, Conflict) as error:
            mark(form, error)
            status = error.status
    is_shown = given is not None and given.state == SHOWN
    return render_template(
        "cooperation/reference.html",
        row=row,
        form=form,
        who=labels.giver(row),
        is_giver=is_giver,
        given=given if is_giver or is_shown else None,
        is_written=given is not None,
        answer=answer,
        states=STATES,
        may_write=is_giver and given is None and row.closed_at is None,
        may_reply=not is_giver and is_shown and answer is None,
        may_withdraw=is_giver and given is not None and given.state in {WAITING, SHOWN},
        may_close=not is_giver and given is None and row.closed_at is None,
    ), status


@blueprint.post("/cooperation/references/<public_id>/<any(withdraw, close):act>")
@allow(SIGNED_IN, owner=SIDES)
def settle_reference(public_id: str, act: str) -> ResponseReturnValue:
    """Take back a reference that one's organisation wrote, or no longer want one."""
    own = [item.id for item in queries.own_organisations(g.ctx)]
    row = queries.reference(public_id, own)
    if act == "withdraw":
        references.withdraw(g.ctx, row)
        flash(_("It is taken back. Nobody can read it any more."))
    else:
        references.close(g.ctx, row)
        flash(_("You no longer wait for it."))
    return redirect("/cooperation", 303)


@blueprint.get("/cooperation/words/<public_id>")
@allow(REVIEWER, owner="four eyes: nobody decides who belongs to one of the sides")
def words(public_id: str) -> ResponseReturnValue:
    """Show a reference, or an answer to one, to a reviewer."""
    row = queries.words(public_id)
    about = row.reference.organisation
    return render_template(
        "cooperation/words.html",
        row=row,
        about=about,
        who=about.name if row.kind == REPLY else labels.giver(row.reference),
        is_reply=row.kind == REPLY,
        flow=workflow.panel(g.ctx, row),
    )
