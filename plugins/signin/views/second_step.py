"""The second step of a sign-in, and proving anew who one is."""

from __future__ import annotations

from typing import Any

import segno
from flask import Response, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from plugins.signin import factors, forms, passkeys, recovery, rules, second_step
from plugins.signin.views.base import step as blueprint
from portal import settings
from portal.errors import Invalid, NotFound
from portal.i18n import _
from portal.people import login
from portal.people import service as people
from portal.people.forms import mark
from portal.people.models import Account
from portal.people.rules import own_path
from portal.people.views import done, page, to, visit
from portal.web.access import ANYONE, SIGNED_IN, allow


def over() -> ResponseReturnValue:
    """Lead back to signing in when there is nothing to go on with."""
    flash(_("This took too long, or was done already. Sign in again."))
    return redirect(url_for("people.sign_in"), 303)


def as_json(text: str) -> Response:
    """Answer a script."""
    return Response(text, mimetype="application/json")


def taken(form: Any, verb: Any, **more: Any) -> Any:
    """Do what a sent form or the answer of a passkey asks; what is refused stands in the form."""
    answer = request.form.get("answer", "")
    if not answer:
        return done(form, verb[0], **more)
    try:
        return verb[1](g.ctx, answer=answer, **more) or True
    except Invalid as error:
        mark(form, error)
        return None


@blueprint.route("/second-step", methods=["GET", "POST"])
@allow(ANYONE, owner="whoever has just written the right password in this browser", rate="sign-in")
def second_step_page() -> ResponseReturnValue:
    """Ask for the second step of a sign-in."""
    try:
        _step, account = second_step.waiting(g.ctx)
        form = forms.CodeForm(request.form)
        verbs = second_step.finish_with_code, second_step.finish_with_passkey
        found = taken(form, verbs, visit=visit())
    except NotFound:
        return over()
    if found:
        recovery.stop_for(g.ctx, account.id)  # nothing is lost
        return login.remember(to(found[1]), found[0])
    return page("signin/second_step.html", form, has_passkey=passkeys.has_any(account.id))


@blueprint.post("/second-step/question")
@allow(ANYONE, owner="whoever has just written the right password in this browser", rate="sign-in")
def question() -> ResponseReturnValue:
    """Ask the browser for a passkey in the middle of signing in."""
    account = second_step.waiting(g.ctx)[1]
    _check_passkey(account.id)
    return as_json(passkeys.ask(g.ctx, account.id))


@blueprint.route("/second-step/set-up", methods=["GET", "POST"])
@allow(ANYONE, owner="whoever has just written the right password in this browser", rate="sign-in")
def set_up() -> ResponseReturnValue:
    """Set up the second step that is due, and sign in."""
    try:
        step, account = second_step.waiting(g.ctx)
        form = forms.AppForm(request.form)
        found = done(form, second_step.finish_with_first_app, visit=visit())
    except NotFound:
        return over()
    if found:
        shown = render_template("signin/codes.html", codes=found[2], way_on=found[1])
        return login.remember(Response(shown), found[0])
    values = app_picture(factors.unseal(step.data["secret"]), account)
    return page("signin/app.html", form, is_due=True, **values)


def app_picture(secret: str, account: Account) -> dict[str, Any]:
    """Return the secret of a new app, as a picture and for typing."""
    site = settings.of(g.ctx)["site_name"]
    code = segno.make(factors.app_address(secret, account.email, site), error="m")
    svg = code.svg_inline(
        border=3, omitsize=True, dark="#000", light="#fff", title=_("Code to scan")
    )
    return {"secret": rules.shown_secret(secret), "picture": Markup(svg)}  # noqa: S704  our own


@blueprint.route("/prove", methods=["GET", "POST"])
@allow(SIGNED_IN, owner="own account", rate="sign-in")
def prove() -> ResponseReturnValue:
    """Ask anew who it is, and go on."""
    account = people.own_account(g.ctx)
    way_back = own_path(request.values.get("next", ""))
    has_step = factors.has_any(account.id)
    form = (forms.CodeForm if has_step else forms.ConfirmForm)(request.form)
    try:
        found = taken(form, (second_step.prove, second_step.prove), visit=visit())
    except NotFound:
        return over()
    if found:
        flash(_("Thank you. Now go on: press the button once more."))
        return to(way_back)
    return page(
        "signin/prove.html",
        form,
        way_back=way_back,
        email=account.email,
        has_step=has_step,
        has_passkey=passkeys.has_any(account.id),
        has_password=bool(account.password_hash),
    )


@blueprint.post("/prove/question")
@allow(SIGNED_IN, owner="own account", rate="sign-in")
def prove_question() -> ResponseReturnValue:
    """Ask the browser for a passkey of the account."""
    _check_passkey(g.ctx.actor.account_id)
    return as_json(passkeys.ask(g.ctx, g.ctx.actor.account_id))


def _check_passkey(account_id: int) -> None:
    if not passkeys.has_any(account_id):
        raise NotFound
