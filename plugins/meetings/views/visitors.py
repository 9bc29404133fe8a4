"""Guests of a meeting: the lead invites them, they answer on the page behind their link."""

from __future__ import annotations

from flask import Response, flash, g, render_template, request
from flask.typing import ResponseReturnValue

from plugins.calendars.interface import REQUEST, Moment, letter
from plugins.links import interface as links
from plugins.meetings import forms, labels, queries, rules, telling, visiting
from plugins.meetings.views.base import LEADS, back, blueprint, leading
from plugins.meetings.views.meetings import one
from portal.errors import Invalid
from portal.i18n import _
from portal.people import throttle
from portal.people.forms import mark
from portal.people.views import keep_nothing, to
from portal.web.access import ANYONE, SIGNED_IN, allow

MAILS = throttle.Limit("meetings-guests", 40, 3_600)
"""Guests whom one account may invite in an hour."""
HOLDER = "whoever has the mailed link"


@blueprint.post("/consortia/<slug>/meetings/<public_id>/guests")
@allow(SIGNED_IN, owner=LEADS)
def invite_visitor(slug: str, public_id: str) -> ResponseReturnValue:
    """Invite a guest by mail."""
    found = leading(slug, "meetings")
    row = queries.meeting(found, public_id)
    form = forms.VisitorForm(request.form)
    if not form.validate():
        return one(found, row, 422, visitor_form=form)
    throttle.spend(g.ctx, MAILS, str(g.ctx.actor.account_id))
    try:
        visiting.invite(
            g.ctx, found, row, form.email.data or "", form.name.data or "", form.language.data or ""
        )
    except Invalid as error:
        mark(form, error)
        return one(found, row, 422, visitor_form=form)
    flash(_("The invitation is on its way."))
    return back(found, f"meetings/{row.public_id}")


@blueprint.post("/consortia/<slug>/meetings/<public_id>/guests/<key>/remove")
@allow(SIGNED_IN, owner=LEADS)
def remove_visitor(slug: str, public_id: str, key: str) -> ResponseReturnValue:
    """Take an invitation back."""
    found = leading(slug, "meetings")
    row = queries.meeting(found, public_id)
    visiting.take_back(g.ctx, found, row, key)
    flash(_("The guest is told, and the link does nothing any more."))
    return back(found, f"meetings/{row.public_id}")


@blueprint.route("/consortia/meetings/<token>", methods=["GET", "POST"])
@allow(ANYONE, owner=HOLDER)
def visitor(token: str) -> ResponseReturnValue:
    """Show a meeting to its guest, and take an answer."""
    link = links.find(g.ctx, token, visiting.PURPOSE)
    item, row = visiting.opened(link)
    if request.method == "POST":
        visiting.answer(g.ctx, link, request.form.get("answer", ""))
        flash(_("Your answer is noted. You can change it until the meeting."))
        return to(f"/consortia/meetings/{token}")
    consortium = visiting.consortium_of(g.ctx, row)
    page = render_template(
        "meetings/visitor.html",
        item=row,
        name=consortium.name,
        lang=consortium.lang,
        is_fictional=consortium.is_fictional,
        when=str(Moment(row.starts_at, row.zone)),
        mine=item.answer,
        options=[(key, labels.answer(key)) for key in rules.ANSWERS],
        is_over=row.ends_at <= g.ctx.clock.now(),
        comes=item.answer in (rules.YES, rules.MAYBE),
        file=f"/consortia/meetings/{token}/appointment.ics",
    )
    return keep_nothing(Response(page))


@blueprint.get("/consortia/meetings/<token>/appointment.ics")
@allow(ANYONE, owner=HOLDER)
def visitor_file(token: str) -> ResponseReturnValue:
    """Give the guest the appointment for a calendar; never the way in."""
    link = links.find(g.ctx, token, visiting.PURPOSE)
    item, row = visiting.opened(link)
    consortium = visiting.consortium_of(g.ctx, row)
    found = telling.appointment(consortium, row, row.sequence, is_guest=True)
    answer = Response(letter(g.ctx, found, REQUEST, item.email), mimetype="text/calendar")
    answer.headers["Content-Disposition"] = 'attachment; filename="meeting.ics"'
    return keep_nothing(answer)
