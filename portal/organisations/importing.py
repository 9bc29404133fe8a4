"""Imports organisations from a CSV file as one batch that can be undone.

The core keeps name, type, country, region, city, website, identifiers and the point on the map;
rows go on to the plugins for the rest. Each 500 rows are one transaction, so that others can
write in between; the batch tells how far it came. Nothing is merged: likely duplicates are named.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO, Any

from portal import db
from portal.context import Context
from portal.errors import Conflict, Invalid, NotAllowed, NotFound, PortalError
from portal.hookspecs import ImportedOrganisation, ImportProblem
from portal.i18n import _
from portal.organisations import csvfile, rules, service
from portal.organisations.duplicates import Duplicate, Duplicates, Entry
from portal.organisations.models import (
    UNCLAIMED,
    ImportBatch,
    Organisation,
    OrganisationCase,
    OrganisationMember,
    Source,
)

REQUIRED = ("name", "country")
COLUMNS = (*REQUIRED, "type", "region", "city", "website", "identifiers", "lat", "lon")
CHUNK = 500
MOST_VALUES = 30_000
"""Values in one statement; SQLite takes 32,766, PostgreSQL 65,535."""

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
            values = service.cleaned({key: get(key, "") for key in ("name", "country", "type")})
        except Invalid as error:
            self._reject(row.line, error.field or "", error.message)
            return None
        if row.note:
            self._note(row.line, "", row.note)
        values |= self._optional(row)
        return Entry(row.line, row.values, values, self._identifiers(row), service.new_public_id())

    def _optional(self, row: csvfile.Row) -> dict[str, Any]:
        """Take what can be taken; a value that can't be is left out and named."""
        kept: dict[str, Any] = {"domain": ""}
        for column in ("region", "city", "website"):
            kept[column] = ""
            try:
                kept |= service.cleaned({column: row.values.get(column, "")})
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
                found[rules.identifier(scheme, value)] = None
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
        if self.source is not None and self.batch is None:
            service.keep_source(self.source)
        if self.batch is None:
            self.batch = self._new_batch()
        ids = self._insert(entries)
        rows = [
            ImportedOrganisation(ids[entry.public_id], entry.row, entry.line, self.batch.id)
            for entry in entries
        ]
        found = service.hooks().each("organisation_imported", self.ctx, rows=rows)
        self.report.problems.extend(found)
        service.announce(self.ctx, list(ids.values()))
        ImportBatch.update(
            accepted=self.report.accepted + len(entries), rejected=len(self.report.rejected)
        ).where(ImportBatch.id == self.batch.id).execute()

    def _new_batch(self) -> ImportBatch:
        batch: ImportBatch = ImportBatch.create(
            public_id=service.new_public_id(),
            kind="organisations",
            file_name=self.report.file,
            checksum=self.checksum,
            account=self.ctx.actor.account_id,
            created_at=self.ctx.clock.now(),
        )
        return batch

    def _insert(self, entries: Sequence[Entry]) -> dict[str, int]:
        """Store the core's part; returns the new ids by public id, in the order of the file."""
        now = db.utc_text(self.ctx.clock.now())
        assert self.batch is not None
        same = {
            "state": UNCLAIMED,
            "name_lang": "",
            "is_fictional": self.fictional,
            "is_operator": False,
            "created_at": now,
            "updated_at": now,
            "version": 1,
            "batch_id": self.batch.id,
        }
        slugs = service.unique_slugs([(e.values["name"], e.values["city"]) for e in entries])
        records = [
            {**entry.values, **same, "public_id": entry.public_id, "slug": slug}
            for entry, slug in zip(entries, slugs, strict=True)
        ]
        stored = dict(insert("organisation", records, returning="public_id, id"))
        ids = {entry.public_id: stored[entry.public_id] for entry in entries}
        insert("organisation_identifier", list(_identifier_rows(entries, ids)))
        if self.source is not None:
            origin = {"source_id": self.source.key, "batch_id": self.batch.id, "noted_at": now}
            insert("organisation_fact", list(_fact_rows(entries, ids, origin)))
        return ids


def insert(
    table: str, records: Sequence[Mapping[str, Any]], returning: str = ""
) -> list[tuple[Any, ...]]:
    """Insert records with the same columns in as few statements as the databases take."""
    if not records:
        return []
    columns = list(records[0])
    step = MOST_VALUES // len(columns)
    one = f"({','.join('?' * len(columns))})"
    found: list[tuple[Any, ...]] = []
    for start in range(0, len(records), step):
        part = records[start : start + step]
        sql = f"INSERT INTO {table} ({','.join(columns)}) VALUES {','.join([one] * len(part))}"
        values = [record[column] for record in part for column in columns]
        if returning:
            found += db.query(f"{sql} RETURNING {returning}", values)
        else:
            db.execute(sql, values)
    return found


def _identifier_rows(entries: Sequence[Entry], ids: Mapping[str, int]) -> Iterator[dict[str, Any]]:
    for entry in entries:
        for scheme, value in entry.identifiers:
            yield {"organisation_id": ids[entry.public_id], "scheme": scheme, "value": value}


def _fact_rows(
    entries: Sequence[Entry], ids: Mapping[str, int], origin: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    for entry in entries:
        for name, value in _facts(entry):
            yield {"organisation_id": ids[entry.public_id], "name": name, "value": value, **origin}


def _facts(entry: Entry) -> Iterator[tuple[str, str]]:
    """Name what the file says, as it is kept; what it leaves open is no fact."""
    values = entry.values
    yield "name", values["registered_name"] or values["name"]
    for name in ("country", "region", "city", "website"):
        if values[name]:
            yield name, values[name]
    if entry.row.get("type", "").strip():
        yield "type", values["type"]
    if entry.identifiers:
        yield "identifiers", " ".join(f"{scheme}:{value}" for scheme, value in entry.identifiers)
    if values["lat"] is not None and values["lon"] is not None:
        yield "position", f"{values['lat']}, {values['lon']}"


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
    kept = _kept(batch)
    report.kept = sorted(kept.values())
    rows = db.query("SELECT id FROM organisation WHERE batch_id = ? ORDER BY id", [batch.id])
    ids = [row[0] for row in rows if row[0] not in kept]
    service.announce(ctx, ids, "organisation_removed")
    for start in range(0, len(ids), CHUNK):
        Organisation.delete().where(Organisation.id.in_(ids[start : start + CHUNK])).execute()
    report.removed = len(ids)
    service.hooks().call("import_undone", ctx, batch_id=batch.id)
    ImportBatch.update(undone_at=ctx.clock.now()).where(ImportBatch.id == batch.id).execute()


def _kept(batch: ImportBatch) -> dict[int, tuple[str, str]]:
    """Return what stays of a batch: name and reason by id."""
    found: dict[int, tuple[str, str]] = {}
    for model, reason in (
        (OrganisationCase, _("somebody asked about it")),
        (OrganisationMember, _("people act for it")),
    ):
        query = (
            Organisation.select(Organisation.id, Organisation.name)
            .join(model)
            .where(Organisation.batch == batch.id)
        )
        found |= {row.id: (row.name, reason) for row in query}
    edited = Organisation.select(Organisation.id, Organisation.name).where(
        Organisation.batch == batch.id, Organisation.version > 1
    )
    found |= {
        row.id: (row.name, _("it was changed since")) for row in edited if row.id not in found
    }
    return found
