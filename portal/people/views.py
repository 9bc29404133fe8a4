"""Pages of accounts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from flask import (
    Blueprint,
    Response,
    flash,
    g,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from wtforms import Form

from portal.errors import Invalid
from portal.i18n import _
from portal.people import forms, login, queries, service, throttle
from portal.people.rules import own_path
from portal.web import language
from portal.web.access import ANYONE, SIGNED_IN, allow

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
    return page("people/sign_in.html", form, way_back=way_back)


@blueprint.post("/sign-out")
@allow(ANYONE)
def sign_out() -> ResponseReturnValue:
    """Sign out on this device."""
    service.sign_out(login.token())
    session.clear()
    flash(_("You are signed out."))
    return login.drop(to("/"))


@blueprint.post("/sign-out-everywhere")
@allow(SIGNED_IN)
def sign_out_everywhere() -> ResponseReturnValue:
    """Sign out on every device."""
    service.sign_out_everywhere(g.ctx)
    session.clear()
    flash(_("You are signed out on all devices."))
    return login.drop(to(url_for(".sign_in")))


@blueprint.get("/")
@allow(SIGNED_IN, owner="own account")
def index() -> ResponseReturnValue:
    """Show the own account."""
    return _account_page()


@blueprint.post("/")
@allow(SIGNED_IN, owner="own account")
def update() -> ResponseReturnValue:
    """Change name, language and colours."""
    form = forms.AccountForm(request.form)
    if not done(form, service.update_account):
        return _account_page(form=form)
    flash(_("Your account is up to date."))
    response = to(url_for(".index"))
    response.delete_cookie(language.COOKIE)  # else the last `?lang=` would outvote the account
    return response


@blueprint.post("/password")
@allow(SIGNED_IN, owner="own account", rate="sign-in")
def change_password() -> ResponseReturnValue:
    """Change the password; other devices are signed out."""
    form = forms.ChangePasswordForm(request.form)
    token = done(form, service.change_password, visit=visit())
    if not token:
        return _account_page(password_form=form)
    flash(_("Your password is changed. Your other devices are signed out."))
    return login.remember(to(url_for(".index")), token)


def _account_page(form: Any = None, password_form: Any = None) -> ResponseReturnValue:
    account = queries.own_account(g.ctx)
    status = 200 if form is None and password_form is None else 422
    page = render_template(
        "people/account.html",
        email=account.email,
        form=form or forms.AccountForm(obj=account),
        password_form=password_form or forms.ChangePasswordForm(),
        devices=queries.devices(g.ctx, login.token()),
    )
    return page, status


def done(form: Form, verb: Callable[..., Any], **more: Any) -> Any:
    """Do what a sent form asks; its fields are the service's arguments.

    Returns the service's answer or True, else None, and then the form says why.
    """
    if request.method != "POST" or not form.validate():
        return None
    try:
        return verb(g.ctx, **form.data, **more) or True
    except Invalid as error:
        if error.field in form:
            form[error.field].errors = [*form[error.field].errors, error.message]
        else:
            form.form_errors.append(error.message)
        return None


def page(template: str, form: Form, **values: Any) -> ResponseReturnValue:
    """Answer with a form, with 422 when something in it was refused."""
    return render_template(template, form=form, **values), 422 if form.errors else 200


def visit() -> service.Visit:
    """Return where this request comes from."""
    network = throttle.network(request.remote_addr)
    return service.Visit(network, request.user_agent.string, login.token())


def to(address: str) -> Response:
    """Lead on after something was done."""
    return cast(Response, redirect(address, 303))
