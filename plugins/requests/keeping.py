"""The list of open requests as others can keep it: read from an address, asked again later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import parse_qsl

from werkzeug.datastructures import MultiDict

from plugins.requests import pages
from plugins.requests.documents import KIND
from plugins.search.interface import Query, SearchPage
from portal.context import Context
from portal.i18n import lazy_gettext as lazy


def _state(args: MultiDict[str, str]) -> str:
    return replace(pages.parse(args), page=1).url("").removeprefix("?")


def _filters(state: str) -> pages.Filters:
    return pages.parse(MultiDict(parse_qsl(state)))


def _questions(ctx: Context, state: str) -> Sequence[Query]:
    return [replace(pages.question(_filters(state)), limit=0)]


def _labels(state: str) -> Sequence[str]:
    filters = _filters(state)
    words = [filters.text] if filters.text else []
    return [*words, *(chip["label"] for chip in pages.applied(filters))]


def _row(card: Mapping[str, Any]) -> Mapping[str, Any]:
    shown = pages.card(card)
    return {
        "title": card["title"],
        "lang": card["lang"],
        "url": shown["url"],
        "about": " – ".join([card["asker"], *shown["facts"]]),
        "demo": bool(card["demo"]),
        "ends_on": date.fromisoformat(card["closes_on"]),
    }


PAGE = SearchPage(
    KIND, "/requests", lazy("Partner requests"), _state, _questions, _labels, _row, has_days=True
)
