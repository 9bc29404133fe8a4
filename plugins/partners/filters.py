"""The search as its address says it: parsed kindly, written back canonically."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import quote_plus

from werkzeug.datastructures import MultiDict

from plugins.partners import quality
from plugins.partners.codes import ROLE_ALIASES
from plugins.partners.documents import FACETS

SORTS = ("relevance", "quality", "name", "newest")
NAMES = (*FACETS, quality.LEAST)
PAGE_SIZE = 20
MOST_PAGE_SIZE = 100
MOST_PAGE = 100_000
LONGEST_TEXT = 300
MOST_VALUES = 60
LONGEST_LABEL = 200
MOST_WITHOUT = 40
LONGEST_SLUG = 120
MOST_COMPARED = 4
OWN_WORDS = "*"
"""Taken out of the search, it stands for all labels: only the typed words are searched."""
COUNTRY_ALIASES = {"EL": "GR", "UK": "GB"}


@dataclass(frozen=True)
class Filters:
    """What somebody looks for. `without` are labels of concepts taken out of the search."""

    text: str = ""
    facets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sort: str = "relevance"
    page: int = 1
    page_size: int = PAGE_SIZE
    without: tuple[str, ...] = ()
    compare: tuple[str, ...] = ()

    @property
    def offset(self) -> int:
        """How many partners lie before this page."""
        return (self.page - 1) * self.page_size

    @property
    def is_empty(self) -> bool:
        """Whether nothing restricts the search."""
        return not self.text and not self.facets

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Return the parameters of the address, in one order, without what is usual."""
        if self.text:
            yield "q", self.text
        yield from chosen(self)
        for label in self.without:
            yield "without", label
        if self.sort != "relevance":
            yield "sort", self.sort
        if self.page_size != PAGE_SIZE:
            yield "page_size", str(self.page_size)
        for slug in self.compare:
            yield "partner", slug
        if self.page != 1:
            yield "page", str(self.page)

    def url(self, path: str = "/partners") -> str:
        """Return the address of this search."""
        joined = "&".join(f"{name}={quote_plus(value)}" for name, value in self.pairs())
        return f"{path}?{joined}" if joined else path

    def less(self, name: str, value: str | None = None) -> Filters:
        """Return the search without a facet, or without one value of it, from its first page."""
        facets = dict(self.facets)
        left = (
            () if value is None else tuple(item for item in facets.get(name, ()) if item != value)
        )
        facets.pop(name, None)
        if left:
            facets[name] = left
        return replace(self, facets=facets, page=1)

    def only(self, name: str, value: str) -> Filters:
        """Return the search with a value of a facet more, from its first page."""
        kept = tuple(item for item in self.facets.get(name, ()) if item != value)
        return replace(self, facets={**self.facets, name: (*kept, value)}, page=1)


def parse(args: MultiDict[str, str]) -> Filters:
    """Read an address. What can't be read is left out: a page never fails for a parameter."""
    facets = {}
    for name in NAMES:
        values = [clean(name, value) for value in args.getlist(name)[:MOST_VALUES]]
        kept = tuple(dict.fromkeys(value for value in values if value))
        if kept:
            facets[name] = kept[:1] if name == quality.LEAST else kept
    sort = args.get("sort", "")
    return Filters(
        text=" ".join(printable(args.get("q", ""))[:LONGEST_TEXT].split()),
        facets=facets,
        sort=sort if sort in SORTS else "relevance",
        page=_number(args.get("page"), 1, MOST_PAGE, 1),
        page_size=_number(args.get("page_size"), 1, MOST_PAGE_SIZE, PAGE_SIZE),
        without=_several(args.getlist("without"), LONGEST_LABEL)[:MOST_WITHOUT],
        compare=_several(args.getlist("partner"), LONGEST_SLUG)[:MOST_COMPARED],
    )


def clean(name: str, value: str) -> str:
    """Return a facet's value as it is stored: codes of countries and roles have other spellings."""
    value = printable(value).strip()[:60].strip()
    if name == "country":
        value = value.upper()[:60].strip()
        return COUNTRY_ALIASES.get(value, value)
    if name == quality.LEAST:
        return quality.clean(value)
    if name == "role":
        return ROLE_ALIASES.get(value, value)
    return value


def printable(text: str) -> str:
    """Return the text without what no database and no page can hold."""
    return text.replace("\x00", " ").encode("utf-8", "replace").decode("utf-8")


def _several(values: Sequence[str], longest: int) -> tuple[str, ...]:
    """Return each readable value once."""
    readable = (printable(value)[:longest].strip() for value in values)
    return tuple(dict.fromkeys(value for value in readable if value))


def _number(text: str | None, least: int, most: int, otherwise: int) -> int:
    if text and text.isascii() and text.isdigit():
        return max(least, min(most, int(text[:9])))
    return otherwise


def chosen(filters: Filters) -> Sequence[tuple[str, str]]:
    """Return the chosen values of all facets, in the order of the page."""
    return [(name, value) for name in NAMES for value in filters.facets.get(name, ())]
