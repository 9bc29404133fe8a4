"""Mobilities for programs with a token: what their owner sees on the pages, and nobody's name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from flask import g, jsonify, request
from pydantic import BaseModel, ConfigDict, Field
from spectree import Response as Answers

from plugins.mobilities import interface as mobilities
from plugins.mobilities.interface import BACKFILLED
from plugins.mobilities_api.files import blueprint
from plugins.openapi.interface import PREFIX, Problem, checked, spec
from plugins.partners.interface import occupations_in
from portal.errors import Invalid, NotFound
from portal.i18n import _
from portal.organisations import queries as organisations
from portal.web.access import SIGNED_IN, allow

__all__ = ["blueprint"]

SECURITY: dict[str, list[str]] = {"token": []}
PEOPLE = "people of the sending, host or supporting organisation; others get 404"
MOST_PAGE_SIZE = 100
DAY = r"^(\d{4}-\d{2}-\d{2})?$"
Side = Literal["sending", "host", "supporting"]
State = Literal[
    "planning", "agreed", "running", "assessed", "recognised", "closed", "interrupted",
    "did_not_happen", "cancelled",
]  # fmt: skip

Wanted = Literal["", State]


class MobilityQuery(BaseModel):
    """Parameters of the list."""

    model_config = ConfigDict(extra="ignore")

    state: Wanted = Field("", description="How far it is")
    side: Literal["", Side] = Field("", description="As what your organisations take part")
    organisation: str = Field("", max_length=200, description="Slug of one of your organisations")
    since: str = Field("", pattern=DAY, description="Stays that end on this day or later, ISO date")
    until: str = Field("", pattern=DAY, description="Stays that begin until this day, ISO date")
    after: str = Field("", max_length=40, description="`next` of the page before")
    page_size: int = Field(20, ge=1, le=MOST_PAGE_SIZE)


class Organisation(BaseModel):
    """A side of a mobility; `is_own` where you belong to it."""

    side: Side
    slug: str
    name: str
    country: str
    is_own: bool


class Stay(BaseModel):
    """A stay in time: `outcome` is empty while it goes on; `initiator` says who ended it early.

    Participants are counted; nobody knows how many there were on a stay from before joining.
    """

    id: str
    workplace: str
    city: str
    starts_on: str
    ends_on: str
    outcome: Literal["", "ended", "interrupted", "did_not_happen"]
    initiator: str
    participants: int | None


class Mobility(BaseModel):
    """A mobility; days are ISO dates. `evidence` is backfilled for one from before a side joined."""

    id: str
    title: str
    kind: Literal["individual", "group", "staff"] | None
    mode: Literal["physical", "blended", "virtual"] | None
    state: State
    evidence: Literal["live", "backfilled"]
    demonstration: bool
    field: str
    occupation: str
    starts_on: str
    ends_on: str
    organisations: list[Organisation]
    stays: list[Stay]
    steps_done: int
    steps_needed: int


class Step(BaseModel):
    """A step of the task list: who leads and helps, until when, and whether it is done."""

    key: str
    phase: Literal["partners", "before", "during", "after"]
    title: str
    lead: str
    helpers: list[str]
    due_on: str
    state: Literal["open", "done", "not_needed"]
    done_on: str
    done_by: str


class MobilityDetail(Mobility):
    """A mobility with its steps; `occupation_codes` are the ESCO occupations that its words may mean.

    `occupation_url` is the address in ESCO of the one that they mean, empty where they are several.
    """

    occupation_codes: list[str]
    occupation_url: str
    steps: list[Step]


class MobilityPage(BaseModel):
    """A page of mobilities, the latest first; `next` is empty on the last one."""

    items: list[Mobility]
    next: str
    page_size: int


@blueprint.get(f"{PREFIX}/mobilities")
@allow(SIGNED_IN, owner="mobilities of the person's own organisations")
@spec.validate(
    query=MobilityQuery,
    resp=Answers(
        HTTP_200=MobilityPage, HTTP_401=Problem, HTTP_403=Problem, HTTP_422=Problem,
        HTTP_429=Problem,
    ),
    security=SECURITY,
    skip_validation=True,
    tags=["mobilities"],
)  # fmt: skip
def index() -> Any:
    """List the mobilities of your organisations."""
    typed = {name: request.args[name] for name in request.args}
    checked(MobilityQuery, typed)
    size = int(typed.get("page_size", 20))
    try:
        rows = mobilities.listed(
            g.ctx, **_filters(typed), after=typed.get("after", ""), most=size + 1
        )
    except NotFound:
        raise Invalid(_("This page is gone. Begin with the first one."), field="after") from None
    following = rows[size - 1]["public_id"] if len(rows) > size else ""
    return jsonify(items=[_facts(row) for row in rows[:size]], next=following, page_size=size)


def _filters(typed: dict[str, str]) -> dict[str, Any]:
    """Return what narrows the list. Raises Invalid for what is no day or not one's own."""
    own = [item.organisation for item in organisations.mine(g.ctx)]
    found = mobilities.filters(own)
    for name in ("since", "until"):
        if typed.get(name) and not found[name]:
            raise Invalid(_("Write the day as year, month, day: 2027-05-18."), field=name)
    if typed.get("organisation") and typed["organisation"] not in {item.slug for item in own}:
        raise Invalid(_("Choose one of your organisations."), field="organisation")
    return found


@blueprint.get(f"{PREFIX}/mobilities/<public_id>")
@allow(SIGNED_IN, owner=PEOPLE)
@spec.validate(
    resp=Answers(
        HTTP_200=MobilityDetail, HTTP_401=Problem, HTTP_403=Problem, HTTP_404=Problem,
        HTTP_429=Problem,
    ),
    security=SECURITY,
    skip_validation=True,
    tags=["mobilities"],
)  # fmt: skip
def one(public_id: str) -> Any:
    """Return one mobility with its steps."""
    row, steps = mobilities.one(g.ctx, public_id)
    words = row["occupation"]
    codes = occupations_in(g.ctx, words) if words else []
    url = "".join(found["url"] for found in mobilities.occupations(g.ctx, [words]).values())
    more = {"occupation_codes": codes, "occupation_url": url, "steps": steps}
    return jsonify({**_facts(row), **more})


def _facts(row: Mapping[str, Any]) -> dict[str, Any]:
    is_told, done = row["evidence"] != BACKFILLED, row["steps"]
    same = ("title", "state", "evidence", "field", "occupation", "starts_on", "ends_on")
    return {
        "id": row["public_id"],
        **{name: row[name] for name in same},
        "kind": row["kind"] if is_told else None,
        "mode": row["mode"] if is_told else None,
        "demonstration": bool(row["sides"]["sending"].is_fictional),
        "organisations": [
            {
                "side": side,
                "slug": item.slug,
                "name": item.name,
                "country": item.country,
                "is_own": side in row["own"],
            }
            for side, item in row["sides"].items()
        ],
        "stays": [
            {
                "id": stay["public_id"],
                "workplace": stay["workplace"],
                "city": stay["workplace_city"],
                **{name: stay[name] for name in ("starts_on", "ends_on", "outcome", "initiator")},
                "participants": stay["people"] if is_told else None,
            }
            for stay in row["stays"]
        ],
        "steps_done": done[0],
        "steps_needed": done[1],
    }
