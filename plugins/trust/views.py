"""Pages of one's own data: what is kept and why, a copy of it, erasing the account."""

from __future__ import annotations

import json
from typing import cast

from flask import Blueprint, Response, flash, redirect, render_template, request, session
from flask.typing import ResponseReturnValue

from plugins.trust import service
from plugins.trust.forms import EraseForm
from portal.errors import Conflict, Invalid
from portal.i18n import _
from portal.people import login, throttle
from portal.people.service import Visit, own_account
from portal.people.views import keep_nothing
from portal.web.access import SIGNED_IN, allow
from portal.web.frame import plugin_url
from portal.web.heartbeat import context

blueprint = Blueprint("trust", __name__, url_prefix="/account/data")
blueprint.after_request(keep_nothing)


@blueprint.get("")
@allow(SIGNED_IN, owner="own account")
def index() -> ResponseReturnValue:
    """Show what is kept, why and for how long, and what stays."""
    return _page(EraseForm())


@blueprint.post("/copy")
@allow(SIGNED_IN, owner="own account")
def copy() -> ResponseReturnValue:
    """Hand out a copy of one's data: `as` is json, or html for reading."""
    ctx = context()
    found = service.export(ctx, cast(int, ctx.actor.account_id))
    if request.form.get("as") == "html":
        text, name = render_template("trust/copy.html", copy=found), "my-data.html"
    else:
        text, name = json.dumps(found, ensure_ascii=False, indent=2), "my-data.json"
    response = Response(text, mimetype=f"{'text' if name[-1] == 'l' else 'application'}/{name[8:]}")
    response.headers["Content-Disposition"] = f"attachment; filename={name}"
    return response


@blueprint.post("/erase")
@allow(SIGNED_IN, owner="own account", rate="sign-in")
def erase() -> ResponseReturnValue:
    """Erase the own account."""
    form = EraseForm(request.form)
    if not form.validate():
        return _page(form), 422
    visit = Visit(throttle.network(request.remote_addr))
    try:
        service.erase_own(context(), form.password.data or "", form.address.data or "", visit)
    except Invalid as error:
        form[error.field].errors = [error.message]
        return _page(form), 422
    except Conflict as error:
        form.form_errors.append(error.message)
        return _page(form), 409
    session.clear()
    flash(_("Your account is erased. Thank you for the time with us."))
    return login.drop(cast(Response, redirect("/", 303)))


def _page(form: EraseForm) -> str:
    account = own_account(context())
    kept = service.kept()
    return render_template(
        "trust/index.html",
        form=form,
        items=kept,
        stays=[item for item in kept if item.erase == "keep"],
        objections=list(service.objections(account)),
        account_url=plugin_url("signin.index"),
        email=account.email,
    )
