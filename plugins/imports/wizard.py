"""Files on their way into the portal: uploaded, columns chosen, checked, imported, undone.

Checking and importing are jobs. An import goes on after the last chunk that was stored, whichever
worker dies; a chunk, its outcomes and how far the upload is are one transaction.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import IO, Any

import peewee

from plugins.imports import columns, csvfile, labels, outcomes, reading, service
from plugins.imports.models import (
    AT_WORK,
    CHECKED,
    CHECKING,
    DONE,
    IMPORTING,
    NEW,
    STOPPED,
    Content,
    Upload,
)
from portal import audit, db, jobs, settings
from portal.context import SITE_ADMIN, Actor, Context
from portal.errors import Conflict, Invalid, NotAllowed, NotFound, PortalError
from portal.hookspecs import Progress
from portal.i18n import SOURCE, _, set_locale
from portal.jobs import Job
from portal.organisations.models import ImportBatch, Source
from portal.organisations.service import new_public_id
from portal.text import transliterate

CHECK = "imports.check_upload"
IMPORT = "imports.import_upload"
UNDO = "imports.undo_batch"
KEPT = timedelta(days=1)
"""How long the bytes of an uploaded file stay."""
PAUSE = 0.12
"""Seconds between chunks on SQLite: who waits for its lock looks every tenth of a second."""
SHOWN_ROWS = 3
TITLE_LENGTH = 200


def known_columns(ctx: Context) -> list[str]:
    """Return what a column of a file may be: ours, numbers by register, those of plugins."""
    plugins = [name for name in service.plugin_columns(ctx) if name not in service.COLUMNS]
    return [*service.COLUMNS, *labels.schemes(), *plugins]


def begin(ctx: Context, file_name: str, stream: IO[bytes]) -> Upload:
    """Take a file up and guess its columns. Raises Invalid, with what to do, for what is no table."""
    _check(ctx)
    data = csvfile.read_bytes(stream)
    if not data:
        raise Invalid(_("The file is empty."), "file")
    name = re.sub(r"[\x00-\x1f]", "", file_name.replace("\\", "/").rpartition("/")[2])[-200:]
    if not name:
        raise Invalid(_("Choose a file."), "file")
    if name.lower().endswith((".xlsm", ".xltm", ".xlam")):
        told = _("This workbook may hold macros. Save it as Excel workbook (.xlsx) or as CSV.")
        raise Invalid(told, "file")
    table = _opened(ctx, data, {})
    checksum = hashlib.sha256(data).hexdigest()
    now = ctx.clock.now()
    upload = Upload(
        public_id=new_public_id(),
        account=ctx.actor.account_id,
        file_name=name,
        checksum=checksum,
        size=len(data),
        locale=ctx.locale,
        created_at=now,
    )
    _settle(ctx, upload, table, {})
    with db.transaction():
        Content.insert(checksum=checksum, data=data, kept_until=now + KEPT).on_conflict(
            conflict_target=[Content.checksum], update={"kept_until": now + KEPT}
        ).execute()
        upload.save(force_insert=True)
    return upload


def _settle(ctx: Context, upload: Upload, table: csvfile.Table, choices: Mapping[str, Any]) -> None:
    """Guess what the columns are: as they were in the last file with the same ones, else by name."""
    upload.headings = _mark(table.columns)
    earlier = (
        Upload.select()
        .where(Upload.headings == upload.headings, Upload.state.in_((CHECKED, DONE)))
        .order_by(Upload.id.desc())
        .first()
    )
    known = known_columns(ctx)
    source: dict[str, str] = {"title": _stem(upload.file_name)}
    guessed: dict[str, Any] = {
        "columns": columns.guess(table.columns, known),
        "fill": {},
        "source": source,
    }
    if earlier is not None:
        for part in guessed:
            guessed[part] = earlier.choices.get(part, guessed[part])
        key = _source(guessed["source"]).key
        if Source.select().where(Source.key == key).exists():
            guessed["source"] = {"key": key}
        guessed["columns"] = [name if name in known else "" for name in guessed["columns"]]
    upload.choices = {**choices, **guessed, "remembered": earlier is not None}


def _mark(headings: list[str]) -> str:
    return hashlib.sha256("\x1f".join(map(columns.key, headings)).encode()).hexdigest()[:32]


def _stem(file_name: str) -> str:
    return Path(file_name).stem.replace("_", " ")[:TITLE_LENGTH]


def find(ctx: Context, public_id: str) -> Upload:
    """Return an upload. Raises NotFound, NotAllowed for others than administrators."""
    _check(ctx)
    upload: Upload | None = Upload.get_or_none(Upload.public_id == public_id)
    if upload is None:
        raise NotFound
    return upload


def opened(ctx: Context, upload: Upload, choices: Mapping[str, Any] | None = None) -> csvfile.Table:
    """Open the file of an upload. Raises Conflict when it is not kept any more."""
    return _opened(ctx, _bytes(upload), upload.choices if choices is None else choices)


def sheets(upload: Upload) -> list[str]:
    """Return the names of the sheets of a workbook."""
    return reading.sheets(_bytes(upload))


def has_content(upload: Upload) -> bool:
    """Whether the bytes of the file are still kept."""
    return bool(Content.select().where(Content.checksum == upload.checksum).exists())


def _bytes(upload: Upload) -> bytes:
    content = Content.get_or_none(Content.checksum == upload.checksum)
    if content is None:
        raise Conflict(_("Files are kept for one day. Choose the file once more."))
    return bytes(content.data)


def _opened(ctx: Context, data: bytes, choices: Mapping[str, Any]) -> csvfile.Table:
    try:
        return reading.open_any(
            data,
            columns.Weigher(known_columns(ctx)),
            choices.get("sheet", ""),
            choices.get("header"),
        )
    except Invalid as error:
        error.field = error.field or "file"
        raise


def look(
    ctx: Context, upload: Upload, sheet: str, header: int | None
) -> tuple[csvfile.Table, list[list[str]]]:
    """Return the table of another sheet or heading line with its first rows, guessing anew."""
    choices = {"sheet": sheet, "header": header}
    is_other = any(choices[name] != (upload.choices.get(name) or empty) for name, empty in _EMPTY)
    table = opened(ctx, upload, choices if is_other else upload.choices)
    if is_other:
        _check_state(upload, NEW, CHECKED)
        _settle(ctx, upload, table, choices)
        upload.state = NEW
        with db.transaction():
            upload.save()
    return table, sample(table)


_EMPTY: tuple[tuple[str, Any], ...] = (("sheet", ""), ("header", None))


def sample(table: csvfile.Table) -> list[list[str]]:
    """Return the first rows, column by column: what stands in them."""
    found: list[list[str]] = [[] for _column in table.columns]
    table.names = [f"{at}" for at in range(len(table.columns))]
    try:
        for _number, row in zip(range(SHOWN_ROWS), table.rows(), strict=False):
            for at, cells in enumerate(found):
                if text := row.values.get(f"{at}", "").strip():
                    cells.append(text[:60])
    finally:
        table.names = None
    return found


def choose(
    ctx: Context,
    upload: Upload,
    names: list[str],
    fill: Mapping[str, str],
    source: Mapping[str, str],
) -> None:
    """Keep what was chosen and let the worker check every row; nothing is imported yet.

    Raises Invalid naming the field, Conflict when the upload is further already.
    """
    _check_state(upload, NEW, CHECKED)
    table = opened(ctx, upload)
    known = set(known_columns(ctx)) | {""}
    if len(names) != len(table.columns) or not known.issuperset(names):
        raise Invalid(_("Choose the columns once more."), "columns")
    columns.apply(table, names, fill)
    chosen = {"columns": names, "fill": dict(fill), "source": _source_chosen(source)}
    upload.choices = {**upload.choices, **chosen}
    _queue(ctx, upload, CHECK, CHECKING, choices=upload.choices)


def _source_chosen(typed: Mapping[str, str]) -> dict[str, str]:
    key = typed.get("key", "")
    if key:
        if not Source.select().where(Source.key == key).exists():
            raise Invalid(_("Choose one of the sources listed."), "source")
        return {"key": key}
    title = " ".join(typed.get("title", "").split())[:TITLE_LENGTH]
    if not any(sign.isalnum() for sign in title):
        raise Invalid(_("Say where the list comes from: readers see it beside each fact."), "title")
    url = typed.get("url", "").strip()
    if url and not re.fullmatch(r"https?://[^\s<>\"]{3,490}", url):
        raise Invalid(_("Write the address with https://, or leave it empty."), "url")
    licence = " ".join(typed.get("licence", "").split())[:TITLE_LENGTH]
    return {"title": title, "licence": licence, "url": url}


def _source(chosen: Mapping[str, str]) -> Source:
    """Return the source that was chosen; a new one with the name of an old one is that one."""
    if chosen.get("key"):
        known = Source.get_or_none(Source.key == chosen["key"])
        return known or Source(key=chosen["key"], title=chosen["key"])
    title = chosen["title"]
    words = re.sub(r"[^a-z0-9]+", "-", transliterate(title)).strip("-")[:50]
    key = words or hashlib.sha256(title.encode()).hexdigest()[:12]
    found = Source.get_or_none(Source.key == key)
    values = {"licence": chosen.get("licence", ""), "url": chosen.get("url", "")}
    return found or Source(key=key, title=title, **values)


def start_import(ctx: Context, upload: Upload) -> None:
    """Let the worker import what was checked, or go on where it stopped."""
    _check_state(upload, CHECKED, STOPPED)
    _bytes(upload)
    fresh = {"done_line": 0, "counts": {}} if upload.state == CHECKED else {}
    if fresh:
        with db.transaction():
            outcomes.forget(upload)
            _queue(ctx, upload, IMPORT, IMPORTING, **fresh)
    else:
        _queue(ctx, upload, IMPORT, IMPORTING)


def _queue(ctx: Context, upload: Upload, job: str, state: str, **values: Any) -> None:
    now = ctx.clock.now()
    with db.transaction():
        moved = (
            Upload.update(
                state=state,
                message="",
                account=ctx.actor.account_id,
                locale=ctx.locale,
                finished_at=None,
                **values,
            )
            .where(Upload.id == upload.id, Upload.state == upload.state)
            .execute()
        )
        if not moved:
            raise _moved_on()
        kept = Content.update(kept_until=now + KEPT)
        kept.where(Content.checksum == upload.checksum).execute()
        number = jobs.enqueue(ctx, job, {"upload": upload.public_id}, key=upload.public_id)
        Upload.update(job_id=number).where(Upload.id == upload.id).execute()


def retry(ctx: Context, upload: Upload) -> None:
    """Queue the work of an upload once more, when its job failed for good."""
    job = job_of(upload)
    if upload.state not in AT_WORK or (
        job is not None and job.state in (jobs.WAITING, jobs.RUNNING)
    ):
        raise _moved_on()
    name = CHECK if upload.state == CHECKING else IMPORT
    _queue(ctx, upload, name, upload.state)


def cancel(ctx: Context, upload: Upload) -> None:
    """Stop checking or importing. What went in stays until the import goes on or is undone."""
    with db.transaction():
        _check_state(upload, *AT_WORK)
        after = NEW if upload.state == CHECKING else STOPPED
        told = "" if after == NEW else _("You stopped the import.")
        here = (Upload.id == upload.id, Upload.state == upload.state)
        if not Upload.update(state=after, message=told).where(*here).execute():
            raise _moved_on()
        Job.update(state=jobs.CANCELLED, finished_at=ctx.clock.now()).where(
            Job.id == upload.job_id, Job.state.in_((jobs.WAITING, jobs.RUNNING, jobs.FAILED))
        ).execute()


def change_columns(ctx: Context, upload: Upload) -> None:
    """Go back to choosing columns, after the check."""
    _check_state(upload, CHECKED)
    here = (Upload.id == upload.id, Upload.state == CHECKED)
    with db.transaction():
        if not Upload.update(state=NEW).where(*here).execute():
            raise _moved_on()


def discard(ctx: Context, upload: Upload) -> None:
    """Forget an upload of which nothing went in."""
    if upload.batch_id is not None:
        raise Conflict(_("Something of this file went in. Undo the import instead."))
    _check_state(upload, NEW, CHECKED, STOPPED, DONE)
    with db.transaction():
        here = (Upload.id == upload.id, Upload.state == upload.state)
        if not Upload.delete().where(*here).execute():
            raise _moved_on()
        _forget_content(upload.checksum)


def job_of(upload: Upload) -> Job | None:
    """Return the job that works on an upload, or did last."""
    found: Job | None = Job.get_or_none(Job.id == upload.job_id)
    return found


def _check(ctx: Context) -> None:
    if not ctx.actor.is_admin:
        raise NotAllowed


def _check_state(upload: Upload, *allowed: str) -> None:
    if upload.state not in allowed:
        raise _moved_on()


def _moved_on() -> Conflict:
    return Conflict(_("This import is further already. Open its page again."))


# What the worker does


def run_check(ctx: Context, payload: Mapping[str, Any], progress: Progress) -> None:
    """Check every row of an upload: a job. Begins anew when it is done again."""
    upload = _due(payload, CHECKING)
    if upload is None:
        return
    with db.transaction():
        outcomes.forget(upload)
        Upload.update(done_line=0, counts={}).where(Upload.id == upload.id).execute()
        upload.done_line, upload.counts = 0, {}
    _work(ctx, upload, progress, dry_run=True)


def run_import(ctx: Context, payload: Mapping[str, Any], progress: Progress) -> None:
    """Import an upload: a job. Goes on after the last chunk when it is done again."""
    upload = _due(payload, IMPORTING)
    if upload is not None:
        _work(ctx, upload, progress, dry_run=False)


def _due(payload: Mapping[str, Any], state: str) -> Upload | None:
    found: Upload | None = Upload.get_or_none(
        Upload.public_id == payload["upload"], Upload.state == state
    )
    return found


def _work(ctx: Context, upload: Upload, progress: Progress, dry_run: bool) -> None:
    set_locale(upload.locale)
    try:
        own = ctx.as_actor(_actor(upload))
        table = opened(own, upload)
        _work_off(own, upload, table, progress, dry_run)
    except PortalError as error:
        if isinstance(error.__cause__, peewee.OperationalError):
            raise  # the database was busy: the job is tried again and goes on
        here = (Upload.id == upload.id, Upload.state == upload.state)
        after = NEW if dry_run else STOPPED
        with db.transaction():
            Upload.update(state=after, message=error.message).where(*here).execute()
    finally:
        set_locale(SOURCE)


def _actor(upload: Upload) -> Actor:
    """Return who asked for it, as long as they run the site."""
    account = upload.account
    if account is None or account.role != SITE_ADMIN or account.disabled_at is not None:
        raise NotAllowed(_("Who asked for this runs the portal no more. Start it again."))
    return Actor(account.id, account.name, frozenset({"Member", SITE_ADMIN}))


def _work_off(
    ctx: Context, upload: Upload, table: csvfile.Table, progress: Progress, dry_run: bool
) -> None:
    choices = upload.choices
    columns.apply(table, choices["columns"], choices["fill"])
    report = service.Report(upload.file_name, dry_run, accepted=upload.counts.get("new", 0))
    source = _source(choices["source"])
    run = service.Run(ctx, report, source, False, upload.checksum, _Journal(upload), upload.batch)
    if not upload.done_line:
        run.warn_of_repetition()
    run.recogniser.used, run.recogniser.made = outcomes.touched(upload)

    run.work_off(table, _telling(progress), upload.done_line)
    late = list(run.late_duplicates())
    warnings = [*table.warnings, *(text for text in report.warnings if text not in table.warnings)]
    counts = outcomes.counted(late, upload.counts)
    here = (Upload.id == upload.id, Upload.state == upload.state)
    after = CHECKED if dry_run else DONE
    with db.transaction():
        outcomes.write(upload, late)
        Upload.update(
            state=after,
            counts=counts,
            finished_at=ctx.clock.now(),
            message="\n".join(warnings),
        ).where(*here).execute()


def _telling(progress: Progress) -> service.Progress:
    """Tell how far the work is after each chunk, and let others write in between."""

    def tell(done: int, total: int) -> None:
        progress.report(done / max(total, 1), f"{done}/{total}")
        if not db.is_postgres():
            time.sleep(PAUSE)

    return tell


class _Journal:
    """Writes down what became of a chunk, and how far the upload is."""

    def __init__(self, upload: Upload) -> None:
        self._upload = upload

    def __call__(self, run: service.Run, found: list[service.Outcome]) -> None:
        """Write it, inside the chunk's transaction. Raises Cancelled when another goes on with it."""
        upload = self._upload
        counts = outcomes.counted(found, upload.counts)
        values: dict[str, Any] = {"done_line": found[-1].line, "counts": counts}
        if run.batch is not None:
            values["batch"] = run.batch.id
        here = (
            Upload.id == upload.id,
            Upload.state == upload.state,
            Upload.done_line == upload.done_line,
        )
        if not Upload.update(**values).where(*here).execute():
            raise jobs.Cancelled
        outcomes.write(upload, found)
        upload.done_line, upload.counts = found[-1].line, counts


# Undoing


def ask_to_undo(ctx: Context, batch: ImportBatch) -> None:
    """Let the worker undo a batch. Raises Conflict when that was done or its import goes on."""
    _check(ctx)
    if batch.undone_at is not None:
        raise Conflict(_("This batch was undone before."))
    busy = Upload.select().where(Upload.batch == batch.id, Upload.state.in_(AT_WORK))
    if busy.exists():
        raise Conflict(_("The import goes on. Stop it first, then undo it."))
    with db.transaction():
        jobs.enqueue(ctx, UNDO, {"batch": batch.public_id}, key=batch.public_id)
        audit.record(ctx, "batch.undo_asked", "import_batch", batch.id)


def run_undo(ctx: Context, payload: Mapping[str, Any], progress: Progress) -> None:
    """Undo a batch: a job. Goes on with what is left when it is done again."""
    batch = service.batch_of(payload["batch"])
    if batch.undone_at is None:
        service.undo_import(ctx, batch.public_id, progress=_telling(progress))


def undo_job(batch: ImportBatch) -> Job | None:
    """Return the job that undoes a batch, or did last."""
    found: Job | None = (
        Job.select()
        .where(Job.name == UNDO, Job.key == batch.public_id)
        .order_by(Job.id.desc())
        .first()
    )
    return found


# Forgetting


def forget(ctx: Context, _payload: Mapping[str, Any], _progress: Progress) -> None:
    """Delete files a day after they were needed last, and old reports: a job."""
    now = ctx.clock.now()
    old = now - timedelta(days=int(settings.of(ctx, "imports")["report_days"]))
    with db.transaction():
        at_work = Upload.select(Upload.checksum).where(Upload.state.in_(AT_WORK))
        gone = Content.select(Content.checksum).where(
            Content.kept_until < db.utc_text(now), Content.checksum.not_in(at_work)
        )
        gone_sums = [row.checksum for row in gone]
        Content.delete().where(Content.checksum.in_(gone_sums)).execute()
        without_use = (
            Upload.checksum.in_(gone_sums)
            & Upload.batch.is_null()
            & Upload.state.in_((NEW, CHECKED, STOPPED))
        )
        past = (Upload.created_at < db.utc_text(old)) & Upload.state.not_in(AT_WORK)
        Upload.delete().where(without_use | past).execute()


def _forget_content(checksum: str) -> None:
    if not Upload.select().where(Upload.checksum == checksum).exists():
        Content.delete().where(Content.checksum == checksum).execute()
