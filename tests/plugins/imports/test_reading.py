"""Opening files of every kind: workbooks with their traps, and what only pretends to be a table."""

from __future__ import annotations

import io
import tracemalloc
import zipfile

import pytest

from plugins.imports import csvfile, reading, xlsx
from plugins.imports.columns import Weigher
from plugins.imports.csvfile import Row
from portal.errors import Invalid
from tests.plugins.imports.conftest import workbook

KNOWN = Weigher(("name", "country", "city"))
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
WORKBOOK = (
    f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets>'
    '<sheet name="Hidden" state="hidden" r:id="r2"/><sheet name="List" r:id="r1"/>'
    "</sheets></workbook>"
)
LINKS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="r1" Target="worksheets/sheet1.xml"/>'
    '<Relationship Id="r2" Target="/xl/worksheets/sheet2.xml"/></Relationships>'
)
HEAD = '<row r="1"><c t="inlineStr"><is><t>name</t></is></c><c t="str"><v>country</v></c></row>'


def sheet(rows: str) -> str:
    return f'<worksheet xmlns="{MAIN}"><sheetData>{HEAD}{rows}</sheetData></worksheet>'


def packed(rows: str = "", **parts: str | bytes) -> bytes:
    """Write a workbook by hand; `parts` are further files, with __ for / and _ for a dot."""
    files: dict[str, str | bytes] = {
        "xl/workbook.xml": WORKBOOK,
        "xl/_rels/workbook.xml.rels": LINKS,
        "xl/worksheets/sheet1.xml": sheet(rows),
        "xl/worksheets/sheet2.xml": sheet(""),
    }
    files |= {name.replace("__", "/"): content for name, content in parts.items()}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def rows(data: bytes, **options) -> list[Row]:
    return list(reading.open_any(data, KNOWN, **options).rows())


def cells(data: bytes) -> list[list[str]]:
    return [list(row.values.values()) for row in rows(data)]


def test_workbook_gives_what_its_cells_show() -> None:
    data = workbook(
        ["Name", "Country", "Number", "Share", "Sum", "Right"],
        ["Škola – 学校", "LV", 999912345, 0.5, ("=1+1", 2), True],
        ["B", "", 1e20, -3, ("=A1", "text"), ""],
    )
    table = reading.open_any(data, KNOWN)
    assert [list(row.values.values()) for row in table.rows()] == [
        ["Škola – 学校", "LV", "999912345", "0.5", "2", "1"],
        ["B", "", "1e+20", "-3", "text", ""],
    ]
    assert table.warnings == ["2 cells are results of formulas, as they were saved."]
    assert table.total >= 3


def test_texts_of_every_form_are_read() -> None:
    shared = (
        f'<sst xmlns="{MAIN}"><si><t>plain</t></si><si><r><t>rich </t></r><r><t>text</t></r>'
        "<rPh><t>read aloud</t></rPh></si><si><t>two_x000A_lines</t></si></sst>"
    )
    row = "".join(
        f'<row r="{at + 2}"><c r="A{at + 2}" t="s"><v>{at}</v></c><c r="B{at + 2}" t="inlineStr">'
        "<is><r><t>D</t></r><r><t>E</t></r></is></c></row>"
        for at in range(3)
    )
    data = packed(row, **{"xl__sharedStrings.xml": shared})
    assert cells(data) == [["plain", "DE"], ["rich text", "DE"], ["two\nlines", "DE"]]


def test_what_a_cell_lacks_is_said_with_its_row() -> None:
    data = packed(
        '<row r="3"><c r="A3" t="str"><f>B9</f></c><c r="B3" t="e"><v>#REF!</v></c></row>'
        '<row r="4"><c r="A4" t="s"><v>7</v></c><c r="B4" t="str"><v>DE</v></c></row>'
    )
    found = rows(data)
    assert [row.line for row in found] == [3, 4]
    assert "Cell A3 holds a formula without its result." in found[0].note
    assert "Cell B3 holds the error #REF!." in found[0].note
    assert "The text of a cell in column A is missing" in found[1].note


def test_headings_are_found_under_a_title_and_on_the_sheet_that_was_chosen() -> None:
    buffer = workbook(["Our partners 2026"], [], ["", "Name", "Land"], ["", "A", "DE"])
    table = reading.open_any(buffer, KNOWN)
    assert table.columns == ["", "Name", "Land"]
    assert [row.line for row in table.rows()] == [4]
    assert reading.open_any(buffer, KNOWN, header=1).columns == ["Our partners 2026"]
    with pytest.raises(Invalid, match="no headings in line 2"):
        reading.open_any(buffer, KNOWN, header=2)
    text = b"Our partners;;\n\nName;Land;Ort\nA;DE;Ulm\n"
    assert reading.open_any(text, KNOWN).columns == ["Name", "Land", "Ort"]
    assert [row.line for row in rows(text)] == [4]


def test_sheets_that_are_hidden_are_not_offered() -> None:
    assert reading.sheets(packed()) == ["List"]
    assert reading.sheets(b"name,country\n") == []


def _document() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("word/document.xml", "<x/>")
    return buffer.getvalue()


MACROS = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override '
    'PartName="/xl/workbook.xml" ContentType="application/vnd.ms-excel.sheet.macroEnabled.main+xml"/>'
    "</Types>"
)
DECLARED = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;">]>'
REFUSED = {
    "macros": (packed(**{"xl__vbaProject.bin": b"code"}), "holds macros"),
    "macros by its kind": (packed(**{"[Content_Types].xml": MACROS}), "holds macros"),
    "old macros": (packed(**{"xl__macrosheets__sheet1.xml": "<x/>"}), "holds macros"),
    "binary workbook": (packed(**{"xl__workbook.bin": b"x"}), "binary workbook"),
    "OpenDocument": (packed(**{"content.xml": "<x/>"}), "OpenDocument"),
    "no ZIP behind its mark": (b"PK\x03\x04" + b"\0" * 40, "damaged"),
    "document": (_document(), "no spreadsheet"),
    "cut off": (packed()[:-30], "damaged"),
    "declared entities": (
        packed(**{"xl__worksheets__sheet1.xml": DECLARED + sheet("")}),
        "damaged",
    ),
    "broken XML": (packed("<row r='2'><c>"), "damaged"),
    "rows in no order": (packed('<row r="9"/><row r="2"/>'), "damaged"),
    "a row beyond the last": (packed('<row r="9999999"/>'), "damaged"),
    "no visible sheet": (packed(**{"xl__workbook.xml": f'<workbook xmlns="{MAIN}"/>'}), "visible"),
    "old Excel or password": (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "old Excel file"),
    "web page": (b"<html><table><tr><td>name</td></tr></table>", "web page"),
    "picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "no table"),
    "program": (bytes(range(256)) * 20, "no table"),
    "PDF": (b"%PDF-1.7\n1 0 obj\n", "no text file"),
    "empty": (b"", "empty"),
    "201 columns": (",".join(f"c{at}" for at in range(201)).encode(), "201 columns"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_table_is_refused_with_what_to_do(case: str) -> None:
    data, reason = REFUSED[case]
    with pytest.raises(Invalid, match=reason):
        rows(data)


def test_bombs_are_defused_in_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "SHEET_LIMIT", 8 * 2**20)
    monkeypatch.setattr(xlsx, "TEXTS_LIMIT", 8 * 2**20)
    long_sheet = sheet("<c/>" * (3 * 2**20))
    endless = sheet(f'<row r="2" spans="{"1" * (6 * 2**20)}"></row>')
    texts = f'<sst xmlns="{MAIN}">{"<si/>" * (2 * 2**20)}</sst>'
    bombs = [
        (packed(**{"xl__worksheets__sheet1.xml": long_sheet}), "Unpacked, a part"),
        (packed(**{"xl__worksheets__sheet1.xml": endless}), "damaged"),
        (
            packed('<row r="2"><c t="s"><v>1</v></c></row>', **{"xl__sharedStrings.xml": texts}),
            "Unpa",
        ),
        (packed(**{f"x{at}": b"" for at in range(2_001)}), "damaged"),
    ]
    for data, reason in bombs:
        tracemalloc.start()
        with pytest.raises(Invalid, match=reason):
            rows(data)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 8 * 2**20


def test_size_that_a_bomb_understates_is_not_believed() -> None:
    data = bytearray(packed('<row r="2"><c t="str"><v>A</v></c></row>'))
    archive = zipfile.ZipFile(io.BytesIO(bytes(data)))
    item = archive.getinfo("xl/worksheets/sheet1.xml")
    at = data.rindex(b"xl/worksheets/sheet1.xml") - 46 + 24
    data[at : at + 4] = (item.file_size - 30).to_bytes(4, "little")
    with pytest.raises(Invalid, match="damaged"):
        rows(bytes(data))


def test_far_cells_cost_nothing() -> None:
    data = packed('<row r="1048576"><c r="XFD1048576" t="str"><v>x</v></c><c r="A1048576"/></row>')
    assert rows(data) == []


@pytest.mark.full
def test_hundred_thousand_rows_of_a_workbook_are_read() -> None:
    many = [[f"School {at}", "DE", "Ulm", at] for at in range(100_000)]
    table = reading.open_any(workbook(["name", "country", "city", "x"], *many), KNOWN)
    assert sum(1 for _row in table.rows()) == 100_000


def test_workbook_for_the_command_line_needs_our_own_names() -> None:
    table = reading.open_exact(
        workbook([" Name ", "COUNTRY"], ["A", "DE"]), ("name", "country"), ()
    )
    assert [dict(row.values) for row in table.rows()] == [{"name": "A", "country": "DE"}]
    with pytest.raises(Invalid, match="name, country are needed"):
        reading.open_exact(workbook(["Nom"], ["A"]), ("name", "country"), ())
    with pytest.raises(Invalid, match="stands twice"):
        reading.open_exact(workbook(["name", "name", "country"]), ("name", "country"), ())


def test_text_file_is_read_with_any_headings() -> None:
    data = '\ufeff"Nom","Pays","Ville"\n"L\'école, ""la grande""",FR,Lyon\n'.encode("utf-16")
    table = reading.open_any(data, KNOWN)
    assert table.columns == ["Nom", "Pays", "Ville"]
    assert next(table.rows()).values["Nom"] == 'L\'école, "la grande"'
    assert isinstance(table, csvfile.Table)
