"""An occupation in one language finds partners who wrote in another, and the page says so."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.plugins.occupations.conftest import store_concept
from tests.plugins.partners.conftest import MakePartner, found
from tests.plugins.partners.test_search import get, names_on


@pytest.fixture
def yards(welder: None, partner: MakePartner) -> None:
    """Three who know welding: by a Spanish word, by the occupation, by the field."""
    partner(
        "Astillero", "ES", profile={"summaries": {"es": "Un soldador trabaja."}, "original": "es"}
    )
    partner("Werft", "DE", profile={"occupations": ["welder"]})
    partner("Metall", "AT", profile={"fields": ["0715"]})
    partner("Bakery", "AT", profile={"fields": ["0721"]})


def test_occupation_is_found_in_other_languages(client: FlaskClient, yards: None) -> None:
    assert sorted(found(client, q="Schweißer")) == ["Astillero", "Metall", "Werft"]


def test_page_tells_what_was_searched_too(client: FlaskClient, yards: None) -> None:
    page = get(client, q="Schweißer")
    for label in ("soldador", "welder", "metinātājs", "Mechanics and metal trades"):
        assert label in page
    assert 'lang="es"' in page


def test_reason_names_the_other_word(client: FlaskClient, yards: None) -> None:
    page = get(client, q="Schweißer")
    assert "Un <mark>soldador</mark> trabaja." in page
    assert "Works in <mark>Mechanics and metal trades</mark>, a field of what you look for" in page
    assert "Names this occupation in its profile" in page


def test_label_taken_out_is_not_searched(client: FlaskClient, yards: None) -> None:
    assert sorted(found(client, q="Schweißer", without="soldador")) == ["Metall", "Werft"]
    assert sorted(found(client, q="Schweißer", without="isced0715")) == ["Astillero", "Werft"]


def test_with_all_labels_taken_out_nothing_is_widened(client: FlaskClient, yards: None) -> None:
    labels = ["soldador", "welder", "metinatajs", "isced0715"]
    assert found(client, q="Schweißer", without=labels) == []


def test_own_words_only_is_one_click(client: FlaskClient, yards: None) -> None:
    page = get(client, q="soldador")
    assert sorted(names_on(page)) == ["Astillero", "Metall", "Werft"]
    exact = re.search(r'href="([^"]+)">Search my words only', page)
    assert exact
    page = client.get(exact[1].replace("&amp;", "&")).text
    assert names_on(page) == ["Astillero"]
    wide = re.search(r'href="([^"]+)">Search other languages too', page)
    assert wide
    assert wide[1] == "/partners?q=soldador"


def test_other_languages_come_back_with_the_filters_kept(client: FlaskClient, yards: None) -> None:
    page = get(client, q="soldador", country="ES", without="*")
    assert 'href="/partners?q=soldador&amp;country=ES">Search other languages too' in page


def test_own_words_come_first(client: FlaskClient, yards: None) -> None:
    assert found(client, q="soldador")[0] == "Astillero"


def test_occupation_of_several_words_is_one(
    app: Flask, client: FlaskClient, partner: MakePartner
) -> None:
    with app.app_context():
        store_concept(
            "nurse",
            {
                "preferred": {"en": "care worker", "de": "Pflegekraft"},
                "group": "5321",
                "fields": [],
            },
        )
    partner("Heim", profile={"summaries": {"de": "Jede Pflegekraft zählt."}, "original": "de"})
    assert found(client, q="care worker") == ["Heim"]
    assert found(client, q="worker") == []
