"""Opens a file as a table, whatever kind it is; what is no table is refused with what to do."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from plugins.imports import csvfile, xlsx
from plugins.imports.csvfile import Table
from portal.errors import Invalid
from portal.i18n import _

_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8")
_PACKED = (b"\x1f\x8b", b"BZh", b"7z\xbc\xaf", b"Rar!", b"\xfd7zXZ")
_CONTROL = bytes(range(9)) + bytes(range(14, 27)) + bytes(range(28, 32))


def open_exact(data: bytes, required: Sequence[str], known: Sequence[str]) -> Table:
    """Open a table whose headings are our own names; see `csvfile.open_table`."""
    if not xlsx.is_archive(data):
        _check_text(data)
        return csvfile.open_table(data, required, known)
    table = xlsx.Book(data).table(lambda cells: len({*required} & {_name(cell) for cell in cells}))
    table.columns = [_name(column) for column in table.columns]
    missing = [name for name in required if name not in table.columns]
    if missing:
        raise Invalid(
            _(
                "The first line must name the columns; %(required)s are needed. It reads: %(line)s",
                required=", ".join(required),
                line=", ".join(table.columns)[:120],
            )
        )
    for name in sorted({*required, *known}):
        if table.columns.count(name) > 1:
            raise Invalid(_("The column %(name)s stands twice in the header.", name=name))
    return table


def open_any(
    data: bytes,
    weigh: Callable[[Sequence[str]], int],
    sheet: str = "",
    header: int | None = None,
) -> Table:
    """Open a table with any headings, in the sheet and line that were chosen or are found."""
    if xlsx.is_archive(data):
        table: Table = xlsx.Book(data).table(weigh, sheet, header)
    else:
        _check_text(data)
        table = csvfile.open_any(data, weigh, header)
    if not table.columns:
        raise Invalid(_("There are no headings in line %(line)s.", line=header or 1), "header")
    if len(table.columns) > xlsx.COLUMNS:
        raise Invalid(
            _(
                "The file has %(count)s columns; at most %(most)s are read.",
                count=len(table.columns),
                most=xlsx.COLUMNS,
            )
        )
    return table


def sheets(data: bytes) -> list[str]:
    """Return the names of the sheets, none for a text file."""
    return [name for name, _part in xlsx.Book(data).sheets] if xlsx.is_archive(data) else []


def _name(heading: str) -> str:
    return " ".join(heading.split()).strip("\"'").lower()


def _check_text(data: bytes) -> None:
    """Raise Invalid for files that are no text."""
    head = data[:4000]
    if head.startswith(_OLD_OFFICE):
        raise Invalid(
            _(
                "This is an old Excel file (.xls), or one with a password. Save it as Excel "
                "workbook (.xlsx) without a password, or as CSV."
            )
        )
    begin = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if begin.startswith((b"<!doctype", b"<html", b"<?xml", b"<table", b"{\\rtf")):
        raise Invalid(
            _(
                "This is a web page or a text document, whatever its name says. Save the table "
                "as CSV or Excel (.xlsx)."
            )
        )
    is_wide = head.count(0) > len(head) // 3 or head.startswith((b"\xff\xfe", b"\xfe\xff"))
    noise = 0 if is_wide else len(head) - len(head.translate(None, _CONTROL))
    if head.startswith((*_PICTURES, *_PACKED)) or noise > len(head) // 20 + 1:
        raise Invalid(_("This is no table. Choose a CSV file or an Excel workbook (.xlsx)."))
