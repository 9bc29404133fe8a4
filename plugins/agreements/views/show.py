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
    reading,
    signing,
)
from plugins.agreements.models import DRAFT, FROZEN, IN_FORCE, NEGOTIATION, Agreement, Version
from plugins.agreements.seats import seats
from plugins.agreements.views.base import PARTY, asked_page, blueprint, own, template_of
from plugins.agreements.workflow import parties
from portal.errors import NotFound
from portal.fields import version_of
from portal.i18n import _, day
from portal.web.access import SIGNED_IN, allow


@blueprint.get("/agreements/<public_id>")
@allow(SIGNED_IN, owner=PARTY)
def show(public_id: str) -> ResponseReturnValue:
    """Show an agreement: text, who waits for whom, what to do next."""
    return render_template("agreements/show.html", **page_of(own(public_id)))


def page_of(row: Agreement) -> dict[str, Any]:
    """Return what the page of an agreement shows to somebody who may see it."""
    ctx = g.ctx
    there, is_frozen = seats(row.id), row.state in FROZEN
    mine = policy.hands(ctx, row, signing=is_frozen)
    writing = next((item for item in mine if item.may_write), None)
    signer = next((item for item in mine if item.signer), None)
    current = reading.newest(row)
    text = reading.of(row, current, there)
    is_open = row.state in (DRAFT, NEGOTIATION)
    signed = {seat.id for seat in there if seat.signature_id}
    unsigned = [seat for seat in there if seat.id not in signed]
    lacking = negotiating.without_signatory(unsigned) if is_open or is_frozen else []
    problems = reading.problems(row, text, there, ctx.clock.now().date()) if is_open else []
    may, past = policy.offered(row, mine), queries.past(row)
    voided, opened = queries.counts(row)
    tools = pages.Tools(
        f"/agreements/{row.public_id}", talks=row.state == NEGOTIATION, suggests=True
    )
    may_change = writing is not None and "negotiate" in may
    return {
        "row": row,
        "kind": labels.kind(row.kind),
        "form_note": template_of(row).word(f"form.{row.kind}"),
        "state": labels.state(row.state),
        "clauses": pages.clause_page(
            row,
            text,
            there,
            writing.party if writing else None,
            asked_page(),
            tools if may_change else None,
        ),
        "parties": pages.party_page(row, there, asked_page("parties"), text),
        "waiting": queries.waiting(row, there),
        "problems": pages.problem_list(text, problems, tools.page, row.languages[0]),
        "open_points": len(problems),
        "lacking": [party.name for party in lacking],
        "current": current,
        "mine": mine,
        "writing": writing,
        "signer": signer if signer and signer.party.id not in signed else None,
        "may_attest": writing is not None and writing.party.id not in signed,
        "may": may,
        "may_change": may_change,
        "is_open": is_open,
        "is_owner": "run" in may,
        "has_agreed": writing is not None and writing.party.confirmed == row.number,
        "is_corrected": row.frozen not in (0, row.number),
        "flow": {"history": pages.steps(past) if "history" in may else []},
        "reason": signing.reasons(row, past) if row.state == NEGOTIATION else "",
        "voided": [pages.signature_row(item) for item in queries.signatures(row) if item.voided_at]
        if voided
        else [],
        "openings": queries.openings(row) if opened else [],
        "in_force": row.state == IN_FORCE,
        "notice_form": forms.NoticeForm() if row.state == IN_FORCE else None,
        "ends_on": day(date.fromisoformat(row.ends_on), "medium") if row.ends_on else "",
        "deadline_on": day(date.fromisoformat(row.deadline_on), "medium")
        if row.deadline_on
        else "",
        "frozen": is_frozen,
        "predecessor": _visible(row.predecessor),
    }


def _visible(row: Agreement | None) -> Agreement | None:
    if row is None:
        return None
    try:
        return queries.find(g.ctx, row.public_id)
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
    found = drafting.version(row, version_of(number) if number else otherwise)
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
