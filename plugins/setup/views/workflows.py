"""Workflows: each as a picture with tables beside it."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue

from plugins.setup import frame, graphs
from plugins.setup.views.base import blueprint
from portal import objects
from portal.errors import NotFound
from portal.hookspecs import Workflow
from portal.i18n import _, ngettext
from portal.web.access import ADMIN, allow


@blueprint.get("/workflows")
@allow(ADMIN)
def workflows() -> ResponseReturnValue:
    """List the workflows of the active add-ons."""
    rows = [
        (flow, _types(flow), len(flow.states), len(flow.transitions)) for flow in _flows().values()
    ]
    return frame.page("setup/workflows.html", _("Workflows"), rows=rows)


@blueprint.get("/workflows/<name>")
@allow(ADMIN)
def workflow(name: str) -> ResponseReturnValue:
    """Draw a workflow; say who may do what in which state."""
    flow = _flows().get(name)
    if flow is None:
        raise NotFound
    titles = {state.name: str(state.title) for state in flow.states}
    permissions = sorted({word for state in flow.states for word in state.permissions})
    if frame.wants("csv"):
        heads = [_("State"), *permissions]
        return frame.as_csv(f"workflow-{name}", heads, _map(flow, permissions))
    return frame.page(
        "setup/workflow.html",
        str(flow.title),
        [(_("Workflows"), url_for(".workflows"))],
        flow=flow,
        graph=graphs.draw(flow),
        steps=[
            (step, [titles[s] for s in sorted(step.sources)], titles[step.target], _needs(step))
            for step in flow.transitions
        ],
        permissions=permissions,
        rights=_map(flow, permissions),
        types=_types(flow),
        csv_url=frame.here(format="csv"),
    )


def _flows() -> dict[str, Workflow]:
    """Return the workflows that objects of active add-ons follow."""
    known = objects.registry().structure.workflows
    used = {kind.workflow for kind in objects.types().values() if kind.workflow}
    return {name: flow for name, flow in sorted(known.items()) if name in used}


def _types(flow: Workflow) -> list[str]:
    return [str(kind.title) for kind in objects.types().values() if kind.workflow == flow.id]


def _map(flow: Workflow, permissions: list[str]) -> list[list[str]]:
    return [
        [
            str(state.title),
            *(", ".join(sorted(state.permissions.get(word, ()))) for word in permissions),
        ]
        for state in flow.states
    ]


def _needs(step: Any) -> list[str]:
    """Return what a step asks for, in words."""
    found = []
    if step.automatic:
        found.append(_("by itself when its time has come"))
    if step.comment_required:
        found.append(_("with reasons"))
    if step.four_eyes:
        found.append(_("by somebody without a link to it"))
    if step.promised_days:
        days = ngettext("%(num)s working day", "%(num)s working days", step.promised_days)
        found.append(_("promised within %(days)s", days=days))
    return found
