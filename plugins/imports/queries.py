"""What the pages of the wizard ask, in a bounded number of statements."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from flask import Response
from peewee import JOIN

from plugins.directory.interface import duplicates
from plugins.imports.models import Upload
from plugins.imports.service import Outcome
from portal.i18n import _
from portal.organisations.models import ImportBatch, Organisation
from portal.people.models import Account
from portal.web.frame import plugin_url

PAGE = 25
MOST_WAITING = 20


def waiting() -> list[Upload]:
    """Return the files of which nothing went in yet, newest first."""
    here = Upload.batch.is_null() & (Upload.state != "done")
    query = Upload.select(Upload, Account).join(Account, JOIN.LEFT_OUTER).where(here)
    return list(query.order_by(Upload.id.desc()).limit(MOST_WAITING))


def batches(before: int | None) -> tuple[list[tuple[ImportBatch, Upload | None]], int | None]:
    """Return a page of batches with their uploads, newest first, and where the next one begins."""
    query = ImportBatch.select(ImportBatch, Account).join(Account, JOIN.LEFT_OUTER)
    if before is not None:
        query = query.where(ImportBatch.id < before)
    found = list(query.order_by(ImportBatch.id.desc()).limit(PAGE + 1))
    shown = found[:PAGE]
    uploads = {
        row.batch_id: row
        for row in Upload.select().where(Upload.batch.in_([row.id for row in shown]))
    }
    following = shown[-1].id if len(found) > PAGE else None
    return [(row, uploads.get(row.id)) for row in shown], following


def upload_of(batch: ImportBatch) -> Upload | None:
    """Return the upload from which a batch came, if it came from one."""
    found: Upload | None = Upload.get_or_none(Upload.batch == batch.id)
    return found


def slugs(ids: Iterable[int | None]) -> dict[int, str]:
    """Return the addresses of entries that are there, by id."""
    wanted = [number for number in ids if number is not None]
    rows = Organisation.select(Organisation.id, Organisation.slug).where(
        Organisation.id.in_(wanted), Organisation.hidden_at.is_null()
    )
    return {row.id: plugin_url("partners.profile", slug=row.slug) for row in rows}


def left(batch: ImportBatch) -> list[Organisation]:
    """Return the organisations of a batch that are there."""
    query = Organisation.select().where(Organisation.batch == batch.id)
    return list(query.order_by(Organisation.folded_name).limit(200))


def pairs(items: Sequence[Outcome]) -> list[dict[str, Any]]:
    """Return likely duplicates side by side: the row's entry, the others, where they are merged."""
    ids = [item.organisation_id for item in items if item.organisation_id is not None]
    entries = {row.id: row for row in Organisation.select().where(Organisation.id.in_(ids))}
    found = []
    for item in items:
        entry = entries.get(item.organisation_id or 0)
        if entry is None:
            continue
        others = [
            {"entry": other, "url": _profile(other), "merge": _merging(other, entry)}
            for other in duplicates(entry, 3)
        ]
        row = {"line": item.line, "entry": entry, "url": _profile(entry), "others": others}
        found.append({**row, "reason": item.duplicate})
    return found


def _profile(entry: Organisation) -> str:
    return plugin_url("partners.profile", slug=entry.slug)


def _merging(keep: Organisation, other: Organisation) -> str:
    """The older one stays."""
    if keep.id > other.id:
        keep, other = other, keep
    return plugin_url("merging.preview", keep=keep.slug, other=other.slug)


def as_csv(name: str, rows: Iterable[Sequence[Any]]) -> Response:
    """Return the report on every row as a file that no spreadsheet takes for formulas."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([_("Line"), _("Name"), _("Outcome"), _("Column"), _("What is to be said")])
    for row in rows:
        writer.writerow([_disarmed(str(cell)) for cell in row])
    answer = Response("\ufeff" + text.getvalue(), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


def _disarmed(cell: str) -> str:
    return f"'{cell}" if cell[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell
