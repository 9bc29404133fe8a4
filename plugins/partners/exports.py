"""Saves what is on screen as a file that no spreadsheet takes for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask import Response, json

from plugins.partners import search
from plugins.partners.filters import Filters
from plugins.partners.pages import value_label
from portal.context import Context
from portal.i18n import _, country_name
from portal.later import Later

xlsxwriter = Later("xlsxwriter")

KINDS = ("csv", "xlsx", "json")
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
MOST_ROWS = 20_000
CHUNK = 500


def heads() -> list[str]:
    """Return the names of the columns."""
    return [
        _("Name"), _("Country code"), _("Country"), _("Town"), _("Kind of organisation"),
        _("Takes part as"), _("Fields"), _("Languages"), _("Entry"), _("Demonstration"), _("Projects"),
        _("Score of 5"), _("Likely from"), _("Likely to"), _("Organisations that rated"),
        _("People who rated"),
    ]  # fmt: skip


def rows(ctx: Context, filters: Filters, seq: int) -> Iterator[list[str]]:
    """Return the found partners in the order of the page, at most 20,000 of them."""
    for page in range(MOST_ROWS // CHUNK):
        part = replace(filters, page=page + 1, page_size=CHUNK)
        cards = search.run(ctx, part, seq).result.cards
        for card in cards:
            yield row_of(card)
        if len(cards) < CHUNK:
            return


def row_of(card: Mapping[str, Any]) -> list[str]:
    """Return what a file says of a partner, under `heads`."""
    return [
        card["name"],
        card["country"],
        country_name(card["country"]),
        card.get("city", ""),
        value_label("type", card["type"]),
        _joined("role", card),
        _joined("field", card),
        _joined("language", card),
        value_label("claimed", "no" if card["state"] == "unclaimed" else "yes"),
        _("demonstration") if card.get("demo") else "",
        "; ".join(card.get("projects", ())),
        *_rated(card.get("quality") or ()),
    ]


def _rated(figures: Sequence[float]) -> list[str]:
    """Return a score with its likely range and who stands behind it, as numbers; else empty cells."""
    return [f"{figure:g}" for figure in figures] if figures else [""] * 5


def _joined(name: str, card: Mapping[str, Any]) -> str:
    return "; ".join(value_label(name, key) for key in card.get(f"{name}s", ()))


def respond(
    kind: str, name: str, columns: Sequence[str], table: Iterable[Sequence[str]]
) -> Response:
    """Return the table as a file of the wanted kind."""
    makers = {"csv": _csv, "xlsx": _xlsx, "json": _json}
    return Response(
        makers[kind](columns, table),
        content_type=TYPES[kind],
        headers={"Content-Disposition": f'attachment; filename="{name}.{kind}"'},
    )


def safe(text: str) -> str:
    """Return a cell that a spreadsheet reads as text: what begins like a formula gets a quote."""
    return f"'{text}" if text.startswith(DANGEROUS) else text


def _csv(columns: Sequence[str], table: Iterable[Sequence[str]]) -> bytes:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow([safe(cell) for cell in columns])
    writer.writerows([safe(cell) for cell in row] for row in table)
    return buffer.getvalue().encode("utf-8-sig")  # the mark lets spreadsheets see UTF-8


def _xlsx(columns: Sequence[str], table: Iterable[Sequence[str]]) -> bytes:
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        sheet = book.add_worksheet()
        bold = book.add_format({"bold": True})
        sheet.freeze_panes(1, 0)
        for column, text in enumerate(columns):
            sheet.write_string(0, column, text, bold)
            sheet.set_column(column, column, 24)
        for number, row in enumerate(table, 1):
            for column, text in enumerate(row):
                sheet.write_string(number, column, text[:32_000])
    return buffer.getvalue()


def _json(columns: Sequence[str], table: Iterable[Sequence[str]]) -> bytes:
    items = [dict(zip(columns, row, strict=True)) for row in table]
    return json.dumps(items, ensure_ascii=False, sort_keys=False).encode()
