"""Lost second steps: asking, stopping, deciding."""

from __future__ import annotations

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from plugins.signin import recovery, second_step
from plugins.signin.views.base import step as blueprint
from plugins.signin.views.second_step import over
from portal.errors import Conflict, Invalid, NotFound
from portal.i18n import _
from portal.people.models import Account
from portal.people.views import to
from portal.web.access import ADMIN, ANYONE, allow


@blueprint.route("/second-step/lost", methods=["GET", "POST"])
@allow(ANYONE, owner="whoever has just written the right password in this browser", rate="sign-in")
def lost() -> ResponseReturnValue:
    """Say what can be done without any second step, and ask for it."""
    try:
        account = second_step.waiting(g.ctx)[1]
        asked = recovery.ask(g.ctx) if request.method == "POST" else recovery.open_of(account.id)
    except NotFound:
        return over()
    at = recovery.may_be_decided_at(asked) if asked else None
    return render_template("signin/lost.html", at=at, email=account.email)


@blueprint.route("/second-step/stop/<token>", methods=["GET", "POST"])
@allow(ANYONE, owner="whoever has the mailed link")
def stop(token: str) -> ResponseReturnValue:
    """Stop a request of somebody who may be a thief."""
    found = recovery.linked(token)
    if request.method == "GET":
        return render_template("signin/stop.html", at=recovery.may_be_decided_at(found))
    recovery.stop(g.ctx, found)
    flash(_("The request is stopped: your second steps stay. Now set a new password."))
    return to(url_for("signin.forgot"))


@blueprint.get("/recoveries")
@allow(ADMIN)
def recoveries() -> ResponseReturnValue:
    """List the requests that wait."""
    rows = [(row, recovery.may_be_decided_at(row)) for row in recovery.waiting_requests(g.ctx)]
    return render_template("signin/recoveries.html", rows=rows)


@blueprint.get("/recoveries/<public_id>")
@allow(ADMIN, owner="an open request; of others only")
def recovery_page(public_id: str) -> ResponseReturnValue:
    """Show one request."""
    return _recovery_page(public_id)


@blueprint.post("/recoveries/<public_id>")
@allow(ADMIN, owner="an open request; of others only", fresh=True)
def decide(public_id: str) -> ResponseReturnValue:
    """Decide one request."""
    is_granted = request.form.get("decision") == "grant"
    try:
        account = recovery.decide(g.ctx, public_id, is_granted, "has_spoken" in request.form)
    except (Invalid, Conflict) as error:
        return _recovery_page(public_id, error.message), error.status
    if is_granted:
        flash(_("%(name)s can sign in with the password alone.", name=account.name))
    else:
        flash(_("The request is declined. The second steps stay."))
    return redirect(url_for(".recoveries"), 303)


def _recovery_page(public_id: str, fault: str = "") -> str:
    found = recovery.find(g.ctx, public_id)
    at = recovery.may_be_decided_at(found)
    return render_template(
        "signin/recovery.html",
        request_=found,
        person=Account.get_by_id(found.account_id),
        at=at,
        is_ripe=at <= g.ctx.clock.now(),
        is_own=found.account_id == g.ctx.actor.account_id,
        fault=fault,
    )
