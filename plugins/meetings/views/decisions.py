"""Decisions: the list, one of them with its result, putting one to the members, speaking."""

from __future__ import annotations

from flask import flash, g, request
from flask.typing import ResponseReturnValue

from plugins.consortia.interface import CLOSED, Seen
from plugins.meetings import archive, deciding, forms, labels, queries, rules
from plugins.meetings.models import NOTED, OPEN, WITHDRAWN, Decision
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
from portal.i18n import _
from portal.organisations.models import Organisation
from portal.people.forms import mark
from portal.web.access import SIGNED_IN, allow


@blueprint.get("/consortia/<slug>/decisions")
@allow(SIGNED_IN, owner=STRANGERS)
def decisions(slug: str) -> ResponseReturnValue:
    """Show what members decide and have decided."""
    found = inside(slug, "decisions")
    rows = queries.decisions(found)
    spoken = queries.spoken([row.id for row in rows if row.state == OPEN])
    own = {item.id for item in queries.own_members(g.ctx, queries.members(found))}
    return shown(
        found,
        "decisions",
        "decisions",
        rows=[
            (
                row,
                labels.state(row.state),
                row.state == OPEN and bool(own - {who for at, who in spoken if at == row.id}),
            )
            for row in rows
        ],
        way=labels.way,
    )


@blueprint.get("/consortia/<slug>/decisions.csv")
@allow(SIGNED_IN, owner=STRANGERS)
def decisions_csv(slug: str) -> ResponseReturnValue:
    """Give the decisions as a sheet."""
    found = inside(slug, "decisions")
    return sheet(f"decisions-{found.slug}", archive.DECISIONS, archive.decisions(found))


@blueprint.route("/consortia/<slug>/decisions/new", methods=["GET", "POST"])
@allow(SIGNED_IN, owner=LEADS)
def put(slug: str) -> ResponseReturnValue:
    """Put something to the members; `meeting` names the one it comes from."""
    found = leading(slug, "decisions")
    named = request.values.get("meeting", "")
    meeting = queries.meeting(found, named) if named else None
    form = forms.DecisionForm(request.form or None, now=g.ctx.clock.now(), zone=zone_of(found))
    if request.method == "POST" and form.validate():
        try:
            row = deciding.put(g.ctx, found, form.values(), meeting)
        except Invalid as error:
            mark(form, error)
        else:
            flash(_("The members are asked, and told by mail."))
            return back(found, f"decisions/{row.public_id}")
    status = 422 if request.method == "POST" else 200
    return shown(found, "put", "decisions", status, form=form, meeting=meeting)


@blueprint.route("/consortia/<slug>/decisions/<public_id>", methods=["GET", "POST"])
@allow(SIGNED_IN, owner="members of the consortium; only those who write for a member speak")
def decision(slug: str, public_id: str) -> ResponseReturnValue:
    """Show a decision with its result; take the voice of a member."""
    found = inside(slug, "decisions")
    row = queries.decision(found, public_id)
    own = queries.own_members(g.ctx, queries.members(found))
    form = _voice(row, own)
    if request.method == "POST":
        said = (form.organisation.data or "", form.choice.data or "", form.reason.data or "")
        try:
            deciding.speak(g.ctx, found, row, *said)
        except (Invalid, Conflict) as error:
            mark(form, error)
            fresh = queries.decision(found, public_id)
            return _one(found, fresh, own, form, error.status)
        flash(_("Noted. You can change it until the deadline."))
        return back(found, f"decisions/{row.public_id}")
    return _one(found, row, own, form)


def _voice(row: Decision, own: list[Organisation]) -> forms.VoiceForm:
    last = queries.voices(row) if own else {}
    mine = last.get(own[0].id) if own else None
    data = {"choice": mine.choice, "reason": mine.reason} if mine else None
    return forms.VoiceForm(
        request.form or None,
        own=own,
        choices=rules.CHOICES.get(row.way, ()),
        data=data,
    )


def _one(
    found: Seen,
    row: Decision,
    own: list[Organisation],
    form: forms.VoiceForm,
    status: int = 200,
    reason_form: forms.ReasonForm | None = None,
) -> ResponseReturnValue:
    voices = queries.voices(row)
    members = queries.members(found)
    names = {item.id: item.name for item in members}
    is_open = row.state == OPEN and g.ctx.clock.now() < row.closes_at
    shows = not row.is_secret and (row.state not in {OPEN, WITHDRAWN} or row.way == rules.WAYS[0])
    spoke = [(names[number], voice) for number, voice in voices.items() if number in names]
    return shown(
        found,
        "decision",
        "decisions",
        status,
        item=row,
        state_of_item=labels.state(row.state),
        way=labels.way(row.way),
        majority=labels.majority(row.majority),
        tie=labels.tie(row.tie),
        needed=rules.quorum_of(len(members), row.quorum),
        outcome=labels.outcome(row.result, row.way) if row.state != WITHDRAWN else "",
        reason=row.result.get("reason", ""),
        is_open=is_open,
        is_waiting=row.state == OPEN and not is_open,
        may_speak=is_open and bool(own) and found.state != CLOSED and row.way != NOTED,
        own=own,
        spoken_for=[item for item in own if item.id in voices],
        form=form,
        voices=[(name, labels.choice(voice.choice), voice) for name, voice in spoke]
        if shows
        else [],
        spoke=len(spoke),
        members=len(members),
        reason_form=reason_form or forms.ReasonForm(prefix="off-"),
    )


@blueprint.post("/consortia/<slug>/decisions/<public_id>/withdraw")
@allow(SIGNED_IN, owner=LEADS)
def withdraw(slug: str, public_id: str) -> ResponseReturnValue:
    """Take a decision back."""
    found = leading(slug, "decisions")
    row = queries.decision(found, public_id)
    form = forms.ReasonForm(request.form, prefix="off-")
    try:
        deciding.withdraw(g.ctx, found, row, form.reason.data or "")
    except (Invalid, Conflict) as error:
        mark(form, error)
        own = queries.own_members(g.ctx, queries.members(found))
        fresh = queries.decision(found, public_id)
        empty = forms.VoiceForm(own=own, choices=rules.CHOICES.get(row.way, ()))
        return _one(found, fresh, own, empty, error.status, form)
    flash(_("The decision is withdrawn, and the members are told."))
    return back(found, f"decisions/{row.public_id}")
