"""Where somebody is signed in."""

from __future__ import annotations

from flask import flash, g, render_template, url_for
from flask.typing import ResponseReturnValue

from plugins.signin import devices
from plugins.signin.views.base import step as blueprint
from portal.i18n import _
from portal.people import login
from portal.people.views import to
from portal.web.access import SIGNED_IN, allow


@blueprint.get("/devices")
@allow(SIGNED_IN, owner="own account")
def device_list() -> ResponseReturnValue:
    """List the sign-ins."""
    rows = devices.sign_ins(g.ctx, login.token())
    return render_template("signin/devices.html", rows=rows, most=devices.MOST_SHOWN)


@blueprint.post("/devices/<number>/sign-out")
@allow(SIGNED_IN, owner="own sign-in; others get 404")
def sign_out(number: str) -> ResponseReturnValue:
    """End one sign-in."""
    name = devices.sign_out(g.ctx, number) or _("Unknown device")
    flash(_("%(device)s is signed out.", device=name))
    return to(url_for(".device_list"))
