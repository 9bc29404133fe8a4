"""Documents of past stays: handed in, read, decided about."""

from __future__ import annotations

from flask import Response, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from plugins.cooperation import documents, entering, forms, labels, queries, rules, sealing
from plugins.cooperation.views.base import blueprint, chosen_own, spend
from portal import permissions, workflow
from portal.errors import Conflict, Invalid, NotFound
from portal.i18n import _
from portal.people.forms import mark
from portal.web.access import SIGNED_IN, allow

HANDED_IN = "people of the organisation that handed it in, and reviewers; others get 404"


@blueprint.route("/cooperation/<public_id>/document", methods=["GET", "POST"])
@allow(SIGNED_IN, owner="OrgEditor or OrgAdmin of both organisations; others get 404 or 403")
def hand_in(public_id: str) -> ResponseReturnValue:
    """Hand in a dated document of a confirmed stay."""
    row = queries.record(g.ctx, public_id)
    permissions.check(g.ctx, "undo", row)
    mine = [
        item
        for item in queries.own_organisations(g.ctx)
        if item.id in {row.proposer_id, row.partner_id}
    ]
    form = forms.DocumentForm(request.form or None)
    problem = entering.rated_problem(g.ctx, row)
    if not sealing.can_seal():
        problem = _("Documents can't be kept here: the operator has not installed what seals them.")
    status = 200
    if request.method == "POST":
        status = 422
        sent = request.files.get("file")
        content = sent.read() if sent else b""
        try:
            if problem:
                raise Conflict(problem)
            if form.validate():
                if not content:
                    raise Invalid(_("Choose the document."), field="file")
                spend()
                own = chosen_own(mine)
                kind = form.kind.data or ""
                documents.hand_in(g.ctx, row, own, kind, form.dated_on.data, content)
                flash(_("A reviewer looks at it within %(days)s working days.",
                        days=rules.DECIDED_WITHIN))  # fmt: skip
                return redirect(f"/cooperation/{public_id}", 303)
        except (Invalid, Conflict) as error:
            mark(form, error)
            status = error.status
    return render_template(
        "cooperation/document_form.html", row=row, form=form, problem=problem,
        days=rules.KEPT_AFTER_DECISION.days,
    ), status  # fmt: skip


@blueprint.get("/cooperation/documents/<public_id>")
@allow(SIGNED_IN, owner=HANDED_IN)
def document(public_id: str) -> ResponseReturnValue:
    """Show a document with the entry it is about, to decide on it."""
    row = queries.document(g.ctx, public_id)
    record = row.record
    return render_template(
        "cooperation/document.html",
        row=row,
        record=record,
        sender=record.sender,
        host=record.host,
        months=labels.months(record.first_month, record.last_month),
        kind=labels.KINDS[row.kind],
        is_kept=row.content is not None,
        flow=workflow.panel(g.ctx, row),
    )


@blueprint.get("/cooperation/documents/<public_id>/file")
@allow(SIGNED_IN, owner=HANDED_IN)
def document_file(public_id: str) -> ResponseReturnValue:
    """Give the document as a file to save; each reading is written down."""
    row = queries.document(g.ctx, public_id)
    if row.content is None:
        raise NotFound(_("This file is not kept any more."))
    content = documents.read(g.ctx, row)
    end = row.content_type.rpartition("/")[2]
    headers = {
        "Content-Disposition": f'attachment; filename="document-{row.public_id}.{end}"',
        "Cache-Control": "no-store",
    }
    return Response(content, mimetype=row.content_type, headers=headers)
