"""The blueprint, and what several pages need."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, g

from plugins.partners.interface import KIND
from plugins.saved import queries
from plugins.search.interface import SearchPage
from portal.errors import NotFound
from portal.people import throttle

blueprint = Blueprint("saved", __name__)
SHAPES = throttle.Limit("saved-writing", 120, 3_600)
"""What one account may keep, note and change in an hour."""


def spend() -> None:
    """Count what an account writes. Raises TooMany."""
    throttle.spend(g.ctx, SHAPES, str(g.ctx.actor.account_id))


def page_of(kind: str) -> SearchPage:
    """Return the page that searches a kind of documents. Raises NotFound while it is off."""
    found = queries.pages(g.ctx).get(kind)
    if found is None:
        raise NotFound
    return found


def partner_page() -> SearchPage | None:
    """Return the partner search."""
    return queries.pages(g.ctx).get(KIND)


def slugs_of(values: Sequence[str], most: int) -> list[str]:
    """Return each readable slug of an address once, at most so many."""
    readable = (value.replace("\0", "").strip()[:120] for value in values)
    return list(dict.fromkeys(value for value in readable if value))[:most]
