"""Partner requests for programs: the same list as on the page."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g, jsonify, request
from pydantic import BaseModel, ConfigDict, Field
from spectree import Response as Answers

from plugins.openapi.interface import PREFIX, Problem, checked, spec
from plugins.requests import pages, queries
from plugins.requests.documents import FACETS
from plugins.requests.models import PartnerRequest
from plugins.requests.pages import LONGEST_TEXT, MOST_PAGE, PAGE_SIZE
from portal import db
from portal.organisations.models import Organisation
from portal.web.access import ANYONE, allow
from portal.web.caching import not_modified
from portal.web.heartbeat import beat

MOST_PAGE_SIZE = 100
blueprint = Blueprint("requests_api", __name__, url_prefix=PREFIX)


class RequestQuery(BaseModel):
    """Parameters of the list; those of facets may be repeated, and are alternatives then."""

    model_config = ConfigDict(extra="ignore")

    q: str = Field("", max_length=LONGEST_TEXT, description='Words, "a phrase", -without, begin*')
    field: list[str] = Field([], description="ISCED-F 2013 code; what it holds is included")
    country: list[str] = Field([], description="Where a partner is wanted, ISO 3166 alpha-2")
    role: list[str] = Field([], description="The partner wanted: host, sending, supporting")
    month: list[str] = Field([], description="Year and month of the stay, such as 2027-05")
    mode: list[str] = Field([], description="physical, blended, virtual")
    from_: list[str] = Field([], alias="from", description="Country of the organisation that asks")
    page: int = Field(1, ge=1, le=MOST_PAGE)
    page_size: int = Field(PAGE_SIZE, ge=1, le=MOST_PAGE_SIZE)
    lang: str = Field("", max_length=35, description="Language of labels")


class Asker(BaseModel):
    """The organisation that asks."""

    slug: str
    name: str
    country: str


class Item(BaseModel):
    """An open request in the list; days are ISO dates, empty when they are not stated."""

    slug: str
    title: str
    language: str
    asker: Asker
    demonstration: bool
    role: str
    fields: list[str]
    countries: list[str]
    starts_on: str
    ends_on: str
    places: int | None
    published_at: str
    closes_on: str


class Page(BaseModel):
    """A page of open requests, the newest first."""

    items: list[Item]
    total: int
    facets: dict[str, dict[str, int]]
    page: int
    page_size: int


class Detail(Item):
    """A request with everything it says."""

    state: str
    text: str
    occupations: list[str]
    languages: list[str]
    modes: list[str]
    inclusion: list[str]
    youngest_age: int | None


@blueprint.get("/requests")
@allow(ANYONE)
@spec.validate(
    query=RequestQuery,
    resp=Answers(HTTP_200=Page, HTTP_422=Problem),
    skip_validation=True,
    tags=["requests"],
)
def requests() -> Any:
    """List open partner requests."""
    unchanged = not_modified()
    if unchanged is not None:
        return unchanged
    typed = {
        name: values if name in FACETS else values[-1] for name, values in request.args.lists()
    }
    checked(RequestQuery, typed)
    filters = pages.parse(request.args, int(request.args.get("page_size", PAGE_SIZE)))
    answer = pages.search(filters, beat().catalogue_seq)
    return jsonify(
        items=[_item(card) for card in answer.cards],
        total=answer.total,
        facets={name: dict(answer.facets.get(name, {})) for name in FACETS},
        page=filters.page,
        page_size=filters.page_size,
    )


@blueprint.get("/requests/<slug>")
@allow(ANYONE)
@spec.validate(
    resp=Answers(HTTP_200=Detail, HTTP_404=Problem), skip_validation=True, tags=["requests"]
)
def one(slug: str) -> Any:
    """Return one partner request."""
    row = queries.find(g.ctx, slug).request
    return jsonify(_detail(row))


def _item(card: Any) -> dict[str, Any]:
    same = (
        "slug", "title", "role", "fields", "countries", "starts_on", "ends_on", "places",
        "published_at", "closes_on",
    )  # fmt: skip
    asker = {"slug": card["asker_slug"], "name": card["asker"], "country": card["from"]}
    return {name: card[name] for name in same} | {
        "language": card["lang"],
        "asker": asker,
        "demonstration": card["demo"],
    }


def _detail(row: PartnerRequest) -> dict[str, Any]:
    owner: Organisation = row.organisation
    same = (
        "slug", "title", "role", "fields", "countries", "starts_on", "ends_on", "places", "state",
        "text", "languages", "modes", "inclusion", "youngest_age",
    )  # fmt: skip
    return {name: getattr(row, name) for name in same} | {
        "language": row.lang,
        "asker": {"slug": owner.slug, "name": owner.name, "country": owner.country},
        "demonstration": bool(owner.is_fictional),
        "published_at": db.utc_text(row.published_at) if row.published_at else "",
        "closes_on": row.closes_on.isoformat(),
        "occupations": [pair[0] for pair in row.occupations],
    }
