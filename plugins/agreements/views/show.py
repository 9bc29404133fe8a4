"""An agreement: its page, its versions side by side, the very bytes of one."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Response, g, render_template, request
from flask.typing import ResponseReturnValue

from plugins.agreements import (
    drafting,
    forms,
    labels,
    negotiating,
    pages,
    policy,
    queries,
    signing,
)
from plugins.agreements.models import DRAFT, FROZEN, IN_FORCE, NEGOTIATION, Agreement, Version
from plugins.agreements.views.base import PARTY, blueprint, own, template_of
from plugins.agreements.workflow import parties
from portal import workflow
from portal.errors import NotFound
from portal.i18n import _, day
from portal.web.access import SIGNED_IN, allow


@blueprint.get("/agreements/<public_id>")
@allow(SIGNED_IN, owner=PARTY)
def show(public_id: str) -> ResponseReturnValue:
    """Show an agreement: text, who waits for whom, what to do next."""
    found = queries.find(g.ctx, public_id)
    return render_template("agreements/show.html", **page_of(found))


def page_of(found: queries.Found) -> dict[str, Any]:
    """Return what the page of an agreement shows to somebody who may see it."""
    row, ctx = found.agreement, g.ctx
    there = parties(row.id)
    mine = policy.hands(ctx, row, there)
    writing = next((item for item in mine if item.may_write), None)
    current = queries.shown(row)
    content = drafting.content_of(current)
    is_open = row.state in (DRAFT, NEGOTIATION)
    signed = pages.signed_by(row)
    unsigned = [party for party in there if party.id not in signed]
    lacking = negotiating.without_signatory(unsigned) if is_open or row.state in FROZEN else []
    return {
        "row": row,
        "kind": labels.kind(row.kind),
        "form_note": template_of(row).word(f"form.{row.kind}"),
        "state": labels.state(row.state),
        "clauses": pages.clause_rows(row, content, there, writing.party if writing else None),
        "parties": [pages.party_row(party, row, signed) for party in there],
        "waiting": queries.waiting(row, there),
        "problems": drafting.problems(ctx, row) if is_open else [],
        "titles": pages.titles_of(content),
        "lacking": [party.name for party in lacking],
        "current": current,
        "mine": mine,
        "writing": writing,
        "signer": next((item for item in mine if item.signer), None),
        "may": found.rights if mine else {"view"},
        "is_open": is_open,
        "is_owner": "run" in found.rights,
        "has_agreed": writing is not None and writing.party.confirmed == row.number,
        "is_corrected": row.frozen not in (0, row.number),
        "flow": workflow.panel(ctx, row),
        "reason": signing.reasons(row) if row.state == NEGOTIATION else "",
        "voided": [pages.signature_row(item) for item in queries.signatures(row) if item.voided_at],
        "openings": queries.openings(row),
        "reason_form": forms.ReasonForm(),
        "notice_form": forms.NoticeForm(),
        "in_force": row.state == IN_FORCE,
        "ends_on": day(date.fromisoformat(row.ends_on), "medium") if row.ends_on else "",
        "deadline_on": day(date.fromisoformat(row.deadline_on), "medium")
        if row.deadline_on
        else "",
        "frozen": row.state in FROZEN,
        "predecessor": _visible(row.predecessor),
    }


def _visible(row: Agreement | None) -> Agreement | None:
    if row is None:
        return None
    try:
        return queries.find(g.ctx, row.public_id).agreement
    except NotFound:
        return None


@blueprint.get("/agreements/<public_id>/versions")
@allow(SIGNED_IN, owner=PARTY)
def compare(public_id: str) -> ResponseReturnValue:
    """List the versions of an agreement and compare two of them word by word."""
    row = own(public_id)
    newer = _version(row, request.args.get("to"), row.number)
    older = _version(row, request.args.get("from"), max(newer.number - 1, 1))
    content = drafting.content_of(newer)
    names = pages.names_of(parties(row.id))
    titles = pages.titles_of(content)
    return render_template(
        "agreements/compare.html",
        row=row,
        older=older,
        newer=newer,
        rows=[pages.version_row(item, titles) for item in queries.versions(row)],
        differences=pages.differences(drafting.content_of(older), content, names),
    )


def _version(row: Agreement, number: str | None, otherwise: int) -> Version:
    found = drafting.version(row, forms.version_of(number) if number else otherwise)
    if found is None:
        raise NotFound(_("There is no such version."))
    return found


@blueprint.get("/agreements/<public_id>/versions/<int(max=999999):number>.json")
@allow(SIGNED_IN, owner=PARTY)
def version_file(public_id: str, number: int) -> ResponseReturnValue:
    """Give the exact bytes of a version: what its hash is of."""
    row = own(public_id)
    found = _version(row, str(number), number)
    name = f"agreement-{row.public_id}-{number}.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(bytes(found.content), mimetype="application/json", headers=headers)
