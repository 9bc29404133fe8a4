"""Round tables for programs: what everybody may know of them, and never a person."""

from __future__ import annotations

from typing import Any, Literal

from flask import current_app, g, jsonify, request
from pydantic import BaseModel, Field
from spectree import Response as Answers

from plugins.openapi.interface import PREFIX, Problem, checked, spec
from plugins.roundtable_exchange.views import blueprint
from plugins.roundtables import interface as roundtables
from portal.context import ANONYMOUS
from portal.web.access import ANYONE, allow

__all__ = ["blueprint"]
PAGE_SIZE, MOST_PAGE = 30, 100


class RoundTablesQuery(BaseModel):
    """Parameters of the list."""

    when: Literal["upcoming", "past"] = Field("upcoming", description="planned ones, or held ones")
    language: str = Field("", max_length=8, description="spoken at one of the tables: en, lv, ...")
    page: int = Field(1, ge=1, le=MOST_PAGE)


class Host(BaseModel):
    """The organisation that invites."""

    slug: str
    name: str
    country: str


class RoundTableItem(BaseModel):
    """One meeting. `seats` are those that are allocated; times are UTC in ISO 8601."""

    id: str
    number: int
    topic: str
    language: str
    starts_at: str
    ends_at: str
    minutes: int
    seats: int
    supports: list[str]
    note: str
    cancelled: bool


class SeriesItem(BaseModel):
    """Tables of one host with one registration; `zone` is the IANA zone in which the host thinks."""

    slug: str
    title: str
    language: str
    state: str
    zone: str
    opens_at: str
    closes_at: str
    host: Host
    demonstration: bool
    url: str
    calendar_url: str
    tables: list[RoundTableItem]


class SeriesDetail(SeriesItem):
    """A series with its texts and the rules by which places are allocated."""

    purpose: str
    questions: list[str]
    registration_open: bool
    groups: list[str]
    most_of_one_organisation: int
    most_places_for_one_person: int
    hours_to_answer: int


class SeriesPage(BaseModel):
    """A page of at most thirty: the next first, of those held the last first."""

    items: list[SeriesItem]
    total: int
    page: int


@blueprint.get(f"{PREFIX}/roundtables")
@allow(ANYONE)
@spec.validate(
    query=RoundTablesQuery,
    resp=Answers(HTTP_200=SeriesPage, HTTP_422=Problem),
    skip_validation=True,
    tags=["round tables"],
)
def series_list() -> Any:
    """List series of round tables."""
    names = (name for name in RoundTablesQuery.model_fields if name in request.args)
    typed = {name: request.args[name] for name in names}
    checked(RoundTablesQuery, typed)
    page, spoken = int(typed.get("page", 1)), typed.get("language", "").lower()
    rows = roundtables.listed(g.ctx, is_past=typed.get("when") == "past")
    if spoken:
        rows = [row for row in rows if any(table.lang == spoken for table in row.tables)]
    shown = rows[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    return jsonify({"items": [_item(row) for row in shown], "total": len(rows), "page": page})


@blueprint.get(f"{PREFIX}/roundtables/<slug>")
@allow(ANYONE)
@spec.validate(
    resp=Answers(HTTP_200=SeriesDetail, HTTP_404=Problem),
    skip_validation=True,
    tags=["round tables"],
)
def one_series(slug: str) -> Any:
    """Return one series with its tables and rules."""
    row = roundtables.series(g.ctx.as_actor(ANONYMOUS), slug)
    facts = roundtables.public_facts(row)
    return jsonify(
        {
            **_item(row),
            "purpose": facts["purpose"],
            "questions": [line.strip() for line in facts["questions"].splitlines() if line.strip()],
            "registration_open": roundtables.is_open(g.ctx, row),
            "groups": facts["groups"],
            "most_of_one_organisation": facts["org_cap"],
            "most_places_for_one_person": facts["seats_per_person"],
            "hours_to_answer": facts["offer_hours"],
        }
    )


def _item(row: roundtables.Series) -> dict[str, Any]:
    base = current_app.config["PORTAL"].base_url.rstrip("/")
    url = f"{base}/round-tables/{row.slug}"
    host = row.host
    return {
        "slug": row.slug,
        "title": row.title,
        "language": row.lang,
        "state": row.state,
        "zone": row.zone,
        "opens_at": row.opens_at.isoformat(),
        "closes_at": row.closes_at.isoformat(),
        "host": {"slug": host.slug, "name": row.host_name, "country": host.country},
        "demonstration": host.is_fictional,
        "url": url,
        "calendar_url": f"{url}.ics",
        "tables": [_table(table) for table in row.tables],
    }


def _table(table: roundtables.Table) -> dict[str, Any]:
    return {
        "id": table.public_id,
        "number": table.number,
        "topic": table.topic,
        "language": table.lang,
        "starts_at": table.starts_at.isoformat(),
        "ends_at": table.ends_at.isoformat(),
        "minutes": table.minutes,
        "seats": table.seats,
        "supports": list(table.supports),
        "note": table.note,
        "cancelled": table.cancelled_at is not None,
    }
