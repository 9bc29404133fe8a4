"""Pages of people who have no session yet, or lost their password."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from plugins.signin import forms, rules, service
from portal.errors import NotFound
from portal.i18n import _
from portal.people import login
from portal.people.views import done, keep_nothing, page, to, visit
from portal.web.access import ANYONE, allow

blueprint = Blueprint("signin", __name__, url_prefix="/account")
blueprint.after_request(keep_nothing)


@blueprint.errorhandler(NotFound)
def _link_is_over(_error: NotFound) -> ResponseReturnValue:
    return render_template("signin/link_over.html"), 404


@blueprint.route("/register", methods=["GET", "POST"])
@allow(ANYONE, rate="register")
def register() -> ResponseReturnValue:
    """Ask for an account."""
    if g.ctx.actor.signed_in:
        return redirect(url_for("people.index"), 303)
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
        return login.remember(to(url_for("people.index")), new_token)
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
