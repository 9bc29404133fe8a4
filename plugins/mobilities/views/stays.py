"""The page of a mobility: what is agreed, who goes, how it ends."""

from __future__ import annotations

from typing import Any

from flask import flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from plugins.mobilities import ending, forms, pages, people, queries
from plugins.mobilities.models import HOST, SENDING, SIDES, ParticipantRow, PlacementRow
from plugins.mobilities.views.base import EDITORS, PEOPLE, blueprint, found, spend
from portal import audit, db, objects, workflow
from portal.errors import Invalid, NotAllowed
from portal.i18n import _
from portal.people.forms import mark
from portal.web.access import SIGNED_IN, allow


@blueprint.get("/mobilities/<public_id>")
@allow(SIGNED_IN, owner=PEOPLE)
def show(public_id: str) -> ResponseReturnValue:
    """Show a mobility to the people of its sides."""
    here = found(public_id)
    flow = workflow.panel(g.ctx, here.mobility)
    hooks = objects.registry().hooks
    asides = list(hooks.each("mobilities_asides", g.ctx, public_id=public_id))
    whole = pages.whole(g.ctx, here)
    return render_template("mobilities/show.html", flow=flow, asides=asides, **whole)


@blueprint.route("/mobilities/<public_id>/report/<placement_id>", methods=["GET", "POST"])
@allow(SIGNED_IN, owner=EDITORS)
def report(public_id: str, placement_id: str) -> ResponseReturnValue:
    """Say that a stay does not end as planned."""
    here = found(public_id)
    row = _placement(here, placement_id)
    if not here.may("report"):
        raise NotAllowed
    people = [(person.public_id, person.name) for person in queries.participants([row.id])]
    form = forms.ReportForm(request.form or None, people=people)
    if request.method == "POST" and form.validate():
        try:
            spend()
            ending.report(g.ctx, row, _side(here), form.values())
        except Invalid as error:
            mark(form, error)
        else:
            flash(
                _("The other side is asked to confirm it. Without an answer it counts in 7 days.")
            )
            return redirect(f"/mobilities/{public_id}", 303)
    status = 422 if request.method == "POST" else 200
    return render_template("mobilities/report.html", form=form, found=here, placement=row), status


@blueprint.post("/mobilities/<public_id>/reports/<report_id>/<any(confirm, object, withdraw):act>")
@allow(SIGNED_IN, owner=EDITORS)
def answer(public_id: str, report_id: str, act: str) -> ResponseReturnValue:
    """Confirm what another side reported, object to it, or take one's own report back."""
    here = found(public_id)
    row = queries.report(here, report_id)
    others = sorted(here.sides - {row.side})
    if act == "withdraw":
        ending.take_back(g.ctx, row, row.side)
        flash(_("The report is taken back."))
    elif not others:
        raise NotAllowed(_("Somebody from another side must answer this."))
    else:
        ending.answer(
            g.ctx, row, others[0], act == "confirm", request.form.get("answer_reason", "")
        )
        flash(_("Your answer is noted."))
    return redirect(f"/mobilities/{public_id}", 303)


def participant_of(here: queries.Found, public_id: str) -> ParticipantRow:
    """Return a participant of a mobility. Raises NotFound."""
    places = queries.placements([here.mobility.id])[here.mobility.id]
    for row in queries.participants([place.id for place in places]):
        if row.public_id == public_id:
            return row
    raise queries.missing()


@blueprint.route("/mobilities/<public_id>/participants/<participant_id>", methods=["GET", "POST"])
@allow(SIGNED_IN, owner="OrgEditor or OrgAdmin of the sending organisation; others get 404")
def participant(public_id: str, participant_id: str) -> ResponseReturnValue:
    """Put right what is known of a participant, such as a mistyped address."""
    here = found(public_id)
    row = participant_of(here, participant_id)
    if SENDING not in here.sides:
        raise queries.missing()
    form = forms.PersonDetailsForm(request.form or None, obj=row)
    if request.method == "POST" and form.validate():
        try:
            spend()
            people.correct(g.ctx, here.mobility, row, form.data)
        except Invalid as error:
            mark(form, error)
        else:
            flash(_("Saved."))
            return redirect(f"/mobilities/{public_id}", 303)
    is_open = people.may_correct(here.mobility, row)
    status = 422 if request.method == "POST" else 200
    values: dict[str, Any] = {"form": form, "found": here, "person": row, "is_open": is_open}
    return render_template("mobilities/participant.html", **values), status


@blueprint.post("/mobilities/<public_id>/arrangements")
@allow(SIGNED_IN, owner="editors of the sending side, and of the host where it must know")
def arrangements(public_id: str) -> ResponseReturnValue:
    """Show what participants with fewer opportunities need; reading it is written down."""
    here = found(public_id)
    rows = people.arrangements(here.mobility, here.sides)
    if not here.sides & {SENDING, HOST} or not rows:
        raise queries.missing()
    with db.transaction():
        audit.record(g.ctx, "arrangements.read", "mobilities_mobility", here.mobility.id)
    return render_template("mobilities/arrangements.html", found=here, rows=rows)


@blueprint.route("/mobilities/<public_id>/workplaces/<placement_id>", methods=["GET", "POST"])
@allow(SIGNED_IN, owner="OrgEditor or OrgAdmin of the sending side or host; others get 404 or 403")
def workplace(public_id: str, placement_id: str) -> ResponseReturnValue:
    """Name the workplace that trains, if it is not the host itself."""
    here = found(public_id)
    row = _placement(here, placement_id)
    if not here.sides & {SENDING, HOST}:
        raise NotAllowed
    form = forms.WorkplaceForm(request.form or None, obj=row)
    if request.method == "POST" and form.validate():
        try:
            spend()
            people.name_workplace(g.ctx, here.mobility, row, form.data)
        except Invalid as error:
            mark(form, error)
        else:
            flash(_("Saved."))
            return redirect(f"/mobilities/{public_id}", 303)
    status = 422 if request.method == "POST" else 200
    return render_template("mobilities/workplace.html", form=form, found=here, row=row), status


def _placement(here: queries.Found, public_id: str) -> PlacementRow:
    for row in queries.placements([here.mobility.id])[here.mobility.id]:
        if row.public_id == public_id:
            return row
    raise queries.missing()


def _side(here: queries.Found) -> str:
    """Return the side for which somebody reports: of several their first one."""
    return next(side for side in SIDES if side in here.sides)
