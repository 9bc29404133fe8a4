"""Partners for programs: the same search as on the page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Literal

from flask import Blueprint, Response, g, request
from pydantic import BaseModel, ConfigDict, Field
from spectree import Response as Answers

from plugins.directory.interface import verified_text
from plugins.openapi.interface import PREFIX, Problem, checked, spec
from plugins.partners import pages, quality, queries, search
from plugins.partners.documents import FACETS
from plugins.partners.filters import LONGEST_TEXT, MOST_PAGE, MOST_PAGE_SIZE, Filters, parse
from portal import db
from portal.errors import NotFound
from portal.i18n import _
from portal.web.access import ANYONE, allow
from portal.web.caching import not_modified
from portal.web.heartbeat import beat

_dumps: Callable[[Any], str | bytes] = db.dump_json
with suppress(ImportError):  # the extra "fast"
    from orjson import dumps as _dumps

blueprint = Blueprint("partners_api", __name__, url_prefix=PREFIX)


class SearchQuery(BaseModel):
    """Parameters of the search; those of facets may be repeated, and are alternatives then."""

    model_config = ConfigDict(extra="ignore")

    q: str = Field("", max_length=LONGEST_TEXT, description='Words, "a phrase", -without, begin*')
    country: list[str] = Field([], description="ISO 3166 alpha-2; EL and UK are understood")
    region: list[str] = Field([], description="NUTS code")
    type: list[str] = Field([], description="Kind of organisation")
    role: list[str] = Field([], description="sending, host, supporting")
    field: list[str] = Field([], description="ISCED-F 2013 code; what it holds is included")
    language: list[str] = Field([], description="BCP 47 tag")
    mode: list[str] = Field([], description="physical, blended, virtual")
    target: list[str] = Field([], description="Whom the partner works with")
    commitment: list[str] = Field([], description="Quality standard that was promised")
    claimed: list[str] = Field([], description="yes or no")
    quality: list[str] = Field([], description="Band of scores: 45, 40, 35, 30, 10 (tenths, from)")
    min_quality: float | None = Field(None, ge=1, le=5, description="The least score wanted")
    sort: Literal["relevance", "quality", "name", "newest"] = "relevance"
    page: int = Field(1, ge=1, le=MOST_PAGE)
    page_size: int = Field(20, ge=1, le=MOST_PAGE_SIZE)
    lang: str = Field("", max_length=35, description="Language of labels")


class Verified(BaseModel):
    """How and on which day a reviewer saw a proof; `label` says it in a sentence."""

    by: str
    on: str
    label: str


class Quality(BaseModel):
    """What those who were there say: the score of 1 to 5, its likely range, and of how many."""

    score: float
    low: float
    high: float
    raters: int
    label: str


class Item(BaseModel):
    """A partner in a list."""

    id: int
    slug: str
    name: str
    country: str
    city: str
    type: str
    roles: list[str]
    fields: list[str]
    languages: list[str]
    claimed: bool
    verified: Verified | None
    demonstration: bool
    quality: Quality | None
    why: list[str]


class Value(BaseModel):
    """A facet's value with the number of partners."""

    value: str
    label: str
    count: int


class Page(BaseModel):
    """A page of the search."""

    items: list[Item]
    total: int
    facets: dict[str, list[Value]]
    page: int
    page_size: int


class Service(BaseModel):
    """A service with its fee in euro cents."""

    kind: str
    fee_cents: int | None = None
    per: str | None = None
    includes: list[str] = []
    note: str | None = None


class Fact(BaseModel):
    """A public fact by its key, such as city or accreditation, and where it comes from."""

    name: str
    value: str
    source: str


class Identifier(BaseModel):
    """A number given by a register."""

    scheme: str
    value: str


class Detail(BaseModel):
    """A partner with everything its profile says."""

    id: int
    slug: str
    name: str
    registered_name: str
    country: str
    region: str
    city: str
    website: str
    type: str
    state: str
    demonstration: bool
    roles: list[str]
    fields: list[str]
    languages: list[list[str]]
    modes: list[str]
    targets: list[str]
    inclusion: list[str]
    accommodation: list[str]
    months: list[int]
    group_min: int | None
    group_max: int | None
    places_a_year: int | None
    stay_min_weeks: int | None
    stay_max_weeks: int | None
    minimum_age: int | None
    accompanying_max: int | None
    accompanying_free: int | None
    services: list[Service]
    commitments: dict[str, str]
    texts: dict[str, str]
    original_language: str | None
    identifiers: list[Identifier]
    verified: Verified | None
    facts: list[Fact]


@blueprint.get("/partners")
@allow(ANYONE)
@spec.validate(
    query=SearchQuery,
    resp=Answers(HTTP_200=Page, HTTP_422=Problem),
    skip_validation=True,
    tags=["partners"],
)
def partners() -> Any:
    """Search partners."""
    unchanged = not_modified()
    if unchanged is not None:
        return unchanged
    checked(SearchQuery, _typed())
    filters = parse(request.args)
    answer = search.run(g.ctx, filters, beat().catalogue_seq)
    result = answer.result
    body = {
        "items": [
            _item(card, _why(card, reason, answer, filters))
            for card, reason in zip(result.cards, result.why, strict=True)
        ],
        "total": result.total,
        "facets": {
            name: [
                {"value": value, "label": pages.value_label(name, value), "count": count}
                for value, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
            ]
            for name, counts in result.facets.items()
            if counts or name != "quality"
        },
        "page": filters.page,
        "page_size": filters.page_size,
    }
    return _answer(body)


@blueprint.get("/partners/<slug>")
@allow(ANYONE)
@spec.validate(
    resp=Answers(HTTP_200=Detail, HTTP_404=Problem), skip_validation=True, tags=["partners"]
)
def partner(slug: str) -> Any:
    """Return one partner."""
    unchanged = not_modified()
    if unchanged is not None:
        return unchanged
    found = queries.partner(slug)
    if found is None:
        raise NotFound(_("There is no partner at this address. Search for its name instead."))
    same = (
        "id", "slug", "name", "registered_name", "country", "region", "city", "website", "type",
        "state", "roles", "fields", "languages", "modes", "targets", "inclusion", "accommodation",
        "months", "group_min", "group_max", "places_a_year", "stay_min_weeks", "stay_max_weeks",
        "minimum_age", "accompanying_max", "accompanying_free", "services",
    )  # fmt: skip
    body = {name: found.values[name] for name in same}
    body |= {
        "demonstration": bool(found.is_fictional),
        "commitments": found.commitments,
        "texts": found.summaries,
        "original_language": found.original or None,
        "identifiers": [{"scheme": row[0], "value": row[2]} for row in found.details["identifier"]],
        "verified": _verified(found.verified),
        "facts": [
            {"name": name, "value": value, "source": title}
            for name, _source, value, title in found.details["fact"]
        ],
    }
    return _answer(body)


def _typed() -> dict[str, Any]:
    """Return the parameters as the query model takes them: facets as lists."""
    return {name: values if name in FACETS else values[-1] for name, values in request.args.lists()}


def _item(card: Mapping[str, Any], why: list[str]) -> dict[str, Any]:
    return {
        "id": card["id"],
        "slug": card["slug"],
        "name": card["name"],
        "country": card["country"],
        "city": card.get("city", ""),
        "type": card["type"],
        "roles": card.get("roles", []),
        "fields": card.get("fields", []),
        "languages": card.get("languages", []),
        "claimed": card["state"] != "unclaimed",
        "verified": _verified(card.get("verified", "")),
        "demonstration": bool(card.get("demo")),
        "quality": quality.as_json(card.get("quality", ())),
        "why": why,
    }


def _verified(fact: str) -> dict[str, str] | None:
    """Return how and when a partner was verified, None for one that is not."""
    proof, _blank, day = fact.partition(" ")
    return {"by": proof, "on": day, "label": verified_text(fact)} if day else None


def _why(
    card: Mapping[str, Any], reason: Any, answer: search.Answer, filters: Filters
) -> list[str]:
    figures = card.get("quality") if quality.is_asked(filters.sort, filters.facets) else None
    rated = [_("Rated %(score)s", score=quality.words(figures))] if figures else []
    if reason.tier == "name":
        return [_("Its name has the words"), *rated]
    said = search.why(card, reason, answer.found)
    return [*([said.striptags()] if said else []), *rated]


def _answer(body: dict[str, Any]) -> Response:
    return Response(_dumps(body), mimetype="application/json")
