"""Partners side by side: how many, what differs, taking one out, as a file."""

from __future__ import annotations

import csv
import io
import re

import pytest
from flask.testing import FlaskClient

from portal.organisations.models import Organisation
from tests.factories import NOON
from tests.plugins.partners.conftest import MakePartner


def address(*slugs: str, more: str = "") -> str:
    return "/partners/compare?" + "&".join(f"partner={slug}" for slug in slugs) + more


def page(client: FlaskClient, *slugs: str, more: str = "") -> str:
    answer = client.get(address(*slugs, more=more))
    assert answer.status_code == 200
    return str(answer.text)


def columns(text: str) -> list[str]:
    return re.findall(r'<th scope="col"><a href="/partners/([^"]+)"', text)


def rows(text: str) -> list[str]:
    return re.findall(r'<th scope="row">([^<]+)</th>', text)


@pytest.fixture
def five(partner: MakePartner) -> list[Organisation]:
    return [partner(f"School {letter}", state="claimed") for letter in "ABCDE"]


@pytest.fixture
def pair(partner: MakePartner) -> list[Organisation]:
    """Two hosts in one country that differ in the size of groups; one never said its months."""
    return [
        partner("A", profile={"roles": ["host"], "group_max": 5, "months": [1]}),
        partner("B", profile={"roles": ["host"], "group_max": 9}),
    ]


def test_without_partners_the_way_to_choose_is_told(client: FlaskClient) -> None:
    text = page(client)
    assert "<table" not in text
    assert "Tick two to four partners" in text


@pytest.mark.parametrize("count", [1, 2, 4])
def test_chosen_partners_stand_in_the_order_of_the_address(
    client: FlaskClient, five: list[Organisation], count: int
) -> None:
    slugs = [item.slug for item in reversed(five[:count])]
    assert columns(page(client, *slugs)) == slugs


def test_of_more_than_four_the_first_are_shown_and_that_is_said(
    client: FlaskClient, five: list[Organisation]
) -> None:
    slugs = [item.slug for item in five]
    text = page(client, *slugs)
    assert columns(text) == slugs[:4]
    assert "At most four partners stand side by side" in text
    assert "At most four" not in page(client, *slugs[:4], slugs[0])


def test_one_partner_twice_is_one_column(client: FlaskClient, five: list[Organisation]) -> None:
    assert columns(page(client, five[0].slug, five[0].slug)) == [five[0].slug]


def test_missing_partners_are_named(client: FlaskClient, five: list[Organisation]) -> None:
    assert "No longer there: unknown" in page(client, "unknown", five[0].slug)
    assert "No longer there: &lt;b&gt;" in page(client, "%3Cb%3E")


def test_hidden_partner_is_as_missing(client: FlaskClient, partner: MakePartner) -> None:
    hidden = partner("Secret", hidden_at=NOON)
    text = page(client, hidden.slug)
    assert "Secret" not in text
    assert f"No longer there: {hidden.slug}" in text


def test_differences_are_marked_in_words(client: FlaskClient, pair: list[Organisation]) -> None:
    text = page(client, *(item.slug for item in pair))
    assert "They differ on 1 row." in text
    assert text.count('class="differs"') == text.count("Differs:") == 2


def test_unknown_is_not_stated_yet_and_no_difference(
    client: FlaskClient, pair: list[Organisation]
) -> None:
    text = page(client, *(item.slug for item in pair))
    row = re.search(r'<th scope="row">Months</th>(.*?)</tr>', text, re.DOTALL)
    assert row
    assert "Jan" in row[1]
    assert "not stated yet" in row[1]
    assert "differs" not in row[1]


def test_only_differences_can_be_shown_and_all_again(
    client: FlaskClient, pair: list[Organisation]
) -> None:
    slugs = [item.slug for item in pair]
    assert rows(page(client, *slugs, more="&only=1")) == ["Group size"]
    toggle = f'href="{address(*slugs, more="&only=1").replace("&", "&amp;")}"'
    assert toggle in page(client, *slugs)
    assert toggle not in page(client, *slugs, more="&only=1")


def test_each_partner_can_be_taken_out(client: FlaskClient, pair: list[Organisation]) -> None:
    one, other = (item.slug for item in pair)
    text = page(client, one, other)
    assert re.findall(r'href="(/partners/compare[^"]+)">Take out', text) == [
        address(other),
        address(one),
    ]


def test_comparison_is_saved_as_a_file(client: FlaskClient, pair: list[Organisation]) -> None:
    answer = client.get(address(*(item.slug for item in pair), more="&as=csv"))
    assert answer.headers["Content-Disposition"] == 'attachment; filename="comparison.csv"'
    table = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert table[0] == ["", "A", "B"]
    assert ["Group size", "up to 5 participants", "up to 9 participants"] in table


def test_file_of_equal_names_keeps_both(client: FlaskClient, partner: MakePartner) -> None:
    one, other = (partner("Same", city=city) for city in ("Bonn", "Köln"))
    table = client.get(address(one.slug, other.slug, more="&as=json")).json
    assert {"": "Town", f"Same ({one.slug})": "Bonn", f"Same ({other.slug})": "Köln"} in table


def test_unknown_kind_of_file_shows_the_page(client: FlaskClient, pair: list[Organisation]) -> None:
    assert columns(page(client, pair[0].slug, more="&as=exe")) == [pair[0].slug]


def test_results_keep_what_is_ticked(client: FlaskClient, pair: list[Organisation]) -> None:
    text = client.get(f"/partners?partner={pair[0].slug}").text
    assert re.findall(r'name="partner" value="([^"]+)"[^>]* checked', text) == [pair[0].slug]
