"""Guessing columns: headings of real registers and of lists in several languages."""

from __future__ import annotations

import pytest

from plugins.imports import columns, csvfile
from plugins.imports.countries import code_of_name
from portal.errors import Invalid

KNOWN = [
    "name", "country", "type", "region", "city", "website", "identifiers", "lat", "lon",
    "identifiers:oid", "identifiers:pic", "identifiers:ror", "identifiers:lei",
    "identifiers:national", "languages", "fields", "roles", "description",
]  # fmt: skip

HEADINGS = {
    "CORDIS": (
        "pic,name,short_name,activity_type,sme,postcode,city,country,lat,lon,website",
        "identifiers:pic,name,,type,,,city,country,lat,lon,website",
    ),
    "ROR": (
        "ror_id,name,types,city,region,country,lat,lon,website,domains,established,status",
        "identifiers:ror,name,type,city,region,country,lat,lon,website,,,",
    ),
    "French schools": (
        "uai,name,postcode,city,department,region,country,vet_by_name",
        "identifiers:national,name,,city,,region,country,",
    ),
    "accredited providers": (
        "accreditation,name,town,region,country,organisation_type,grant_total_eur,website",
        ",name,city,region,country,type,,website",
    ),
    "our own": ("name,country,identifiers,fields", "name,country,identifiers,fields"),
    "German": (
        "Name der Einrichtung,Bezeichnung,Land,Ort,Bundesland,Homepage",
        ",name,country,city,region,website",
    ),
    "French": (
        "Nom de l'établissement,Pays,Ville,Site web",
        "name,country,city,website",
    ),
    "Latvian": ("Nosaukums,Valsts,Pilsēta,Mājaslapa", "name,country,city,website"),
    "misspelt": ("Organsation name,Countrycode,WEB-SITE", "name,country,website"),
    "a second name": ("School,Name,Country", "name,,country"),
    "two registers": ("Name,Country,PIC,OID", "name,country,identifiers:pic,identifiers:oid"),
    "nothing known": ("x,y,,2026", ",,,"),
}


@pytest.mark.parametrize("case", HEADINGS)
def test_headings_are_understood(case: str) -> None:
    headings, expected = HEADINGS[case]
    assert columns.guess(headings.split(","), KNOWN) == expected.split(",")


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("HES", "university"), ("prc", "company"), ("VET School", "vet-school"),
        ("funder;government", "intermediary"), ("nonprofit", "ngo"), ("Zirkus", "Zirkus"),
        ("vet_school", "vet-school"), ("Non-governmental organisation/association/social enterprise", "ngo"),
    ],
)  # fmt: skip
def test_words_of_registers_for_types_are_understood(word: str, meant: str) -> None:
    assert columns.meant_type(word) == meant


@pytest.mark.parametrize(
    ("text", "code"),
    [("Frankreich", "FR"), ("Latvija", "LV"), ("de", "de"), ("Atlantis", "Atlantis")],
)
def test_countries_that_are_written_out_are_understood(text: str, code: str) -> None:
    assert code_of_name(text) == code


def table(text: str) -> csvfile.Table:
    return csvfile.open_any(text.encode(), columns.Weigher(KNOWN))


def test_numbers_of_several_columns_come_together() -> None:
    opened = table("Name,PIC,ROR,Land\nA,123 456 789,https://ror.org/012abc345,\nB,,,at\n")
    names = columns.guess(opened.columns, KNOWN)
    columns.apply(opened, names, {"country": "DE", "type": ""})
    rows = [row.values for row in opened.rows()]
    assert [row["country"] for row in rows] == ["DE", "at"]


def test_number_columns_are_written_as_pairs() -> None:
    opened = table("Name,PIC,National,Land\nA,123 456 789,00/1;X 2,DE\n")
    columns.apply(
        opened, ["name", "identifiers:pic", "identifiers:national", "country"], {"country": ""}
    )
    (row,) = opened.rows()
    assert row.values == {
        "name": "A", "identifiers": "pic:123456789 national:00/1 national:X2", "country": "DE",
    }  # fmt: skip


WRONG = [
    (["", "country"], "Choose the column that holds the names", "columns"),
    (["name", ""], "Choose the column that holds the country", "country"),
    (["name", "name"], "The columns Name, Land are chosen for the same thing", "column-0"),
]


@pytest.mark.parametrize(("names", "reason", "field"), WRONG)
def test_choice_that_makes_no_list_is_refused(names: list[str], reason: str, field: str) -> None:
    with pytest.raises(Invalid, match=reason) as refusal:
        columns.apply(table("Name,Land\nA,DE\n"), names, {})
    assert refusal.value.field == field
