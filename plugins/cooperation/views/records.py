"""Past cooperation of the person's organisations: listed, proposed, corrected, taken away as a file."""

from __future__ import annotations

from typing import Any

from flask import flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from plugins.cooperation import entering, forms, labels, queries, rules, service
from plugins.cooperation.models import PROPOSED, STRUCK, Record
from plugins.cooperation.views.base import (
    BOTH,
    EDITORS,
    blueprint,
    chosen_own,
    entry,
    spend,
)
from plugins.cooperation.workflow import RECORD_FLOW
from plugins.partners.interface import respond
from portal import permissions, workflow
from portal.errors import Conflict, Invalid
from portal.fields import options, shown_version
from portal.i18n import _
from portal.organisations import queries as organisations
from portal.organisations.models import Organisation
from portal.people.forms import mark
from portal.web.access import SIGNED_IN, allow

STATES = {state.name: (state.title, state.tag) for state in RECORD_FLOW.states}


def _mine() -> list[int]:
    return [item.organisation.id for item in organisations.mine(g.ctx)]


@blueprint.get("/cooperation")
@allow(SIGNED_IN, owner="lists what belongs to the person's own organisations")
def index() -> ResponseReturnValue:
    """List past cooperation and references of the person's organisations, and what waits for them."""
    mine, own = _mine(), queries.own_organisations(g.ctx)
    ids = [item.id for item in own]
    return render_template(
        "cooperation/index.html",
        own=own,
        rows=[_row(row, mine) for row in queries.records_of(mine)],
        to_answer=queries.to_answer(ids),
        to_write=queries.to_write(ids),
        references=queries.references_of(mine),
        labels=labels,
        most=rules.MOST_RECORDS,
        months=rules.ENTERED_MONTHS,
    )


def _row(row: Record, mine: list[int]) -> dict[str, Any]:
    own = row.proposer if row.proposer_id in mine else row.partner
    return {
        "id": row.public_id,
        "own": own,
        "other": row.other(own.id),
        "project": row.project,
        "months": labels.months(row.first_month, row.last_month),
        "participants": row.participants,
        "tag": (_("waits for your answer"), "act")
        if row.state == PROPOSED and own.id == row.partner_id
        else STATES[row.state],
        "is_stay": row.placement is not None,
    }


@blueprint.get("/cooperation/export.<any(csv, xlsx, json):kind>")
@allow(SIGNED_IN, owner="lists what belongs to the person's own organisations")
def export(kind: str) -> ResponseReturnValue:
    """Save the list of past cooperation."""
    mine = _mine()
    heads = [_("Organisation"), _("Partner"), _("Project"), _("Months"), _("Participants"),
             _("State"), _("Document seen")]  # fmt: skip
    table = [
        (
            row["own"].name,
            row["other"].name,
            row["project"],
            row["months"],
            str(row["participants"]),
            str(row["tag"][0]),
            _("yes") if row["is_stay"] else _("no"),
        )
        for row in (_row(item, mine) for item in queries.records_of(mine))
    ]
    return respond(kind, "cooperation", heads, table)


@blueprint.route("/cooperation/new", methods=["GET", "POST"])
@allow(SIGNED_IN, owner=EDITORS)
def new() -> ResponseReturnValue:
    """Propose past cooperation to a partner."""
    mine = queries.own_organisations(g.ctx)
    if not mine:
        return render_template("cooperation/nobody.html")
    own = chosen_own(mine)
    typed = {"organisation": own.slug, "partner": request.args.get("with", "")[:200]}
    form = _form(mine, None if request.method == "POST" else typed)
    status = 200
    if request.method == "POST":
        status = 422
        try:
            if form.validate():
                spend()
                partner = entry(form.partner.data or "", "partner")
                made = service.propose(g.ctx, own, partner, form.values())
                flash(_("Your partner is asked. Nothing is shown before both of you have said it."))
                return redirect(f"/cooperation/{made.public_id}", 303)
        except (Invalid, Conflict) as error:
            mark(form, error)
            status = error.status
    return render_template("cooperation/form.html", form=form, row=None, many=len(mine) > 1), status


def _form(mine: list[Organisation], values: dict[str, Any] | None) -> forms.RecordForm:
    form = forms.RecordForm(request.form) if values is None else forms.RecordForm(data=values)
    form.organisation.choices = options((item.slug, item.name) for item in mine)
    return form


@blueprint.get("/cooperation/<public_id>")
@allow(SIGNED_IN, owner=BOTH)
def show(public_id: str) -> ResponseReturnValue:
    """Show one entry to both sides: what it says, its steps, its documents."""
    row = queries.record(g.ctx, public_id)
    return render_template("cooperation/show.html", **_page(row))


def _page(row: Record) -> dict[str, Any]:
    own = {item.id for item in queries.own_organisations(g.ctx)}
    writes = bool(own & {row.proposer_id, row.partner_id})
    problem = entering.rated_problem(g.ctx, row) if writes else ""
    flow = workflow.panel(g.ctx, row)
    if row.placement is not None:  # what the guard refuses is not offered
        flow["steps"] = [step for step in flow["steps"] if step.name != "take_back"]
    return {
        "row": row,
        "sender": row.sender,
        "host": row.host,
        "months": labels.months(row.first_month, row.last_month),
        "flow": flow,
        "steps": flow["steps"],
        "writes": writes,
        "may_correct": writes and row.state != STRUCK and row.placement is None
        and row.proposals < rules.MOST_PROPOSALS,
        "documents": queries.documents_of(row) if writes else [],
        "may_hand_in": writes and not problem and not queries.has_document(row.id)
        and permissions.may(g.ctx, "undo", row),
        "problem": problem,
        "kinds": labels.KINDS,
        "days": rules.KEPT_AFTER_DECISION.days,
        "own": own,
    }  # fmt: skip


@blueprint.route("/cooperation/<public_id>/correct", methods=["GET", "POST"])
@allow(SIGNED_IN, owner="OrgEditor or OrgAdmin of both organisations; others get 404 or 403")
def correct(public_id: str) -> ResponseReturnValue:
    """Propose an entry again with other values."""
    row = queries.record(g.ctx, public_id)
    permissions.check(g.ctx, "edit", row)
    mine = [
        item
        for item in queries.own_organisations(g.ctx)
        if item.id in {row.proposer_id, row.partner_id}
    ]
    own = chosen_own(mine)
    now = {
        "organisation": own.slug,
        "partner": row.other(own.id).name,
        "who": forms.WE if row.sender_id == own.id else forms.THEY,
        **{
            name: getattr(row, name)
            for name in ("project", "first_month", "last_month", "participants")
        },
    }
    form = _form(mine, None if request.method == "POST" else now)
    form.partner.data = now["partner"]
    status = 200
    if request.method == "POST":
        status = 422
        try:
            form.partner.validators = []
            if form.validate():
                spend()
                service.correct(g.ctx, row, own, form.values(), shown_version())
                flash(_("Your partner is asked again. Until then it is not shown."))
                return redirect(f"/cooperation/{public_id}", 303)
        except (Invalid, Conflict) as error:
            mark(form, error)
            status = error.status
    latest = queries.record(g.ctx, public_id) if status == 409 else None
    return render_template(
        "cooperation/form.html", form=form, row=row, many=False, latest=latest,
        months=labels.months(latest.first_month, latest.last_month) if latest else "",
    ), status  # fmt: skip
