"""The page on which a party hands in a PDF that it signed with its own tool."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from plugins.agreements.interface import Paper, ToSign, signed_outside, to_sign
from plugins.outside import reading
from plugins.outside.forms import SignedForm
from portal.errors import Conflict, Invalid
from portal.i18n import _
from portal.people import throttle
from portal.people.forms import mark
from portal.web.access import SIGNED_IN, allow

blueprint = Blueprint("outside", __name__)

FILES = throttle.Limit("outside-files", 30, 900)
"""Files that one account may hand in: reading one costs half a second."""


@blueprint.route("/agreements/<public_id>/outside", methods=["GET", "POST"])
@allow(
    SIGNED_IN,
    owner="who writes or signs for a party; others get 404 or 403",
    rate="request",
    fresh=True,
)
def upload(public_id: str) -> ResponseReturnValue:
    """Take the PDF that somebody signed for a party."""
    wanted = to_sign(g.ctx, public_id, request.values.get("as", ""))
    form = SignedForm(request.form or None)
    form.file.flags.required = True
    if request.method == "GET":
        return _page(form, wanted)
    sent = request.files.get("file")
    data = sent.read() if sent else b""
    try:
        if not form.validate():
            return _page(form, wanted), 422
        if not data:
            raise Invalid(_("Choose the signed PDF."), field="file")
        throttle.spend(g.ctx, FILES, str(g.ctx.actor.account_id))
        found = reading.read(g.ctx, data, wanted)
        written = Paper(found.name[:120], form.position.data or "", data, found.evidence)
        signed_outside(g.ctx, public_id, wanted.party, wanted.digest, written)
    except (Invalid, Conflict) as error:
        mark(form, Invalid(error.message, error.field or "file"))
        return _page(form, wanted), error.status
    flash(_("The signature of %(name)s is noted, and the signed file is kept.", name=found.name))
    return redirect(f"/agreements/{public_id}", 303)


def _page(form: SignedForm, wanted: ToSign) -> str:
    values: dict[str, Any] = {"form": form, "wanted": wanted}
    return render_template("outside/upload.html", **values)
