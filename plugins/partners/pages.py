"""Turns answers of the search into what the page shows: rows, facets, map, chips."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

from markupsafe import Markup, escape

from plugins.directory.interface import verified_text
from plugins.partners import codes, quality, search
from plugins.partners.filters import Filters, chosen
from plugins.partners.pieces import Pieces, pieces
from plugins.partners.rules import map_step
from plugins.search.interface import mark_all
from portal import data
from portal.i18n import _, country_name, language_name, locale, ngettext, number
from portal.organisations.labels import type_name
from portal.web.frame import plugin_url

SHOWN_ROWS = {"country": 8, "field": 11, "language": 6, "type": 5, "commitment": 5, "region": 6}
PIECES = "partners/_pieces.html"
_COUNT = "\0"  # no text has one
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
    if name == "type":
        return type_name(value)
    if name == "quality":
        return quality.band_name(value)
    if name == quality.LEAST:
        return _("Rated %(least)s at least", least=number(float(value), 1))
    if name == "region":
        return _regions().get(value, value)
    tables: dict[str, Mapping[str, Any]] = {
        "role": codes.ROLES,
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
        "quality": _("Quality, as rated"),
        quality.LEAST: _("Quality"),
    }


def facets(filters: Filters, counts: Mapping[str, Mapping[str, int]]) -> list[dict[str, Any]]:
    """Return the facets of the page, each with its rows: chosen first, then the most frequent."""
    titles = facet_titles()
    source, code = pieces(), locale()
    result = []
    for name in search.facets_of(filters):
        picked = filters.facets.get(name, ())
        shown = _facet(source, name, code, tuple(counts.get(name, {}).items()), tuple(picked))
        if shown:
            first, rest, amount = shown
            result.append(
                {
                    "name": name,
                    "title": titles[name],
                    "first": first,
                    "rest": rest,
                    "open": name in ALWAYS_OPEN or bool(picked),
                    "all": ngettext("All %(num)s", "All %(num)s", amount),
                }
            )
    return result


@lru_cache(maxsize=512)
def _facet(
    source: Pieces,
    name: str,
    code: str,
    counts: Sequence[tuple[str, int]],
    picked: Sequence[str],
) -> tuple[Markup, Markup, int] | None:
    """Return the rows in sight, the others, and how many there are; None without any."""
    rows = _rows(source, name, code, dict(counts), picked)
    shown = max(SHOWN_ROWS.get(name, 8), len(picked))
    if len(rows) <= shown + 2:
        shown = len(rows)
    return (_joined(rows[:shown]), _joined(rows[shown:]), len(rows)) if rows else None


def _rows(
    source: Pieces, name: str, code: str, counts: Mapping[str, int], picked: Sequence[str]
) -> list[str]:
    """Return the rows of a facet; of fields the broad ones and what is below chosen ones."""
    values: Iterable[str] = counts.keys()
    if name == "field":
        values = [v for v in values if len(v) == 2 or (picked and _opened(v, picked))]
    known = _facet_rows(source, name, code)
    shown = sorted((-counts[value], known[value]) for value in values if value not in picked)
    chosen = sorted((-counts.get(v, 0), _value_label(name, v, code), v) for v in picked)
    return [
        *(
            source.kept(PIECES, "facet_row", name, value, label, number(-count), True)
            for count, label, value in chosen
        ),
        *(f"{before}{number(-count)}{after}" for count, (_label, before, after) in shown),
    ]


@lru_cache(maxsize=256)
def _facet_rows(source: Pieces, name: str, code: str) -> _FacetRows:
    return _FacetRows(source, name, code)


class _FacetRows(dict[str, tuple[str, str, str]]):
    """Label of a facet's value and what stands before and after its count; of known values only."""

    def __init__(self, source: Pieces, name: str, code: str) -> None:
        self._source, self._name, self._code = source, name, code

    def __missing__(self, value: str) -> tuple[str, str, str]:
        label = _value_label(self._name, value, self._code)
        row = self._source.render(PIECES, "facet_row", self._name, value, label, _COUNT, False)
        before, _mark, after = row.partition(_COUNT)
        self[value] = label, str(before), str(after)
        return self[value]


def _joined(rendered: Sequence[str]) -> Markup:
    return Markup("".join(rendered))  # noqa: S704  rows of the template


def _opened(code: str, picked: Sequence[str]) -> bool:
    return any(code.startswith(item) and len(code) == len(item) + 1 for item in picked)


def cards(answer: search.Answer, filters: Filters) -> list[dict[str, Any]]:
    """Return the rows of the results."""
    words = [word for reason in answer.result.why[:1] for word in reason.words]
    code = locale()
    rows = []
    for card, reason in zip(answer.result.cards, answer.result.why, strict=True):
        name: Any = card["name"]
        if words and reason.tier in {"name", "names"}:
            name = mark_all(name, reason.words)
        rows.append(
            {
                "card": card,
                "slug": card["slug"],
                "name": name,
                "plain": card["name"],
                "country": country_name(card["country"]),
                "place": place(card),
                "kind": _value_label("type", card["type"], code) if card["type"] != "other" else "",
                "why": search.why(card, reason, answer.found) or about(card),
                "demo": card.get("demo"),
                "claimed": card["state"] != "unclaimed",
                "source": card.get("source", ""),
                "quality": tuple(card.get("quality", ())),
                "verified": verified_text(card.get("verified", "")),
                "compared": card["slug"] in filters.compare,
            }
        )
    return rows


def card_list(rows: Sequence[Mapping[str, Any]]) -> Markup:
    """Return the rows of the results as the page shows them."""
    kept = pieces().kept
    takes_claims = bool(plugin_url("claims.claim", slug="-"))
    how_url = plugin_url("ratings.about", slug="-") or ""
    return _joined(
        [
            kept(
                PIECES, "partner", row["slug"], row["card"].get("lang", ""), row["name"],
                row["plain"], row["card"]["country"], row["place"], row["kind"], row["why"],
                bool(row["demo"]), row["claimed"], takes_claims and not row["demo"], row["source"],
                row["compared"], row["verified"], *_rated(row, how_url),
            )
            for row in rows
        ]
    )  # fmt: skip


def _rated(row: Mapping[str, Any], how_url: str) -> tuple[Any, ...]:
    """Return what a card shows of its score, in figures and in words; nothing without one."""
    figures = row["quality"]
    if not figures:
        return ()
    shown, address = number(figures[0], 1), f"{how_url.removesuffix('-')}{row['slug']}"
    return (*figures[:3], shown, quality.likely(figures), address if how_url else "")


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


def small_map(counts: Mapping[str, int], filters: Filters) -> Markup:
    """Return the map beside the results."""
    picked = filters.facets.get("country", ())
    return _small_map(pieces(), tuple(counts.items()), picked, locale())


@lru_cache(maxsize=256)
def _small_map(
    source: Pieces, counts: Sequence[tuple[str, int]], picked: tuple[str, ...], _code: str
) -> Markup:
    shown = tiles(dict(counts), Filters(facets={"country": picked}), links=False)
    return source.render("macros/map.html", "tilemap", shown, _("Partners by country"), "small")


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
    if not answer.found.also:
        return []
    # One address serves all: a name's "=" stands in no value, those are quoted.
    one = replace(filters, without=(*filters.without, "-"), page=1).url()
    before, name, after = one.rpartition("without=-")
    label = _("Do not search:")
    return [
        {
            "label": entry.label,
            "lang": entry.lang,
            "remove_url": f"{before}{name[:-1]}{quote_plus(entry.key)}{after}",
            "remove_label": label,
            "outlined": True,
        }
        for entry in answer.found.also
        if entry.key not in filters.without
    ]
