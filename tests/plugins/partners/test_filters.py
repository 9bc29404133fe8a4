"""The search as its address says it: kind to whatever comes, and written in one way."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from plugins.partners.documents import FACETS
from plugins.partners.filters import (
    MOST_PAGE,
    MOST_PAGE_SIZE,
    PAGE_SIZE,
    SORTS,
    Filters,
    chosen,
    parse,
)

NAMES = (*FACETS, "q", "sort", "page", "page_size", "without", "partner", "unknown")
NASTY = st.one_of(
    st.text(max_size=80),
    st.text(st.sampled_from("aß \x00\ud800\udfff\t\u2028%&=#+ŉﬃ"), max_size=400),
    st.integers(-(10**30), 10**30).map(str),
    st.sampled_from(["²", "٣", "0", "-1", "1e9", "9" * 5000, "EL", "uk", "intermediary", "*"]),
)
ADDRESSES = st.lists(st.tuples(st.sampled_from(NAMES), NASTY), max_size=80).map(MultiDict)


def read(address: str) -> Filters:
    return parse(MultiDict(parse_qsl(urlsplit(address).query, keep_blank_values=True)))


@given(ADDRESSES)
def test_no_address_is_an_error(args: MultiDict[str, str]) -> None:
    filters = parse(args)
    assert 1 <= filters.page <= MOST_PAGE
    assert 1 <= filters.page_size <= MOST_PAGE_SIZE
    assert filters.sort in SORTS
    assert filters.offset >= 0
    "".join([filters.text, *(value for _name, value in chosen(filters))]).encode()
    assert "\x00" not in filters.url()


@given(ADDRESSES)
def test_written_address_says_the_same(args: MultiDict[str, str]) -> None:
    filters = parse(args)
    assert read(filters.url()) == filters


@given(ADDRESSES)
def test_writing_twice_changes_nothing(args: MultiDict[str, str]) -> None:
    address = parse(args).url()
    assert read(address).url() == address


@pytest.mark.parametrize(
    ("query", "name", "values"),
    [
        ("country=EL", "country", ("GR",)),
        ("country=uk&country=GB", "country", ("GB",)),
        ("country=de", "country", ("DE",)),
        ("role=intermediary", "role", ("supporting",)),
        ("role=host&role=sending", "role", ("host", "sending")),
        ("field=0713&field=0713", "field", ("0713",)),
        ("claimed=yes", "claimed", ("yes",)),
        ("country=", "country", None),
    ],
)
def test_other_spellings_are_understood(
    query: str, name: str, values: tuple[str, ...] | None
) -> None:
    assert read(f"?{query}").facets.get(name) == values


@pytest.mark.parametrize(
    ("query", "page", "size"),
    [
        ("", 1, PAGE_SIZE),
        ("page=3&page_size=50", 3, 50),
        ("page=0&page_size=0", 1, 1),
        ("page=-2&page_size=x", 1, PAGE_SIZE),
        ("page=²&page_size=٣", 1, PAGE_SIZE),
        ("page=999999999999999999&page_size=101", MOST_PAGE, 100),
    ],
)
def test_page_stays_in_its_bounds(query: str, page: int, size: int) -> None:
    filters = read(f"?{query}")
    assert (filters.page, filters.page_size) == (page, size)


def test_blanks_in_the_text_are_one() -> None:
    assert read("?q=++welder%00%09Bonn+").text == "welder Bonn"


def test_unknown_order_is_the_usual_one() -> None:
    assert read("?sort=alphabet").sort == "relevance"


def test_at_most_four_are_compared_each_once() -> None:
    assert read("?partner=a&partner=a&partner=b&partner=c&partner=d&partner=e").compare == tuple(
        "abcd"
    )


def test_what_is_usual_is_not_written() -> None:
    assert Filters(sort="relevance", page=1).url() == "/partners"


def test_address_keeps_special_signs() -> None:
    assert Filters(text="C++ & Büro").url() == "/partners?q=C%2B%2B+%26+B%C3%BCro"


SOME = Filters(text="x", facets={"country": ("DE", "FR"), "role": ("host",)}, page=4)


def test_without_one_value_the_others_stay() -> None:
    assert SOME.less("country", "DE").facets == {"country": ("FR",), "role": ("host",)}


def test_without_the_last_value_the_facet_goes() -> None:
    assert SOME.less("role", "host").facets == {"country": ("DE", "FR")}


def test_without_a_facet_all_its_values_go() -> None:
    assert SOME.less("country").facets == {"role": ("host",)}


def test_one_value_more_stands_last_and_once() -> None:
    assert SOME.only("country", "DE").facets["country"] == ("FR", "DE")
    assert SOME.only("field", "07").facets["field"] == ("07",)


@pytest.mark.parametrize("changed", [SOME.less("role"), SOME.only("field", "07")])
def test_changed_search_begins_on_its_first_page(changed: Filters) -> None:
    assert changed.page == 1
    assert SOME.page == 4
