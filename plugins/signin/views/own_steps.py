"""The own second steps: apps, passkeys, backup codes."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app, flash, g, render_template, request, url_for
from flask.typing import ResponseReturnValue

from plugins.signin import factors, forms, passkeys, rules, second_step, steps
from plugins.signin.models import PASSKEY
from plugins.signin.views.base import step as blueprint
from plugins.signin.views.second_step import app_picture, as_json
from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from portal.i18n import _
from portal.people import service as people
from portal.people.views import done, page, to
from portal.web.access import SIGNED_IN, allow


@blueprint.get("/second-steps")
@allow(SIGNED_IN, owner="own account")
def own_steps() -> ResponseReturnValue:
    """Show what the account has for a second step, and offer more."""
    return _page()


@blueprint.post("/second-steps/app")
@allow(SIGNED_IN, owner="own account", fresh=True)
def begin_app() -> ResponseReturnValue:
    """Begin setting up an app."""
    _check_possible()
    secret = factors.seal(factors.new_secret())
    steps.begin(g.ctx, steps.APP, g.ctx.actor.account_id, secret=secret)
    return to(url_for(".add_app"))


@blueprint.route("/second-steps/app", methods=["GET"], endpoint="add_app")
@allow(SIGNED_IN, owner="own account")
def show_app() -> ResponseReturnValue:
    """Show the code to scan."""
    return _app_page(forms.AppForm())


@blueprint.post("/second-steps/app/confirm")
@allow(SIGNED_IN, owner="own account; begun with a fresh proof", rate="sign-in")
def confirm_app() -> ResponseReturnValue:
    """Keep the app once it shows a right code."""
    form = forms.AppForm(request.form)
    step = steps.find(g.ctx, steps.APP, g.ctx.actor.account_id)
    if step is None:
        return to(url_for(".own_steps"))
    is_first = not factors.has_any(g.ctx.actor.account_id)
    secret = factors.unseal(step.data["secret"])
    if not done(form, factors.add_app, account_id=g.ctx.actor.account_id, secret=secret):
        return _app_page(form)
    steps.drop(steps.APP)
    return _added(is_first)


@blueprint.post("/second-steps/passkeys/question")
@allow(SIGNED_IN, owner="own account", fresh=True)
def passkey_question() -> ResponseReturnValue:
    """Ask the browser to make a passkey."""
    if not passkeys.is_possible():
        raise NotFound
    return as_json(passkeys.ask_to_add(g.ctx, people.own_account(g.ctx)))


@blueprint.post("/second-steps/passkeys")
@allow(SIGNED_IN, owner="own account", rate="sign-in", fresh=True)
def add_passkey() -> ResponseReturnValue:
    """Keep the passkey that the browser made."""
    if not passkeys.is_possible():
        raise NotFound
    is_first = not factors.has_any(g.ctx.actor.account_id)
    sent = request.form
    try:
        passkeys.add(g.ctx, g.ctx.actor.account_id, sent.get("answer", ""), sent.get("name", ""))
    except (Invalid, Conflict, NotFound) as error:
        return _page([error.message], 422)
    return _added(is_first)


@blueprint.route("/second-steps/<public_id>", methods=["GET", "POST"])
@allow(SIGNED_IN, owner="own second step; others get 404")
def rename(public_id: str) -> ResponseReturnValue:
    """Call a second step something else."""
    factor = factors.own(g.ctx, public_id)
    form = forms.NameForm(request.form, obj=factor)
    if done(form, factors.rename, public_id=public_id):
        flash(_("The name is changed."))
        return to(url_for(".own_steps"))
    return page("signin/step.html", form, factor=factor, is_passkey=factor.kind == PASSKEY)


@blueprint.post("/second-steps/<public_id>/remove")
@allow(SIGNED_IN, owner="own second step; others get 404", fresh=True)
def remove(public_id: str) -> ResponseReturnValue:
    """Take a second step away."""
    account = people.own_account(g.ctx)
    may_be_last = not second_step.needs_one(g.ctx, account)
    factor = factors.remove(g.ctx, public_id, may_be_last)
    flash(
        _("%(name)s is removed. Sign out your other devices if you have lost it.", name=factor.name)
    )
    return to(url_for(".own_steps"))


@blueprint.post("/second-steps/codes")
@allow(SIGNED_IN, owner="own account", fresh=True)
def renew_codes() -> ResponseReturnValue:
    """Make new backup codes and show them, this once."""
    if not factors.has_any(g.ctx.actor.account_id):
        raise NotFound
    return _codes_page(factors.renew_codes(g.ctx, g.ctx.actor.account_id))


@blueprint.post("/second-steps/codes.txt")
@allow(SIGNED_IN, owner="the codes that the page has just shown are sent along")
def codes_file() -> ResponseReturnValue:
    """Give the codes that were just shown as a file: the portal itself knows them no more."""
    codes = [code for code in request.form.getlist("code") if _is_code(code)][: rules.BACKUP_CODES]
    name = current_app.config["PORTAL"].base_url
    lines = [_("Backup codes for %(site)s", site=name), _("Each works once."), "", *codes]
    response = Response("\r\n".join(lines) + "\r\n", mimetype="text/plain")
    response.headers["Content-Disposition"] = 'attachment; filename="backup-codes.txt"'
    return response


def _is_code(text: str) -> bool:
    return bool(rules.BACKUP_CODE.fullmatch(rules.plain_code(text))) and len(text) == 11


def _added(is_first: bool) -> ResponseReturnValue:
    if is_first:
        return _codes_page(factors.renew_codes(g.ctx, g.ctx.actor.account_id))
    flash(_("The second step is set up."))
    return to(url_for(".own_steps"))


def _codes_page(codes: list[str]) -> ResponseReturnValue:
    return render_template("signin/codes.html", codes=codes, way_on=url_for(".own_steps"))


def _app_page(form: Any) -> ResponseReturnValue:
    _check_possible()
    step = steps.find(g.ctx, steps.APP, g.ctx.actor.account_id)
    if step is None:
        return to(url_for(".own_steps"))
    secret = factors.unseal(step.data["secret"])
    values = app_picture(secret, people.own_account(g.ctx))
    return page("signin/app.html", form, is_due=False, **values)


def _page(faults: list[str] | None = None, status: int = 200) -> ResponseReturnValue:
    account = people.own_account(g.ctx)
    left, all_codes = factors.codes_left(account.id)
    shown = render_template(
        "signin/own_steps.html",
        owned=factors.of(account.id),
        can_sign=passkeys.can_sign if passkeys.is_possible() else None,
        left=left,
        all_codes=all_codes,
        faults=faults or [],
        is_possible=factors.is_possible(),
        passkeys_possible=passkeys.is_possible(),
        needs_one=second_step.needs_one(g.ctx, account),
        due=second_step.due_at(g.ctx, account.id),
        is_exempt=second_step.is_exempt(g.ctx, account.email),
        most=rules.MOST_FACTORS,
    )
    return shown, status


def _check_possible() -> None:
    if not factors.is_possible():
        raise NotAllowed(_("This installation has no second steps: its operator can add them."))
