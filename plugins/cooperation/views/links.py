"""What somebody sees behind the mailed link: who asks for a reference, and what they wrote."""

from __future__ import annotations

from flask import flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from plugins.cooperation import forms, references
from plugins.cooperation.models import SHOWN, WAITING
from plugins.cooperation.references import PURPOSE
from plugins.cooperation.views.base import link
from plugins.cooperation.views.references import STATES
from plugins.links import interface as links
from portal.errors import Conflict, Invalid
from portal.i18n import _
from portal.people.forms import mark
from portal.web.access import ANYONE, allow

HOLDER = "whoever has the link that was mailed to a referee"


@link.route("/<token>", methods=["GET", "POST"])
@allow(ANYONE, owner=HOLDER, rate="link")
def write(token: str) -> ResponseReturnValue:
    """Write a reference by a mailed link, once; then look at what was written."""
    found = links.find(g.ctx, token, PURPOSE, closed=True)
    row = references.of_link(found.object_id)
    given = references.text_of(row)
    form, status = forms.ReferenceForm(request.form or None), 200
    if request.method == "POST":
        status = 422
        try:
            if given is not None or form.validate():
                worked, text = form.worked.data or "-", form.text.data or "-"
                references.write(g.ctx, row, worked, text, link=found)
                flash(_("Thank you. A reviewer reads it; then everybody can."))
                return redirect(request.path, 303)
        except (Invalid, Conflict) as error:
            mark(form, error)
            status = error.status
    return render_template(
        "cooperation/link.html",
        row=row,
        form=form,
        given=given,
        states=STATES,
        token=token,
        is_wanted=row.closed_at is None,
        may_withdraw=given is not None and given.state in {WAITING, SHOWN},
    ), status


@link.post("/<token>/withdraw")
@allow(ANYONE, owner=HOLDER, rate="link")
def withdraw(token: str) -> ResponseReturnValue:
    """Take back what was written through the link."""
    found = links.find(g.ctx, token, PURPOSE, closed=True)
    references.withdraw(g.ctx, references.of_link(found.object_id), by_link=True)
    flash(_("It is taken back. Nobody can read it any more."))
    return redirect(f"/cooperation/link/{token}", 303)
