"""The personal calendar: its secret address, and what stands there."""

from __future__ import annotations

from flask import Response, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from plugins.notices import feed
from plugins.notices.views.base import blueprint
from portal.i18n import _, in_locale
from portal.web.access import ANYONE, SIGNED_IN, allow
from portal.web.heartbeat import context


@blueprint.get("/account/calendar")
@allow(SIGNED_IN, owner="own account")
def calendar() -> ResponseReturnValue:
    """Show the secret address of one's calendar."""
    path = feed.path_of(context().actor.account_id or 0)
    base = current_app.config["PORTAL"].base_url.rstrip("/")
    return render_template("notices/calendar.html", address=base + path if path else "")


@blueprint.post("/account/calendar")
@allow(SIGNED_IN, owner="own account")
def change_calendar() -> ResponseReturnValue:
    """Make a secret address, another one, or none."""
    if request.form.get("act") == "close":
        feed.close(context())
        flash(_("The calendar's address leads nowhere any more."))
    else:
        feed.renew(context())
        flash(_("Your calendar has a new address."))
    return redirect(url_for(".calendar"), 303)


@blueprint.get("/calendar/<token>.ics")
@allow(ANYONE, owner="whoever knows the secret address")
def calendar_file(token: str) -> ResponseReturnValue:
    """Give a calendar what concerns its person."""
    person = feed.owner(token)
    with in_locale(person.locale or context().locale):
        answer = Response(feed.build(context(), person), mimetype="text/calendar")
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer
