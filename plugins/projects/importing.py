"""Imports consortia: projects and who takes part become facts on profiles.

Organisations are recognised by identifier (PIC) or by folded name and country; those that are
not there yet are added as unclaimed entries. Nothing is merged.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from plugins.directory.interface import cleaned, identifier, soften
from plugins.imports import interface as imports
from plugins.partners.interface import PROJECT_ROLES
from plugins.projects.models import Participation, Project
from portal import db
from portal.context import Context
from portal.errors import Invalid, NotAllowed
from portal.hookspecs import ImportProblem
from portal.i18n import _
from portal.organisations import rules
from portal.organisations.models import ImportBatch, Source
from portal.organisations.service import announce

PROJECT_COLUMNS = ("project", "acronym", "title", "call_year", "action")
PART_COLUMNS = ("project", "role", "organisation", "country", "pic")
ALIASES = {"project_id": "project", "topic_title": "title", "name": "organisation"}
FEW = 400


@dataclass
class Report:
    """What an import of consortia did, or in a dry run would do.

    `leaderless` names consortia in which nobody coordinates, `twice` counts rows that name a member
    again, `alike` new entries with the name and country of another one.
    """

    dry_run: bool
    batch: str = ""
    projects: int = 0
    participations: int = 0
    added: int = 0
    recognised: int = 0
    twice: int = 0
    alike: int = 0
    leaderless: list[str] = field(default_factory=list)
    rejected: list[ImportProblem] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class _Part:
    line: int
    project: str
    role: str
    name: str
    country: str
    pic: str

    @cached_property
    def key(self) -> tuple[str, str]:
        """The name as it is stored: softened first, which also sets legal forms right."""
        return rules.folded(soften(self.name)), self.country


def import_consortia(
    ctx: Context,
    projects: Path,
    participations: Path,
    source: Source,
    dry_run: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Read two files. Raises Invalid when one can't be read as a whole, NotAllowed for others than administrators."""
    if not ctx.actor.is_admin:
        raise NotAllowed
    report, tell = Report(dry_run), progress or (lambda _done, _total: None)
    known = _projects(projects, report)
    parts = _parts(participations, known, report)
    by_pic = _by_identifier({part.pic for part in parts if part.pic})
    by_name = _by_name({part.key for part in parts if part.name})
    fresh: dict[Any, _Part] = {}
    for part in parts:
        if part.name and part.key not in by_name and part.pic not in by_pic:
            fresh.setdefault(part.pic or part.key, part)
    report.projects, report.added = len(known), len(fresh)
    report.alike = len(fresh) - len({part.key for part in fresh.values()})
    report.twice = len(parts) - len({(part.project, part.pic or part.key) for part in parts})
    led = {part.project for part in parts if part.role == "coordinator"}
    report.leaderless = [row.get("acronym") or key for key, row in known.items() if key not in led]
    lost = [p for p in parts if not p.name and p.pic not in by_pic]
    for part in lost:
        reason = _(
            "No organisation has the PIC %(pic)s. Import the organisations first.", pic=part.pic
        )
        report.rejected.append(ImportProblem(part.line, "pic", reason))
    report.participations = len(parts) - len(lost)
    report.recognised = len(
        {by_pic.get(part.pic) or by_name.get(part.key) for part in parts} - {None}
    )
    if dry_run:
        return report
    with db.transaction():
        batch = _batch(ctx, report, projects, participations)
        entries = [_entry(part, report) for part in fresh.values()]
        added = imports.add_unclaimed(ctx, entries, batch, source)
        tell(len(parts) // 4, len(parts))
        by_pic = _by_identifier({part.pic for part in parts if part.pic})
        by_name = _by_name({part.key for part in parts if part.name})
        numbers = _store_projects(known, source, batch)
        owners = [(part, by_pic.get(part.pic) or by_name.get(part.key)) for part in parts]
        rows = {(numbers[part.project], owner, part.role): None for part, owner in owners if owner}
        _store_parts(list(rows), batch)
        tell(len(parts) // 2, len(parts))
        announce(ctx, sorted({*added, *(owner for _number, owner, _role in rows)}))
        tell(len(parts), len(parts))
    return report


def _projects(path: Path, report: Report) -> dict[str, dict[str, str]]:
    known = {}
    for row in _rows(path, ("project",), PROJECT_COLUMNS, report):
        known[row.values["project"]] = dict(row.values)
    if not known:
        raise Invalid(_("%(file)s holds no project.", file=path.name))
    return known


def _parts(path: Path, known: Mapping[str, Any], report: Report) -> list[_Part]:
    parts = []
    for row in _rows(path, ("project", "role"), PART_COLUMNS, report):
        values = row.values
        try:
            parts.append(_part(row.line, values, known))
        except Invalid as error:
            report.rejected.append(ImportProblem(row.line, error.field or "", error.message))
    return parts


def _part(line: int, values: Mapping[str, str], known: Mapping[str, Any]) -> _Part:
    project = values.get("project", "")
    if project not in known:
        raise Invalid(_("There is no project %(key)s in the other file.", key=project), "project")
    role = values.get("role", "").strip().lower().replace(" ", "_") or "participant"
    role = role if role in PROJECT_ROLES else "participant"
    name, pic = values.get("organisation", "").strip(), values.get("pic", "").strip()
    if not name:
        if not pic:
            raise Invalid(_("Name the organisation, or give its PIC."), "organisation")
        return _Part(line, project, role, "", "", pic)
    return _Part(
        line,
        project,
        role,
        rules.clean_name(name),
        imports.country_code(values.get("country", "")),
        pic,
    )


def _rows(
    path: Path, required: Sequence[str], columns: Sequence[str], report: Report
) -> list[imports.Row]:
    table = _table(imports.read_bytes(path), required, columns)
    report.warnings += table.warnings
    good = []
    for row in table.rows():
        if row.fault:
            report.rejected.append(ImportProblem(row.line, "", row.fault))
        else:
            good.append(row)
    return good


def _table(data: bytes, required: Sequence[str], columns: Sequence[str]) -> imports.Table:
    """Open a table whose columns may have the names of other lists."""
    aliases = {new: old for old, new in ALIASES.items()}
    try:
        table = imports.open_table(data, required, columns)
    except Invalid:
        other = [aliases.get(name, name) for name in required]
        table = imports.open_table(data, other, columns)
    for at, name in enumerate(table.columns):
        if ALIASES.get(name, name) not in table.columns:
            table.columns[at] = ALIASES[name]
    return table


def _by_name(keys: set[tuple[str, str]]) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    names = sorted({name for name, _country in keys})
    for at in range(0, len(names), FEW):
        part = names[at : at + FEW]
        marks = ", ".join("?" * len(part))
        for name, country, ident in db.query(
            "SELECT folded_name, country, id FROM organisation WHERE is_fictional = ? "
            f"AND folded_name IN ({marks}) ORDER BY id DESC",
            [False, *part],
        ):
            found[name, country] = ident
    return {key: ident for key, ident in found.items() if key in keys}


def _by_identifier(pics: set[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    wanted = sorted(pics)
    for at in range(0, len(wanted), FEW):
        part = wanted[at : at + FEW]
        marks = ", ".join("?" * len(part))
        found |= dict(
            db.query(
                "SELECT value, organisation_id FROM organisation_identifier "
                f"WHERE scheme = 'pic' AND value IN ({marks})",
                part,
            )
        )
    return found


def _entry(part: _Part, report: Report) -> imports.Entry:
    """Return an organisation that is not there yet; a number that can't be one is left out."""
    values = cleaned({"name": part.name, "country": part.country})
    try:
        return imports.Entry(values, [identifier("pic", part.pic)] if part.pic else [])
    except Invalid as error:
        report.warnings.append(error.message)
        return imports.Entry(values, [])


def _batch(ctx: Context, report: Report, projects: Path, participations: Path) -> ImportBatch:
    checksum = hashlib.sha256(projects.read_bytes() + participations.read_bytes()).hexdigest()
    batch = imports.new_batch(ctx, "consortia", f"{projects.name}, {participations.name}", checksum)
    ImportBatch.update(accepted=report.added, rejected=len(report.rejected)).where(
        ImportBatch.id == batch.id
    ).execute()
    report.batch = batch.public_id
    return batch


def _store_projects(
    known: Mapping[str, Mapping[str, str]], source: Source, batch: ImportBatch
) -> dict[str, int]:
    numbers: dict[str, int] = {}
    same = {"source": source.key, "batch_id": batch.id}
    records = [{**_project(key, values), **same} for key, values in known.items()]
    imports.insert("projects_project", records, skip_known=True)
    for at in range(0, len(known), FEW):
        part = list(known)[at : at + FEW]
        marks = ", ".join("?" * len(part))
        numbers |= dict(
            db.query(f"SELECT key, id FROM projects_project WHERE key IN ({marks})", part)
        )
    return numbers


def _project(key: str, values: Mapping[str, str]) -> dict[str, Any]:
    year = values.get("call_year", "")
    return {
        "key": key,
        "acronym": values.get("acronym", "")[:200],
        "title": values.get("title", "")[:500],
        "action": values.get("action", "")[:200],
        "call_year": int(year) if year.isascii() and year.isdigit() and len(year) == 4 else None,
    }


def _store_parts(rows: Sequence[tuple[int, int, str]], batch: ImportBatch) -> None:
    names = ("project_id", "organisation_id", "role")
    records = [{**dict(zip(names, row, strict=True)), "batch_id": batch.id} for row in rows]
    imports.insert("projects_participation", records, skip_known=True)


def undo(ctx: Context, batch_id: int) -> None:
    """Take back the projects and participations of a batch; profiles left behind are refreshed."""
    touched = [
        row[0]
        for row in db.query(
            "SELECT DISTINCT organisation_id FROM projects_participation WHERE batch_id = ?",
            (batch_id,),
        )
    ]
    Participation.delete().where(Participation.batch == batch_id).execute()
    used = Participation.select(Participation.project)
    Project.delete().where(Project.batch == batch_id, Project.id.not_in(used)).execute()
    if touched:
        announce(ctx, touched)
