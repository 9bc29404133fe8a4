"""Stores many unclaimed organisations at once, as a batch that can be undone.

For imports of every kind. Callers check what they store, hold the transaction and announce.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from plugins.directory.interface import keep_source
from portal import db
from portal.context import Context
from portal.hookspecs import ImportValue
from portal.organisations.models import UNCLAIMED, ImportBatch, Source
from portal.organisations.rules import slug_candidates
from portal.organisations.service import new_public_id, pages_beside

CHUNK = 500
MOST_VALUES = 30_000
"""Values in one statement; SQLite takes 32,766, PostgreSQL 65,535."""
OPTIONAL: dict[str, Any] = {
    **dict.fromkeys(("region", "city", "website", "domain"), ""),
    **{"type": "other", "lat": None, "lon": None},
}
FACTS = ("country", "region", "city", "website", "type")


@dataclass(frozen=True)
class Entry:
    """An organisation to be stored: values as `cleaned` keeps them, checked identifiers."""

    values: Mapping[str, Any]
    identifiers: Sequence[tuple[str, str]]


def new_batch(ctx: Context, kind: str, file_name: str, checksum: str) -> ImportBatch:
    """Start a batch; `checksum` is that of the file, so that a repetition is noticed."""
    batch: ImportBatch = ImportBatch.create(
        public_id=new_public_id(),
        kind=kind,
        file_name=file_name,
        checksum=checksum,
        account=ctx.actor.account_id,
        created_at=ctx.clock.now(),
    )
    return batch


def add_unclaimed(
    ctx: Context,
    entries: Sequence[Entry],
    batch: ImportBatch,
    source: Source | None = None,
    fictional: bool = False,
) -> list[int]:
    """Store organisations nobody acts for; returns their ids in the same order.

    With a source each value that was given is noted as a fact of it; the source is stored if it
    is not there yet. Needs a few statements for each 500.
    """
    if source is not None:
        keep_source(source)
    ids: list[int] = []
    for start in range(0, len(entries), CHUNK):
        part = entries[start : start + CHUNK]
        found = _store(ctx, part, batch, fictional)
        insert("organisation_identifier", list(_identifiers(part, found)))
        if source is not None:
            now = db.utc_text(ctx.clock.now())
            origin = {"source_id": source.key, "batch_id": batch.id, "noted_at": now}
            insert("organisation_fact", [{**fact, **origin} for fact in _facts(part, found)])
        ids += found
    return ids


def keep_facts(
    ctx: Context, values: Iterable[ImportValue], batch: ImportBatch, source: Source
) -> None:
    """Note what a source says of other plugins' columns of new organisations."""
    now = db.utc_text(ctx.clock.now())
    origin = {"source_id": source.key, "batch_id": batch.id, "noted_at": now}
    facts = [
        {"organisation_id": value.organisation_id, "name": value.column, "value": value.offered}
        for value in values
        if value.offered
    ]
    insert("organisation_fact", [{**fact, **origin} for fact in facts])


def _store(
    ctx: Context, entries: Sequence[Entry], batch: ImportBatch, fictional: bool
) -> list[int]:
    now = db.utc_text(ctx.clock.now())
    same = {
        "state": UNCLAIMED,
        "name_lang": "",
        "is_fictional": fictional,
        "is_operator": False,
        "created_at": now,
        "updated_at": now,
        "version": 1,
        "batch_id": batch.id,
    }
    values = [{**OPTIONAL, **entry.values} for entry in entries]
    slugs = unique_slugs([(row["name"], row["city"]) for row in values])
    records = [
        {**row, **same, "public_id": new_public_id(), "slug": slug}
        for row, slug in zip(values, slugs, strict=True)
    ]
    stored = dict(insert("organisation", records, returning="public_id, id"))
    return [stored[record["public_id"]] for record in records]


def unique_slugs(wanted: Sequence[tuple[str, str]]) -> list[str]:
    """Choose free addresses for (name, city) pairs, in a few statements for any number of them."""
    pages = pages_beside()
    offers = [slug_candidates(name, city, secrets.token_hex(5), pages) for name, city in wanted]
    chosen: list[str] = [""] * len(wanted)
    used: set[str] = set()
    open_places = list(range(len(wanted)))
    while open_places:
        tries = {at: next(offers[at]) for at in open_places}
        used |= _taken(set(tries.values()) - used)
        for at, slug in tries.items():
            if slug not in used:
                chosen[at] = slug
                used.add(slug)
        open_places = [at for at in open_places if not chosen[at]]
    return chosen


def _taken(slugs: set[str]) -> set[str]:
    if not slugs:
        return set()
    marks = ",".join("?" * len(slugs))
    rows = db.query(
        f"SELECT slug FROM organisation WHERE slug IN ({marks}) "
        f"UNION SELECT slug FROM organisation_former_slug WHERE slug IN ({marks})",
        [*slugs, *slugs],
    )
    return {slug for (slug,) in rows}


def _identifiers(entries: Sequence[Entry], ids: Sequence[int]) -> Iterator[dict[str, Any]]:
    for entry, number in zip(entries, ids, strict=True):
        for scheme, value in entry.identifiers:
            yield {"organisation_id": number, "scheme": scheme, "value": value}


def _facts(entries: Sequence[Entry], ids: Sequence[int]) -> Iterator[dict[str, Any]]:
    for entry, number in zip(entries, ids, strict=True):
        for name, value in named(entry):
            yield {"organisation_id": number, "name": name, "value": value}


def named(entry: Entry) -> Iterator[tuple[str, str]]:
    """Name what the source says, as it is kept; what it leaves open is no fact."""
    values = entry.values
    yield "name", values.get("registered_name") or values["name"]
    yield from ((name, values[name]) for name in FACTS if values.get(name))
    if entry.identifiers:
        yield "identifiers", " ".join(f"{scheme}:{value}" for scheme, value in entry.identifiers)
    if values.get("lat") is not None and values.get("lon") is not None:
        yield "position", f"{values['lat']}, {values['lon']}"


def insert(
    table: str,
    records: Sequence[Mapping[str, Any]],
    returning: str = "",
    skip_known: bool = False,
) -> list[tuple[Any, ...]]:
    """Insert records with the same columns in as few statements as the databases take.

    With `skip_known` those that are there already, by a unique index, are left out.
    """
    if not records:
        return []
    columns = list(records[0])
    step = MOST_VALUES // len(columns)
    one = f"({','.join('?' * len(columns))})"
    found: list[tuple[Any, ...]] = []
    for start in range(0, len(records), step):
        part = records[start : start + step]
        sql = f"INSERT INTO {table} ({','.join(columns)}) VALUES {','.join([one] * len(part))}"
        sql += " ON CONFLICT DO NOTHING" if skip_known else ""
        values = [record[column] for record in part for column in columns]
        if returning:
            found += db.query(f"{sql} RETURNING {returning}", values)
        else:
            db.execute(sql, values)
    return found
