"""The log: what rules made of events, as a page and as files; trying again."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue

from plugins.rules import labels, queries, service
from plugins.rules.models import RUN_STATES, Run
from plugins.rules.views.base import after, blueprint, here
from plugins.setup.interface import as_csv, page
from portal import db
from portal.i18n import _
from portal.web.access import ADMIN, allow
from portal.web.heartbeat import context


@blueprint.get("/rules/log")
@allow(ADMIN)
def log() -> ResponseReturnValue:
    """List what rules did, newest first."""
    chosen = {name: request.args.get(name, "") for name in ("rule", "state")}
    all_rules = queries.rules()
    rule_id = next((row.id for row in all_rules if row.public_id == chosen["rule"]), None)
    state = chosen["state"] if chosen["state"] in RUN_STATES else ""
    query = queries.runs(rule_id, state)
    form = request.args.get("format", "")
    if form in {"csv", "json"}:
        return _file(form, query.order_by(Run.id).limit(queries.MOST_EXPORTED))
    rows, following = queries.paged(query, Run.id, after())
    titles = labels.event_titles(context())
    return page(
        "rules/log.html",
        _("Log of rules"),
        [(_("Rules"), url_for(".index"))],
        rows=[(row, titles.get(row.event, row.event), labels.run_state(row.state)) for row in rows],
        next_url=here(after=following) if following else None,
        first_url=here(after=None) if after() else None,
        csv_url=here(format="csv", after=None),
        json_url=here(format="json", after=None),
        chosen=chosen,
        rules=[(row.public_id, row.title) for row in all_rules],
        states=[(name, labels.run_state(name)[0]) for name in RUN_STATES],
    )


def _file(form: str, rows: Any) -> Response:
    heads = (
        "number", "rule", "event", "event_number", "subject", "subject_number", "state", "reason",
        "done", "depth", "happened_at", "finished_at",
    )  # fmt: skip
    cells = [
        (
            row.id, row.rule.title, row.event, row.event_id, row.subject_type, row.subject_id,
            row.state, row.reason, "; ".join(row.done), row.depth, db.utc_text(row.happened_at),
            db.utc_text(row.finished_at) if row.finished_at else "",
        )
        for row in rows
    ]  # fmt: skip
    if form == "csv":
        return as_csv("rules-log", heads, cells)
    answer = jsonify([dict(zip(heads, row, strict=True)) for row in cells])
    answer.headers["Content-Disposition"] = 'attachment; filename="rules-log.json"'
    return answer


@blueprint.post("/rules/log/<int:number>/retry")
@allow(ADMIN)
def retry_run(number: int) -> ResponseReturnValue:
    """Try a failed run again."""
    service.retry_run(context(), queries.run(number))
    flash(_("The rule is tried again soon."))
    return redirect(url_for(".log"), 303)
