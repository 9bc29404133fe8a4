"""Enquiries: asking a partner from its profile, the thread, closing it."""

from __future__ import annotations

from typing import Any

from flask import flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from plugins.requests import enquiring, forms, labels, queries
from plugins.requests.models import CLOSED, Enquiry
from plugins.requests.views.base import blueprint, spend
from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from portal.i18n import _
from portal.organisations import queries as organisations
from portal.organisations.models import Organisation
from portal.people.forms import mark
from portal.web.access import SIGNED_IN, allow


@blueprint.get("/enquiries")
@allow(SIGNED_IN, owner="lists enquiries of the person's own organisations")
def enquiries() -> ResponseReturnValue:
    """List the enquiries that the person's organisations sent and got."""
    rows = [(row, labels.enquiry_state(row.state)) for row in queries.own_enquiries(g.ctx)]
    return render_template("requests/enquiries.html", rows=rows)


@blueprint.route("/partners/<slug>/enquiry", methods=["GET", "POST"])
@allow(SIGNED_IN, rate="request")
def ask(slug: str) -> ResponseReturnValue:
    """Ask a partner, for one of the person's organisations."""
    receiver = organisations.public(slug)
    mine = [own for own in queries.own_organisations(g.ctx) if enquiring.may_ask(own, receiver)]
    if not mine:
        raise NotAllowed(
            _("You ask for an organisation with a published profile, and one that is here.")
        )
    form = forms.EnquiryForm(request.form or None, organisations=mine)
    wanted = request.form.get("organisation")
    chosen = next((own for own in mine if own.slug == wanted), None)
    if request.method == "POST" and form.validate():
        try:
            if chosen is None:
                raise Invalid(_("Choose one of your organisations."), field="organisation")
            spend()
            made = enquiring.ask(g.ctx, chosen, receiver, form.text.data or "")
        except Invalid as error:
            mark(form, error)
        else:
            flash(_("Your enquiry is sent. The answer comes here; you get a notice."))
            return redirect(f"/enquiries/{made.public_id}", 303)
    status = 422 if request.method == "POST" else 200
    return render_template("requests/ask.html", form=form, receiver=receiver, mine=mine), status


@blueprint.route("/enquiries/<public_id>", methods=["GET", "POST"])
@allow(SIGNED_IN, owner="OrgEditor or OrgAdmin of one of the two organisations; others get 404")
def enquiry(public_id: str) -> ResponseReturnValue:
    """Show an enquiry, and write in it."""
    row, side = _own(public_id)
    form, status = forms.MessageForm(request.form or None), 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                spend()
                enquiring.write(g.ctx, row, side, form.text.data or "")
            except Invalid as error:
                mark(form, error)
            except Conflict as error:
                mark(form, error)
                status = error.status
            else:
                flash(_("Your message is sent."))
                return redirect(f"/enquiries/{public_id}", 303)
    now: Enquiry = Enquiry.get_by_id(row.id)
    values: dict[str, Any] = {
        "row": now,
        "side": side,
        "other": now.asker if side.id == now.receiver.id else now.receiver,
        "messages": queries.messages(now),
        "state": labels.enquiry_state(now.state),
        "is_closed": now.state == CLOSED,
        "form": form,
    }
    return render_template("requests/enquiry.html", **values), status


@blueprint.post("/enquiries/<public_id>/close")
@allow(SIGNED_IN, owner="OrgEditor or OrgAdmin of one of the two organisations; others get 404")
def close_enquiry(public_id: str) -> ResponseReturnValue:
    """Close an enquiry for both sides."""
    row, _side = _own(public_id)
    enquiring.close(g.ctx, row)
    flash(_("The enquiry is closed."))
    return redirect(f"/enquiries/{public_id}", 303)


def _own(public_id: str) -> tuple[Enquiry, Organisation]:
    """Return an enquiry with the side for which the person writes. Raises NotFound."""
    row: Enquiry | None = Enquiry.get_or_none(Enquiry.public_id == public_id)
    own = {item.id for item in queries.own_organisations(g.ctx)} if row else set()
    for side in (row.receiver, row.asker) if row else ():
        if row and side.id in own:
            return row, side
    raise NotFound
