"""Minutes of a meeting, and what comes out of them: decisions and actions."""

from __future__ import annotations

from flask import flash, g, request
from flask.typing import ResponseReturnValue

from plugins.meetings import deciding, forms, queries, service
from plugins.meetings.models import Meeting
from plugins.meetings.views.base import back, blueprint, inside, shown
from plugins.meetings.views.meetings import one
from portal.errors import Conflict, Invalid, NotAllowed
from portal.i18n import _
from portal.people.forms import mark
from portal.web.access import SIGNED_IN, allow

WRITERS = (
    "those who lead, and who write for the member that keeps the minutes; others get 404 or 403"
)


@blueprint.route("/consortia/<slug>/meetings/<public_id>/minutes", methods=["GET", "POST"])
@allow(SIGNED_IN, owner=WRITERS)
def write(slug: str, public_id: str) -> ResponseReturnValue:
    """Write the minutes: keep them, or share them with the members."""
    found = inside(slug, "meetings")
    row = queries.meeting(found, public_id)
    if not service.may_write(g.ctx, found, row):
        raise NotAllowed
    form = forms.MinutesForm(request.form or None, data=_stored(row))
    if request.method == "POST" and form.validate():
        share = request.form.get("what") == "share"
        try:
            typed = form.minutes.data or ""
            service.write_minutes(g.ctx, found, row, typed, form.version.data, share)
        except Invalid as error:
            mark(form, error)
        except Conflict as error:
            if error.version is not None:
                now = forms.MinutesForm(data=_stored(Meeting.get_by_id(row.id)))
                error.forms = form, now, None, found.is_fictional
            raise
        else:
            flash(_("The minutes are shared.") if share else _("The minutes are kept."))
            return back(found, f"meetings/{row.public_id}#minutes")
    status = 422 if request.method == "POST" else 200
    return shown(found, "minutes", "meetings", status, form=form, item=row)


def _stored(row: Meeting) -> dict[str, object]:
    begun = "\n\n".join(f"{at}. {part['title']}" for at, part in enumerate(row.agenda, 1))
    return {"version": row.minutes_version, "minutes": row.minutes or begun}


@blueprint.post("/consortia/<slug>/meetings/<public_id>/decisions")
@allow(SIGNED_IN, owner=WRITERS)
def note_decision(slug: str, public_id: str) -> ResponseReturnValue:
    """Note what the meeting has decided."""
    found = inside(slug, "meetings")
    row = queries.meeting(found, public_id)
    form = forms.NotedForm(request.form, prefix="noted-")
    if form.validate():
        try:
            deciding.note_taken(g.ctx, found, row, form.title.data or "", form.text.data or "")
        except Invalid as error:
            mark(form, error)
        else:
            flash(_("The decision is noted."))
            return back(found, f"meetings/{row.public_id}#outcome")
    return one(found, row, 422, noted_form=form)


@blueprint.post("/consortia/<slug>/meetings/<public_id>/actions")
@allow(SIGNED_IN, owner=WRITERS)
def add_action(slug: str, public_id: str) -> ResponseReturnValue:
    """Note what a member has to do."""
    found = inside(slug, "meetings")
    row = queries.meeting(found, public_id)
    form = forms.ActionForm(request.form, members=queries.members(found))
    if form.validate():
        try:
            service.add_action(g.ctx, found, row, form.values())
        except Invalid as error:
            mark(form, error)
        else:
            flash(_("It is noted, and the organisation is told."))
            return back(found, f"meetings/{row.public_id}#outcome")
    return one(found, row, 422, action_form=form)
