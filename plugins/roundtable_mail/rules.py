"""What a file of expressions of interest may look like: on plain values."""

from __future__ import annotations

import csv
import io

from portal.errors import Invalid
from portal.i18n import _

COLUMNS = ("name", "email", "organisation", "choices", "language")
LARGEST = 2 * 1024 * 1024
MOST_ROWS = 2_000


def read(data: bytes) -> list[dict[str, str]]:
    """Return the rows of a CSV file by its headings. Raises Invalid for what is no table."""
    if len(data) > LARGEST:
        raise Invalid(_("The file is larger than 2 MB. Split it."), "file")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    first = text.split("\n", 1)[0]
    mark = max(",;\t", key=first.count)
    try:
        rows = list(csv.reader(io.StringIO(text.replace("\0", "")), delimiter=mark))
    except csv.Error:
        rows = []
    heads = [head.strip().lower() for head in rows[0]] if rows else []
    if not {"name", "email", "choices"} <= set(heads):
        told = _("The first line must name the columns: %(names)s", names=", ".join(COLUMNS))
        raise Invalid(told, "file")
    if len(rows) - 1 > MOST_ROWS:
        raise Invalid(_("Import at most %(num)s rows at once.", num=MOST_ROWS), "file")
    return [dict(zip(heads, (cell.strip() for cell in row), strict=False)) for row in rows[1:]]
