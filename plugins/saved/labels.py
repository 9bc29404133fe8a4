"""Words for what people choose, and rows for lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from plugins.saved import rules
from plugins.saved.models import SavedSearch
from plugins.search.interface import SearchPage, cards_of
from portal import db
from portal.i18n import _, day


def rhythms() -> dict[str, str]:
    """Return the choices of when people are told."""
    return {
        rules.AT_ONCE: _("at once"),
        rules.DAILY: _("once a day"),
        rules.WEEKLY: _("once a week, on Mondays"),
        rules.NEVER: _("not at all: I look myself, or read the feed"),
    }


def short_rhythm(rhythm: str) -> str:
    """Return in few words when somebody is told."""
    names = {rules.AT_ONCE: _("at once"), rules.DAILY: _("daily"), rules.WEEKLY: _("weekly")}
    return names.get(rhythm, _("no alerts"))


def described(page: SearchPage, state: str) -> str:
    """Return what a search looks for, in a line."""
    labels = page.labels(state)
    return ", ".join(labels) if labels else _("everything")


def usual_name(page: SearchPage, state: str) -> str:
    """Return a name for a search that somebody is about to keep."""
    labels = page.labels(state)
    return (", ".join(labels) if labels else str(page.title))[: rules.LONGEST_NAME]


def address(page: SearchPage, state: str) -> str:
    """Return where a search is shown as it is now."""
    return f"{page.path}?{state}" if state else page.path


def listed(row: SavedSearch, page: SearchPage | None) -> dict[str, Any]:
    """Return one of the list of searches; without a page, that of a plugin that is off."""
    return {
        "number": row.public_id,
        "name": row.name,
        "what": f"{page.title}: {described(page, row.state)}" if page else "",
        "search_url": address(page, row.state) if page else "",
        "is_paused": row.paused_at is not None,
        "rhythm": short_rhythm(row.rhythm),
        "latest": day(db.parse_utc(row.hits[0][1]), "medium") if row.hits else "",
    }


def hits(row: SavedSearch, page: SearchPage) -> list[Mapping[str, Any]]:
    """Return what was found for a search since it is kept, the newest first; one statement."""
    cards = cards_of(row.kind, [number for number, _at in row.hits])
    return [
        {**page.row(cards[number]), "found_at": at, "found_on": day(db.parse_utc(at), "medium")}
        for number, at in row.hits
        if number in cards
    ]


def partners(
    page: SearchPage | None, cards: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """Return rows of a shortlist; the slug of each stands beside what any list shows."""
    return [{**page.row(card), "slug": card["slug"]} for card in cards] if page else []
