"""Signing in and out, and what pages with forms have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    g,
    redirect,
    render_template,
    request,
    session,
)
from flask.typing import ResponseReturnValue
from wtforms import Form

from portal.errors import Invalid
from portal.i18n import _
from portal.people import forms, login, service, sessions, throttle
from portal.people.rules import own_path
from portal.web.access import ANYONE, allow

blueprint = Blueprint("people", __name__, url_prefix="/account")


@blueprint.after_request
def keep_nothing(response: Response) -> Response:
    """Leave no copy of these pages behind on a shared computer."""
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.route("/sign-in", methods=["GET", "POST"])
@allow(ANYONE, rate="sign-in")
def sign_in() -> ResponseReturnValue:
    """Sign in and go back to where it was asked for."""
    way_back = own_path(request.values.get("next", ""))
    if g.ctx.actor.signed_in:
        return redirect(way_back, 303)
    form = forms.SignInForm(request.form)
    token = done(form, service.sign_in, visit=visit())
    if token:
        return login.remember(to(way_back), token)
    ways = list(current_app.extensions["portal"].registry.hooks.each("sign_in_links", g.ctx))
    return page("people/sign_in.html", form, way_back=way_back, ways=ways)


@blueprint.post("/sign-out")
@allow(ANYONE)
def sign_out() -> ResponseReturnValue:
    """Sign out on this device."""
    sessions.end(login.token())
    session.clear()
    flash(_("You are signed out."))
    return login.drop(to("/"))


def done(form: Form, verb: Callable[..., Any], **more: Any) -> Any:
    """Do what a sent form asks; its fields are the service's arguments.

    Returns the service's answer or True, else None, and then the form says why.
    """
    if request.method != "POST" or not form.validate():
        return None
    try:
        return verb(g.ctx, **form.data, **more) or True
    except Invalid as error:
        forms.mark(form, error)
        return None


def page(template: str, form: Form, **values: Any) -> ResponseReturnValue:
    """Answer with a form, with 422 when it was sent and refused."""
    status = 422 if request.method == "POST" else 200
    return render_template(template, form=form, **values), status


def visit() -> service.Visit:
    """Return where this request comes from."""
    network = throttle.network(request.remote_addr)
    return service.Visit(network, request.user_agent.string, login.token())


def to(address: str) -> Response:
    """Lead on after something was done."""
    return cast(Response, redirect(address, 303))
