"""Imports organisations from a table as one batch that can be undone.

The core keeps name, type, country, region, city, website, identifiers and the point on the map;
rows go on to the plugins for the rest. Rows about entries that are there bring them up to date
(`updates.py`); the others are new. Each 500 rows are one transaction, so that others can write in
between; the batch tells how far it came. Nothing is merged: likely duplicates are named.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO, Any

from plugins.directory.interface import cleaned, identifier
from plugins.imports import bulk, csvfile, reading, rules, updates
from plugins.imports.countries import country_code
from plugins.imports.duplicates import Duplicate, Duplicates, Entry
from plugins.imports.models import Change
from portal import audit, db, jobs, versions
from portal.context import Context
from portal.errors import Conflict, Invalid, NotAllowed, NotFound, PortalError
from portal.hookspecs import ImportedOrganisation, ImportProblem, ImportValue
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

NEW, UPDATED, UNCHANGED, REFUSED = "new", "updated", "unchanged", "refused"
OUTCOMES = (NEW, UPDATED, UNCHANGED, REFUSED)

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Updated:
    """A row about an entry that is there, with what it says otherwise."""

    line: int
    name: str
    differences: list[updates.Difference]


@dataclass
class Outcome:
    """What became of a row: new, updated, unchanged or refused, with everything said about it."""

    line: int
    what: str
    name: str = ""
    organisation_id: int | None = None
    problems: list[ImportProblem] = field(default_factory=list)
    differences: list[updates.Difference] = field(default_factory=list)
    duplicate: str = ""


Journal = Callable[["Run", list[Outcome]], None]


@dataclass
class Report:
    """What an import did, or in a dry run would do. `batch` is empty when nothing was written."""

    file: str
    dry_run: bool
    batch: str = ""
    accepted: int = 0
    unchanged: int = 0
    updated: list[Updated] = field(default_factory=list)
    kept: list[Updated] = field(default_factory=list)
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
    """What undoing a batch removed and put back, and which organisations stay with the reason."""

    batch: str
    dry_run: bool
    removed: int = 0
    restored: int = 0
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
    """Read organisations from a CSV or XLSX file or a binary stream; name and country are required.

    With a source each value is noted as a fact of it. `progress` is called with lines done and
    all lines. Raises Invalid when the file as a whole can't be read, NotAllowed for others than
    administrators, and Conflict when a plugin stops the import: what went in before stays as a
    batch that the message names. A dry run must not stand inside a transaction.
    """
    if not ctx.actor.is_admin:
        raise NotAllowed
    data = csvfile.read_bytes(source_file, limit)
    known = [*COLUMNS, *plugin_columns(ctx)]
    table = reading.open_exact(data, REQUIRED, known)
    name = Path(str(getattr(source_file, "name", source_file))).name
    report = Report(name, dry_run, warnings=list(table.warnings))
    report.ignored_columns = [
        heading or _("column %(number)s without a heading", number=at)
        for at, heading in enumerate(table.columns, 1)
        if heading not in known
    ]
    run = Run(ctx, report, source, fictional, hashlib.sha256(data).hexdigest())
    del data
    run.warn_of_repetition()
    run.work_off(table, progress)
    return report


def plugin_columns(ctx: Context) -> list[str]:
    """Return the columns that plugins understand."""
    answers = service.hooks().call("import_columns", ctx)
    return sorted({name for _plugin, columns in answers for name in columns.names})


class Run:
    """One import under way. `journal` is told of each chunk, inside its transaction.

    With one, a type that nobody knows is left out; without, it refuses the row.
    """

    def __init__(
        self,
        ctx: Context,
        report: Report,
        source: Source | None,
        fictional: bool,
        checksum: str,
        journal: Journal | None = None,
        batch: ImportBatch | None = None,
    ) -> None:
        self.ctx = ctx
        self.report = report
        self.source = source
        self.fictional = fictional
        self.checksum = checksum
        self.journal = journal
        self.batch = batch
        self.duplicates = Duplicates()
        self.recogniser = updates.Recogniser(source, fictional)
        self._ids: dict[int, int] = {}

    def warn_of_repetition(self) -> None:
        """Say so when the same file was imported before."""
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

    def work_off(self, table: csvfile.Table, progress: Progress | None, after: int = 0) -> None:
        """Take the rows below a line, chunk by chunk."""
        rows = (row for row in table.rows() if row.line > after)
        said = len(table.warnings)
        while chunk := list(islice(rows, CHUNK)):
            self.take(chunk)
            if progress:
                progress(min(chunk[-1].line, table.total), table.total)
        self.report.warnings += table.warnings[said:]
        self.report.duplicates = self.duplicates.all()
        if progress:
            progress(table.total, table.total)

    def late_duplicates(self) -> Iterator[Outcome]:
        """Yield the duplicates that only the whole file shows, by a website that few share."""
        for found in self.report.duplicates:
            if found.kind == "website":
                number = self._ids.get(found.line)
                yield Outcome(found.line, "", found.name, number, duplicate=found.reason)

    def take(self, rows: Iterable[csvfile.Row]) -> None:
        """Take up to 500 rows, as one."""
        outcomes = {row.line: Outcome(row.line, REFUSED) for row in rows}
        entries = [entry for row in rows if (entry := self._entry(row, outcomes[row.line]))]
        batch_before = self.batch
        try:
            with db.transaction():
                found = self._write(entries, outcomes)
                if self.journal and not self.report.dry_run:
                    self.journal(self, found)
                if self.report.dry_run:
                    raise _DryRun
        except _DryRun:
            self.batch = batch_before
        except (jobs.Cancelled, jobs.Stopped):
            raise
        except Exception as error:
            self.batch = batch_before
            raise self._stopped(min(outcomes), error) from error
        if self.journal and self.report.dry_run:
            with db.transaction():
                self.journal(self, found)
        self._count(found)

    def _count(self, outcomes: Iterable[Outcome]) -> None:
        report = self.report
        for outcome in outcomes:
            if outcome.what == REFUSED:
                report.rejected += outcome.problems
                continue
            report.problems += outcome.problems
            taken = [item for item in outcome.differences if not item.kept]
            kept = [item for item in outcome.differences if item.kept]
            report.accepted += outcome.what == NEW
            report.unchanged += outcome.what == UNCHANGED
            if taken:
                report.updated.append(Updated(outcome.line, outcome.name, taken))
            if kept:
                report.kept.append(Updated(outcome.line, outcome.name, kept))
        if self.batch:
            report.batch = self.batch.public_id

    def _entry(self, row: csvfile.Row, outcome: Outcome) -> Entry | None:
        outcome.name = row.values.get("name", "").strip()[:300]

        def say(column: str, reason: str) -> None:
            outcome.problems.append(ImportProblem(row.line, column, reason))

        if row.fault:
            say("", row.fault)
            return None
        for column, text in row.values.items():
            if "\0" in text:
                say(column, _("The text contains NUL bytes."))
                return None
        get = row.values.get
        try:
            values = cleaned({"name": get("name", "")})
            values |= cleaned({"country": country_code(get("country", ""))})
            if get("type", "").strip():
                values |= self._type(row, say)
        except Invalid as error:
            say(error.field or "", error.message)
            return None
        if row.note:
            say("", row.note)
        values |= self._optional(row, say)
        return Entry(values, self._identifiers(row, say), row.line, row.values)

    def _type(self, row: csvfile.Row, say: Callable[[str, str], None]) -> dict[str, Any]:
        """A type that nobody knows refuses the row, but for the wizard, whose lists are others'."""
        try:
            return cleaned({"type": row.values["type"]})
        except Invalid as error:
            if self.journal is None:
                raise
            say("type", error.message)
            return {}

    def _optional(self, row: csvfile.Row, say: Callable[[str, str], None]) -> dict[str, Any]:
        """Take what can be taken; a value that can't be is left out and named."""
        kept: dict[str, Any] = {"domain": ""}
        for column in ("region", "city", "website"):
            kept[column] = ""
            try:
                kept |= cleaned({column: row.values.get(column, "")})
            except Invalid as error:
                say(column, error.message)
        for column, limit in (("lat", 90), ("lon", 180)):
            try:
                kept[column] = rules.coordinate(row.values.get(column, ""), column, limit)
            except Invalid as error:
                kept[column] = None
                say(column, error.message)
        return kept

    def _identifiers(
        self, row: csvfile.Row, say: Callable[[str, str], None]
    ) -> list[tuple[str, str]]:
        found: dict[tuple[str, str], None] = {}
        for scheme, value in rules.split_identifiers(row.values.get("identifiers", "")):
            try:
                found[identifier(scheme, value)] = None
            except Invalid as error:
                say("identifiers", error.message)
        return list(found)

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

    def _write(self, entries: Sequence[Entry], outcomes: dict[int, Outcome]) -> list[Outcome]:
        """Store a chunk; returns what became of each row."""
        about, again = self.recogniser.find(entries)

        def refuse(line: int, column: str, reason: str) -> None:
            outcomes[line].problems = [ImportProblem(line, column, reason)]

        entries = self.duplicates.without_removed(entries, refuse, {*about, *again})
        known = {about[entry.line]: entry for entry in entries if entry.line in about}
        fresh = [entry for entry in entries if entry.line not in about and entry.line not in again]
        for line, number in again.items():
            told = _("Another row of the file is about the same entry; this one changes nothing.")
            outcomes[line].what, outcomes[line].organisation_id = UNCHANGED, number
            outcomes[line].problems.append(ImportProblem(line, "", told))
        self.duplicates.look(fresh)
        rows = [
            ImportedOrganisation(number, entry.row, entry.line, 0)
            for number, entry in known.items()
        ]
        found = updates.compare(known, self.source, values_of(self.ctx, rows))
        if fresh or any(item.changes or item.facts for item in found):
            self._open_batch()
            ids = [*self._add(fresh, outcomes), *self._update(found, outcomes)]
            service.announce(self.ctx, ids)
        for item in found:
            outcome = outcomes[item.entry.line]
            outcome.what = UPDATED if item.changes else UNCHANGED
            outcome.organisation_id = item.known.id
            outcome.differences = item.differences
        if self.batch:
            accepted = sum(1 for outcome in outcomes.values() if outcome.what == NEW)
            rejected = sum(1 for outcome in outcomes.values() if outcome.what == REFUSED)
            row = ImportBatch
            ImportBatch.update(
                accepted=row.accepted + accepted, rejected=row.rejected + rejected
            ).where(row.id == self.batch.id).execute()
        return list(outcomes.values())

    def _open_batch(self) -> None:
        if self.batch is None:
            self.batch = bulk.new_batch(self.ctx, "organisations", self.report.file, self.checksum)
            before = len(self.report.rejected)
            ImportBatch.update(rejected=before).where(ImportBatch.id == self.batch.id).execute()
            audit.record(self.ctx, "batch.imported", "import_batch", self.batch.id)

    def _add(self, entries: Sequence[Entry], outcomes: Mapping[int, Outcome]) -> list[int]:
        assert self.batch is not None
        ids = bulk.add_unclaimed(self.ctx, entries, self.batch, self.source, self.fictional)
        self.recogniser.made.update(ids)
        rows = []
        for number, entry in zip(ids, entries, strict=True):
            rows.append(ImportedOrganisation(number, entry.row, entry.line, self.batch.id))
            outcome = outcomes[entry.line]
            outcome.what, outcome.organisation_id = NEW, number
            outcome.duplicate = self.duplicates.reason(entry.line)
            self._ids[entry.line] = number
        if rows:
            for problem in service.hooks().each("organisation_imported", self.ctx, rows=rows):
                outcomes[problem.line].problems.append(problem)
            if self.source is not None:
                bulk.keep_facts(self.ctx, values_of(self.ctx, rows), self.batch, self.source)
        return ids

    def _update(
        self, found: Sequence[updates.Update], outcomes: Mapping[int, Outcome]
    ) -> list[int]:
        assert self.batch is not None
        taken = {
            item.known.id: {name: new for name, (_ours, new) in item.others.items()}
            for item in found
            if item.others
        }
        if taken:
            service.hooks().call("import_values_taken", self.ctx, values=taken)
        return updates.store(self.ctx, found, self.batch, self.source)


def values_of(ctx: Context, rows: Sequence[ImportedOrganisation]) -> list[ImportValue]:
    """Return what other plugins' columns say, in rows and now."""
    return list(service.hooks().each("import_values", ctx, rows=rows)) if rows else []


def undo_import(
    ctx: Context, batch_public_id: str, dry_run: bool = False, progress: Progress | None = None
) -> UndoReport:
    """Remove the organisations of a batch that nobody claimed or edited since; keep the others.

    What it changed of others is put back unless it was changed again. Works off 500 entries at a
    time; when it breaks off, undoing again goes on. Raises NotFound for an unknown batch, Conflict
    when it was undone before.
    """
    if not ctx.actor.is_admin:
        raise NotAllowed
    batch = batch_of(batch_public_id)
    if batch.undone_at is not None:
        raise Conflict(_("This batch was undone before."))
    report = UndoReport(batch.public_id, dry_run)
    kept = _kept(ctx, batch) if dry_run else {}  # each part is asked about when it goes
    report.kept = sorted(kept.values())
    rows = db.query("SELECT id FROM organisation WHERE batch_id = ? ORDER BY id", [batch.id])
    ids = [row[0] for row in rows if row[0] not in kept]
    changes = list(Change.select().where(Change.batch == batch.id).order_by(Change.id))
    report.removed = len(ids)
    report.restored = sum(1 for change in changes if change.steps)
    if dry_run:
        return report
    total = len(ids) + len(changes)
    for start in range(0, len(changes), CHUNK):
        _take_back(ctx, batch, changes[start : start + CHUNK], report)
        if progress:
            progress(min(start + CHUNK, len(changes)), total)
    for start in range(0, len(ids), CHUNK):
        _remove(ctx, batch, ids[start : start + CHUNK], report)
        if progress:
            progress(len(changes) + min(start + CHUNK, len(ids)), total)
    with db.transaction():
        _close(ctx, batch)
    report.kept.sort()
    return report


def batch_of(public_id: str) -> ImportBatch:
    """Return a batch. Raises NotFound."""
    batch: ImportBatch | None = ImportBatch.get_or_none(ImportBatch.public_id == public_id)
    if batch is None:
        raise NotFound(_("There is no import batch %(batch)s.", batch=public_id[:40]))
    return batch


def _take_back(
    ctx: Context, batch: ImportBatch, changes: Sequence[Change], report: UndoReport
) -> None:
    with db.transaction():
        _check_open(batch)
        fresh = list(Change.select().where(Change.id.in_([change.id for change in changes])))
        open_ones = [change for change in fresh if change.steps < 2]
        rows = [ImportedOrganisation(change.organisation_id, {}, 0, 0) for change in open_ones]
        stays, others = updates.take_back(ctx, batch, open_ones, values_of(ctx, rows))
        if others:
            service.hooks().call("import_values_taken", ctx, values=others)
        for row in Organisation.select().where(Organisation.id.in_(list(stays))):
            report.kept.append((row.name, _("it was changed since")))
        service.announce(ctx, [change.organisation_id for change in fresh])


def _remove(ctx: Context, batch: ImportBatch, ids: list[int], report: UndoReport) -> None:
    """Delete entries; those that people took up meanwhile stay."""
    with db.transaction():
        _check_open(batch)
        kept = _kept(ctx, batch, ids)
        gone = [number for number in ids if number not in kept]
        report.kept += kept.values()
        report.removed -= len(kept)
        service.announce(ctx, gone, "organisation_removed")
        for kind in ("organisation", "directory_entry"):
            versions.forget(kind, gone)
        Organisation.delete().where(Organisation.id.in_(gone)).execute()


def _check_open(batch: ImportBatch) -> None:
    if ImportBatch.get_by_id(batch.id).undone_at is not None:
        raise Conflict(_("This batch was undone before."))


def _close(ctx: Context, batch: ImportBatch) -> None:
    _check_open(batch)
    service.hooks().call("import_undone", ctx, batch_id=batch.id)
    ImportBatch.update(undone_at=ctx.clock.now()).where(ImportBatch.id == batch.id).execute()
    audit.record(ctx, "batch.undone", "import_batch", batch.id)


def _kept(
    ctx: Context, batch: ImportBatch, only: Sequence[int] | None = None
) -> dict[int, tuple[str, str]]:
    """Return what stays of a batch, or of some of it: name and reason by id."""
    here = [Organisation.batch == batch.id]
    if only is not None:
        here.append(Organisation.id.in_(list(only)))
    rows = list(
        Organisation.select(Organisation.id, Organisation.name, Organisation.version).where(*here)
    )
    names = {row.id: row.name for row in rows}
    moved = {row.id: row.version for row in rows if row.version > 1}
    reasons = _changed(batch, moved)
    reasons |= _in_use(ctx, sorted(names))
    members: Any = OrganisationMember.select(OrganisationMember.organisation).join(Organisation)
    for (number,) in members.where(*here).tuples():
        reasons[number] = _("people act for it")
    return {number: (names[number], reason) for number, reason in reasons.items()}


def _changed(batch: ImportBatch, moved: Mapping[int, int]) -> dict[int, str]:
    """Say which entries people changed since, or later imports: by their version numbers."""
    reasons: dict[int, str] = {}
    ids = sorted(moved)
    for start in range(0, len(ids), CHUNK):
        part = ids[start : start + CHUNK]
        marks = ",".join("?" * len(part))
        rows = db.query(
            "SELECT c.organisation_id, SUM(c.steps), MAX(CASE WHEN b.undone_at IS NULL THEN 1 "
            "ELSE 0 END) FROM imports_change c JOIN import_batch b ON b.id = c.batch_id "
            f"WHERE c.organisation_id IN ({marks}) AND c.batch_id <> ? GROUP BY c.organisation_id",
            [*part, batch.id],
        )
        steps = {number: (int(moves or 0), is_open) for number, moves, is_open in rows}
        for number in part:
            moves, is_open = steps.get(number, (0, 0))
            if moved[number] > 1 + moves:
                reasons[number] = _("it was changed since")
            elif is_open:
                reasons[number] = _("a later import brought it up to date")
    return reasons


def _in_use(ctx: Context, ids: Sequence[int]) -> dict[int, str]:
    """Ask the plugins which of these must stay; ids they were not asked about are left out."""
    reasons: dict[int, str] = {}
    for start in range(0, len(ids), CHUNK):
        part = ids[start : start + CHUNK]
        for _plugin, found in service.hooks().call("organisation_in_use", ctx, ids=part):
            reasons |= {number: str(found[number]) for number in part if number in found}
    return reasons
