"""What everybody may know of an organisation's work before it came here."""

from __future__ import annotations

from flask import g, redirect, render_template
from flask.typing import ResponseReturnValue

from plugins.cooperation import profile, queries
from plugins.cooperation.views.base import blueprint
from portal.organisations import queries as organisations
from portal.web.access import ANYONE, allow


@blueprint.get("/cooperation/of/<slug>")
@allow(ANYONE)
def work(slug: str) -> ResponseReturnValue:
    """Show the four kinds of what is known of an organisation's work, each with its own look."""
    ctx, organisation = g.ctx, organisations.public(slug)
    if organisation.slug != slug:
        return redirect(f"/cooperation/of/{organisation.slug}", 301)
    own = {item.id for item in queries.own_organisations(ctx)}
    return render_template(
        "cooperation/work.html",
        organisation=organisation,
        known=profile.known(ctx, organisation),
        is_own=organisation.id in own,
        reads=ctx.actor.is_reviewer or organisation.id in own,
    )
