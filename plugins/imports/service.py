"""Imports organisations from a CSV file as one batch that can be undone.

The core keeps name, type, country, region, city, website, identifiers and the point on the map;
rows go on to the plugins for the rest. Each 500 rows are one transaction, so that others can
write in between; the batch tells how far it came. Nothing is merged: likely duplicates are named.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO, Any

from plugins.directory.interface import cleaned, identifier
from plugins.imports import bulk, csvfile, rules
from plugins.imports.countries import country_code
from plugins.imports.duplicates import Duplicate, Duplicates, Entry
from portal import db, versions
from portal.context import Context
from portal.errors import Conflict, Invalid, NotAllowed, NotFound, PortalError
from portal.hookspecs import ImportedOrganisation, ImportProblem
from portal.i18n import _
from portal.organisations import service
from portal.organisations.models import (
    ImportBatch,
    Organisation,
    OrganisationMember,
    Source,
)

REQUIRED = ("name", "country")
COLUMNS = (*REQUIRED, "type", "region", "city", "website", "identifiers", "lat", "lon")
CHUNK = 500

Progress = Callable[[int, int], None]


@dataclass
class Report:
    """What an import did, or in a dry run would do. `batch` is empty when nothing was written."""

    file: str
    dry_run: bool
    batch: str = ""
    accepted: int = 0
    rejected: list[ImportProblem] = field(default_factory=list)
    problems: list[ImportProblem] = field(default_factory=list)
    duplicates: list[Duplicate] = field(default_factory=list)
    ignored_columns: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, for JSON."""
        return asdict(self)


@dataclass
class UndoReport:
    """What undoing a batch removed, and which organisations stay with the reason."""

    batch: str
    dry_run: bool
    removed: int = 0
    kept: list[tuple[str, str]] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, for JSON."""
        return asdict(self)


class _DryRun(Exception):
    """Rolls a chunk of a dry run back."""


def import_organisations(
    ctx: Context,
    source_file: Path | str | IO[bytes],
    *,
    source: Source | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
    fictional: bool = False,
    limit: int = csvfile.FILE_LIMIT,
) -> Report:
    """Read organisations from a file or a binary stream; only name and country are required.

    With a source each value is noted as a fact of it. `progress` is called with lines done and
    all lines. Raises Invalid when the file as a whole can't be read, NotAllowed for others than
    administrators, and Conflict when a plugin stops the import: what went in before stays as a
    batch that the message names. A dry run must not stand inside a transaction.
    """
    if not ctx.actor.is_admin:
        raise NotAllowed
    data = csvfile.read_bytes(source_file, limit)
    columns = _plugin_columns(ctx)
    table = csvfile.open_table(data, REQUIRED, [*COLUMNS, *columns])
    name = Path(str(getattr(source_file, "name", source_file))).name
    report = Report(name, dry_run, warnings=list(table.warnings))
    report.ignored_columns = [
        heading or _("column %(number)s without a heading", number=at)
        for at, heading in enumerate(table.columns, 1)
        if heading not in COLUMNS and heading not in columns
    ]
    run = _Run(ctx, report, source, fictional, hashlib.sha256(data).hexdigest())
    del data
    run.warn_of_repetition()
    rows = table.rows()
    while chunk := list(islice(rows, CHUNK)):
        run.take(chunk)
        if progress:
            progress(min(chunk[-1].line, len(table.lines)), len(table.lines))
    report.duplicates = run.duplicates.all()
    if progress:
        progress(len(table.lines), len(table.lines))
    return report


def _plugin_columns(ctx: Context) -> set[str]:
    answers = service.hooks().call("import_columns", ctx)
    return {name for _plugin, columns in answers for name in columns.names}


class _Run:
    """One import under way."""

    def __init__(
        self, ctx: Context, report: Report, source: Source | None, fictional: bool, checksum: str
    ) -> None:
        self.ctx = ctx
        self.report = report
        self.source = source
        self.fictional = fictional
        self.checksum = checksum
        self.batch: ImportBatch | None = None
        self.duplicates = Duplicates()

    def warn_of_repetition(self) -> None:
        before = ImportBatch.get_or_none(
            (ImportBatch.checksum == self.checksum) & ImportBatch.undone_at.is_null()
        )
        if before:
            self.report.warnings.append(
                _(
                    "The same file was imported before, as batch %(batch)s. Undo one of them if "
                    "that was not meant.",
                    batch=before.public_id,
                )
            )

    def take(self, rows: Iterable[csvfile.Row]) -> None:
        entries = [entry for row in rows if (entry := self._entry(row))]
        entries = self.duplicates.without_removed(entries, self._reject)
        self.duplicates.look(entries)
        if entries:
            self._store(entries)
        elif self.batch:
            ImportBatch.update(rejected=len(self.report.rejected)).where(
                ImportBatch.id == self.batch.id
            ).execute()

    def _reject(self, line: int, column: str, reason: str) -> None:
        self.report.rejected.append(ImportProblem(line, column, reason))

    def _note(self, line: int, column: str, reason: str) -> None:
        self.report.problems.append(ImportProblem(line, column, reason))

    def _entry(self, row: csvfile.Row) -> Entry | None:
        if row.fault:
            self._reject(row.line, "", row.fault)
            return None
        for column, text in row.values.items():
            if "\0" in text:
                self._reject(row.line, column, _("The text contains NUL bytes."))
                return None
        get = row.values.get
        try:
            values = cleaned({"name": get("name", "")})
            values |= cleaned({"country": country_code(get("country", ""))})
            if get("type", "").strip():
                values |= cleaned({"type": row.values["type"]})
        except Invalid as error:
            self._reject(row.line, error.field or "", error.message)
            return None
        if row.note:
            self._note(row.line, "", row.note)
        values |= self._optional(row)
        return Entry(values, self._identifiers(row), row.line, row.values)

    def _optional(self, row: csvfile.Row) -> dict[str, Any]:
        """Take what can be taken; a value that can't be is left out and named."""
        kept: dict[str, Any] = {"domain": ""}
        for column in ("region", "city", "website"):
            kept[column] = ""
            try:
                kept |= cleaned({column: row.values.get(column, "")})
            except Invalid as error:
                self._note(row.line, column, error.message)
        for column, limit in (("lat", 90), ("lon", 180)):
            try:
                kept[column] = rules.coordinate(row.values.get(column, ""), column, limit)
            except Invalid as error:
                kept[column] = None
                self._note(row.line, column, error.message)
        return kept

    def _identifiers(self, row: csvfile.Row) -> list[tuple[str, str]]:
        found: dict[tuple[str, str], None] = {}
        for scheme, value in rules.split_identifiers(row.values.get("identifiers", "")):
            try:
                found[identifier(scheme, value)] = None
            except Invalid as error:
                self._note(row.line, "identifiers", error.message)
        return list(found)

    def _store(self, entries: Sequence[Entry]) -> None:
        batch_before = self.batch
        try:
            with db.transaction():
                self._write(entries)
                if self.report.dry_run:
                    raise _DryRun
        except _DryRun:
            self.batch = batch_before
        except Exception as error:
            self.batch = batch_before
            raise self._stopped(entries[0].line, error) from error
        self.report.accepted += len(entries)
        if self.batch:
            self.report.batch = self.batch.public_id

    def _stopped(self, line: int, error: Exception) -> Exception:
        """Say where an import stopped and how to take back what went in before."""
        reason = str(error) if isinstance(error, PortalError) else type(error).__name__
        if self.batch is None:
            text = _("Nothing was imported: line %(line)s and following failed (%(reason)s).")
            return Conflict(text % {"line": line, "reason": reason})
        return Conflict(
            _(
                "The import stopped at line %(line)s (%(reason)s). What went in before is batch "
                "%(batch)s: %(accepted)s organisations. Undo it with: portal import undo %(batch)s",
                line=line,
                reason=reason,
                batch=self.batch.public_id,
                accepted=self.report.accepted,
            )
        )

    def _write(self, entries: Sequence[Entry]) -> None:
        if self.batch is None:
            self.batch = bulk.new_batch(self.ctx, "organisations", self.report.file, self.checksum)
        ids = bulk.add_unclaimed(self.ctx, entries, self.batch, self.source, self.fictional)
        rows = [
            ImportedOrganisation(number, entry.row, entry.line, self.batch.id)
            for number, entry in zip(ids, entries, strict=True)
        ]
        found = service.hooks().each("organisation_imported", self.ctx, rows=rows)
        self.report.problems.extend(found)
        service.announce(self.ctx, ids)
        ImportBatch.update(
            accepted=self.report.accepted + len(entries), rejected=len(self.report.rejected)
        ).where(ImportBatch.id == self.batch.id).execute()


def undo_import(ctx: Context, batch_public_id: str, dry_run: bool = False) -> UndoReport:
    """Remove the organisations of a batch that nobody claimed or edited since; keep the others.

    Raises NotFound for an unknown batch, Conflict when it was undone before.
    """
    if not ctx.actor.is_admin:
        raise NotAllowed
    batch = ImportBatch.get_or_none(ImportBatch.public_id == batch_public_id)
    if batch is None:
        raise NotFound(_("There is no import batch %(batch)s.", batch=batch_public_id[:40]))
    report = UndoReport(batch.public_id, dry_run)
    try:
        with db.transaction():
            _undo(ctx, batch, report)
            if dry_run:
                raise _DryRun
    except _DryRun:
        pass
    return report


def _undo(ctx: Context, batch: ImportBatch, report: UndoReport) -> None:
    if ImportBatch.get_by_id(batch.id).undone_at is not None:
        raise Conflict(_("This batch was undone before."))
    kept = _kept(ctx, batch)
    report.kept = sorted(kept.values())
    rows = db.query("SELECT id FROM organisation WHERE batch_id = ? ORDER BY id", [batch.id])
    ids = [row[0] for row in rows if row[0] not in kept]
    service.announce(ctx, ids, "organisation_removed")
    for start in range(0, len(ids), CHUNK):
        part = ids[start : start + CHUNK]
        for kind in ("organisation", "directory_entry"):
            versions.forget(kind, part)
        Organisation.delete().where(Organisation.id.in_(part)).execute()
    report.removed = len(ids)
    service.hooks().call("import_undone", ctx, batch_id=batch.id)
    ImportBatch.update(undone_at=ctx.clock.now()).where(ImportBatch.id == batch.id).execute()


def _kept(ctx: Context, batch: ImportBatch) -> dict[int, tuple[str, str]]:
    """Return what stays of a batch: name and reason by id."""
    rows = Organisation.select(Organisation.id, Organisation.name, Organisation.version).where(
        Organisation.batch == batch.id
    )
    names = {row.id: row.name for row in rows}
    reasons = {row.id: _("it was changed since") for row in rows if row.version > 1}
    reasons |= _in_use(ctx, sorted(names))
    members: Any = OrganisationMember.select(OrganisationMember.organisation).join(Organisation)
    for (number,) in members.where(Organisation.batch == batch.id).tuples():
        reasons[number] = _("people act for it")
    return {number: (names[number], reason) for number, reason in reasons.items()}


def _in_use(ctx: Context, ids: Sequence[int]) -> dict[int, str]:
    """Ask the plugins which of these must stay; ids they were not asked about are left out."""
    reasons: dict[int, str] = {}
    for start in range(0, len(ids), CHUNK):
        part = ids[start : start + CHUNK]
        for _plugin, found in service.hooks().call("organisation_in_use", ctx, ids=part):
            reasons |= {number: str(found[number]) for number in part if number in found}
    return reasons
