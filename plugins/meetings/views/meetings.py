"""Meetings: the list, one of them, planning, changing, cancelling, answering."""

from __future__ import annotations

from flask import flash, g, request
from flask.typing import ResponseReturnValue

from plugins.consortia.interface import CLOSED, Seen
from plugins.meetings import archive, forms, labels, queries, rules, service, visiting
from plugins.meetings.models import Meeting
from plugins.meetings.views.base import (
    LEADS,
    STRANGERS,
    back,
    blueprint,
    inside,
    leading,
    sheet,
    shown,
    zone_of,
)
from portal.errors import Conflict, Invalid
from portal.fields import shown_version
from portal.i18n import _
from portal.people.forms import mark
from portal.web.access import SIGNED_IN, allow


@blueprint.get("/consortia/<slug>/meetings")
@allow(SIGNED_IN, owner=STRANGERS)
def index(slug: str) -> ResponseReturnValue:
    """Show the meetings that come and those that are over."""
    found = inside(slug, "meetings")
    rows = queries.meetings(found)
    now = g.ctx.clock.now()
    coming = [row for row in rows if row.ends_at > now and not row.cancelled_at]
    return shown(
        found,
        "index",
        "meetings",
        coming=coming[::-1],
        over=[row for row in rows if row not in coming],
        counts=queries.answered([row.id for row in rows]),
        mine=queries.own_answers(g.ctx, [row.id for row in coming]),
        said=labels.answer,
    )


@blueprint.get("/consortia/<slug>/meetings.csv")
@allow(SIGNED_IN, owner=STRANGERS)
def as_csv(slug: str) -> ResponseReturnValue:
    """Give the meetings as a sheet."""
    found = inside(slug, "meetings")
    rows = archive.meetings(queries.meetings(found))
    return sheet(f"meetings-{found.slug}", archive.MEETINGS, rows)


@blueprint.route("/consortia/<slug>/meetings/new", methods=["GET", "POST"])
@allow(SIGNED_IN, owner=LEADS)
def new(slug: str) -> ResponseReturnValue:
    """Plan a meeting."""
    found = leading(slug, "meetings")
    form = _form(found, None)
    if request.method == "POST" and form.validate():
        try:
            row = service.plan(g.ctx, found, form.values())
        except Invalid as error:
            mark(form, error)
        else:
            flash(_("The meeting is planned, and everybody who is invited gets a mail."))
            return back(found, f"meetings/{row.public_id}")
    status = 422 if request.method == "POST" else 200
    return shown(found, "edit", "meetings", status, form=form, item=None)


def _form(found: Seen, row: Meeting | None, typed: bool = True) -> forms.MeetingForm:
    return forms.MeetingForm(
        (request.form or None) if typed else None,
        now=g.ctx.clock.now(),
        members=queries.members(found),
        row=row,
        guests=queries.guests(row) if row else (),
        zone=zone_of(found),
    )


@blueprint.route("/consortia/<slug>/meetings/<public_id>/edit", methods=["GET", "POST"])
@allow(SIGNED_IN, owner=LEADS)
def edit(slug: str, public_id: str) -> ResponseReturnValue:
    """Change a meeting."""
    found = leading(slug, "meetings")
    row = queries.meeting(found, public_id)
    form = _form(found, row)
    if request.method == "POST" and form.validate():
        version = shown_version()
        try:
            service.change(g.ctx, found, row, form.values(), version)
        except Invalid as error:
            mark(form, error)
        except Conflict as error:
            if error.version is not None:
                now = _form(found, Meeting.get_by_id(row.id), typed=False)
                error.forms = form, now, None, found.is_fictional
            raise
        else:
            flash(_("The meeting is saved; calendars learn of what changed."))
            return back(found, f"meetings/{row.public_id}")
    status = 422 if request.method == "POST" else 200
    return shown(found, "edit", "meetings", status, form=form, item=row)


@blueprint.route("/consortia/<slug>/meetings/<public_id>", methods=["GET", "POST"])
@allow(SIGNED_IN, owner="members of the consortium; only people of those invited answer")
def show(slug: str, public_id: str) -> ResponseReturnValue:
    """Show a meeting with everything that belongs to it; take an answer."""
    found = inside(slug, "meetings")
    row = queries.meeting(found, public_id)
    if request.method == "POST":
        service.answer(g.ctx, found, row, request.form.get("answer", ""))
        flash(_("Your answer is noted. You can change it until the meeting."))
        return back(found, f"meetings/{row.public_id}")
    return one(found, row)


def one(found: Seen, row: Meeting, status: int = 200, **typed: object) -> ResponseReturnValue:
    """Show a meeting, with a form as it was typed if one was refused."""
    members = queries.members(found)
    guests = queries.guests(row)
    answers = queries.answers(row)
    writes = service.may_write(g.ctx, found, row)
    heard = {item.organisation_id for item in answers}
    now = g.ctx.clock.now()
    values = {
        "action_form": forms.ActionForm(members=members),
        "noted_form": forms.NotedForm(prefix="noted-"),
        "reason_form": forms.ReasonForm(),
        "visitor_form": forms.VisitorForm(),
        **typed,
    }
    return shown(
        found,
        "show",
        "meetings",
        status,
        item=row,
        guests=guests,
        silent=[item for item in guests if item.id not in heard],
        answers=[(labels.answer(key), [a for a in answers if a.answer == key])
                 for key in rules.ANSWERS],
        mine=next((a.answer for a in answers if a.account_id == g.ctx.actor.account_id), ""),
        options=[(key, labels.answer(key)) for key in rules.ANSWERS],
        may_answer=bool(queries.own_members(g.ctx, guests, any_role=True))
        and not row.cancelled_at
        and found.state != CLOSED
        and now <= row.ends_at + service.ANSWER_WITHIN,
        is_over=row.ends_at <= now,
        visitors=[(item, labels.answer(item.answer)) for item in visiting.of_meeting(row)],
        has_begun=row.starts_at <= now,
        agenda_minutes=sum(part["minutes"] for part in row.agenda),
        may_write=writes,
        scribe=next((item for item in members if item.id == row.scribe_id), None),
        sees_minutes=writes or row.shared_at is not None,
        actions=queries.actions(found, row),
        decisions=[(item, labels.state(item.state)) for item in queries.decisions(found, row)],
        is_closed=found.state == CLOSED,
        **values,
    )  # fmt: skip


@blueprint.post("/consortia/<slug>/meetings/<public_id>/cancel")
@allow(SIGNED_IN, owner=LEADS)
def cancel(slug: str, public_id: str) -> ResponseReturnValue:
    """Cancel a meeting."""
    found = leading(slug, "meetings")
    row = queries.meeting(found, public_id)
    form = forms.ReasonForm(request.form)
    if not form.validate():
        return one(found, row, 422, reason_form=form)
    try:
        service.cancel(g.ctx, found, row, form.reason.data or "")
    except Invalid as error:
        mark(form, error)
        return one(found, row, 422, reason_form=form)
    flash(_("The meeting is cancelled, and everybody who was invited is told."))
    return back(found, f"meetings/{row.public_id}")
