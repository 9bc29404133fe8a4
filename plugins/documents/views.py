"""Documents of a consortium: the list, one with its versions, files to save, and what people do."""

from __future__ import annotations

import csv
import io
from typing import Any

from flask import Blueprint, Response, flash, g, redirect, request
from flask.typing import ResponseReturnValue

from plugins.consortia.interface import CLOSED, LEAD, STRANGERS, Seen, find, page, shown
from plugins.documents import forms, labels, queries, rules, service
from plugins.documents.models import Document, Version
from portal import settings, undo
from portal.context import Context
from portal.errors import Conflict, Invalid
from portal.fields import version_of
from portal.i18n import _, number
from portal.people import throttle
from portal.people.forms import mark
from portal.web.access import ANYONE, SIGNED_IN, allow

blueprint = Blueprint("documents", __name__)

WRITING = throttle.Limit("documents-writing", 120, 3_600)
"""What one account may do about documents in an hour."""
FETCHING = throttle.Limit("documents-fetching", 300, 3_600)
"""Files that one network may fetch in an hour without an account."""
CHANGERS = "OrgEditor or OrgAdmin of the lead or of the member that added it; others get 403 or 404"
HEADS = ("title", "read_by", "version", "file", "bytes", "day_utc", "organisation", "note")
UNDO = "documents.bring_back"


def _inside(slug: str) -> Seen:
    found = find(g.ctx, slug)
    if request.method == "POST":
        throttle.spend(g.ctx, WRITING, str(g.ctx.actor.account_id))
    return found


def _address(here: Seen, row: Document | None = None) -> str:
    end = f"/{row.public_id}" if row else ""
    return f"/consortia/{here.slug}/documents{end}"


def _sent() -> tuple[str, bytes]:
    """Return name and content of the file that came along."""
    sent = request.files.get("file")
    most = int(settings.of(g.ctx, "documents")["file_megabytes"]) * rules.MEGABYTE
    return (sent.filename or "", sent.read(most + 1)) if sent else ("", b"")


# The list


@blueprint.get("/consortia/<slug>/documents")
@allow(ANYONE, owner="members see what they may read, others what everybody may")
def index(slug: str) -> ResponseReturnValue:
    """List the documents that the reader may read."""
    here = shown(g.ctx, slug)
    if here.part:
        return _index(here, forms.AddForm(is_lead=here.part == LEAD))
    rows = queries.listed(here, (rules.PUBLIC,))
    if not rows:
        raise queries.missing()
    return page(here, "documents/public.html", "documents", rows=rows, size=labels.size)


def _index(here: Seen, form: forms.AddForm, status: int = 200) -> ResponseReturnValue:
    own, q = queries.writes_for(g.ctx, here), request.args.get("q", "")[:200]
    rows = queries.listed(here, queries.readable(here, own), q)
    runs = here.part == LEAD and here.state != CLOSED
    return page(
        here,
        "documents/index.html",
        "documents",
        status,
        rows=rows,
        q=q,
        form=form,
        may_add=bool(own) and here.state != CLOSED,
        gone=queries.removed(here, queries.lasts(g.ctx.clock.now())) if runs else [],
        used=number(rules.megabytes(queries.used(here.id))),
        room=number(int(settings.of(g.ctx, "documents")["quota_megabytes"])),
        most=number(int(settings.of(g.ctx, "documents")["file_megabytes"])),
        days=rules.DAYS_TO_BRING_BACK,
        audience=labels.audience,
        size=labels.size,
    )


@blueprint.get("/consortia/<slug>/documents.csv")
@allow(SIGNED_IN, owner=STRANGERS)
def as_csv(slug: str) -> ResponseReturnValue:
    """Give the list as a sheet."""
    here = _inside(slug)
    rows = queries.listed(here, queries.readable(here, queries.writes_for(g.ctx, here)),
                          request.args.get("q", "")[:200])  # fmt: skip
    answer = Response(table(rows), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="documents-{here.slug}.csv"'
    return answer


def table(rows: list[Version]) -> bytes:
    """Return documents as a CSV file, nobody named; a formula is no formula any more."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(HEADS)
    for row in rows:
        cells = (
            row.title, row.audience, row.number, row.file_name, row.size,
            row.created_at.date().isoformat(), row.organisation.name if row.organisation else "",
            row.note,
        )  # fmt: skip
        plain = [str(cell) for cell in cells]
        writer.writerow([f"'{cell}" if cell[:1] in set("=+-@\t\r") else cell for cell in plain])
    return text.getvalue().encode("utf-8-sig")


@blueprint.post("/consortia/<slug>/documents")
@allow(SIGNED_IN, owner="OrgEditor or OrgAdmin of a member; other members get 403, others 404")
def add(slug: str) -> ResponseReturnValue:
    """Add a document."""
    here = _inside(slug)
    form = forms.AddForm(request.form, is_lead=here.part == LEAD)
    values = form.title.data or "", form.audience.data or "", form.note.data or ""
    try:
        made = service.add(g.ctx, here, *values, *_sent())
    except Invalid as error:
        mark(form, error)
        return _index(here, form, 422)
    flash(_("The document is kept. Every later version stays beside this one."))
    return redirect(_address(here, made), 303)


# One document


def _one(slug: str, public_id: str) -> tuple[Seen, Document]:
    here = _inside(slug)
    audiences = queries.readable(here, queries.writes_for(g.ctx, here))
    return here, queries.document(here, public_id, audiences)


@blueprint.get("/consortia/<slug>/documents/<public_id>")
@allow(SIGNED_IN, owner=STRANGERS)
def show(slug: str, public_id: str) -> ResponseReturnValue:
    """Show a document with its versions."""
    return _show(*_one(slug, public_id))


def _show(here: Seen, row: Document, status: int = 200, **typed: Any) -> ResponseReturnValue:
    rows = queries.versions(row)
    before = [*rows[1:], None]
    own = queries.writes_for(g.ctx, here)
    is_lead = here.part == LEAD
    values = {
        "put_form": forms.PutForm(shown=row.number),
        "describe_form": forms.DescribeForm(row=row, is_lead=is_lead),
        **typed,
    }
    return page(
        here,
        "documents/show.html",
        "documents",
        status,
        item=row,
        versions=[
            (each, labels.changes(old, each)) for each, old in zip(rows, before, strict=True)
        ],
        may_change=service.may_change(row, here, own),
        audience=labels.audience,
        readers=labels.audience_help(row.audience),
        most=number(int(settings.of(g.ctx, "documents")["file_megabytes"])),
        size=labels.size,
        base=_address(here),
        **values,
    )


@blueprint.get("/consortia/<slug>/documents/<public_id>/<int:number>")
@allow(ANYONE, owner="who may read the document; of public ones everybody the newest version")
def download(slug: str, public_id: str, number: int) -> ResponseReturnValue:
    """Give a version to save; it is never shown as a page of this site."""
    here = shown(g.ctx, slug)
    if not here.part:
        throttle.spend(g.ctx, FETCHING, request.remote_addr or "")
    audiences = queries.readable(here, queries.writes_for(g.ctx, here))
    row = queries.document(here, public_id, audiences)
    if not here.part and number != row.number:
        raise queries.missing()
    kept = queries.version(row, number)
    answer = Response(queries.content(kept), mimetype=kept.kind)
    answer.headers.set("Content-Disposition", "attachment", filename=kept.file_name)
    answer.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@blueprint.post("/consortia/<slug>/documents/<public_id>/versions")
@allow(SIGNED_IN, owner=CHANGERS)
def put(slug: str, public_id: str) -> ResponseReturnValue:
    """Put a new version."""
    here, row = _one(slug, public_id)
    form = forms.PutForm(request.form, shown=row.number)
    try:
        said, at = form.note.data or "", version_of(form.shown.data)
        service.put(g.ctx, here, row, at, said, *_sent())
    except Invalid as error:
        mark(form, error)
        return _show(here, row, 422, put_form=form)
    except Conflict as error:
        if error.version is None:
            raise
        fresh = forms.PutForm(request.form, shown=row.number)
        fresh.shown.data = str(error.version)
        text = _("Version %(number)s came meanwhile. Look at it below, then choose your file again.",
                 number=error.version)  # fmt: skip
        mark(fresh, Invalid(text, field="file"))
        return _show(here, row, 409, put_form=fresh)
    flash(_("The new version is kept; the ones before stay below."))
    return redirect(_address(here, row), 303)


@blueprint.post("/consortia/<slug>/documents/<public_id>/describe")
@allow(SIGNED_IN, owner=CHANGERS)
def describe(slug: str, public_id: str) -> ResponseReturnValue:
    """Say what it is called and who reads it."""
    here, row = _one(slug, public_id)
    is_lead = here.part == LEAD
    form = forms.DescribeForm(request.form, row=row, is_lead=is_lead)
    at = version_of(form.version.data)
    try:
        service.describe(g.ctx, here, row, at, form.title.data or "", form.audience.data or "")
    except Invalid as error:
        mark(form, error)
        return _show(here, row, 422, describe_form=form)
    except Conflict as error:
        if error.version is not None:
            now = forms.DescribeForm(row=Document.get_by_id(row.id), is_lead=is_lead)
            error.forms = form, now, None, here.is_fictional
        raise
    flash(_("Saved."))
    return redirect(_address(here, row), 303)


@blueprint.post("/consortia/<slug>/documents/<public_id>/restore/<int:number>")
@allow(SIGNED_IN, owner=CHANGERS)
def restore(slug: str, public_id: str, number: int) -> ResponseReturnValue:
    """Bring an older version back, as a new one."""
    here, row = _one(slug, public_id)
    at = version_of(request.form.get("shown"))
    service.restore(g.ctx, here, row, at, number)
    flash(_("Version %(number)s is the newest again.", number=number))
    return redirect(_address(here, row), 303)


@blueprint.post("/consortia/<slug>/documents/<public_id>/remove")
@allow(SIGNED_IN, owner=CHANGERS)
def remove(slug: str, public_id: str) -> ResponseReturnValue:
    """Take a document away, with a button that brings it back."""
    here, row = _one(slug, public_id)
    service.remove(g.ctx, here, row)
    text = _("The document is removed. The lead can bring it back for %(days)s days.",
             days=rules.DAYS_TO_BRING_BACK)  # fmt: skip
    undo.offer(g.ctx, text, UNDO, consortium=here.public_id, document=row.public_id)
    return redirect(_address(here), 303)


@blueprint.post("/consortia/<slug>/documents/<public_id>/bring-back")
@allow(SIGNED_IN, owner=CHANGERS)
def bring_back(slug: str, public_id: str) -> ResponseReturnValue:
    """Bring a removed document back."""
    here = _inside(slug)
    row = service.bring_back(g.ctx, here, public_id)
    flash(_("The document is back, with all its versions."))
    return redirect(_address(here, row), 303)


def undone(ctx: Context, consortium: str, document: str) -> None:
    """Bring a document back for whoever has just removed it."""
    service.bring_back(ctx, find(ctx, consortium), document)


undo.register(UNDO, undone)
