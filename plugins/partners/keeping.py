"""The partner search as others can keep it: read from an address, asked again later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

from werkzeug.datastructures import MultiDict

from plugins.partners import pages, search
from plugins.partners.documents import KIND
from plugins.partners.filters import PAGE_SIZE, Filters, chosen, parse
from plugins.search.interface import Query, SearchPage
from portal.context import Context
from portal.i18n import lazy_gettext as lazy


def _state(args: MultiDict[str, str]) -> str:
    kept = replace(parse(args), page=1, page_size=PAGE_SIZE, compare=(), sort="relevance")
    return kept.url("").removeprefix("?")


def _filters(state: str) -> Filters:
    return parse(MultiDict(parse_qsl(state)))


def _questions(ctx: Context, state: str) -> Sequence[Query]:
    return search.questions(ctx, _filters(state))


def _labels(state: str) -> Sequence[str]:
    filters = _filters(state)
    words = [filters.text] if filters.text else []
    return [*words, *(pages.value_label(name, value) for name, value in chosen(filters))]


def _row(card: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "title": card["name"],
        "lang": card.get("lang", ""),
        "url": f"/partners/{card['slug']}",
        "about": " – ".join(
            part for part in (pages.place(card), pages.about(card).unescape()) if part
        ),
        "demo": bool(card.get("demo")),
    }


PAGE = SearchPage(KIND, "/partners", lazy("Partners"), _state, _questions, _labels, _row)
