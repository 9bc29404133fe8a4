"""Reads tables from XLSX workbooks, bounded in memory and time; nothing in them is ever run.

A workbook is a ZIP of XML. What unpacks to more than the limits, carries macros, a password or a
document type declaration is refused; cells are read as a stream. Formulas give the result that
was saved with them. Source of the format: ECMA-376, part 1, chapter 18.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from plugins.imports.csvfile import HEADER_LINES, Record, Table
from portal.errors import Invalid
from portal.i18n import _, ngettext

PARTS = 2_000
"""Most files inside a workbook."""
SHEET_LIMIT = 192 * 2**20
"""Most bytes of one sheet, unpacked: some 300,000 rows of ten columns."""
TEXTS_LIMIT = 64 * 2**20
"""Most bytes of the texts that the sheets share, unpacked."""
SMALL_LIMIT = 4 * 2**20
COLUMNS = 200
"""Columns that are read."""
LAST_ROW = 1_048_576
TEXT_LENGTH = 32_767
READ = 2**16
LONGEST_MARKUP = 2**20
"""An element without its end for so many bytes is no honest sheet."""

_REFERENCE = re.compile(r"([A-Z]{1,3})[0-9]{1,7}")
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")


def is_archive(data: bytes) -> bool:
    """Whether a file begins as a ZIP does."""
    return data.startswith(b"PK\x03\x04")


class Book:
    """An opened workbook. Raises Invalid, with what to do, for all that is none."""

    def __init__(self, data: bytes) -> None:
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
            raise _damaged() from None
        self._parts = {item.filename.lower().lstrip("/"): item for item in self._zip.infolist()}
        self._check()
        self._targets = self._read_targets()
        self.sheets = self._read_sheets()

    def _check(self) -> None:
        names = self._parts
        if len(self._zip.infolist()) > PARTS:
            raise _damaged()
        if any(item.flag_bits & 1 for item in names.values()):
            raise Invalid(_("The file is protected by a password. Save it without one."))
        if "content.xml" in names:
            raise Invalid(
                _("This is an OpenDocument file. Save the table as Excel (.xlsx) or as CSV.")
            )
        if "xl/workbook.bin" in names:
            raise Invalid(_("This is a binary workbook (.xlsb). Save it as Excel (.xlsx)."))
        if "xl/workbook.xml" not in names:
            raise Invalid(_("This is no spreadsheet. Choose a CSV or an Excel file (.xlsx)."))
        self._check_macros()

    def _check_macros(self) -> None:
        kinds: list[str] = []

        def start(_tag: str, found: dict[str, str]) -> None:
            kinds.append(found.get("ContentType", "").lower())

        if "[content_types].xml" in self._parts:
            self._parse_small("[content_types].xml", start)
        has_code = any(
            name.endswith("vbaproject.bin") or name.startswith("xl/macrosheets/")
            for name in self._parts
        )
        if has_code or any("macroenabled" in kind or "vbaproject" in kind for kind in kinds):
            raise Invalid(
                _(
                    "This workbook holds macros, which are never taken in. Save it as "
                    '"Excel workbook (.xlsx)" without macros, or as CSV.'
                )
            )

    def _read_targets(self) -> dict[str, str]:
        targets: dict[str, str] = {}

        def start(tag: str, found: dict[str, str]) -> None:
            if tag == "Relationship" and found.get("TargetMode") != "External":
                path = found.get("Target", "")
                path = path.lstrip("/") if path.startswith("/") else f"xl/{path}"
                targets[found.get("Id", "")] = path.lower()

        if "xl/_rels/workbook.xml.rels" in self._parts:
            self._parse_small("xl/_rels/workbook.xml.rels", start)
        return targets

    def _read_sheets(self) -> list[tuple[str, str]]:
        """Name the visible sheets, each with the part it stands in."""
        sheets: list[tuple[str, str]] = []

        def start(tag: str, found: dict[str, str]) -> None:
            number = next((value for key, value in found.items() if key.endswith(" id")), "")
            part = self._targets.get(number, "")
            shown = found.get("state", "visible") == "visible"
            if tag == "sheet" and shown and "worksheets/" in part and part in self._parts:
                sheets.append((found.get("name", "")[:100], part))

        self._parse_small("xl/workbook.xml", start)
        if not sheets:
            raise Invalid(_("The workbook has no visible sheet with cells."))
        return sheets

    def _parse_small(self, part: str, start: Callable[[str, dict[str, str]], None]) -> None:
        for _chunk in self._parse(part, SMALL_LIMIT, start):
            pass

    def _parse(
        self,
        part: str,
        limit: int,
        start: Callable[[str, dict[str, str]], None],
        end: Callable[[str], None] | None = None,
        text: Callable[[str], None] | None = None,
    ) -> Iterator[None]:
        """Read a part of the workbook, a piece at a time; tags come without their namespace."""
        if self._parts[part].file_size > limit:
            raise _too_large(self._parts[part].file_size, limit)

        def started(tag: str, found: dict[str, str]) -> None:
            start(tag.rpartition(" ")[2], found)

        def ended(tag: str) -> None:
            if end is not None:
                end(tag.rpartition(" ")[2])

        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = started
        parser.EndElementHandler = ended
        parser.CharacterDataHandler = text
        parser.StartDoctypeDeclHandler = _refuse_declaration
        done = 0
        try:
            with self._zip.open(self._parts[part]) as stream:
                while piece := stream.read(READ):
                    done += len(piece)
                    if done > limit:
                        raise _too_large(done, limit)
                    parser.Parse(piece, False)
                    if done - parser.CurrentByteIndex > LONGEST_MARKUP:
                        raise _damaged()
                    yield
                parser.Parse(b"", True)
                yield
        except (expat.ExpatError, zipfile.BadZipFile, zlib.error, EOFError, ValueError) as error:
            raise _damaged() from error
        except (NotImplementedError, OSError, RuntimeError) as error:
            raise _damaged() from error

    def texts(self, most: int | None = None) -> list[str]:
        """Return the texts that cells share, up to one's number."""
        part = next((name for name in self._parts if name == "xl/sharedstrings.xml"), "")
        if not part:
            return []
        found = _Texts()
        for _chunk in self._parse(part, TEXTS_LIMIT, found.start, found.end, found.text):
            if most is not None and len(found.done) > most:
                break
        return found.done

    def table(
        self, weigh: Callable[[Sequence[str]], int], sheet: str = "", header: int | None = None
    ) -> Sheet:
        """Open a sheet, the first one unless it is named; see `csvfile.open_any`."""
        part = dict(reversed(self.sheets)).get(sheet) or self.sheets[0][1]
        head = self._head(part, header)
        best = max(
            (item for item in head if any(cell.strip() for cell in item[1])),
            key=lambda item: (weigh(item[1]), -item[0]),
            default=None,
        )
        if best is None and header:
            raise Invalid(_("There are no headings in line %(line)s.", line=header), "header")
        if best is None:
            raise Invalid(_("The sheet is empty."), "sheet")
        columns = [" ".join(cell.split()) for cell in best[1]]
        while columns and not columns[-1]:
            columns.pop()
        warnings = []
        if len(self.sheets) > 1 and not sheet:
            name = next(name for name, found in self.sheets if found == part)
            told = _("The workbook has several sheets; %(sheet)s is read.", sheet=name)
            warnings.append(told)
        return Sheet(columns, [], best[0], "", warnings, book=self, part=part)

    def _head(self, part: str, header: int | None) -> list[tuple[int, list[str]]]:
        rows: list[tuple[int, list[Any], list[str]]] = []
        for row in self.rows(part):
            if header is None or row[0] == header:
                rows.append(row)
            if len(rows) >= HEADER_LINES or (header is not None and row[0] >= header):
                break
        most = max((cell for row in rows for cell in row[1] if isinstance(cell, int)), default=-1)
        texts = self.texts(most) if most >= 0 else []
        return [(number, _resolved(cells, texts)[0]) for number, cells, _notes in rows]

    def rows(self, part: str) -> Iterator[tuple[int, list[Any], list[str]]]:
        """Yield number, cells and notes of each row; a number in a cell is that of a shared text."""
        found = _Rows()
        for _chunk in self._parse(part, SHEET_LIMIT, found.start, found.end, found.text):
            yield from found.done
            found.done.clear()
        self.formulas = found.formulas

    def count(self, part: str) -> int:
        """Return about how many rows a sheet has, without reading them."""
        with self._zip.open(self._parts[part]) as stream:
            try:
                return sum(piece.count(b"<row ") for piece in iter(lambda: stream.read(READ), b""))
            except (zipfile.BadZipFile, zlib.error, EOFError):
                raise _damaged() from None

    formulas = 0
    """Cells of the sheet read last that are results of formulas."""


@dataclass
class Sheet(Table):
    """A sheet of a workbook as a table: its rows come as those of a CSV file do."""

    book: Book | None = None
    part: str = ""
    known_total: int = field(default=0)

    @property
    def total(self) -> int:
        """How many rows there are, as the sheet says or as far as was read."""
        return self.known_total

    def records(self) -> Iterator[Record]:
        """Yield the rows below the headings."""
        assert self.book is not None
        texts = self.book.texts()
        self.known_total = self.first + self.book.count(self.part)
        wanted = len(self.columns)
        for number, cells, notes in self.book.rows(self.part):
            if number <= self.first:
                continue
            values, lost = _resolved(cells, texts)
            said = " ".join([*notes, *lost])
            yield number, values + [""] * (wanted - len(values)), said
        if self.book.formulas:
            told = ngettext(
                "%(num)s cell is the result of a formula, as it was saved.",
                "%(num)s cells are results of formulas, as they were saved.",
                self.book.formulas,
            )
            self.warnings.append(told)


class _Texts:
    """Collects shared texts; what is for reading aloud (rPh) is left out."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self._pieces: list[str] = []
        self._length = 0
        self._inside = False
        self._silent = False

    def start(self, tag: str, _found: dict[str, str]) -> None:
        if tag == "si":
            self._pieces, self._length = [], 0
        elif tag == "rPh":
            self._silent = True
        self._inside = tag == "t" and not self._silent

    def end(self, tag: str) -> None:
        self._inside = False
        if tag == "rPh":
            self._silent = False
        elif tag == "si":
            self.done.append(_plain("".join(self._pieces)))

    def text(self, piece: str) -> None:
        if self._inside and self._length < TEXT_LENGTH:
            self._pieces.append(piece[:TEXT_LENGTH])
            self._length += len(piece)


class _Rows:
    """Collects rows: cells in their places, and what can't be read of them."""

    def __init__(self) -> None:
        self.done: list[tuple[int, list[Any], list[str]]] = []
        self.number = 0
        self.formulas = 0
        self._cells: list[Any] = []
        self._notes: list[str] = []
        self._column = -1
        self._kind = ""
        self._pieces: list[str] = []
        self._length = 0
        self._inside = ""
        self._has_formula = False
        self._silent = False

    def start(self, tag: str, found: dict[str, str]) -> None:
        if tag == "c":
            match = _REFERENCE.fullmatch(found.get("r", ""))
            self._column = _place(match[1]) if match else self._column + 1
            self._kind = found.get("t", "n")
            self._pieces, self._length, self._has_formula = [], 0, False
        elif tag in {"v", "t"}:
            self._inside = "" if self._silent else tag
        elif tag == "f":
            self._has_formula = True
        elif tag == "rPh":
            self._silent = True
        elif tag == "row":
            number = found.get("r", "")
            is_number = number.isascii() and number.isdigit() and len(number) <= 7
            before, self.number = self.number, int(number) if is_number else self.number + 1
            if not before < self.number <= LAST_ROW:
                raise _damaged()
            self._cells, self._notes, self._column = [], [], -1

    def end(self, tag: str) -> None:
        self._inside = ""
        if tag == "c":
            self._take()
        elif tag == "rPh":
            self._silent = False
        elif tag == "row":
            self.done.append((self.number, self._cells, self._notes))

    def text(self, piece: str) -> None:
        if self._inside and self._length < TEXT_LENGTH:
            self._pieces.append(piece[:TEXT_LENGTH])
            self._length += len(piece)

    def _take(self) -> None:
        if not 0 <= self._column < COLUMNS:
            return
        text = "".join(self._pieces)
        where = f"{_letters(self._column)}{self.number}"
        value: str | int = ""
        if self._kind == "e":
            told = _("Cell %(cell)s holds the error %(error)s.", cell=where, error=text[:20])
            self._notes.append(told)
        elif self._has_formula and not text:
            told = _(
                "Cell %(cell)s holds a formula without its result. Open the file in your "
                "spreadsheet program, save it and send it again.",
                cell=where,
            )
            self._notes.append(told)
        elif self._kind == "s":
            value = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else ""
        else:
            value = _number(text) if self._kind == "n" else _plain(text)
        self.formulas += self._has_formula and bool(text)
        if value != "":
            self._cells += [""] * (self._column + 1 - len(self._cells))
            self._cells[self._column] = value


def _resolved(cells: list[Any], texts: list[str]) -> tuple[list[str], list[str]]:
    """Put shared texts in; says which are missing."""
    values, lost = [], []
    for place, cell in enumerate(cells):
        if isinstance(cell, int):
            if cell < len(texts):
                cell = texts[cell]
            else:
                told = _("The text of a cell in column %(column)s is missing in the file.")
                lost.append(told % {"column": _letters(place)})
                cell = ""
        values.append(cell)
    return values, lost


def _number(text: str) -> str:
    """Write a number as people do: 999912345, not 9.99912345E8."""
    text = text.strip()
    if text.lstrip("-").isdigit():
        return text
    try:
        value = float(text)
    except ValueError:
        return text
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def _plain(text: str) -> str:
    """Undo the escapes of signs that XML can't hold."""
    if "_x" not in text:
        return text
    plain = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _place(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def _letters(place: int) -> str:
    text, number = "", place + 1
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(65 + rest) + text
    return text


def _refuse_declaration(*_about: object) -> None:
    raise _damaged()


def _damaged() -> Invalid:
    return Invalid(
        _(
            "The workbook is damaged or not what it says it is. Open it in your spreadsheet "
            "program and save it anew. Save the table as CSV if that does not help."
        )
    )


def _too_large(size: int, limit: int) -> Invalid:
    return Invalid(
        _(
            "Unpacked, a part of the workbook has %(size)s MiB; at most %(limit)s MiB are read. "
            "Save the table alone as CSV, or cut it into parts.",
            size=-(-size // 2**20),
            limit=limit // 2**20,
        )
    )
