"""Turns answers of the search into what the page shows: rows, facets, map, chips."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

from plugins.partners import codes, search
from plugins.partners.filters import Filters, chosen
from plugins.partners.rules import map_step
from portal import data
from portal.i18n import _, country_name, language_name, locale, ngettext, number

SHOWN_ROWS = {"country": 8, "field": 11, "language": 6, "type": 5, "commitment": 5, "region": 6}
ALWAYS_OPEN = ("country", "role", "field", "language")


@cache
def grid() -> list[tuple[str, int, int]]:
    """Return the countries of the tile map with column and row."""
    with (Path(data.__file__).parent / "countries.csv").open(encoding="utf-8", newline="") as file:
        return [
            (row["code"], int(row["x"]), int(row["y"]))
            for row in csv.DictReader(file)
            if row["x"] and row["y"]
        ]


@cache
def _regions() -> Mapping[str, str]:
    with (Path(data.__file__).parent / "nuts.csv").open(encoding="utf-8", newline="") as file:
        return {row["code"]: row["label"] for row in csv.DictReader(file)}


def value_label(name: str, value: str) -> str:
    """Return the name of a facet's value in the current language."""
    return _value_label(name, value, locale())


@lru_cache(maxsize=16_384)
def _value_label(name: str, value: str, code: str) -> str:
    if name == "country":
        return country_name(value, code)
    if name == "language":
        return language_name(value, code)
    if name == "field":
        return codes.field_name(value)
    if name == "commitment":
        return codes.commitment_name(value)
    if name == "region":
        return _regions().get(value, value)
    tables: dict[str, Mapping[str, Any]] = {
        "role": codes.ROLES,
        "type": codes.TYPES,
        "claimed": codes.CLAIMED,
    }
    return codes.name_of(tables[name], value) if name in tables else codes.key_name(name, value)


def facet_titles() -> dict[str, str]:
    """Return the legends of the facets."""
    return {
        "country": _("Country"),
        "region": _("Region"),
        "role": _("Takes part as"),
        "field": _("Field"),
        "language": _("Language"),
        "mode": _("Mode"),
        "type": _("Kind of organisation"),
        "target": _("Works with"),
        "commitment": _("Has promised"),
        "claimed": _("State"),
    }


def facets(filters: Filters, counts: Mapping[str, Mapping[str, int]]) -> list[dict[str, Any]]:
    """Return the facets of the page, each with its rows: chosen first, then the most frequent."""
    titles = facet_titles()
    result = []
    for name in search.facets_of(filters):
        picked = filters.facets.get(name, ())
        rows = _rows(name, counts.get(name, {}), picked)
        if rows:
            shown = max(SHOWN_ROWS.get(name, 8), len(picked))
            if len(rows) <= shown + 2:
                shown = len(rows)
            result.append(
                {
                    "name": name,
                    "title": titles[name],
                    "first": rows[:shown],
                    "rest": rows[shown:],
                    "open": name in ALWAYS_OPEN or bool(picked),
                    "all": ngettext("All %(num)s", "All %(num)s", len(rows)),
                }
            )
    return result


def _rows(
    name: str, counts: Mapping[str, int], picked: Sequence[str]
) -> list[tuple[str, str, str, bool]]:
    """Return value, label, count and whether chosen; of fields the broad ones and what is below chosen."""
    values = set(counts) | set(picked)
    if name == "field":
        values = {v for v in values if len(v) == 2 or v in picked or _opened(v, picked)}
    code = locale()
    rows = [(v, _value_label(name, v, code), counts.get(v, 0), v in picked) for v in values]
    rows.sort(key=lambda row: (not row[3], -row[2], row[1]))
    return [(value, label, number(count), is_picked) for value, label, count, is_picked in rows]


def _opened(code: str, picked: Sequence[str]) -> bool:
    return any(code.startswith(item) and len(code) == len(item) + 1 for item in picked)


def cards(answer: search.Answer, filters: Filters) -> list[dict[str, Any]]:
    """Return the rows of the results."""
    words = [word for reason in answer.result.why[:1] for word in reason.words]
    rows = []
    for card, reason in zip(answer.result.cards, answer.result.why, strict=True):
        name: Any = card["name"]
        if words and reason.tier in {"name", "names"}:
            name = search.mark_all(name, reason.words)
        rows.append(
            {
                "card": card,
                "slug": card["slug"],
                "name": name,
                "plain": card["name"],
                "country": country_name(card["country"]),
                "place": place(card),
                "kind": codes.name_of(codes.TYPES, card["type"]) if card["type"] != "other" else "",
                "why": search.why(card, reason, answer.found) or about(card),
                "demo": card.get("demo"),
                "claimed": card["state"] != "unclaimed",
                "source": card.get("source", ""),
                "compared": card["slug"] in filters.compare,
            }
        )
    return rows


def place(card: Mapping[str, Any]) -> str:
    """Return town and country in a line."""
    country = country_name(card["country"])
    return f"{card['city']}, {country}" if card.get("city") else country


def about(card: Mapping[str, Any]) -> Markup:
    """Say in a line what a partner does when the search itself says nothing."""
    return _about(
        tuple(card.get("roles", ())), tuple(card.get("fields", ())[:3]),
        tuple(card.get("projects", ())[:3]), locale(),
    )  # fmt: skip


@lru_cache(maxsize=16_384)
def _about(
    roles: Sequence[str], fields: Sequence[str], projects: Sequence[str], _code: str
) -> Markup:
    named = ", ".join(codes.field_name(code) for code in fields)
    if named and "host" in roles:
        return escape(_("Hosts in %(fields)s", fields=named))
    if named and "sending" in roles:
        return escape(_("Sends learners in %(fields)s", fields=named))
    if named:
        return escape(_("Works in %(fields)s", fields=named))
    if projects:
        return escape(_("Took part in %(projects)s", projects=", ".join(projects)))
    return Markup("")


def tiles(
    counts: Mapping[str, int], filters: Filters | None = None, links: bool = True
) -> list[dict[str, Any]]:
    """Return the tiles of the map; counts are of all matches before the country filter."""
    picked = filters.facets.get("country", ()) if filters else ()
    most = max(counts.values(), default=0)
    base = replace(filters, compare=()) if filters else Filters()
    result = []
    for code, x, y in grid():
        count = counts.get(code, 0)
        url = None
        if links and count:
            way = base.less("country", code) if code in picked else base.only("country", code)
            url = way.url()
        result.append(
            {
                "code": code,
                "name": ngettext(
                    "%(country)s, %(num)s partner",
                    "%(country)s, %(num)s partners",
                    count,
                    country=country_name(code),
                ),
                "x": x,
                "y": y,
                "count": count,
                "step": map_step(count, most),
                "url": url,
                "chosen": code in picked,
            }
        )
    return result


def applied(filters: Filters) -> list[dict[str, str]]:
    """Return the chips of the chosen filters, each with the address without it."""
    return [
        {
            "label": value_label(name, value),
            "remove_url": filters.less(name, value).url(),
            "remove_label": _("Remove the filter:"),
        }
        for name, value in chosen(filters)
    ]


def also_searched(answer: search.Answer, filters: Filters) -> list[dict[str, Any]]:
    """Return the chips of what was searched too; those taken out can be brought back elsewhere."""
    return [
        {
            "label": entry.label,
            "lang": entry.lang,
            "remove_url": replace(filters, without=(*filters.without, entry.key), page=1).url(),
            "remove_label": _("Do not search:"),
            "outlined": True,
        }
        for entry in answer.found.also
        if entry.key not in filters.without
    ]
