"""Pages of accounts."""

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
    url_for,
)
from flask.typing import ResponseReturnValue
from wtforms import Form

from portal.errors import Invalid, NotFound
from portal.i18n import _
from portal.people import forms, login, queries, service, throttle
from portal.people.rules import own_path
from portal.web import language
from portal.web.access import ANYONE, SIGNED_IN, allow

blueprint = Blueprint("people", __name__, url_prefix="/account")


@blueprint.after_request
def _keep_nothing(response: Response) -> Response:
    """Leave no copy of these pages behind on a shared computer."""
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.errorhandler(NotFound)
def _link_is_over(_error: NotFound) -> ResponseReturnValue:
    return render_template("people/link_over.html"), 404


@blueprint.route("/sign-in", methods=["GET", "POST"])
@allow(ANYONE, rate="sign-in")
def sign_in() -> ResponseReturnValue:
    """Sign in and go back to where it was asked for."""
    way_back = own_path(request.values.get("next", ""))
    if g.ctx.actor.signed_in:
        return redirect(way_back, 303)
    form = forms.SignInForm(request.form)
    token = _done(form, service.sign_in, visit=_visit())
    if token:
        return login.remember(_to(way_back), token)
    return _page("people/sign_in.html", form, way_back=way_back)


@blueprint.post("/sign-out")
@allow(ANYONE)
def sign_out() -> ResponseReturnValue:
    """Sign out on this device."""
    service.sign_out(login.token())
    session.clear()
    flash(_("You are signed out."))
    return login.drop(_to("/"))


@blueprint.post("/sign-out-everywhere")
@allow(SIGNED_IN)
def sign_out_everywhere() -> ResponseReturnValue:
    """Sign out on every device."""
    service.sign_out_everywhere(g.ctx)
    session.clear()
    flash(_("You are signed out on all devices."))
    return login.drop(_to(url_for(".sign_in")))


@blueprint.route("/register", methods=["GET", "POST"])
@allow(ANYONE, rate="register")
def register() -> ResponseReturnValue:
    """Ask for an account."""
    if g.ctx.actor.signed_in:
        return redirect(url_for(".index"), 303)
    service.check_open(g.ctx)
    form = forms.RegisterForm(request.form)
    if _done(form, service.register, visit=_visit()):
        return _to(url_for(".mailed", reason="register"))
    return _page("people/register.html", form)


@blueprint.get("/mailed/<any(register, forgot):reason>")
@allow(ANYONE)
def mailed(reason: str) -> ResponseReturnValue:
    """Say that a mail is on its way, the same to everybody."""
    as_files = not current_app.config["PORTAL"].mail_url
    return render_template("people/mailed.html", reason=reason, as_files=as_files)


@blueprint.route("/verify/<token>", methods=["GET", "POST"])
@allow(ANYONE, owner="whoever has the mailed link and the password", rate="sign-in")
def verify(token: str) -> ResponseReturnValue:
    """Confirm an address and sign in."""
    account = service.token_account(g.ctx, token, service.VERIFY)
    form = forms.ConfirmForm(request.form)
    new_token = _done(form, service.verify_email, token=token, visit=_visit())
    if new_token:
        flash(_("Your address is confirmed. Welcome."))
        return login.remember(_to(url_for(".index")), new_token)
    return _page("people/verify.html", form, email=account.email)


@blueprint.route("/forgot", methods=["GET", "POST"])
@allow(ANYONE, rate="reset")
def forgot() -> ResponseReturnValue:
    """Ask for a link to set a new password."""
    form = forms.ForgotForm(request.form)
    if _done(form, service.request_reset, visit=_visit()):
        return _to(url_for(".mailed", reason="forgot"))
    return _page("people/forgot.html", form)


@blueprint.route("/reset/<token>", methods=["GET", "POST"])
@allow(ANYONE, owner="whoever has the mailed link")
def reset(token: str) -> ResponseReturnValue:
    """Set a new password with a mailed link."""
    account = service.token_account(g.ctx, token, service.RESET)
    form = forms.ResetForm(request.form)
    if _done(form, service.reset_password, token=token):
        flash(_("Your new password is set. Sign in with it."))
        return _to(url_for(".sign_in"))
    return _page("people/reset.html", form, email=account.email)


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
    if not _done(form, service.update_account):
        return _account_page(form=form)
    flash(_("Your account is up to date."))
    response = _to(url_for(".index"))
    response.delete_cookie(language.COOKIE)  # else the last `?lang=` would outvote the account
    return response


@blueprint.post("/password")
@allow(SIGNED_IN, owner="own account", rate="sign-in")
def change_password() -> ResponseReturnValue:
    """Change the password; other devices are signed out."""
    form = forms.ChangePasswordForm(request.form)
    token = _done(form, service.change_password, visit=_visit())
    if not token:
        return _account_page(password_form=form)
    flash(_("Your password is changed. Your other devices are signed out."))
    return login.remember(_to(url_for(".index")), token)


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


def _done(form: Form, verb: Callable[..., Any], **more: Any) -> Any:
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


def _page(template: str, form: Form, **values: Any) -> ResponseReturnValue:
    page = render_template(template, form=form, **values)
    return page, 422 if form.errors else 200


def _visit() -> service.Visit:
    network = throttle.network(request.remote_addr)
    return service.Visit(network, request.user_agent.string, login.token())


def _to(address: str) -> Response:
    return cast(Response, redirect(address, 303))
