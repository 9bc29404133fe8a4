"""Saved searches and shortlists for programs."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g, jsonify
from pydantic import BaseModel
from spectree import Response as Answers

from plugins.openapi.interface import PREFIX, Problem, spec
from plugins.partners.interface import KIND
from plugins.saved import labels, queries
from plugins.search.interface import cards_of
from portal import db
from portal.web.access import SIGNED_IN, allow

blueprint = Blueprint("saved_api", __name__, url_prefix=PREFIX)


class Hit(BaseModel):
    """Something that a search found since it is kept."""

    title: str
    url: str
    found_at: str


class Search(BaseModel):
    """A search that the person keeps; `rhythm` is at_once, daily, weekly or none."""

    id: str
    name: str
    url: str
    rhythm: str
    paused: bool
    created_at: str
    hits: list[Hit]


class Searches(BaseModel):
    """The searches that a person keeps, by name."""

    items: list[Search]


class Note(BaseModel):
    """What somebody of the organisation noted."""

    text: str
    written_at: str
    name: str


class Listed(BaseModel):
    """A partner on the shortlist."""

    slug: str
    name: str
    country: str
    added_at: str
    notes: list[Note]


class Shortlist(BaseModel):
    """An organisation's shortlist, the newest first."""

    items: list[Listed]


@blueprint.get("/saved-searches")
@allow(SIGNED_IN, owner="own searches")
@spec.validate(
    resp=Answers(HTTP_200=Searches, HTTP_401=Problem, HTTP_403=Problem, HTTP_429=Problem),
    skip_validation=True,
    tags=["saved"],
)
def searches() -> Any:
    """List the searches that you keep, with what they found since."""
    pages = queries.pages(g.ctx)
    items = [
        {
            "id": row.public_id,
            "name": row.name,
            "url": labels.address(pages[row.kind], row.state),
            "rhythm": row.rhythm,
            "paused": row.paused_at is not None,
            "created_at": db.utc_text(row.created_at),
            "hits": [
                {name: hit[name] for name in ("title", "url", "found_at")}
                for hit in labels.hits(row, pages[row.kind])
            ],
        }
        for row in queries.own(g.ctx)
        if row.kind in pages
    ]
    return jsonify(items=items)


@blueprint.get("/organisations/<public_id>/shortlist")
@allow(SIGNED_IN, owner="people of the organisation; others get 404")
@spec.validate(
    resp=Answers(
        HTTP_200=Shortlist, HTTP_401=Problem, HTTP_403=Problem, HTTP_404=Problem, HTTP_429=Problem
    ),
    skip_validation=True,
    tags=["saved"],
)
def shortlist(public_id: str) -> Any:
    """List the partners on an organisation's shortlist, with the notes of its people."""
    owner = queries.by_public_id(g.ctx, public_id)
    entries = queries.entries(owner.id)
    cards = cards_of(KIND, [entry.partner_id for entry in entries])
    notes = queries.notes([entry.id for entry in entries])
    items = [
        {
            **{name: cards[entry.partner_id][name] for name in ("slug", "name", "country")},
            "added_at": db.utc_text(entry.added_at),
            "notes": [
                {
                    "text": note.text,
                    "written_at": db.utc_text(note.written_at),
                    "name": note.account.name if note.account else "",
                }
                for note in notes.get(entry.id, ())
            ],
        }
        for entry in entries
        if entry.partner_id in cards
    ]
    return jsonify(items=items)
