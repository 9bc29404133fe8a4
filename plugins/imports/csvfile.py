"""Reads tables people really send: any encoding, delimiter and header, broken quotation marks.

Whatever had to be guessed is said in a warning; a line that can't be read is given back as such
and reading goes on with the next one.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from portal.errors import Invalid
from portal.i18n import _, ngettext

FILE_LIMIT = 50 * 1024 * 1024
"""Largest file read, in bytes; what is larger is refused before it is read."""
HEADER_LINES = 20
"""Headings are looked for in so many rows: people put titles above them."""
RECORD_LINES = 100
"""A row over more lines than this has a quotation mark that is never closed."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DELIMITERS = (",", ";", "\t", "|")


Record = tuple[int, list[str] | None, str]
"""Line, cells, and what is to be said about it; without cells it can't be read."""


@dataclass(frozen=True)
class Row:
    """A row by column, or why it can't be read. Line numbers count from 1, as editors do."""

    line: int
    values: Mapping[str, str]
    fault: str = ""
    note: str = ""


@dataclass
class Table:
    """An opened table: columns as they stand, and warnings about what was guessed.

    `names` are our own columns where somebody said which is which, in the order of the file; ""
    is not read, `identifiers:pic` is a column of numbers of that register. `fill` holds what is
    taken where a cell is empty, `read` how cells of a column are read.
    """

    columns: list[str]
    lines: list[str]
    first: int
    delimiter: str
    warnings: list[str] = field(default_factory=list)
    names: list[str] | None = None
    fill: Mapping[str, str] = field(default_factory=dict)
    read: Mapping[str, Callable[[str], str]] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """How many lines there are."""
        return len(self.lines)

    def records(self) -> Iterator[Record]:
        """Yield the rows as they stand, empty ones too."""
        fault = _("A quotation mark is opened and not closed properly.")
        for line, cells in _records(self.lines, self.first, self.delimiter):
            yield line, cells, "" if cells is not None else fault

    def rows(self) -> Iterator[Row]:
        """Yield the rows; empty ones are left out."""
        for line, cells, note in self.records():
            if cells is None:
                yield Row(line, {}, note)
            elif any(cell.strip() for cell in cells) or note:
                yield self._row(line, cells, note)

    def _row(self, line: int, cells: list[str], note: str) -> Row:
        wanted = len(self.columns)
        if any(cell.strip() for cell in cells[wanted:]):
            fault = _(
                "The row has %(cells)s cells, the header %(columns)s. Put text that contains "
                "the delimiter between quotation marks.",
                cells=len(cells),
                columns=wanted,
            )
            return Row(line, {}, fault)
        if len(cells) < wanted:
            note = note or _(
                "The row has %(cells)s cells, the header %(columns)s; the others are read as "
                "empty.",
                cells=len(cells),
                columns=wanted,
            )
        return Row(line, self._values(cells), note=note)

    def _values(self, cells: list[str]) -> dict[str, str]:
        if self.names is None:
            return {name: cell for name, cell in zip(self.columns, cells, strict=False) if name}
        values: dict[str, str] = {}
        for name, cell in zip(self.names, cells, strict=False):
            name, _colon, scheme = name.partition(":")
            if scheme and cell.strip():
                numbers = (part for part in re.split(r"[;,]", cell) if part.strip())
                cell = " ".join(f"{scheme}:{''.join(number.split())}" for number in numbers)
            if name:
                values[name] = f"{values[name]} {cell}" if values.get(name) else cell
        for name, text in self.fill.items():
            if not values.get(name, "").strip():
                values[name] = text
        for name, read in self.read.items():
            if values.get(name, "").strip():
                values[name] = read(values[name])
        return values


def read_bytes(source: Path | str | IO[bytes], limit: int = FILE_LIMIT) -> bytes:
    """Return the content of a file or binary stream. Raises Invalid when it is over the limit."""
    if isinstance(source, (str, Path)):
        path = Path(source)
        try:
            size = path.stat().st_size
            if size <= limit:
                return path.read_bytes()
        except OSError as error:
            raise Invalid(
                _("%(file)s can't be read: %(reason)s.", file=path.name, reason=error.strerror)
            ) from None
        raise too_large(size, limit)
    data = source.read(limit + 1)
    if len(data) > limit:
        raise too_large(len(data), limit)
    return data


def too_large(size: int, limit: int) -> Invalid:
    """Say that a file is over the limit."""
    return Invalid(
        _(
            "The file has %(size)s MiB; at most %(limit)s MiB are read at once. Cut it into parts, "
            "each with the header.",
            size=-(-size // 2**20),
            limit=limit // 2**20,
        )
    )


def open_table(data: bytes, required: Sequence[str], known: Sequence[str]) -> Table:
    """Open a table whose header names at least the required columns.

    Names of columns are compared without case and blanks. Raises Invalid when the file is empty,
    has no such header, or names a known column twice.
    """
    lines, first, warnings = _lines(data)
    delimiter, columns, after = _header(lines, first, required)
    for name in sorted({*required, *known}):
        if columns.count(name) > 1:
            raise Invalid(_("The column %(name)s stands twice in the header.", name=name))
    return _table(columns, lines, after, delimiter, warnings)


def open_any(
    data: bytes, weigh: Callable[[Sequence[str]], int], header: int | None = None
) -> Table:
    """Open a table with any headings, as they are written.

    They stand in the line `header`, or in the one of the first twenty that `weigh` finds best.
    Raises Invalid when the file is empty or has no such line.
    """
    lines, first, warnings = _lines(data)
    best: tuple[tuple[int, int, int], str, list[str], int] | None = None
    for delimiter in _DELIMITERS:
        records = _records(lines, first, delimiter)
        for place, (line, cells) in enumerate(records):
            if (header is None and place >= HEADER_LINES) or (header is not None and line > header):
                break
            filled = sum(1 for cell in cells or () if cell.strip())
            if cells is None or not filled or header not in (None, line):
                continue
            rank = (weigh(cells), -place, filled)
            if best is None or rank > best[0]:
                best = rank, delimiter, cells, line
    if best is None:
        raise Invalid(_("There are no headings in line %(line)s.", line=header or 1), "header")
    _rank, delimiter, cells, line = best
    records = _records(lines, line - 1, delimiter)
    next(records)
    after = next(records, (len(lines) + 1, None))[0] - 1
    table = _table([" ".join(cell.split()) for cell in cells], lines, after, delimiter, warnings)
    return table


def _lines(data: bytes) -> tuple[list[str], int, list[str]]:
    text, warnings = decode(data)
    text = text.lstrip("\ufeff")
    lines = list(io.StringIO(text, newline=""))
    first = next((at for at, line in enumerate(lines) if line.strip(" \t\r\n,;")), None)
    if first is None:
        raise Invalid(_("The file is empty."))
    if lines[first].lower().startswith("sep=") and first + 1 < len(lines):
        first += 1  # a line that spreadsheets write for each other
    return lines, first, warnings


def _table(
    columns: list[str], lines: list[str], after: int, delimiter: str, warnings: list[str]
) -> Table:
    if delimiter != ",":
        warnings.append(_("The columns are separated by %(mark)s.", mark=_mark_name(delimiter)))
    return Table(columns, lines, after, delimiter, warnings)


def _mark_name(delimiter: str) -> str:
    names = {";": _("semicolons"), "\t": _("tabs"), "|": _("vertical bars")}
    return names[delimiter]


def _header(lines: list[str], first: int, required: Sequence[str]) -> tuple[str, list[str], int]:
    for delimiter in _DELIMITERS:
        records = _records(lines, first, delimiter)
        _line, cells = next(records)
        after = next(records, (len(lines) + 1, None))[0] - 1
        columns = [" ".join(cell.split()).strip("\"'").lower() for cell in cells or []]
        if set(required) <= set(columns):
            return delimiter, columns, after
    raise Invalid(
        _(
            "The first line must name the columns; %(required)s are needed. It reads: %(line)s",
            required=", ".join(required),
            line=lines[first].strip()[:120],
        )
    )


def _records(
    lines: list[str], first: int, delimiter: str
) -> Iterator[tuple[int, list[str] | None]]:
    """Yield (line number, cells); cells are None where a quotation mark is wrong.

    After such a line reading starts anew with the next one, so that one mark costs one row.
    """
    at = first
    while at < len(lines):
        feed = _Feed(lines, at)
        reader = csv.reader(feed, delimiter=delimiter, strict=True)
        try:
            for cells in reader:
                yield feed.start + 1, cells
                feed.start = feed.at
            return
        except csv.Error:
            yield feed.start + 1, None
            at = feed.start + 1


class _Feed:
    """Gives lines to the csv reader and stops it where a row takes too many."""

    def __init__(self, lines: list[str], at: int) -> None:
        self.lines, self.at, self.start = lines, at, at

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        if self.at >= len(self.lines):
            raise StopIteration
        if self.at - self.start >= RECORD_LINES:
            raise csv.Error("quotation mark not closed")
        self.at += 1
        return self.lines[self.at - 1]


def decode(data: bytes) -> tuple[str, list[str]]:
    """Return the text and warnings: by its mark, else UTF-8, single lines Windows-1252.

    Raises Invalid for spreadsheets and other files that are no text.
    """
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF")):
        raise Invalid(
            _("This is no text file. Save the table as CSV (UTF-8) in your spreadsheet program.")
        )
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            if encoding == "utf-8":
                return _by_line(data[len(mark) :])
            return _whole(data[len(mark) :], encoding), []
    head = data[:2000]
    if head.count(0) > len(head) // 3:
        encoding = "utf-16-le" if head[1::2].count(0) > head[::2].count(0) else "utf-16-be"
        return _whole(data, encoding), [_("The file was read as UTF-16.")]
    return _by_line(data)


def _whole(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise Invalid(
            _(
                "The file says it is %(encoding)s, but breaks off at byte %(at)s. Save it as CSV "
                "(UTF-8).",
                encoding=encoding.upper(),
                at=error.start,
            )
        ) from None


def _by_line(data: bytes) -> tuple[str, list[str]]:
    try:
        return data.decode("utf-8"), []
    except UnicodeDecodeError:
        pass
    texts, foreign = [], []
    for number, line in enumerate(data.split(b"\n"), 1):
        try:
            texts.append(line.decode("utf-8"))
        except UnicodeDecodeError:
            foreign.append(number)
            try:
                texts.append(line.decode("cp1252"))
            except UnicodeDecodeError:
                texts.append(line.decode("latin-1"))
    warning = ngettext(
        "Line %(line)s is not UTF-8 and was read as Windows-1252. Check its accents, or save the "
        "file as UTF-8.",
        "%(num)s lines are not UTF-8 and were read as Windows-1252, the first is line %(line)s. "
        "Check their accents, or save the file as UTF-8.",
        len(foreign),
        line=foreign[0],
    )
    return "\n".join(texts), [warning]
