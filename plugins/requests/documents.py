"""What the search engine knows of open requests."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from plugins.partners.interface import field_name, parents
from plugins.requests import rules
from plugins.requests.labels import usual_countries
from plugins.requests.models import PUBLISHED, PartnerRequest
from plugins.search.interface import Document, put, remove
from portal import db
from portal.organisations import queries as organisations
from portal.organisations.models import Organisation

KIND = "request"
FACETS = ("field", "country", "role", "month", "mode", "from")
TEXT_LENGTH = 320


def refresh(ids: Collection[int]) -> None:
    """Bring the documents of requests up to date, inside their transaction."""
    rows = _with_owner(PartnerRequest.id.in_(list(ids)))
    owners = {row.organisation.id: row.organisation for row in rows}
    seen = {
        owner.id for owner in organisations.in_sight(list(owners.values())) if not owner.hidden_at
    }
    shown = [row for row in rows if row.state == PUBLISHED and row.organisation.id in seen]
    put([_document(row) for row in shown])
    gone = set(ids) - {row.id for row in shown}
    if gone:
        remove(KIND, sorted(gone))


def refresh_of(organisation_ids: Sequence[int]) -> None:
    """Bring the documents of organisations' open requests up to date."""
    open_ones: Any = PartnerRequest.select(PartnerRequest.id).where(
        PartnerRequest.organisation.in_(list(organisation_ids)), PartnerRequest.state == PUBLISHED
    )
    ids = [number for (number,) in open_ones.tuples()]
    if ids:
        refresh(ids)


def refresh_all() -> None:
    """Bring everything up to date: while the plugin was off nobody told the search."""
    known = db.query("SELECT object_id FROM search_document WHERE kind = ?", (KIND,))
    open_ones: Any = PartnerRequest.select(PartnerRequest.id).where(
        PartnerRequest.state == PUBLISHED
    )
    ids = {row[0] for row in [*known, *open_ones.tuples()]} - {None}
    if ids:
        with db.transaction():
            refresh(ids)


def forget(organisation_ids: Sequence[int]) -> None:
    """Take requests out of the search whose organisations are about to be deleted."""
    found: Any = PartnerRequest.select(PartnerRequest.id).where(
        PartnerRequest.organisation.in_(list(organisation_ids))
    )
    ids = [number for (number,) in found.tuples()]
    if ids:
        remove(KIND, ids)


def forget_all() -> None:
    """Take everything out of the search."""
    rows = db.query("SELECT object_id FROM search_document WHERE kind = ?", (KIND,))
    remove(KIND, [row[0] for row in rows if row[0] is not None])


def _with_owner(condition: Any) -> list[PartnerRequest]:
    found = PartnerRequest.select(PartnerRequest, Organisation).join(Organisation)
    return list(found.where(condition).order_by(PartnerRequest.id))


def _document(row: PartnerRequest) -> Document:
    owner: Organisation = row.organisation
    card = {
        "slug": row.slug,
        "title": row.title,
        "lang": row.lang,
        "text": row.text[:TEXT_LENGTH],
        "role": row.role,
        "fields": row.fields,
        "countries": row.countries,
        "starts_on": row.starts_on,
        "ends_on": row.ends_on,
        "places": row.places,
        "published_at": db.utc_text(row.published_at),
        "closes_on": row.closes_on.isoformat(),
        "asker": owner.name,
        "asker_slug": owner.slug,
        "asker_lang": owner.name_lang,
        "from": owner.country,
        "demo": bool(owner.is_fictional),
    }
    facets = {
        "field": sorted({part for code in row.fields for part in parents(code)}),
        "country": row.countries or list(usual_countries()),
        "role": [row.role],
        "month": [f"{y}-{m:02}" for y, m in rules.months(row.starts_on, row.ends_on)],
        "mode": row.modes,
        "from": [owner.country],
    }
    words = [pair[0] for pair in row.occupations]
    return Document(
        kind=KIND,
        object_id=row.id,
        name=row.title,
        card=card,
        texts=[row.text, owner.name, *words, *map(field_name, row.fields)],
        facets=facets,
        created_at=row.published_at,
    )
