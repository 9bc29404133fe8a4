"""Signing in with an account elsewhere; linking and unlinking one."""

from __future__ import annotations

from flask import flash, g, render_template, request, url_for
from flask.typing import ResponseReturnValue

from plugins.signin import outside
from plugins.signin.views.base import step as blueprint
from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from portal.i18n import _
from portal.people import login
from portal.people import service as people
from portal.people.rules import own_path
from portal.people.views import to, visit
from portal.web.access import ANYONE, SIGNED_IN, allow


@blueprint.get("/outside")
@allow(ANYONE)
def elsewhere() -> ResponseReturnValue:
    """Offer to sign in with an account elsewhere, or show those that are linked."""
    here = outside.provider(g.ctx)
    if here is None and not g.ctx.actor.signed_in:
        raise NotFound
    return render_template(
        "signin/outside.html",
        provider=here,
        links=outside.links(g.ctx.actor.account_id or 0),
        way_back=own_path(request.args.get("next", "")),
    )


@blueprint.post("/outside/visit")
@allow(ANYONE, rate="sign-in")
def visit_outside() -> ResponseReturnValue:
    """Lead a visitor to the provider, by a page: a form may not lead to another site."""
    if g.ctx.actor.signed_in:
        return to(url_for(".elsewhere"))
    return _on_the_way(request.form.get("next", ""))


@blueprint.post("/outside/link")
@allow(SIGNED_IN, owner="own account", rate="sign-in", fresh=True)
def begin_link() -> ResponseReturnValue:
    """Lead the actor to the provider, to link the account there."""
    return _on_the_way(url_for(".elsewhere"))


@blueprint.get("/outside/back")
@allow(ANYONE, owner="whoever began the visit in this browser", rate="sign-in")
def back() -> ResponseReturnValue:
    """Take somebody in who comes back from the provider."""
    try:
        person, began_by, way_back = outside.come_back(g.ctx, request.args)
        if began_by is not None:
            outside.link(g.ctx, people.own_account(g.ctx), person)
            flash(_("That account now signs you in here."))
            return to(way_back)
        account = outside.account_of(g.ctx, person)
    except (Invalid, Conflict, NotFound, NotAllowed) as error:
        flash(error.message, "bad")
        return to(url_for(".elsewhere" if g.ctx.actor.signed_in else "people.sign_in"))
    if account is None:
        flash(
            _(
                "There is an account here with a password. Sign in with it once, then link the other."
            )
        )
        return to(url_for("people.sign_in", next=url_for(".elsewhere")))
    g.way_back = way_back  # also after a second step
    token = people.begin(g.ctx, account, account.password_hash, visit())
    return login.remember(to(way_back), token)


@blueprint.post("/outside/<public_id>/unlink")
@allow(SIGNED_IN, owner="own link; others get 404", fresh=True)
def unlink(public_id: str) -> ResponseReturnValue:
    """Let an account elsewhere sign in no more."""
    outside.unlink(g.ctx, public_id)
    flash(_("It signs you in no more."))
    return to(url_for(".elsewhere"))


def _on_the_way(way_back: str) -> ResponseReturnValue:
    try:
        address = outside.begin(g.ctx, visit(), way_back)
    except Invalid as error:
        flash(error.message, "bad")
        return to(url_for(".elsewhere"))
    return render_template(
        "signin/on_the_way.html", address=address, provider=outside.provider(g.ctx)
    )
