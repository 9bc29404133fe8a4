"""The home of Site Setup: what a new site needs first, and what waits."""

from __future__ import annotations

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue

from plugins.setup import first_steps, frame, service
from plugins.setup.views.base import blueprint
from portal import settings
from portal.i18n import _
from portal.web.access import ADMIN, allow
from portal.web.heartbeat import context


@blueprint.get("/")
@allow(ADMIN)
def home() -> ResponseReturnValue:
    """Show the first steps and the way to every page."""
    shown = settings.of(context(), "setup")["first_steps"]
    steps = first_steps.steps(context()) if shown else []
    return frame.page(
        "setup/home.html",
        _("Site Setup"),
        steps=steps,
        steps_done=sum(step.done for step in steps),
        is_put_away=not shown,
    )


@blueprint.post("/first-steps")
@allow(ADMIN)
def put_away() -> ResponseReturnValue:
    """Put the first steps away, or bring them back."""
    shown = settings.of(context(), "setup")["first_steps"]
    service.save_settings(context(), "setup", {"first_steps": not shown})
    flash(_("The first steps are put away.") if shown else _("The first steps are back."))
    return redirect(url_for(".home"), 303)
