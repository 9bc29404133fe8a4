"""The text: clauses with their comments, parties, and agreeing to the whole."""

from __future__ import annotations

from typing import Any

from flask import flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from plugins.agreements import forms, negotiating, pages, queries, reading, service
from plugins.agreements.models import FROZEN, WRITABLE, Agreement, Clause
from plugins.agreements.seats import seats
from plugins.agreements.views.base import (
    WRITERS,
    asked_page,
    blueprint,
    hand,
    own,
    spend,
    spend_sending,
    template_of,
)
from plugins.agreements.views.register import asked
from plugins.agreements.workflow import parties
from portal import permissions
from portal.errors import Conflict, Invalid
from portal.fields import version_of
from portal.i18n import _
from portal.people.forms import mark
from portal.web.access import SIGNED_IN, allow

Parties = list[Any]


@blueprint.route("/agreements/<public_id>/clauses/<key>", methods=["GET", "POST"])
@allow(SIGNED_IN, owner=WRITERS)
def clause(public_id: str, key: str) -> ResponseReturnValue:
    """Change a clause."""
    row = own(public_id)
    permissions.check(g.ctx, "negotiate", row)
    who = hand(row)
    found, there = queries.clause(row, key), parties(row.id)
    form = _form(row, found, there, request.form or None)
    if request.method == "POST" and form.validate():
        spend()
        try:
            save(row, who, found, form, there)
        except Invalid as error:
            mark(form, error)
        except Conflict as error:
            if error.version is not None:
                now = _form(row, queries.clause(row, key), there, None)
                error.forms = form, now, None, row.organisation.is_fictional
            raise
        else:
            if "more" in request.form:
                return redirect(f"/agreements/{public_id}/clauses/{key}#more", 303)
            flash(_("The clause is saved."))
            return redirect(f"/agreements/{public_id}{reading.jump(row, key)}", 303)
    shown = pages.shown_clause(row, key)
    has_units = any(item.type == "units" for item in template_of(row).clause(key).fields)
    return render_template(
        "agreements/clause.html",
        row=row,
        clause=found,
        shown=shown,
        jump=reading.jump(row, key),
        form=form,
        who=who,
        others=forms.others(there, who.party),
        has_units=has_units,
        voids=row.state in FROZEN and shown.is_material,
        corrects=row.state not in WRITABLE and not shown.is_material,
    ), (422 if request.method == "POST" else 200)


def _form(row: Agreement, found: Clause, there: Parties, typed: Any) -> Any:
    template = template_of(row)
    return forms.clause_form(template.clause(found.key), template, row, found, there, typed)


def save(row: Agreement, who: Any, found: Clause, form: Any, there: Parties) -> None:
    """Save what was typed into the form of a clause."""
    values = forms.values_of(form, template_of(row).clause(found.key), there)
    version = version_of(form.version.data)
    wording = forms.wording_of(form, row)
    negotiating.change(g.ctx, row, who, found.key, values, version, wording)


@blueprint.post("/agreements/<public_id>/clauses/<key>/accept")
@allow(SIGNED_IN, owner=WRITERS)
def accept(public_id: str, key: str) -> ResponseReturnValue:
    """Accept a clause as it was shown."""
    row = own(public_id)
    negotiating.accept(g.ctx, row, hand(row), key, version_of(request.form.get("version")))
    flash(_("You accept this clause."))
    return redirect(f"/agreements/{public_id}{reading.jump(row, key)}", 303)


@blueprint.post("/agreements/<public_id>/clauses/<key>/remarks")
@allow(SIGNED_IN, owner=WRITERS)
def remark(public_id: str, key: str) -> ResponseReturnValue:
    """Comment a clause, or suggest another wording."""
    row = own(public_id)
    spend()
    negotiating.remark(g.ctx, row, hand(row), key, request.form.get("text", ""), _proposal(row))
    flash(_("The other parties read it beside the clause."))
    return redirect(f"/agreements/{public_id}{reading.jump(row, key)}", 303)


def _proposal(row: Agreement) -> dict[str, str]:
    typed = {code: request.form.get(f"wording-{code}") for code in row.languages}
    return {code: text for code, text in typed.items() if text is not None}


@blueprint.post("/agreements/<public_id>/remarks/<number>/<any(take, decline):act>")
@allow(SIGNED_IN, owner=WRITERS)
def answer(public_id: str, number: str, act: str) -> ResponseReturnValue:
    """Take a suggestion over into the clause, or decline it."""
    row = own(public_id)
    found = queries.remark(row, number)
    negotiating.answer(g.ctx, row, hand(row), number, act == "take")
    flash(_("The clause is changed.") if act == "take" else _("The suggestion is declined."))
    return redirect(f"/agreements/{public_id}{reading.jump(row, found.clause.key)}", 303)


@blueprint.post("/agreements/<public_id>/agree")
@allow(SIGNED_IN, owner=WRITERS)
def agree(public_id: str) -> ResponseReturnValue:
    """Agree to the whole text that was shown."""
    row = own(public_id)
    who = hand(row)
    is_frozen = negotiating.agree(g.ctx, row, who, request.form.get("digest", ""))
    if is_frozen:
        flash(_("All parties agree: the text is ready to sign."))
    else:
        flash(_("You agree to this text. The others are asked too."))
    to_sign = is_frozen and hand(row, signing=True).signer is not None
    return redirect(f"/agreements/{public_id}/sign" if to_sign else f"/agreements/{public_id}", 303)


@blueprint.route("/agreements/<public_id>/parties", methods=["GET", "POST"])
@allow(SIGNED_IN, owner="OrgEditor or OrgAdmin of who began it; others get 404 or 403")
def party_list(public_id: str) -> ResponseReturnValue:
    """Name the parties."""
    row = own(public_id)
    permissions.check(g.ctx, "run", row)
    form = forms.PartyForm(request.form or None, template=template_of(row))
    if request.method == "POST" and form.validate():
        try:
            spend_sending()
            typed = {name: form[name].data for name in ("role", "email", "language")}
            made = asked(form.partner.data, **typed, own=row.organisation)
            service.add_party(g.ctx, row, made)
            flash(_("The party is added."))
            return redirect(f"/agreements/{public_id}/parties", 303)
        except Invalid as error:
            mark(form, error)
    elif request.method == "GET":
        form.language.data = row.languages[0]
    return render_template(
        "agreements/parties.html",
        row=row,
        form=form,
        is_open=row.state in WRITABLE,
        parties=pages.party_page(row, seats(row.id), asked_page()),
    ), (422 if request.method == "POST" else 200)


@blueprint.post("/agreements/<public_id>/parties/order")
@allow(SIGNED_IN, owner="OrgEditor or OrgAdmin of who began it; others get 404 or 403")
def party_order(public_id: str) -> ResponseReturnValue:
    """Let parties sign in the order of the list, or as they like."""
    service.sign_in_turn(g.ctx, own(public_id), "in_turn" in request.form)
    flash(_("The order of signing is saved."))
    return redirect(f"/agreements/{public_id}/parties", 303)


@blueprint.post("/agreements/<public_id>/parties/<number>/remove")
@allow(SIGNED_IN, owner="OrgEditor or OrgAdmin of who began it; others get 404 or 403")
def remove_party(public_id: str, number: str) -> ResponseReturnValue:
    """Let a party leave before anything is signed."""
    row = own(public_id)
    service.remove_party(g.ctx, row, number)
    flash(_("The party has left and sees nothing of this agreement any more."))
    return redirect(f"/agreements/{public_id}/parties", 303)
