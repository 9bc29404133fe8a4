"""The wizard: list of imports, upload, columns, check, import, result, undoing."""

from __future__ import annotations

from typing import Any

from flask import (
    Blueprint,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from plugins.imports import csvfile, forms, labels, outcomes, queries, service, wizard
from plugins.imports.models import AT_WORK, CHECKED, NEW, Upload
from portal.errors import Invalid, NotFound
from portal.i18n import _
from portal.people.forms import mark
from portal.people.views import keep_nothing
from portal.web.access import ADMIN, allow
from portal.web.errors import problem
from portal.web.frame import plugin_url
from portal.web.heartbeat import context

blueprint = Blueprint("imports", __name__, url_prefix="/setup/imports")
blueprint.after_request(keep_nothing)

SHOWN = 5
"""Rows of each kind on the page of an import."""
LISTED = ("refused", "updated", "kept", "problems")
"""Kinds of rows on that page, beside likely duplicates."""
PAGE = 50
PAIRS = 20
"""Likely duplicates on a page: each takes some statements."""
MEBIBYTE = 2**20


@blueprint.errorhandler(RequestEntityTooLarge)
def _too_large(_error: RequestEntityTooLarge) -> ResponseReturnValue:
    """Say what to do with a file that is too large."""
    told = _(
        "A file may have at most %(most)s MiB here. Cut it into parts, each with the line of "
        "headings. Files up to %(more)s MiB can be imported on the server: portal import "
        "organisations FILE",
        most=_most() // MEBIBYTE,
        more=csvfile.FILE_LIMIT // MEBIBYTE,
    )
    return problem(413, told)


def _most() -> int:
    return int(current_app.config["PORTAL"].max_upload_mib) * MEBIBYTE


def _page(
    template: str, title: str, crumbs: bool = True, status: int = 200, **values: Any
) -> ResponseReturnValue:
    way = [(_("Site Setup"), plugin_url("setup.home") or None)]
    way += [(_("Imports"), url_for(".index")), (title, None)] if crumbs else [(title, None)]
    way = [item for item in way if item[1] or item == way[-1]]
    return render_template(f"imports/{template}.html", title=title, crumbs=way, **values), status


@blueprint.get("")
@allow(ADMIN)
def index() -> ResponseReturnValue:
    """List files on their way and what was imported."""
    after = request.args.get("after", "")
    start = int(after) if after.isascii() and after.isdigit() and len(after) < 10 else None
    rows, following = queries.batches(start)
    return _page(
        "index",
        _("Imports"),
        False,
        waiting=[] if start else [(row, labels.state(row.state)) for row in queries.waiting()],
        rows=[(row, upload, labels.state(_state(row, upload))) for row, upload in rows],
        next_url=url_for(".index", after=following) if following else None,
        first_url=url_for(".index") if start else None,
    )


def _state(batch: Any, upload: Upload | None) -> str:
    if batch.undone_at is not None:
        return "undone"
    return upload.state if upload else "done"


@blueprint.route("/new", methods=["GET", "POST"])
@allow(ADMIN)
def new() -> ResponseReturnValue:
    """Upload a file."""
    form = forms.UploadForm()
    status = 200
    if request.method == "POST":
        sent = request.files.get("file")
        try:
            if sent is None or not sent.filename:
                raise Invalid(_("Choose a file."), "file")
            upload = wizard.begin(context(), sent.filename, sent.stream)
            return redirect(url_for(".upload", public_id=upload.public_id), 303)
        except Invalid as error:
            mark(form, error)
            status = error.status
    title, most = _("Import organisations"), _most()
    return _page("new", title, status=status, form=form, most_bytes=most, most=most // MEBIBYTE)


@blueprint.get("/<public_id>")
@allow(ADMIN)
def upload(public_id: str) -> ResponseReturnValue:
    """Show how far a file is: its columns, work in progress, or what came of it."""
    ctx = context()
    found = wizard.find(ctx, public_id)
    if found.state == NEW and wizard.has_content(found):
        return _columns_page(found, _columns_form(found, None))
    if found.state in AT_WORK:
        job = wizard.job_of(found)
        is_over = job is not None and job.state in ("failed", "cancelled")
        return _page("working", found.file_name, upload=found, job=job, is_over=is_over)
    return _result(found)


def _result(found: Upload) -> ResponseReturnValue:
    is_checked = found.state == CHECKED
    batch = found.batch
    undoing = wizard.undo_job(batch) if batch is not None else None
    is_undone = batch is not None and batch.undone_at is not None
    counts = found.counts
    shown = outcomes.first(found, (*LISTED, "duplicates"), SHOWN)
    parts = [(kind, counts[kind], _shown(shown[kind])) for kind in LISTED if counts.get(kind)]
    doubles = shown["duplicates"]
    return _page(
        "result",
        found.file_name,
        upload=found,
        batch=batch,
        counts=counts,
        parts=parts,
        titles=labels.kind_title,
        is_checked=is_checked,
        is_kept=wizard.has_content(found),
        state=labels.state("undone" if is_undone else found.state),
        is_undone=is_undone,
        is_undoing=bool(undoing and undoing.state in ("waiting", "running")) and not is_undone,
        pairs=queries.pairs(doubles) if not is_checked and not is_undone else [],
        doubles=_shown(doubles) if is_checked else [],
        tab_items=_tabs(found, ""),
    )


def _shown(items: list[service.Outcome]) -> list[dict[str, Any]]:
    slugs = queries.slugs(item.organisation_id for item in items)
    return [
        {
            "line": item.line,
            "name": item.name,
            "outcome": labels.outcome(item.what),
            "url": slugs.get(item.organisation_id or 0, ""),
            "said": [
                (labels.column_name(column) if column else "", text)
                for column, text in outcomes.said(item)
            ],
        }
        for item in items
    ]


def _tabs(found: Upload, chosen: str) -> list[tuple[str, str, bool]]:
    here = [(_("Overview"), url_for(".upload", public_id=found.public_id), not chosen)]
    for kind in outcomes.KINDS:
        if found.counts.get(kind):
            url = url_for(".rows", public_id=found.public_id, kind=kind)
            here.append((labels.kind_title(kind), url, kind == chosen))
    return here


@blueprint.get("/<public_id>/rows")
@allow(ADMIN)
def rows(public_id: str) -> ResponseReturnValue:
    """List the rows of one kind, or give the report on every row as a file."""
    found = wizard.find(context(), public_id)
    if request.args.get("format") == "csv":
        return queries.as_csv(f"import-{found.public_id}", outcomes.lines(found))
    kind = request.args.get("kind", "")
    if kind not in outcomes.KINDS:
        raise NotFound
    text = request.args.get("start", "0")
    start = int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 0
    size = PAIRS if kind == "duplicates" else PAGE
    is_pairs = kind == "duplicates" and found.state != CHECKED
    items = [] if is_pairs else _shown(outcomes.some(found, kind, size, start))
    total = found.counts.get(kind, 0)

    def at(place: int) -> str:
        return url_for(".rows", public_id=public_id, kind=kind, start=place or None)

    return _page(
        "rows",
        labels.kind_title(kind),
        upload=found,
        items=items,
        pairs=queries.pairs(outcomes.some(found, kind, size, start)) if is_pairs else [],
        tab_items=_tabs(found, kind),
        first=start + 1,
        last=min(start + size, total),
        total=total,
        previous=at(max(start - size, 0)) if start else None,
        following=at(start + size) if start + size < total else None,
    )


def _columns_form(found: Upload, typed: Any) -> forms.ColumnsForm:
    ctx = context()
    choices = found.choices
    table = wizard.opened(ctx, found)
    source, fill = choices.get("source", {}), choices.get("fill", {})
    return forms.columns_form(
        table.columns,
        wizard.known_columns(ctx),
        wizard.sheets(found),
        typed,
        columns=choices.get("columns", []),
        sheet=choices.get("sheet", ""),
        header=choices.get("header"),
        country=fill.get("country", ""),
        type=fill.get("type", ""),
        source=source.get("key", ""),
        title=source.get("title", ""),
        licence=source.get("licence", ""),
        url=source.get("url", ""),
    )


def _columns_page(found: Upload, form: forms.ColumnsForm, status: int = 200) -> ResponseReturnValue:
    table = wizard.opened(context(), found)
    samples = wizard.sample(table)
    return _page(
        "columns",
        found.file_name,
        status=status,
        upload=found,
        form=form,
        columns=list(zip(form.column_fields(), samples, strict=True)),
        warnings=table.warnings,
        remembered=found.choices.get("remembered"),
        is_odd=bool(form.header.errors or form.sheet.errors),
    )


@blueprint.post("/<public_id>/columns")
@allow(ADMIN)
def choose(public_id: str) -> ResponseReturnValue:
    """Keep the columns and let every row be checked; or look at another sheet or heading line."""
    ctx = context()
    found = wizard.find(ctx, public_id)
    form = _columns_form(found, request.form)
    status = 422
    try:
        if not form.validate():
            pass
        elif "look" in request.form:
            wizard.look(ctx, found, form.sheet.data or "", form.header.data)
            return redirect(url_for(".upload", public_id=public_id), 303)
        else:
            wizard.choose(
                ctx,
                found,
                form.chosen(),
                {"country": form.country.data or "", "type": form.type.data or ""},
                {
                    "key": form.source.data or "",
                    "title": form.title.data or "",
                    "licence": form.licence.data or "",
                    "url": form.url.data or "",
                },
            )
            return redirect(url_for(".upload", public_id=public_id), 303)
    except Invalid as error:
        mark(form, error)
        status = error.status
    return _columns_page(found, form, status)


@blueprint.post("/<public_id>/<any(cancel, change, discard, import, retry):act>")
@allow(ADMIN)
def act(public_id: str, act: str) -> ResponseReturnValue:
    """Import what was checked, go on, stop, choose columns again, or forget the file."""
    ctx = context()
    found = wizard.find(ctx, public_id)
    if act == "discard":
        wizard.discard(ctx, found)
        flash(_("The file is forgotten."))
        return redirect(url_for(".index"), 303)
    if act == "cancel":
        wizard.cancel(ctx, found)
        flash(_("Stopped."))
    elif act == "change":
        wizard.change_columns(ctx, found)
    elif act == "retry":
        wizard.retry(ctx, found)
    else:
        wizard.start_import(ctx, found)
    return redirect(url_for(".upload", public_id=public_id), 303)


@blueprint.route("/batches/<public_id>", methods=["GET", "POST"])
@allow(ADMIN)
def batch(public_id: str) -> ResponseReturnValue:
    """Show what undoing a batch would do, and let it be done."""
    ctx = context()
    found = service.batch_of(public_id)
    if request.method == "POST":
        wizard.ask_to_undo(ctx, found)
        return redirect(url_for(".batch", public_id=public_id), 303)
    job = wizard.undo_job(found)
    is_open = found.undone_at is None
    is_working = is_open and job is not None and job.state in ("waiting", "running")
    plan = service.undo_import(ctx, public_id, dry_run=True) if is_open and not is_working else None
    return _page(
        "batch",
        _("Undo an import"),
        batch=found,
        upload=queries.upload_of(found),
        plan=plan,
        job=job,
        is_working=is_working,
        left=queries.left(found) if not is_open else [],
        shown=PAGE,
    )
