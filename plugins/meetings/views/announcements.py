"""Announcements: the page of all of them, with who has read what."""

from __future__ import annotations

from flask import flash, g, request
from flask.typing import ResponseReturnValue

from plugins.consortia.interface import CLOSED
from plugins.meetings import announcing, forms, queries
from plugins.meetings.views.base import (
    STRANGERS,
    back,
    blueprint,
    inside,
    leading,
    shown,
    zone_of,
)
from portal.errors import Invalid
from portal.i18n import _
from portal.people.forms import mark
from portal.web.access import SIGNED_IN, allow


@blueprint.route("/consortia/<slug>/announcements", methods=["GET", "POST"])
@allow(SIGNED_IN, owner=f"{STRANGERS}; only the lead announces")
def announcements(slug: str) -> ResponseReturnValue:
    """Show what was announced; the lead announces something."""
    found = (leading if request.method == "POST" else inside)(slug, "announcements")
    form = forms.AnnouncementForm(request.form or None)
    if request.method == "POST" and form.validate():
        try:
            announcing.announce(g.ctx, found, form.title.data or "", form.text.data or "")
        except Invalid as error:
            mark(form, error)
        else:
            flash(_("The members are told."))
            return back(found, "announcements")
    members = queries.members(found)
    own = {item.id for item in queries.own_members(g.ctx, members, any_role=True)}
    rows = [
        (row, own <= read, [item.name for item in members if item.id not in read])
        for row, read in announcing.announcements(found)
    ]
    return shown(
        found,
        "announcements",
        "announcements",
        422 if request.method == "POST" else 200,
        rows=rows,
        members=len(members),
        zone=zone_of(found),
        form=form,
        is_closed=found.state == CLOSED,
    )


@blueprint.post("/consortia/<slug>/announcements/<public_id>/read")
@allow(SIGNED_IN, owner=STRANGERS)
def confirm(slug: str, public_id: str) -> ResponseReturnValue:
    """Say that the actor's organisation has read it."""
    found = inside(slug, "announcements")
    announcing.confirm(g.ctx, found, public_id)
    flash(_("The lead sees that your organisation has read it."))
    return back(found, "announcements")
