"""Files of what is on screen: the same rows in the same order, safe to open."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from plugins.partners import exports
from portal.organisations.models import Organisation
from tests.plugins.partners.conftest import MakePartner, found

KINDS = ("csv", "xlsx", "json")
NASTY = st.text(st.sampled_from("=+-@\t\r\n\x00\x0b'\"<&;,|aé1 日\U0001f600"), max_size=12)


def read(kind: str, data: bytes) -> list[list[str]]:
    """Return the table of a file with its heads."""
    if kind == "csv":
        return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    if kind == "json":
        items = json.loads(data)
        return [list(items[0]), *(list(item.values()) for item in items)] if items else []
    return read_xlsx(data)


def read_xlsx(data: bytes) -> list[list[str]]:
    """Read what xlsxwriter writes: all cells are texts of the shared table."""
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        shared = book.read("xl/sharedStrings.xml").decode()
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    texts = re.findall(r"<si><t(?: [^>]*)?>(.*?)</t></si>", shared, re.DOTALL)
    rows = re.findall(r"<row [^>]*>(.*?)</row>", sheet, re.DOTALL)
    return [
        [texts[int(number)] for number in re.findall(r't="s"><v>(\d+)</v>', row)] for row in rows
    ]


@pytest.fixture
def three(partner: MakePartner) -> list[Organisation]:
    return [
        partner("Zimmerei", "DE", city="Bonn", profile={"roles": ["host"], "fields": ["0732"]}),
        partner("Äcker", "AT", profile={"roles": ["host"], "languages": [["de", ""], ["en", ""]]}),
        partner("Bäckerei", "DE", profile={"roles": ["sending"]}),
    ]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("query", ["", "q=zimmerei", "role=host&sort=name", "country=DE&page=2"])
def test_file_holds_what_is_found_in_its_order(
    client: FlaskClient, three: list[Organisation], kind: str, query: str
) -> None:
    answer = client.get(f"/partners.{kind}?{query}")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == f'attachment; filename="partners.{kind}"'
    names = [row[0] for row in read(kind, answer.data)[1:]]
    assert names == [
        item["name"]
        for item in client.get(f"/api/v1/partners?{query.replace('&page=2', '')}").json["items"]
    ]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_file_without_rows_has_its_heads(client: FlaskClient, kind: str) -> None:
    assert len(read(kind, client.get(f"/partners.{kind}?q=nobody").data)) == 1


def test_cells_are_words_in_the_reader_s_language(
    client: FlaskClient, three: list[Organisation]
) -> None:
    [row] = client.get("/partners.json?q=äcker&lang=de").json
    assert list(row.values())[:3] == ["Äcker", "AT", "Österreich"]
    assert "Deutsch; Englisch" in row.values()


def test_all_pages_are_in_the_file(
    client: FlaskClient, partner: MakePartner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "CHUNK", 2)
    for number in range(5):
        partner(f"School {number}")
    rows = client.get("/partners.json?page_size=1").json
    assert [row["Name"] for row in rows] == found(client)


def test_file_has_a_bounded_length(
    client: FlaskClient, partner: MakePartner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "CHUNK", 2)
    monkeypatch.setattr(exports, "MOST_ROWS", 4)
    for number in range(5):
        partner(f"School {number}")
    assert len(client.get("/partners.json").json) == 4


@pytest.mark.parametrize("kind", ["exe", "html", "CSV"])
def test_other_kinds_are_not_there(client: FlaskClient, kind: str) -> None:
    assert client.get(f"/partners.{kind}").status_code == 404


# Safety


def respond(kind: str, columns: list[str], rows: list[list[str]]) -> bytes:
    return bytes(exports.respond(kind, "x", columns, rows).data)


@given(st.lists(NASTY, min_size=2, max_size=2), st.lists(st.lists(NASTY, min_size=2, max_size=2)))
def test_no_cell_begins_like_a_formula(columns: list[str], rows: list[list[str]]) -> None:
    for row in read("csv", respond("csv", columns, rows)):
        for cell in row:
            assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))


@given(st.lists(st.lists(NASTY, min_size=2, max_size=2), max_size=4))
def test_workbook_has_no_formula_and_no_link(rows: list[list[str]]) -> None:
    data = respond("xlsx", ["=1", "http://example.org"], rows)
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        assert not [name for name in book.namelist() if "external" in name.lower()]
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet


@given(st.lists(NASTY.filter(lambda text: not text.startswith(exports.DANGEROUS)), min_size=1))
def test_harmless_cells_are_untouched(cells: list[str]) -> None:
    assert [exports.safe(cell) for cell in cells] == cells


@pytest.mark.parametrize("kind", KINDS)
def test_name_like_a_formula_stays_a_name(
    app: Flask, client: FlaskClient, partner: MakePartner, kind: str
) -> None:
    partner("=HYPERLINK(1)+1")
    cell = read(kind, client.get(f"/partners.{kind}").data)[1][0]
    assert cell == ("'=HYPERLINK(1)+1" if kind == "csv" else "=HYPERLINK(1)+1")


def test_comparison_of_a_name_like_a_formula_is_safe(
    client: FlaskClient, partner: MakePartner
) -> None:
    made = partner("=1+1")
    data = client.get(f"/partners/compare?partner={made.slug}&as=csv").data
    assert read("csv", data)[0] == ["", "'=1+1"]


def test_file_is_served_as_what_it_is(client: FlaskClient) -> None:
    kinds: dict[str, Any] = {kind: client.get(f"/partners.{kind}") for kind in KINDS}
    assert kinds["csv"].content_type == "text/csv; charset=utf-8"
    assert kinds["csv"].data.startswith(b"\xef\xbb\xbf")
    assert kinds["json"].mimetype == "application/json"
    assert kinds["xlsx"].mimetype.endswith("spreadsheetml.sheet")
