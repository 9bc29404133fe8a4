"""The task list of a mobility: what is done, by whom, until when; on paper too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from plugins.mobilities import labels, linking, pages, queries, tasklist
from plugins.mobilities.models import SIDES
from plugins.mobilities.steps import COMPETENT, OWN_FROM, PARTICIPANT
from plugins.mobilities.views.base import EDITORS, PEOPLE, blueprint, found, spend
from portal import objects
from portal.i18n import _
from portal.web.access import SIGNED_IN, allow

ACTORS = (*SIDES, PARTICIPANT, COMPETENT, "workplace")


@blueprint.get("/mobilities/<public_id>/steps")
@allow(SIGNED_IN, owner=PEOPLE)
def steps(public_id: str) -> ResponseReturnValue:
    """Show all steps of a mobility by phase, or those of the visitor's own side."""
    here = found(public_id)
    rows = tasklist.items(here.mobility.id)
    only_mine = request.args.get("show") == "mine"
    phases = pages.phases(g.ctx, here, rows, only_mine)
    number = rows[0].row.list_number if rows else 0
    hooks = objects.registry().hooks
    named = hooks.call("mobilities_list_name", g.ctx, number=number) if number >= OWN_FROM else []
    return render_template(
        "mobilities/steps.html",
        found=here,
        whose=[text for _plugin, text in named if text],
        row=here.mobility,
        phases=phases,
        below=_below(here, [step for phase in phases for step in phase["steps"]]),
        progress=pages.progress(rows),
        only_mine=only_mine,
        actors=[(name, labels.actor(name)) for name in ACTORS],
    )


def _below(here: queries.Found, shown: Sequence[Mapping[str, Any]]) -> dict[str, list[Markup]]:
    """Return what other plugins add below steps, for those who write for a side."""
    below: dict[str, list[Markup]] = {}
    if here.sides:
        keys = [step["key"] for step in shown]
        values = {"mobility_id": here.mobility.id, "public_id": here.mobility.public_id}
        may = [step["key"] for step in shown if step["may"]]
        hooks = objects.registry().hooks
        for _plugin, found in hooks.call(
            "mobilities_step_shown", g.ctx, **values, keys=keys, may=may
        ):
            for key, part in found.items():
                below.setdefault(key, []).append(part)
    return below


@blueprint.post("/mobilities/<public_id>/steps/<key>/<any(done, not_needed, open):act>")
@allow(SIGNED_IN, owner=EDITORS)
def mark_step(public_id: str, key: str, act: str) -> ResponseReturnValue:
    """Mark a step as done, not needed or open again."""
    here = found(public_id)
    spend()
    note = request.form.get("note", "")
    tasklist.mark(g.ctx, here.mobility, key, act, note, here.sides)
    flash({"done": _("Done."), "not_needed": _("Left out."), "open": _("Open again.")}[act])
    shown = "?show=mine" if request.form.get("show") == "mine" else ""
    return redirect(f"/mobilities/{public_id}/steps{shown}#{key}", 303)


@blueprint.get("/mobilities/<public_id>/checklist")
@allow(SIGNED_IN, owner=PEOPLE)
def checklist(public_id: str) -> ResponseReturnValue:
    """Show the steps of one actor with boxes to tick, for paper."""
    here = found(public_id)
    actor = request.args.get("for", "")
    actor = actor if actor in ACTORS else ACTORS[0]
    own = linking.AT_WORK if actor == "workplace" else ()
    steps = tasklist.items(here.mobility.id)
    rows = [item for item in steps if actor in item.step.actors or item.row.key in own]
    return render_template(
        "mobilities/checklist.html",
        row=here.mobility,
        actor=labels.actor(actor),
        phases=pages.phases(g.ctx, here, rows, False),
        days=labels.period(here.mobility.starts_on, here.mobility.ends_on),
    )
