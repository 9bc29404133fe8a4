"""What participants report as wrong, for the one person who is to help; naming that person."""

from __future__ import annotations

from flask import flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from plugins.mobilities import linking, queries
from plugins.mobilities.models import SENDING
from plugins.mobilities.views.base import blueprint, found, spend
from plugins.mobilities.views.stays import participant_of
from portal.i18n import _, ngettext
from portal.web.access import SIGNED_IN, allow

READER = "the contact whom the sending side named; everybody else gets 404"
SENDERS = "OrgEditor or OrgAdmin of the sending organisation; others get 404"


@blueprint.get("/mobilities/alarms/<alarm_id>")
@allow(SIGNED_IN, owner=READER)
def alarm(alarm_id: str) -> ResponseReturnValue:
    """Show what a participant reports as wrong."""
    row = linking.alarm(g.ctx, alarm_id)
    person = row.participant
    return render_template(
        "mobilities/alarm.html", row=row, person=person, mobility=person.placement.mobility
    )


@blueprint.post("/mobilities/alarms/<alarm_id>/seen")
@allow(SIGNED_IN, owner=READER)
def see_alarm(alarm_id: str) -> ResponseReturnValue:
    """Note that the contact looks after it."""
    linking.see(g.ctx, linking.alarm(g.ctx, alarm_id))
    flash(_("The participant's page says now that you have read it."))
    return redirect(f"/mobilities/alarms/{alarm_id}", 303)


@blueprint.post("/mobilities/<public_id>/contact")
@allow(SIGNED_IN, owner=SENDERS)
def contact(public_id: str) -> ResponseReturnValue:
    """Name who helps participants when something is wrong."""
    here = _sending(public_id)
    typed = request.form.get("contact", "")
    number = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else None
    spend()
    linking.name_contact(g.ctx, here.mobility, number)
    flash(_("Saved."))
    return redirect(f"/mobilities/{public_id}", 303)


@blueprint.post("/mobilities/<public_id>/participants/<participant_id>/link")
@allow(SIGNED_IN, owner=SENDERS)
def send_link(public_id: str, participant_id: str) -> ResponseReturnValue:
    """Send a participant, and a guardian, their link again."""
    here = _sending(public_id)
    row = participant_of(here, participant_id)
    spend()
    sent = linking.again(g.ctx, here.mobility, row)
    flash(ngettext("%(num)s link is on its way.", "%(num)s links are on their way.", sent))
    return redirect(f"/mobilities/{public_id}/participants/{participant_id}", 303)


def _sending(public_id: str) -> queries.Found:
    here = found(public_id)
    if SENDING not in here.sides:
        raise queries.missing()
    return here
