"""The list of mobilities, and planning one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from flask import flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from plugins.directory.interface import find, read
from plugins.mobilities import forms, labels, pages, queries, service, tasklist
from plugins.mobilities.models import SIDES, Mobility
from plugins.mobilities.views.base import EDITORS, blueprint, spend
from plugins.mobilities.workflow import FLOW
from portal.errors import Conflict, Invalid, TooMany
from portal.fields import shown_version
from portal.i18n import _
from portal.organisations import queries as organisations
from portal.organisations.models import Organisation
from portal.people.forms import mark
from portal.web.access import SIGNED_IN, allow


@blueprint.get("/mobilities")
@allow(SIGNED_IN, owner="lists mobilities of the person's own organisations")
def index() -> ResponseReturnValue:
    """List the mobilities of the person's organisations."""
    own = [item.organisation for item in organisations.mine(g.ctx)]
    chosen = filters(own)
    found = queries.mine(g.ctx, **chosen)
    counts = tasklist.counts([item.id for item in found])
    rows = [pages.row(item, own, counts.get(item.id)) for item in found]
    return render_template(
        "mobilities/index.html",
        rows=rows,
        may_plan=bool(queries.own_organisations(g.ctx)),
        has_filters=any(chosen.values()),
        choices=_choices(own),
        full=len(rows) == queries.MOST_SHOWN,
        query=request.query_string.decode("ascii", "ignore"),
    )


def filters(own: Sequence[Organisation]) -> dict[str, Any]:
    """Read what the address asks for; unknown values ask for nothing."""
    typed = {name: request.args.get(name, "") for name in ("state", "side", "organisation")}
    states = {state.name for state in FLOW.states}
    slugs = {item.slug: item.id for item in own}
    chosen = slugs.get(typed["organisation"])
    role = typed["side"] if typed["side"] in SIDES else ""
    return {
        "state": typed["state"] if typed["state"] in states else "",
        "organisations": [chosen] if chosen else list(slugs.values()) if role else [],
        "role": role,
        "since": _day("since"),
        "until": _day("until"),
    }


def _day(name: str) -> str:
    try:
        return date.fromisoformat(request.args.get(name, "")).isoformat()
    except ValueError:
        return ""


def _choices(own: Sequence[Organisation]) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of the filters, each with an empty first one."""
    offered = {
        "state": [(state.name, str(state.title)) for state in FLOW.states],
        "side": [(side, labels.side(side)) for side in SIDES],
        "organisation": [(item.slug, item.name) for item in own],
    }
    return {
        name: [
            {"value": value, "label": label, "chosen": request.args.get(name, "") == value}
            for value, label in [("", _("any")), *rows]
        ]
        for name, rows in offered.items()
    }


@dataclass
class Sides:
    """The other organisations that somebody typed, and those among which they must choose."""

    host: Organisation | None = None
    supporting: Organisation | None = None
    choices: dict[str, list[Organisation]] = field(default_factory=dict)
    problems: list[Invalid] = field(default_factory=list)


def _sides(form: Mapping[str, str], row: Mobility | None = None) -> Sides:
    """Find the other sides: those of the plan, by address, else by name, website or number."""
    sides, known = Sides(), [row.host, row.supporting] if row else []
    for name in ("host", "supporting"):
        text = form.get(name, "").strip()
        if not text:
            continue
        try:
            same = [item for item in known if item is not None and item.name == text]
            rows = same or entries(text)
        except Invalid as error:
            sides.problems.append(Invalid(error.message, field=name))
            continue
        picked = [item for item in rows if item.slug == form.get(f"{name}_pick")] or rows
        if len(picked) == 1:
            setattr(sides, name, picked[0])
        elif rows:
            sides.choices[name] = rows
            text = _("Several organisations fit. Choose one below.")
            sides.problems.append(Invalid(text, field=name))
        else:
            text = _("No organisation of that name is here. Write it as its page does.")
            sides.problems.append(Invalid(text, field=name))
    return sides


def entries(text: str) -> list[Organisation]:
    """Return the organisations that somebody may mean, those with people here."""
    direct = Organisation.get_or_none(Organisation.slug == text, Organisation.hidden_at.is_null())
    if direct is not None:
        return [direct]
    here = [item for item in find(read(text)) if queries.is_here(item)]
    exact = [item for item in here if item.name == text]
    return exact if len(exact) == 1 else here


@blueprint.route("/mobilities/new", methods=["GET", "POST"])
@allow(SIGNED_IN, owner="OrgEditor or OrgAdmin of the chosen organisation")
def new() -> ResponseReturnValue:
    """Plan a mobility."""
    mine = queries.own_organisations(g.ctx)
    if not mine:
        return render_template("mobilities/nobody.html")
    wanted = request.values.get("organisation")
    chosen = next((item for item in mine if item.slug == wanted), mine[0])
    sides = _sides(request.form) if request.method == "POST" else Sides()
    begun = {name: request.args.get(name, "") for name in ("host", "supporting")}
    usual = {"kind": "individual", "mode": "physical", "organisation": chosen.slug}
    people = queries.people(chosen.id)
    me = str(g.ctx.actor.account_id)
    form = forms.MobilityForm(
        request.form or None,
        organisations=mine,
        people=people,
        stored={**usual, **begun, "contact": me, "participants": [{}]},
        choices=sides.choices,
    )
    if request.method == "POST" and not _wants_rows(form):
        made = _write(form, sides, sending=chosen)
        if made is not None:
            flash(_("The host is asked to agree. You can change the plan until then."))
            return redirect(f"/mobilities/{made.public_id}", 303)
    return _page(form, None)


@blueprint.route("/mobilities/<public_id>/edit", methods=["GET", "POST"])
@allow(SIGNED_IN, owner=EDITORS)
def edit(public_id: str) -> ResponseReturnValue:
    """Change a plan to which the host has not agreed yet."""
    here = queries.find(g.ctx, public_id)
    if not here.may("edit"):
        raise queries.missing()
    row = here.mobility
    sides = _sides(request.form, row) if request.method == "POST" else Sides()
    form = _edit_form(row, request.form or None, sides)
    if request.method == "POST" and not _wants_rows(form):
        try:
            changed = _write(form, sides, mobility=row)
        except Conflict as error:
            now = _edit_form(queries.find(g.ctx, public_id).mobility, None, Sides())
            error.forms = form, now, None, row.sending.is_fictional
            raise
        if changed is not None:
            flash(_("The plan is saved."))
            return redirect(f"/mobilities/{row.public_id}", 303)
    return _page(form, row)


def _edit_form(row: Mobility, typed: Any, sides: Sides) -> forms.MobilityForm:
    people = pages.people_as_typed(row)
    return forms.MobilityForm(
        typed,
        organisations=[row.sending],
        people=queries.people(row.sending_id),
        stored=forms.stored(row, people),
        choices=sides.choices,
    )


def _wants_rows(form: forms.MobilityForm) -> bool:
    """Add rows where the button for that was pressed."""
    if "more" not in request.form:
        return False
    form.more_people()
    return True


def _write(
    form: forms.MobilityForm,
    sides: Sides,
    *,
    sending: Organisation | None = None,
    mobility: Mobility | None = None,
) -> Mobility | None:
    """Store what was typed, or put what is wrong beside its field."""
    is_valid = form.validate()
    for problem in sides.problems:
        mark(form, problem)
    if not is_valid or sides.problems or sides.host is None:
        return None
    values = form.values()
    both: dict[str, Any] = {"host": sides.host, "supporting": sides.supporting}
    try:
        spend()
        if mobility is not None:
            return service.change(g.ctx, mobility, values, version=shown_version(), **both)
        if sending is None:
            return None
        return service.plan(g.ctx, values, sending=sending, **both)
    except (Invalid, TooMany) as error:
        mark(form, error)
        return None


def _page(form: forms.MobilityForm, row: Mobility | None) -> ResponseReturnValue:
    status = 422 if form.errors or form.form_errors else 200
    return render_template("mobilities/edit.html", form=form, row=row), status
