"""Pages of people who have no session yet, or lost their password, and of one's own account."""

from __future__ import annotations

from typing import Any

from flask import current_app, flash, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from plugins.signin import devices, factors, forms, outside, rules, service
from plugins.signin.views.base import account as blueprint
from portal.errors import NotFound
from portal.i18n import _
from portal.people import login
from portal.people import service as people
from portal.people.views import done, page, to, visit
from portal.web import language
from portal.web.access import ANYONE, SIGNED_IN, allow


@blueprint.errorhandler(NotFound)
def _link_is_over(_error: NotFound) -> ResponseReturnValue:
    return render_template("signin/link_over.html"), 404


@blueprint.route("/register", methods=["GET", "POST"])
@allow(ANYONE, rate="register")
def register() -> ResponseReturnValue:
    """Ask for an account."""
    if g.ctx.actor.signed_in:
        return redirect(url_for(".index"), 303)
    service.check_open(g.ctx)
    form = forms.RegisterForm(request.form)
    if done(form, service.register, visit=visit()):
        return to(url_for(".mailed", reason="register"))
    return page("signin/register.html", form)


@blueprint.get("/mailed/<any(register, forgot):reason>")
@allow(ANYONE)
def mailed(reason: str) -> ResponseReturnValue:
    """Say that a mail is on its way, the same to everybody."""
    as_files = not current_app.config["PORTAL"].mail_url
    return render_template("signin/mailed.html", reason=reason, as_files=as_files)


@blueprint.route("/verify/<token>", methods=["GET", "POST"])
@allow(ANYONE, owner="whoever has the mailed link and the password", rate="sign-in")
def verify(token: str) -> ResponseReturnValue:
    """Confirm an address and sign in."""
    account = service.token_account(g.ctx, token, rules.VERIFY)
    form = forms.ConfirmForm(request.form)
    new_token = done(form, service.verify_email, token=token, visit=visit())
    if new_token:
        flash(_("Your address is confirmed. Welcome."))
        return login.remember(to(url_for(".index")), new_token)
    return page("signin/verify.html", form, email=account.email)


@blueprint.route("/forgot", methods=["GET", "POST"])
@allow(ANYONE, rate="reset")
def forgot() -> ResponseReturnValue:
    """Ask for a link to set a new password."""
    form = forms.ForgotForm(request.form)
    if done(form, service.request_reset, visit=visit()):
        return to(url_for(".mailed", reason="forgot"))
    return page("signin/forgot.html", form)


@blueprint.route("/reset/<token>", methods=["GET", "POST"])
@allow(ANYONE, owner="whoever has the mailed link")
def reset(token: str) -> ResponseReturnValue:
    """Set a new password with a mailed link."""
    account = service.token_account(g.ctx, token, rules.RESET)
    form = forms.ResetForm(request.form)
    if done(form, service.reset_password, token=token):
        flash(_("Your new password is set. Sign in with it."))
        return to(url_for("people.sign_in"))
    return page("signin/reset.html", form, email=account.email)


@blueprint.post("/sign-out-everywhere")
@allow(SIGNED_IN)
def sign_out_everywhere() -> ResponseReturnValue:
    """Sign out on every device."""
    service.sign_out_everywhere(g.ctx)
    session.clear()
    flash(_("You are signed out on all devices."))
    return login.drop(to(url_for("people.sign_in")))


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
@allow(SIGNED_IN, owner="own account", rate="sign-in", fresh=True)
def change_password() -> ResponseReturnValue:
    """Change the password; other devices are signed out."""
    form = forms.ChangePasswordForm(request.form)
    token = done(form, service.change_password, visit=visit())
    if not token:
        return _account_page(password_form=form)
    flash(_("Your password is changed. Your other devices are signed out."))
    return login.remember(to(url_for(".index")), token)


def _account_page(form: Any = None, password_form: Any = None) -> ResponseReturnValue:
    account = people.own_account(g.ctx)
    status = 200 if form is None and password_form is None else 422
    page = render_template(
        "signin/account.html",
        email=account.email,
        form=form or forms.AccountForm(obj=account),
        password_form=password_form or forms.ChangePasswordForm(),
        steps=len(factors.of(account.id)),
        has_outside=bool(outside.provider(g.ctx) or outside.links(account.id)),
        devices=len(devices.sign_ins(g.ctx, login.token())),
    )
    return page, status
