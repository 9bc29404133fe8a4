"""The demonstration set: real organisations with sourced facts, and made-up ones that say so."""

from __future__ import annotations

import csv
import hashlib
import json
import tomllib
from collections.abc import Mapping
from typing import Any

from plugins.imports import interface as imports
from plugins.partners import publishing, service, workflow
from plugins.partners.codes import DATA
from plugins.partners.models import Commitment, Participation, Project
from plugins.partners.projects import import_consortia
from portal import db
from portal.context import Context
from portal.organisations.models import ImportBatch, Organisation, OrganisationName, Source
from portal.organisations.service import (
    announce,
    cleaned,
    create_organisation,
    keep_source,
    note_facts,
)

FOLDER = DATA / "demo"
KINDS = {
    "Accreditation, certification or qualification body": "public-body",
    "Non-governmental organisation/association/social enterprise": "ngo",
    "School/Institute/Educational centre – Vocational Training (secondary level)": "vet-school",
    "Large enterprise": "company",
}


def load(ctx: Context) -> None:
    """Load everything, unless there are organisations already."""
    if Organisation.select().exists():
        return
    sources = _sources()
    import_consortia(
        ctx, FOLDER / "cove-projects.csv", FOLDER / "cove-participations.csv", sources["cove"]
    )
    _accredited(ctx, sources["accredited-at"])
    _eukcem(ctx, sources["eukcem-ii"])
    with db.transaction():
        for source in sources.values():
            keep_source(source)
        for entry in json.loads((FOLDER / "fictional.json").read_text(encoding="utf-8")):
            _fictional(ctx, entry)


def _sources() -> dict[str, Source]:
    raw = tomllib.loads((FOLDER / "sources.toml").read_text(encoding="utf-8"))
    return {
        key: Source(
            key=key,
            title=item["title"],
            publisher=item.get("publisher", ""),
            licence=item.get("licence", ""),
            url=item.get("url", ""),
            note=item.get("note", ""),
        )
        for key, item in raw.items()
    }


def _accredited(ctx: Context, source: Source) -> None:
    """Accredited Austrian organisations, with what the list says of their accreditation."""
    path = FOLDER / "accredited-at.csv"
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
    raw = json.loads((FOLDER / "eukcem-ii.json").read_text(encoding="utf-8"))
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


def _fictional(ctx: Context, entry: Mapping[str, Any]) -> None:
    made = create_organisation(
        ctx,
        name=entry["name"],
        country=entry["country"],
        type=entry["type"],
        city=entry["town"] or "",
        region=entry["region"] or "",
        is_fictional=True,
    )
    Organisation.update(
        state="claimed", name_lang=entry["language"], registered_name=entry["registered_name"] or ""
    ).where(Organisation.id == made.id).execute()
    for other in entry["names"]:
        OrganisationName.create(
            organisation=made, kind=other["kind"], lang=other["language"] or "", name=other["text"]
        )
    if "publication" in entry:
        publishing.start(ctx, made.id, made.public_id, workflow.DRAFT)
    service.save_profile(ctx, made.id, _profile(entry), None)
    for promise in entry["commitments"]:
        _promise(made.id, promise)
    announce(ctx, [made.id])
    if entry.get("publication") == workflow.PENDING:
        _submit(ctx, "profile", made.id)
    if "changed_promises" in entry:
        service.propose(ctx, made.id, sorted(entry["changed_promises"]))
        _submit(ctx, "change", made.id)


def _submit(ctx: Context, what: str, organisation_id: int) -> None:
    """Let something wait for a reviewer, as if its people had agreed and submitted it."""
    found = publishing.find(what, organisation_id)
    type(found).update(agreed_at=ctx.clock.now()).where(type(found).id == found.id).execute()
    publishing.take_step(ctx, found, "submit", "", None, has_agreed=True)


def _promise(organisation_id: int, promise: Mapping[str, str]) -> None:
    Commitment.insert(
        organisation=organisation_id,
        standard=promise["key"],
        subscribed_on=promise["subscribed_on"],
    ).execute()


def _profile(entry: Mapping[str, Any]) -> dict[str, Any]:
    same = (
        "roles", "fields", "occupations", "modes", "targets", "inclusion", "accommodation",
        "services", "months", "group_min", "group_max", "places_a_year", "minimum_age",
        "accompanying_max", "accompanying_free",
    )  # fmt: skip
    values = {name: entry[name] for name in same}
    return values | {
        "languages": [[item["language"], item["level"]] for item in entry["languages"]],
        "stay_min_weeks": entry["stay_weeks_min"],
        "stay_max_weeks": entry["stay_weeks_max"],
        "summaries": entry["summary"],
        "original": entry["language"],
    }
