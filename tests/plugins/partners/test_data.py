"""The packed files are complete, agree with each other and answer the look-ups people make."""

import csv
import json
import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from plugins.partners.data.forms import split_forms
from plugins.partners.data.load import FOLDER, Concept, read_concepts
from portal.data import __file__ as portal_data_file
from portal.organisations.names import soften

PORTAL_DATA = Path(portal_data_file).parent
DEMO = FOLDER / "demo"
TYPES = {
    *("vet-school", "training-centre", "adult-education", "university", "research", "company"),
    *("chamber", "social-partner", "public-body", "ngo", "intermediary", "other"),
}
TRANSLATED = ("de", "es", "it", "nl", "lv")


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


@pytest.fixture(scope="module")
def fields() -> dict[str, dict[str, str]]:
    return {row["code"]: row for row in table(FOLDER / "isced.csv")}


@pytest.fixture(scope="module")
def keys() -> dict[str, set[str]]:
    lists: dict[str, set[str]] = {}
    for row in table(FOLDER / "profile_keys.csv"):
        lists.setdefault(row["list"], set()).add(row["key"])
    return lists


# Occupations


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


# Fields of education


def test_every_field_has_its_parent(fields: dict[str, dict[str, str]]) -> None:
    assert len(fields) == 220
    for code, row in fields.items():
        assert row["level"] == {2: "broad", 3: "narrow", 4: "detailed"}[len(code)]
        assert row["parent"] == code[:-1] if len(code) > 2 else not row["parent"]
        assert row["short_en"]


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_field_is_translated(fields: dict[str, dict[str, str]], language: str) -> None:
    rows = table(FOLDER / "isced_translations" / f"{language}.csv")
    assert [row["code"] for row in rows] == list(fields)
    for row in rows:
        assert row["label"].strip() and row["short"].strip()
    untranslated = {row["label"] for row in rows if row["label"] == fields[row["code"]]["label_en"]}
    untranslated |= {
        row["short"] for row in rows if row["short"] == fields[row["code"]]["short_en"]
    }
    assert untranslated <= {"Sports", "Hotels, restaurants, catering"}


def test_occupation_groups_point_to_known_fields(
    fields: dict[str, dict[str, str]], concepts: dict[str, Concept]
) -> None:
    rows = table(FOLDER / "isco_isced.csv")
    groups = {concept.isco_group for concept in concepts.values()}
    assert len({row["isco_group"] for row in rows}) == len(rows) >= 130
    for row in rows:
        assert row["isco_group"] in groups
        assert row["basis"] == "own judgement"
        assert all(code in fields for code in row["fields"].split(";"))


def test_everyday_words_point_to_fields_in_every_shipped_language(
    fields: dict[str, dict[str, str]],
) -> None:
    rows = table(FOLDER / "field_terms.csv")
    found = {(row["lang"], row["term"]): row["field"] for row in rows}
    assert all(row["field"] in fields for row in rows)
    assert {row["field"] for row in rows if row["term"] == "Pflege"} == {"0913", "0921"}
    assert found["lv", "metināšana"] == found["en", "welding"] == "0715"
    for field in {row["field"] for row in rows}:
        spoken = {row["lang"] for row in rows if row["field"] == field}
        assert spoken >= {"en", *TRANSLATED}


# Countries and regions


def test_tiles_do_not_overlap_and_every_programme_country_is_drawn() -> None:
    rows = table(PORTAL_DATA / "countries.csv")
    drawn = [(row["x"], row["y"]) for row in rows if row["x"]]
    assert len(set(drawn)) == len(drawn)
    in_programme = [row for row in rows if row["programme"] in {"member", "associated", "former"}]
    assert len([row for row in in_programme if row["programme"] == "member"]) == 27
    assert all(row["x"] and row["y"] and row["languages"] for row in in_programme)
    assert len({row["code"] for row in rows}) == len(rows)


def test_regions_have_a_known_country_and_parent() -> None:
    rows = table(PORTAL_DATA / "nuts.csv")
    codes = {row["code"] for row in rows}
    renumbered = {"UKN1": "UKN0"}
    countries = {row["code"] for row in table(PORTAL_DATA / "countries.csv")}
    assert len(codes) == len(rows)
    for row in rows:
        assert row["country"] in countries and row["label"]
        parent = row["code"][:-1]
        assert row["level"] == "1" or renumbered.get(parent, parent) in codes


# Demonstration set: real part


def test_every_real_participation_belongs_to_a_project_and_a_country() -> None:
    projects = {row["project"] for row in table(DEMO / "cove-projects.csv")}
    rows = table(DEMO / "cove-participations.csv")
    assert len(projects) == 8 and len(rows) == 258
    assert {row["role"] for row in rows} == {
        *("coordinator", "partner", "associated_partner", "affiliated_entity"),
    }
    for row in rows:
        assert row["project"] in projects
        assert row["organisation"] and re.fullmatch("[A-Z]{2}", row["country"])


def test_inferred_countries_of_the_founding_project_are_marked() -> None:
    project = json.loads((DEMO / "eukcem-ii.json").read_text("utf-8"))
    assert project["coordinator"]["country_basis"] == "stated"
    assert all(part["country_basis"].startswith("inferred") for part in project["partners"])


def test_every_source_names_title_publisher_licence_and_existing_files() -> None:
    sources = tomllib.loads((DEMO / "sources.toml").read_text("utf-8"))
    root = PORTAL_DATA.parent.parent
    for source in sources.values():
        assert source["title"] and source["publisher"] and source["licence"] and source["note"]
        for name in source["files"]:
            assert any((folder / name).exists() for folder in (DEMO, FOLDER, root)), name


# Demonstration set: made-up part


def test_made_up_organisations_are_marked_unique_and_without_contact(
    fictional: list[dict[str, Any]],
) -> None:
    assert len(fictional) >= 40
    assert len({entry["name"] for entry in fictional}) == len(fictional)
    for entry in fictional:
        assert entry["demonstration"] is True
        assert entry["website"] is None
        text = json.dumps(entry, ensure_ascii=False)
        assert "@" not in text and "http" not in text and "www." not in text


def test_made_up_names_and_towns_are_nobody_in_the_real_part(
    fictional: list[dict[str, Any]],
) -> None:
    real = " ".join(row["organisation"] for row in table(DEMO / "cove-participations.csv"))
    for row in table(DEMO / "accredited-at.csv"):
        real += f" {row['name']} {row['town']}"
    for entry in fictional:
        assert entry["name"].casefold() not in real.casefold()
        assert entry["town"].casefold() not in real.casefold()


def test_made_up_organisations_write_in_their_own_language(
    fictional: list[dict[str, Any]],
) -> None:
    for entry in fictional:
        assert len(entry["summary"][entry["language"]]) > 80
        assert entry["language"] in {spoken["language"] for spoken in entry["languages"]}
    assert len({entry["language"] for entry in fictional}) >= 10
    bilingual = sum(len(entry["summary"]) > 1 for entry in fictional)
    assert len(fictional) * 2 // 5 < bilingual < len(fictional)


def test_made_up_organisations_use_known_codes_and_keys(
    fictional: list[dict[str, Any]],
    fields: dict[str, dict[str, str]],
    concepts: dict[str, Concept],
    keys: dict[str, set[str]],
) -> None:
    regions = {row["code"]: row["country"] for row in table(PORTAL_DATA / "nuts.csv")}
    commitments = {row["key"] for row in table(FOLDER / "commitments.csv")}
    for entry in fictional:
        assert entry["type"] in TYPES
        assert regions[entry["region"]] == entry["country"]
        assert set(entry["roles"]) <= {"sending", "host", "supporting"} and entry["roles"]
        assert set(entry["fields"]) <= fields.keys()
        assert set(entry["occupations"]) <= concepts.keys()
        for plural, singular in (("modes", "mode"), ("targets", "target")):
            assert set(entry[plural]) <= keys[singular]
        assert set(entry["inclusion"]) <= keys["inclusion"]
        assert set(entry["accommodation"]) <= keys["accommodation"]
        assert {spoken["level"] for spoken in entry["languages"]} <= keys["level"]
        for service in entry["services"]:
            assert {service["kind"], *service["includes"]} <= keys["service"]
            assert service["per"] in keys["fee_unit"]
            assert service["fee_cents"] is None or service["fee_cents"] >= 0
        subscribed = [given["key"] for given in entry["commitments"]]
        assert len(set(subscribed)) == len(subscribed) and set(subscribed) <= commitments
        assert all(date.fromisoformat(given["subscribed_on"]) for given in entry["commitments"])


def test_made_up_numbers_make_sense(fictional: list[dict[str, Any]]) -> None:
    for entry in fictional:
        assert 1 <= entry["group_min"] <= entry["group_max"]
        assert 1 <= entry["stay_weeks_min"] <= entry["stay_weeks_max"]
        assert set(entry["months"]) <= set(range(1, 13))
        assert 14 <= entry["minimum_age"] <= 18
        if entry["accompanying_max"] is not None:
            assert 0 <= entry["accompanying_free"] <= entry["accompanying_max"]


@pytest.mark.parametrize("concept_id", ["7aedaa07", "edf2e989", "90f75f67", "8d3e8aaa"])
def test_main_occupations_are_offered_across_languages(
    fictional: list[dict[str, Any]], concept_id: str
) -> None:
    spoken = {entry["language"] for entry in fictional if concept_id in entry["occupations"]}
    assert len(spoken) >= 5


def test_some_made_up_profiles_are_sparse(fictional: list[dict[str, Any]]) -> None:
    assert 3 <= sum(not entry["commitments"] for entry in fictional) <= 12
    assert any(entry["places_a_year"] is None for entry in fictional)


def test_commitments_cover_the_four_parts() -> None:
    rows = table(FOLDER / "commitments.csv")
    assert len({row["key"] for row in rows}) == len(rows) == 23
    assert {row["part"] for row in rows} == {"principles", "management", "support", "sharing"}
    assert all(row["label_en"].endswith(".") and row["source"] for row in rows)


# Names in capitals


@pytest.mark.parametrize(
    ("registered", "shown"),
    [
        (
            "GLASGOW CLYDE COLLEGE – THE BOARD OF MANAGEMENT OF GLASGOW CLYDE COLLEGE",
            "Glasgow Clyde College – The Board of Management of Glasgow Clyde College",
        ),
        ("STICHTING LANDSTEDE", "Stichting Landstede"),
        (
            "CAMBRA OFICIAL DE COMERC I INDUSTRIA DE TERRASSA",
            "Cambra Oficial de Comerc i Industria de Terrassa",
        ),
        (
            "CENTRO STUDI CITTA DI FOLIGNO ASSOCIAZIONE",
            "Centro Studi Citta di Foligno Associazione",
        ),
        (
            "PARCO SCIENTIFICO TECNOLOGICO KILOMETRO ROSSO SPA",
            "Parco Scientifico Tecnologico Kilometro Rosso SpA",
        ),
        ("CREA HYDRO&ENERGY ZS", "Crea Hydro&Energy z.s."),
        (
            "COLLABORATING CENTRE ON SUSTAINABLE CONSUMPTION AND PRODUCTION GGMBH",
            "Collaborating Centre on Sustainable Consumption and Production gGmbH",
        ),
        (
            "FORENINGEN AF MEJERILEDERE OG FUNKTIONAERER FORENING",
            "Foreningen af Mejeriledere og Funktionaerer Forening",
        ),
        ("APFLBUTZN FAIRES GWAND OG", "Apflbutzn Faires Gwand OG"),
        ("HANSE-PARLAMENT EV", "Hanse-Parlament e.V."),
        (
            "CHAMBRE DE METIERS ET DE L'ARTISANAT DE REGION AUVERGNE-RHONE-ALPES",
            "Chambre de Metiers et de l'Artisanat de Region Auvergne-Rhone-Alpes",
        ),
        ("UNIVERZA V LJUBLJANI", "Univerza v Ljubljani"),
        ("VIRTUALWARE 2007 SA", "Virtualware 2007 SA"),
        ("STICHTING CHAIN5", "Stichting CHAIN5"),
        ("I. KAMPOURIS V. MAGOULAS IKE", "I. Kampouris V. Magoulas IKE"),
        ("ADDILAN FABRICACIÓN ADITIVA S.L.", "Addilan Fabricación Aditiva S.L."),
        ("HP INVESTING DOO MOSTAR", "HP Investing DOO Mostar"),
        ("FESTO SAN. VE TIC. A.S.", "Festo San. ve Tic. A.S."),
        (
            "MESOGEIAKO EKPAIDEFTIKO KENTRO - M.E.K. LIFE-LONG LEARNING CENTER LEVEL II S.A.",
            "Mesogeiako Ekpaideftiko Kentro - M.E.K. Life-Long Learning Center Level II S.A.",
        ),
        ('SUGS "VLADO TASEVSKI"', 'SUGS "Vlado Tasevski"'),
        (
            "KNOWLEDGE INNOVATION CENTRE (MALTA)LIMITED",
            "Knowledge Innovation Centre (Malta)Limited",
        ),
        (
            "STICHTING PLATFORM TALENT VOORTECHNOLOGIE",
            "Stichting Platform Talent Voortechnologie",
        ),
        ("UIMM", "UIMM"),
        ("İSTANBUL ÜNİVERSİTESİ", "İstanbul Üniversitesi"),
        ("ΓΕΩΠΟΝΙΚΟ ΠΑΝΕΠΙΣΤΗΜΙΟ ΤΗΣ ΑΘΗΝΑΣ", "Γεωπονικο Πανεπιστημιο της Αθηνας"),
    ],
)
def test_capitals_are_softened(registered: str, shown: str) -> None:
    assert soften(registered) == shown


@pytest.mark.parametrize(
    "name",
    [
        *("UNIVERSITAET zu LUEBECK", "MOLDIT Industria de Moldes, SA", "", "2007"),
        *("PAPILOT Zavod za vzpodbujanje in razvijanje kvalitete zivljenja, Ljubljana",),
    ],
)
def test_names_not_wholly_in_capitals_stay(name: str) -> None:
    assert soften(name) == name


def test_softening_changes_nothing_but_the_case_and_points_of_legal_forms() -> None:
    for row in table(DEMO / "cove-participations.csv"):
        name = row["organisation"]
        shown = soften(name).replace("e.V.", "EV").replace("z.s.", "ZS")
        assert shown.upper() == name.upper()
        assert soften(soften(name)) == soften(name)
