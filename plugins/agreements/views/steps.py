"""Steps of an agreement: send, open again, cancel, end with notice; copies and successors."""

from __future__ import annotations

from datetime import date
from typing import cast

from flask import flash, g, redirect, request
from flask.typing import ResponseReturnValue

from plugins.agreements import forms, life, negotiating, service, telling
from plugins.agreements.models import FROZEN, NEGOTIATION
from plugins.agreements.views.base import (
    PARTY,
    WRITERS,
    blueprint,
    hand,
    own,
    spend,
    spend_sending,
)
from portal import permissions, workflow
from portal.errors import Conflict, Invalid
from portal.fields import shown_version
from portal.i18n import _
from portal.web.access import SIGNED_IN, allow


@blueprint.post("/agreements/<public_id>/send")
@allow(SIGNED_IN, owner="OrgEditor or OrgAdmin of who began it; others get 404 or 403")
def send(public_id: str) -> ResponseReturnValue:
    """Send a draft to its parties."""
    row = own(public_id)
    permissions.check(g.ctx, "run", row)
    spend_sending()
    negotiating.send(g.ctx, row, shown_version())
    flash(_("Sent. The parties are asked to read it and to agree; you are told when they do."))
    return redirect(f"/agreements/{public_id}", 303)


@blueprint.post("/agreements/<public_id>/remind")
@allow(SIGNED_IN, owner="OrgEditor or OrgAdmin of who began it; others get 404 or 403")
def remind(public_id: str) -> ResponseReturnValue:
    """Send the links and notices again to those whom the others wait for."""
    row = own(public_id)
    permissions.check(g.ctx, "run", row)
    if row.state not in (NEGOTIATION, *FROZEN):
        raise Conflict(_("Nobody is waited for at the moment."))
    spend_sending()
    telling.remind(g.ctx, row)
    flash(_("Those you wait for are reminded."))
    return redirect(f"/agreements/{public_id}", 303)


@blueprint.post("/agreements/<public_id>/reopen")
@allow(SIGNED_IN, owner=WRITERS)
def reopen(public_id: str) -> ResponseReturnValue:
    """Open a frozen text again."""
    row = own(public_id)
    negotiating.reopen(g.ctx, row, hand(row), request.form.get("reason", ""))
    flash(_("The text is open again. Signatures so far are void."))
    return redirect(f"/agreements/{public_id}", 303)


@blueprint.post("/agreements/<public_id>/cancel")
@allow(SIGNED_IN, owner="OrgEditor or OrgAdmin of who began it; others get 404 or 403")
def cancel(public_id: str) -> ResponseReturnValue:
    """Cancel an agreement before it is in force."""
    row = own(public_id)
    workflow.move(g.ctx, row, "cancel", request.form.get("reason", ""), shown_version())
    flash(_("The agreement is cancelled. It stays in the register, with the reasons."))
    return redirect("/agreements?state=cancelled", 303)


@blueprint.post("/agreements/<public_id>/follow/<any(copy, amend, renew):how>")
@allow(SIGNED_IN, owner=PARTY)
def follow(public_id: str, how: str) -> ResponseReturnValue:
    """Begin a copy, an amendment or a renewal, filled from this agreement."""
    row = own(public_id)
    who = hand(row)
    negotiating.check_writes(who)
    spend()
    made = service.follow(g.ctx, row, how, who.party.organisation)
    told = {
        "copy": _("A new draft is filled from the old text."),
        "amend": _("Change what should be different. Once all have signed, it replaces this one."),
        "renew": _("The renewal is filled in with later days. Look at it and send it."),
    }
    flash(told[how])
    return redirect(f"/agreements/{made.public_id}", 303)


@blueprint.post("/agreements/<public_id>/notice")
@allow(SIGNED_IN, owner=WRITERS)
def give_notice(public_id: str) -> ResponseReturnValue:
    """End an agreement in force after a day."""
    row = own(public_id)
    permissions.check(g.ctx, "close", row)
    form = forms.NoticeForm(request.form)
    if not form.validate():
        raise Invalid(next(str(errors[0]) for errors in form.errors.values()))
    life.give_notice(g.ctx, row, hand(row), form.reason.data or "", cast(date, form.last_on.data))
    flash(_("All parties are told that the agreement ends."))
    return redirect(f"/agreements/{public_id}", 303)


@blueprint.post("/agreements/<public_id>/notice/withdraw")
@allow(SIGNED_IN, owner=WRITERS)
def withdraw_notice(public_id: str) -> ResponseReturnValue:
    """Take back that an agreement ends."""
    row = own(public_id)
    life.withdraw_notice(g.ctx, row, hand(row))
    flash(_("The agreement goes on. All parties are told."))
    return redirect(f"/agreements/{public_id}", 303)
