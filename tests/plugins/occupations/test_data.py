"""The packed occupations are complete, and answer the look-ups people make."""

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest

from plugins.occupations.data.forms import split_forms
from plugins.occupations.data.load import FOLDER, Concept, read_concepts
from plugins.partners.codes import DATA, is_field

DEMO = DATA / "demo"


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.fixture(scope="module")
def concepts() -> dict[str, Concept]:
    return {concept.id: concept for concept in read_concepts()}


@pytest.fixture(scope="module")
def fictional() -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = json.loads((DEMO / "fictional.json").read_text("utf-8"))
    return entries


def test_pack_has_every_occupation_with_a_shown_label_in_26_languages(
    concepts: dict[str, Concept],
) -> None:
    assert len(concepts) == 2942
    for concept in concepts.values():
        assert re.fullmatch(r"\d{4}", concept.isco_group)
        assert len({lang for lang, _, preferred in concept.labels if preferred}) == 26
        assert all(text == text.strip() and text for _, text, _ in concept.labels)


def test_pack_stays_below_three_megabytes() -> None:
    assert (FOLDER / "concepts.tsv.xz").stat().st_size < 3_000_000


def test_first_preferred_form_is_shown_and_english_stands_in(
    concepts: dict[str, Concept],
) -> None:
    welder = concepts["7aedaa07"]
    assert welder.label("de") == "Schweißer"
    assert welder.label("xx") == "welder"
    assert welder.uri.endswith("/7aedaa07-3884-4c5b-88f9-80997b2aa54b")


@pytest.mark.parametrize(
    ("typed", "lang", "concept_id"),
    [
        ("Schweißer", "de", "7aedaa07"),
        ("Schweißerin", "de", "7aedaa07"),
        ("soudeur", "fr", "7aedaa07"),
        ("soudeuse", "fr", "7aedaa07"),
        ("metinātājs", "lv", "7aedaa07"),
        ("welder", "en", "7aedaa07"),
        ("saldatore", "it", "7aedaa07"),
        ("lasser", "nl", "7aedaa07"),
        ("soldador", "es", "7aedaa07"),
        ("soldadora", "es", "7aedaa07"),
        ("zavarivač", "hr", "7aedaa07"),
        ("svetsare", "sv", "7aedaa07"),
        ("συγκολλητής", "el", "7aedaa07"),
        ("mechatronics technician", "en", "edf2e989"),
        ("Mechatroniker", "de", "edf2e989"),
        ("mehatroniķis", "lv", "edf2e989"),
        ("Koch", "de", "90f75f67"),
        ("Köchin", "de", "90f75f67"),
        ("cook", "en", "90f75f67"),
        ("kucharz", "pl", "90f75f67"),
        ("nurse", "en", "8d3e8aaa"),
        ("Krankenpfleger", "de", "8d3e8aaa"),
        ("Altenpflegerin", "de", "d38c2107"),
        ("electrician", "en", "4910419f"),
        ("Elektriker", "de", "4910419f"),
    ],
)
def test_occupation_is_found_by_the_word_people_type(
    concepts: dict[str, Concept], typed: str, lang: str, concept_id: str
) -> None:
    assert (lang, typed) in {(lang, text) for lang, text, _ in concepts[concept_id].labels}


@pytest.mark.parametrize(
    ("label", "forms"),
    [
        ("welder", ("welder",)),
        ("Schweißer/Schweißerin", ("Schweißer", "Schweißerin")),
        ("soldador/soldadora", ("soldador", "soldadora")),
        ("Finanzmanager/in", ("Finanzmanager", "Finanzmanagerin")),
        ("Dozent/in für Sozialarbeit", ("Dozent für Sozialarbeit", "Dozentin für Sozialarbeit")),
        (
            "tehnik/tehnica za mehatroniko",
            ("tehnik za mehatroniko", "tehnica za mehatroniko"),
        ),
        (
            "hlavný pražiar/hlavná pražiarka kávy",
            ("hlavný pražiar kávy", "hlavná pražiarka kávy"),
        ),
        ("pomoćni kuhar/kuharica", ("pomoćni kuhar", "pomoćni kuharica")),
        ("sommelier win / sommelière win", ("sommelier win", "sommelière win")),
        ("monk/nun", ("monk", "nun")),
        ("Import-/Exportmanager", ("Import-/Exportmanager",)),
        (
            "Import-/Exportmanager für Fisch/Import-/Exportmanagerin für Fisch",
            ("Import-/Exportmanager für Fisch", "Import-/Exportmanagerin für Fisch"),
        ),
        ("", ()),
    ],
)
def test_joined_label_is_split_into_its_forms(label: str, forms: tuple[str, ...]) -> None:
    assert split_forms(label) == forms


def test_occupation_groups_point_to_known_fields(concepts: dict[str, Concept]) -> None:
    rows = table(FOLDER / "isco_isced.csv")
    groups = {concept.isco_group for concept in concepts.values()}
    assert len({row["isco_group"] for row in rows}) == len(rows) >= 130
    for row in rows:
        assert row["isco_group"] in groups
        assert row["basis"] == "own judgement"
        assert all(is_field(code) for code in row["fields"].split(";"))


def test_everyday_words_point_to_fields_in_every_shipped_language() -> None:
    rows = table(FOLDER / "field_terms.csv")
    found = {(row["lang"], row["term"]): row["field"] for row in rows}
    assert all(is_field(row["field"]) for row in rows)
    assert {row["field"] for row in rows if row["term"] == "Pflege"} == {"0913", "0921"}
    assert found["lv", "metināšana"] == found["en", "welding"] == "0715"
    for field in {row["field"] for row in rows}:
        spoken = {row["lang"] for row in rows if row["field"] == field}
        assert spoken >= {"en", *("de", "es", "it", "nl", "lv")}


# Made-up organisations


def test_made_up_organisations_name_known_occupations(
    fictional: list[dict[str, Any]], concepts: dict[str, Concept]
) -> None:
    for entry in fictional:
        assert set(entry["occupations"]) <= concepts.keys()


@pytest.mark.parametrize("concept_id", ["7aedaa07", "edf2e989", "90f75f67", "8d3e8aaa"])
def test_main_occupations_are_offered_across_languages(
    fictional: list[dict[str, Any]], concept_id: str
) -> None:
    spoken = {entry["language"] for entry in fictional if concept_id in entry["occupations"]}
    assert len(spoken) >= 5
