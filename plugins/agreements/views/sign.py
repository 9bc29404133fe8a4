"""Signing: the page with exactly what is signed, signing, declining, attesting paper."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from plugins.agreements import (
    drafting,
    forms,
    labels,
    negotiating,
    pages,
    policy,
    queries,
    reading,
    seats,
    signing,
)
from plugins.agreements.models import FROZEN, Agreement, Version
from plugins.agreements.views.base import PARTY, blueprint, hand, own, spend
from plugins.agreements.workflow import parties
from plugins.evidence.interface import passkeys
from portal.errors import Conflict, Invalid, NotFound
from portal.i18n import _
from portal.people.forms import mark
from portal.web.access import SIGNED_IN, allow


@blueprint.route("/agreements/<public_id>/sign", methods=["GET", "POST"])
@allow(SIGNED_IN, owner="who signs for a party; others get 404 or 403", rate="request", fresh=True)
def sign(public_id: str) -> ResponseReturnValue:
    """Sign for a party the very text that is shown."""
    row = own(public_id)
    who = hand(row, signing=True)
    return answer(row, who, f"/agreements/{public_id}")


def answer(row: Agreement, who: policy.Hand, way_back: str) -> ResponseReturnValue:
    """Show the page to sign on, or sign what was sent; a stale page gets 409 and the difference."""
    message, stale, status = "", None, 200
    if request.method == "POST":
        status = 422
        if not request.form.get("intent"):
            message = _("Tick that you have read the text, then sign.")
        else:
            digest, answered = request.form.get("digest", ""), request.form.get("answer")
            try:
                prepared = None if answered is None else passkeys.answered(g.ctx, answered)
                signing.sign(g.ctx, row, who, digest, prepared=prepared)
            except signing.Stale as error:
                message, stale, status = error.message, error.shown, 409
            except (Invalid, NotFound) as error:
                if answered is None:
                    raise
                message = error.message
            else:
                flash(_("You have signed. Everybody sees it on the page of the agreement."))
                return redirect(way_back, 303)
    row = Agreement.get_by_id(row.id)
    return render_template("agreements/sign.html", **_page(row, who, message, stale)), status


def _page(row: Agreement, who: policy.Hand, message: str, stale: Any) -> dict[str, Any]:
    current, there = reading.newest(row), seats.seats(row.id)
    own_row = seats.signatures([seat for seat in there if seat.id == who.party.id])
    first = signing.first_of(row) if row.state in FROZEN else None
    return {
        "row": row,
        "who": who,
        "first": first if first and first.id != who.party.id else None,
        "kind": labels.kind(row.kind),
        "clauses": reading.of(row, current, there).cards,
        "parties": pages.party_page(row, there, 1),
        "current": current,
        "intent": signing.intent(row, who.party),
        "message": message,
        "differences": _differences(row, stale) if stale else [],
        "done": pages.signature_row(own_row[who.party.id]) if own_row else None,
        "is_open": row.state in FROZEN,
        "state": labels.state(row.state),
        "means": labels.level("link" if who.by_link else "click")[1],
        "by_passkey": labels.level("passkey")[1]
        if not who.by_link and passkeys.is_possible(g.ctx)
        else "",
        "unfit_passkey": not who.by_link and passkeys.is_of_another_kind(g.ctx),
    }


def _differences(row: Agreement, stale: Version) -> list[dict[str, Any]]:
    now = drafting.content_of(queries.shown(row))
    return pages.differences(drafting.content_of(stale), now, pages.names_of(parties(row.id)))


@blueprint.post("/agreements/<public_id>/sign/question")
@allow(SIGNED_IN, owner="who signs for a party; others get 404 or 403", fresh=True)
def question(public_id: str) -> ResponseReturnValue:
    """Say what a passkey shall sign: the text that was shown, and for whom."""
    spend()
    row = own(public_id)
    who = hand(row, signing=True)
    asked = signing.question(g.ctx, row, who, request.args.get("digest", ""))
    return Response(asked, mimetype="application/json")


@blueprint.post("/agreements/<public_id>/decline")
@allow(SIGNED_IN, owner="who signs or writes for a party; others get 404 or 403")
def decline(public_id: str) -> ResponseReturnValue:
    """Decline to sign, with the reason."""
    row = own(public_id)
    signing.decline(g.ctx, row, hand(row, signing=True), request.form.get("reason", ""))
    flash(_("You declined to sign. The text is open again, and all parties are told."))
    return redirect(f"/agreements/{public_id}", 303)


@blueprint.route("/agreements/<public_id>/paper", methods=["GET", "POST"])
@allow(SIGNED_IN, owner="OrgEditor or OrgAdmin of a party; others get 404 or 403", fresh=True)
def paper(public_id: str) -> ResponseReturnValue:
    """Attest that somebody signed a printed copy, with a scan."""
    row = own(public_id)
    who = hand(row)
    negotiating.check_writes(who)
    current = queries.shown(row)
    form = forms.PaperForm(request.form or None)
    form.scan.flags.required = True
    status = 200
    if request.method == "POST":
        status = 422
        sent = request.files.get("scan")
        scan = sent.read() if sent else b""
        try:
            if form.validate():
                if not scan:
                    raise Invalid(_("Choose the scan."), field="scan")
                spend()
                written = signing.Paper(form.name.data or "", form.position.data or "", scan)
                signing.sign(g.ctx, row, who, request.form.get("digest", ""), paper=written)
                flash(_("The signature on paper is noted, and that your organisation attests it."))
                return redirect(f"/agreements/{public_id}", 303)
        except (Invalid, Conflict) as error:
            mark(form, error)
            status = error.status
    return render_template(
        "agreements/paper.html", row=row, who=who, form=form, current=current
    ), status


@blueprint.get("/agreements/<public_id>/signatures/<number>/scan")
@allow(SIGNED_IN, owner=PARTY)
def scan(public_id: str, number: str) -> ResponseReturnValue:
    """Give the scan of a signature on paper, as a file to save."""
    row = own(public_id)
    found = queries.scan(row, number)
    if found is None:
        raise NotFound
    end = found.scan_type.rpartition("/")[2]
    headers = {"Content-Disposition": f'attachment; filename="signature-{number}.{end}"'}
    return Response(bytes(found.scan), mimetype=found.scan_type, headers=headers)
