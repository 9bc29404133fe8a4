"""A kept search for readers of feeds (Atom, RFC 4287) and for calendars (iCalendar, RFC 5545)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from flask import current_app

from plugins.saved.models import SavedSearch
from plugins.search.interface import SearchPage, index
from portal.context import Context
from portal.i18n import _
from portal.later import Later

ical = Later("icalendar")

MOST_DAYS = 500


def base() -> str:
    """Return the address of the site, without a slash at its end."""
    return str(current_app.config["PORTAL"].base_url).rstrip("/")


def calendar(ctx: Context, row: SavedSearch, page: SearchPage) -> bytes:
    """Return the days of what a search finds now: when each of it ends."""
    file = ical.Calendar()
    file.add("prodid", "-//Tessera//Calendar//EN")
    file.add("version", "2.0")
    file.add("x-wr-calname", row.name)
    host = urlsplit(base()).hostname or "localhost"
    for shown in _found(ctx, row, page):
        mark = hashlib.sha256(f"saved {shown['url']}".encode()).hexdigest()[:32]
        event = ical.Event()
        event.add("uid", f"{mark}@{host}")
        event.add("dtstamp", row.created_at)
        event.add("summary", _("Closes: %(title)s", title=shown["title"]))
        event.add("dtstart", shown["ends_on"])
        event.add("url", base() + shown["url"])
        file.add_component(event)
    return bytes(file.to_ical())


def _found(ctx: Context, row: SavedSearch, page: SearchPage) -> Sequence[Any]:
    catalogue = index(row.kind)
    for question in page.questions(ctx, row.state):
        cards = catalogue.search(replace(question, sort="newest", limit=MOST_DAYS)).cards
        if cards:
            return [shown for shown in map(page.row, cards) if shown.get("ends_on")]
    return []
