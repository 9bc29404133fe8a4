"""Plans from a table (CSV): a line a participant; lines of the same stay become one group."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from plugins.mobilities import rules, service
from plugins.mobilities.models import GROUP, INDIVIDUAL, KINDS, MODES, Mobility
from portal.context import Context
from portal.errors import Invalid, PortalError
from portal.i18n import _
from portal.organisations.models import Organisation

NEEDED = ("host", "title", "starts_on", "ends_on", "name")
COLUMNS = (
    *NEEDED, "email", "language", "under_18", "guardian_email", "workplace", "workplace_city",
    "workplace_email", "supporting", "kind", "mode", "field", "occupation",
)  # fmt: skip
MOST_ROWS = 500
MOST_BYTES = 1_000_000
YES = {"yes", "y", "1", "true", "x", "ja", "sí", "si", "sì", "jā"}
Find = Callable[[str], list[Organisation]]


@dataclass
class Outcome:
    """What became of a file: plans made, lines that could not be taken, columns nobody knows."""

    made: list[Mobility] = field(default_factory=list)
    problems: list[tuple[int, str]] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


def read(text: str) -> tuple[list[dict[str, str]], list[str]]:
    """Return the lines by their columns, and names of unknown columns. Raises Invalid."""
    if len(text.encode()) > MOST_BYTES:
        raise Invalid(_("The table is too long. Take at most 500 lines at a time."), field="table")
    first = text.lstrip("\ufeff").partition("\n")[0]
    mark = max(";,\t", key=first.count)
    try:
        rows = list(csv.reader(io.StringIO(rules.plain(text.lstrip("\ufeff"))), delimiter=mark))
    except csv.Error as error:
        raise Invalid(_("This is no table: %(reason)s", reason=error), field="table") from None
    heads = [cell.strip().lower() for cell in rows[0]] if rows else []
    missing = [name for name in NEEDED if name not in heads]
    if missing:
        raise Invalid(
            _("These columns are missing: %(names)s", names=", ".join(missing)), field="table"
        )
    lines = [dict(zip(heads, row, strict=False)) for row in rows[1:]]
    if len(lines) > MOST_ROWS:
        raise Invalid(_("The table is too long. Take at most 500 lines at a time."), field="table")
    return lines, [head for head in heads if head and head not in COLUMNS]


def take(
    ctx: Context, text: str, sending: Organisation, find: Find, contact: int | None
) -> Outcome:
    """Plan the stays of a table for a sending organisation; a bad line leaves out its stay alone.

    `find` returns the organisations that a name may mean. Raises Invalid for what is no table.
    """
    lines, unknown = read(text)
    outcome = Outcome(unknown=unknown)
    stays: dict[tuple[str, ...], list[tuple[int, Mapping[str, str]]]] = {}
    for number, line in enumerate(lines, 2):
        cells = {name: (line.get(name) or "").strip() for name in COLUMNS}
        if any(cells.values()):
            key = tuple(cells[name] for name in ("host", "title", "starts_on", "ends_on"))
            stays.setdefault(key, []).append((number, cells))
    for rows in stays.values():
        try:
            outcome.made.append(_plan(ctx, [cells for _at, cells in rows], sending, find, contact))
        except PortalError as error:
            outcome.problems.append((rows[0][0], error.message or _("This could not be taken.")))
    return outcome


def _plan(
    ctx: Context,
    rows: Sequence[Mapping[str, str]],
    sending: Organisation,
    find: Find,
    contact: int | None,
) -> Mobility:
    first = rows[0]
    kind = first["kind"] if first["kind"] in KINDS else GROUP if len(rows) > 1 else INDIVIDUAL
    values: dict[str, Any] = {
        "title": first["title"],
        "kind": kind,
        "mode": first["mode"] if first["mode"] in MODES else MODES[0],
        "field": first["field"],
        "occupation": first["occupation"],
        "phone": "",
        "contact_id": contact,
        "starts_on": _day(first["starts_on"]),
        "ends_on": _day(first["ends_on"]),
        "participants": [
            {**row, "is_minor": row["under_18"].lower() in YES, "arrangements": ""} for row in rows
        ],
    }
    supporting = _one(first["supporting"], find) if first["supporting"] else None
    host = _one(first["host"], find)
    return service.plan(ctx, values, sending=sending, host=host, supporting=supporting)


def _one(text: str, find: Find) -> Organisation:
    found = find(text)
    if len(found) != 1:
        raise Invalid(
            _("“%(name)s” is not known here, or several fit. Write its OID.", name=text[:80])
            if text
            else _("The host is missing."),
            field="table",
        )
    return found[0]


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid(
            _("“%(text)s” is no day. Write year, month, day: 2027-05-18.", text=text[:40]),
            field="table",
        ) from None
