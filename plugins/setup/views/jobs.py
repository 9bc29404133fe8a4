"""Jobs: what waits, runs, failed and why; trying again, cancelling."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from plugins.setup import acts, frame, labels, queries, service
from plugins.setup.views.base import blueprint
from portal import jobs
from portal.errors import NotFound
from portal.i18n import _
from portal.jobs import Job
from portal.web.access import ADMIN, allow
from portal.web.heartbeat import context

STATES = ("running", "waiting", "failed", "parked", "done", "cancelled")


@blueprint.get("/jobs")
@allow(ADMIN)
def job_list() -> ResponseReturnValue:
    """List jobs, newest first."""
    state = request.args.get("state", "")
    registry = acts.plugins()
    inactive = [plugin for plugin in registry.statuses() if not registry.is_active(plugin)]
    query = queries.jobs(state if state in STATES else "", inactive)
    titles = jobs.kinds(context())
    if frame.wants("csv"):
        heads = [_("Number"), _("Job"), _("State"), _("Attempts"), _("Error"), _("Since")]
        rows = query.order_by(Job.id).limit(queries.MOST_EXPORTED)
        return frame.as_csv(
            "jobs",
            heads,
            (
                (r.id, r.name, _state(r), r.attempts, r.error, r.created_at.isoformat())
                for r in rows
            ),
        )
    rows, following = queries.paged(query, Job.id, frame.after())
    return frame.page(
        "setup/jobs.html",
        _("Jobs"),
        rows=[
            (row, _title(row, titles), labels.job_state(state), state == queries.PARKED)
            for row, state in ((row, _state(row)) for row in rows)
        ],
        is_running=any(row.state == "running" for row in rows),
        next_url=frame.here(after=following) if following else None,
        first_url=frame.here(after=None) if frame.after() else None,
        csv_url=frame.here(format="csv", after=None),
        chosen={"state": state},
        states=[(name, labels.job_state(name)[0]) for name in STATES],
    )


@blueprint.post("/jobs/<int(max=9223372036854775807):number>/<act>")
@allow(ADMIN)
def job_act(number: int, act: str) -> ResponseReturnValue:
    """Try a failed job again, or cancel one."""
    if act == "retry":
        service.retry_job(context(), number)
        flash(_("The job waits for its turn again."))
    elif act == "cancel":
        service.cancel_job(context(), number)
        flash(_("The job is cancelled."))
    else:
        raise NotFound
    return redirect(url_for(".job_list", state=request.form.get("state") or None), 303)


def _state(row: Any) -> str:
    """Return the state as people should see it: waiting jobs of a plugin that is off are parked."""
    is_off = row.plugin and not acts.plugins().is_active(row.plugin)
    return queries.PARKED if row.state == jobs.WAITING and is_off else str(row.state)


def _title(row: Any, titles: Any) -> str:
    kind = titles.get(row.name)
    return str(kind.title) if kind else str(row.name)
