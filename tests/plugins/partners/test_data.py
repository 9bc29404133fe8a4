"""The packed files are complete, agree with each other and answer the look-ups people make."""

import csv
import json
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from plugins.directory.names import soften
from plugins.partners.codes import DATA as FOLDER
from portal.data import __file__ as portal_data_file

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


def test_every_source_names_title_publisher_and_licence() -> None:
    sources = tomllib.loads((DEMO / "sources.toml").read_text("utf-8"))
    for source in sources.values():
        assert source["title"] and source["publisher"] and source["licence"] and source["note"]


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
    keys: dict[str, set[str]],
) -> None:
    regions = {row["code"]: row["country"] for row in table(PORTAL_DATA / "nuts.csv")}
    commitments = {row["key"] for row in table(FOLDER / "commitments.csv")}
    for entry in fictional:
        assert entry["type"] in TYPES
        assert regions[entry["region"]] == entry["country"]
        assert set(entry["roles"]) <= {"sending", "host", "supporting"} and entry["roles"]
        assert set(entry["fields"]) <= fields.keys()
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
