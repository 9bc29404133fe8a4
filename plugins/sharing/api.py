"""Consortia for programs: what everybody may know of them."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g, jsonify, request
from pydantic import BaseModel, Field
from spectree import Response as Answers

from plugins.consortia.interface import listed, shown_to_all
from plugins.openapi.interface import PREFIX, Problem, checked, spec
from plugins.sharing.views import as_json
from portal.web.access import ANYONE, allow

blueprint = Blueprint("sharing_api", __name__, url_prefix=PREFIX)
MOST_PAGE = 200


class ConsortiaQuery(BaseModel):
    """Parameters of the list."""

    country: str = Field("", max_length=2, description="ISO 3166 alpha-2 of a member")
    kind: str = Field("", max_length=20, description="bilateral, network, national, ...")
    page: int = Field(1, ge=1, le=MOST_PAGE)


class ConsortiumMember(BaseModel):
    """An active member; `role` is lead, partner, associated_partner or affiliated_entity."""

    slug: str
    name: str
    country: str
    role: str
    parts: list[str]
    joined_on: str


class Consortium(BaseModel):
    """A consortium that has started, as everybody sees it. Days are ISO dates or empty."""

    slug: str
    name: str
    purpose: str
    purpose_language: str
    kind: str
    state: str
    fields: list[str]
    languages: list[str]
    starts_on: str
    ends_on: str
    grant_number: str
    website: str
    demonstration: bool
    lead: str
    member_count: int
    country_count: int


class ConsortiumDetail(Consortium):
    """A consortium with its members."""

    members: list[ConsortiumMember]


class ConsortiaPage(BaseModel):
    """A page of at most thirty, the newest first."""

    items: list[Consortium]
    total: int
    page: int


@blueprint.get("/consortia")
@allow(ANYONE)
@spec.validate(
    query=ConsortiaQuery,
    resp=Answers(HTTP_200=ConsortiaPage, HTTP_422=Problem),
    skip_validation=True,
    tags=["consortia"],
)
def consortia() -> Any:
    """List consortia."""
    typed = {
        name: request.args[name] for name in ConsortiaQuery.model_fields if name in request.args
    }
    checked(ConsortiaQuery, typed)
    page = int(typed.get("page", 1))
    total, rows = listed(typed.get("country", "").upper(), typed.get("kind", ""), page)
    items = [as_json(row) for row in rows]
    for item in items:
        item.pop("members")
    return jsonify({"items": items, "total": total, "page": page})


@blueprint.get("/consortia/<slug>")
@allow(ANYONE)
@spec.validate(
    resp=Answers(HTTP_200=ConsortiumDetail, HTTP_404=Problem),
    skip_validation=True,
    tags=["consortia"],
)
def consortium(slug: str) -> Any:
    """Return one consortium with its members."""
    return jsonify(as_json(shown_to_all(g.ctx, slug)))
