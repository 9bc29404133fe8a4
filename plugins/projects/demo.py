"""The real part of the demonstration set: organisations with the facts that public lists state."""

from __future__ import annotations

import csv
import hashlib
import json
import tomllib
from collections.abc import Mapping
from pathlib import Path

from plugins.directory.interface import cleaned, keep_source, note_facts
from plugins.imports import interface as imports
from plugins.projects.importing import import_consortia
from plugins.projects.models import Participation, Project
from portal import db
from portal.context import Context
from portal.organisations.models import ImportBatch, Organisation, Source
from portal.organisations.service import announce, create_organisation

DATA = Path(__file__).parent / "data"
KINDS = {
    "Accreditation, certification or qualification body": "public-body",
    "Non-governmental organisation/association/social enterprise": "ngo",
    "School/Institute/Educational centre – Vocational Training (secondary level)": "vet-school",
    "Large enterprise": "company",
}


def load(ctx: Context) -> None:
    """Load the projects and the accredited organisations, unless there are organisations already."""
    if Organisation.select().exists():
        return
    raw = tomllib.loads((DATA / "sources.toml").read_text(encoding="utf-8"))
    wanted = ("title", "publisher", "licence", "url", "note")
    cove, accredited, eukcem = (
        Source(key=key, **{name: raw[key].get(name, "") for name in wanted})
        for key in ("cove", "accredited-at", "eukcem-ii")
    )
    import_consortia(ctx, DATA / "cove-projects.csv", DATA / "cove-participations.csv", cove)
    _accredited(ctx, accredited)
    _eukcem(ctx, eukcem)


def _accredited(ctx: Context, source: Source) -> None:
    """Accredited Austrian organisations, with what the list says of their accreditation."""
    path = DATA / "accredited-at.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    checksum = hashlib.sha256(path.read_bytes()).hexdigest()
    with db.transaction():
        batch = imports.new_batch(ctx, "organisations", path.name, checksum)
        ids = imports.add_unclaimed(ctx, [_entry(row) for row in rows], batch, source)
        ImportBatch.update(accepted=len(ids)).where(ImportBatch.id == batch.id).execute()
        announce(ctx, ids)
    with db.transaction():
        for row in rows:
            found = _named(row["name"], row["country"])
            if found is not None:
                facts = {
                    "accreditation": row["accreditation"],
                    "organisation_type": row["organisation_type"],
                    "accredited_projects": row["accredited_projects"],
                    "granted": str(int(float(row["grant_total_eur"] or 0)) * 100),
                }
                note_facts(
                    ctx, found.id, {k: v for k, v in facts.items() if v not in ("", "0")}, source
                )


def _entry(row: Mapping[str, str]) -> imports.Entry:
    typed = {name: row[name] for name in ("name", "country", "website")} | {"city": row["town"]}
    kind = KINDS.get(row["organisation_type"])
    return imports.Entry(cleaned(typed | ({"type": kind} if kind else {})), ())


def _named(name: str, country: str) -> Organisation | None:
    found: Organisation | None = (
        Organisation.select()
        .where(
            (Organisation.name == name) | (Organisation.registered_name == name),
            Organisation.country == country,
        )
        .first()
    )
    return found


def _eukcem(ctx: Context, source: Source) -> None:
    """The five organisations of EUKCEM II; countries that are inferred are marked so."""
    raw = json.loads((DATA / "eukcem-ii.json").read_text(encoding="utf-8"))
    with db.transaction():
        keep_source(source)
        project = Project.create(
            key="eukcem-ii",
            acronym=raw["short_title"],
            title=raw["title"],
            action=raw["action_type"],
            call_year=raw["call_year"],
            source=source.key,
        )
        for role, entry in [
            ("coordinator", raw["coordinator"]),
            *(("partner", item) for item in raw["partners"]),
        ]:
            found = _named(entry["name"], entry["country"]) or create_organisation(
                ctx, name=entry["name"], country=entry["country"]
            )
            stated = entry["country_basis"] == "stated"
            facts = {
                "name": entry["name"],
                "country" if stated else "country_inferred": entry["country"],
            }
            Participation.create(project=project, organisation=found, role=role)
            note_facts(ctx, found.id, facts, source)
