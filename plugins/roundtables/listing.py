"""Everybody of a series as a file."""

from __future__ import annotations

import csv
import io

from plugins.roundtables import groups, queries
from plugins.roundtables.models import Series

COLUMNS = ("name", "email", "organisation", "choices", "language")
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


def table_of(series: Series) -> str:
    """Return everybody of a series as CSV that no spreadsheet takes for formulas."""
    keys = [key for key in groups.keys(series) if key != groups.FEWER]
    places: dict[int, list[str]] = {}
    tables = {row.id: row for row in queries.tables(series, with_cancelled=True)}
    for place in queries.places(series):
        held = f"{tables[place.table_id].key} {place.state}"
        places.setdefault(place.interest_id, []).append(held)
    out = io.StringIO()
    writer = csv.writer(out)
    titles = (groups.title(series, key) for key in keys)
    writer.writerow(["receipt", *COLUMNS, "state", "places", *titles])
    for row in queries.people(series):
        choices = " ".join(str(tables[n].number) for n in row.choices if n in tables)
        cells = [row.receipt, row.name, row.email, row.employer, choices, row.lang, row.state]
        cells += ["; ".join(places.get(row.id, ()))]
        cells += [str(row.groups.get(key, "")) for key in keys]
        writer.writerow([f"'{cell}" if cell.startswith(DANGEROUS) else cell for cell in cells])
    return out.getvalue()
