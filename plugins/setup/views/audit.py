"""Audit: who did what to what; recomputing the log, files of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Response, flash, json, redirect, request, url_for
from flask.typing import ResponseReturnValue

from plugins.setup import frame, labels, queries, references, service
from plugins.setup.views.base import blueprint
from portal.audit import AuditEntry
from portal.i18n import _, ngettext, number, pgettext
from portal.web.access import ADMIN, allow
from portal.web.heartbeat import context

FILTERS = ("action", "actor", "subject", "since", "until")


@blueprint.get("/audit")
@allow(ADMIN)
def audit_log() -> ResponseReturnValue:
    """Search the audit log, newest first."""
    chosen = {name: request.args.get(name, "").replace("\0", "").strip()[:120] for name in FILTERS}
    wrong: dict[str, str] = {}
    days = {name: _day(chosen[name], name, wrong) for name in ("since", "until")}
    query = queries.audit_entries(chosen["action"], chosen["actor"], chosen["subject"], **days)
    if frame.wants("csv") or frame.wants("json"):
        return _file(list(query.order_by(AuditEntry.id.desc()).limit(queries.MOST_EXPORTED)))
    rows, following = queries.paged(query, AuditEntry.id, frame.after())
    job = queries.latest_job(service.VERIFY_AUDIT)
    return frame.page(
        "setup/audit.html",
        _("Audit"),
        status=422 if wrong else 200,
        rows=_linked(_shown(rows), rows),
        next_url=frame.here(after=following) if following else None,
        first_url=frame.here(after=None) if frame.after() else None,
        csv_url=frame.here(format="csv", after=None),
        json_url=frame.here(format="json", after=None),
        chosen=chosen,
        wrong=wrong,
        job=job,
        job_state=labels.job_state(job.state) if job else None,
        verdict=_verdict(job.note) if job and job.state == "done" else None,
    )


@blueprint.post("/audit/verify")
@allow(ADMIN)
def verify_audit() -> ResponseReturnValue:
    """Let the worker recompute the log."""
    service.ask_for(context(), service.VERIFY_AUDIT)
    flash(_("The log is being recomputed; the result stands here soon."))
    return redirect(url_for(".audit_log"), 303)


def _day(text: str, name: str, wrong: dict[str, str]) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        wrong[name] = _("Write year, month and day: 2027-05-18.")
        return None


def _shown(rows: list[Any]) -> list[dict[str, Any]]:
    """Return entries with addresses and personal values where those are still there."""
    names = queries.names_of({row.account_id for row in rows if row.account_id})
    values = queries.values_of([row.id for row in rows])
    return [
        {
            "entry": row.id,
            "at": row.at,
            "actor": names.get(row.account_id) or row.actor,
            "action": row.action,
            "subject": f"{row.subject_type} {row.subject_id or ''}".strip(),
            "detail": {**row.detail, **values.get(row.id, {})},
            "request": row.request_id,
        }
        for row in rows
    ]


def _linked(shown: list[dict[str, Any]], rows: list[Any]) -> list[dict[str, Any]]:
    """Put beside each entry the object it is about: by its name while its plugin is on."""
    asked = [
        references.Reference(row.subject_type, row.subject_id or 0, entry["subject"])
        for row, entry in zip(rows, shown, strict=True)
    ]
    return [
        {**entry, "about": about}
        for entry, about in zip(shown, references.show(asked), strict=True)
    ]


def _file(rows: list[Any]) -> ResponseReturnValue:
    shown = [{**row, "at": row["at"].isoformat()} for row in _shown(rows)]
    if frame.wants("json"):
        answer = Response(
            json.dumps(shown, ensure_ascii=False, indent=1), mimetype="application/json"
        )
        answer.headers["Content-Disposition"] = 'attachment; filename="audit.json"'
        return answer
    heads = [_("Entry"), _("When"), _("Who"), _("What"), _("About"), _("Details")]
    heads.append(pgettext("audit", "Request"))
    cells = (
        [
            json.dumps(cell, ensure_ascii=False) if isinstance(cell, dict) else cell
            for cell in row.values()
        ]
        for row in shown
    )
    return frame.as_csv("audit", heads, cells)


def _verdict(note: str) -> tuple[str, str]:
    """Return kind and words of what the last recomputation found."""
    kind, _blank, rest = note.partition(" ")
    if kind == "sound":
        size = int(rest)
        words = ngettext(
            "%(all)s entry is as it was written.",
            "All %(all)s entries are as they were written.",
            size,
            all=number(size),
        )
        return "ok", words
    count, _blank, told = rest.partition(" ")
    return "bad", _("%(count)s faults: %(told)s", count=count, told=told)
