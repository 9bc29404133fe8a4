"""What the archive of a consortium keeps of its meetings and decisions; of persons nothing."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from plugins.consortia.interface import Seen
from plugins.meetings import queries, rules
from plugins.meetings.models import Meeting

MEETINGS = ("title", "starts_at_utc", "zone", "minutes", "place", "cancelled", "yes", "maybe", "no")
ACTIONS = ("what", "organisation", "due_on", "done_at_utc")
VOICES = ("members", "spoke", "yes", "no", "abstain")
DECISIONS = ("title", "way", "state", "closes_at_utc", *VOICES)

Rows = list[Sequence[Any]]


def meetings(rows: Sequence[Meeting]) -> Rows:
    """Return meetings as lines of a sheet."""
    counts = queries.answered([row.id for row in rows])
    return [
        (
            row.title,
            row.starts_at.isoformat(),
            row.zone,
            row.length,
            row.place,
            "yes" if row.cancelled_at else "",
            *(counts.get(row.id, {}).get(name, 0) for name in rules.ANSWERS),
        )
        for row in rows
    ]


def actions(consortium: Seen) -> Rows:
    """Return what is to be done as lines of a sheet."""
    return [
        (
            row.title,
            row.organisation.name,
            row.due_on,
            row.done_at.isoformat() if row.done_at else "",
        )
        for row in queries.actions(consortium)
    ]


def decisions(consortium: Seen) -> Rows:
    """Return decisions as lines of a sheet."""
    return [
        (
            row.title,
            row.way,
            row.state,
            row.closes_at.isoformat(),
            *(row.result.get(name, "") for name in VOICES),
        )
        for row in queries.decisions(consortium)
    ]


def sheet(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """Return a CSV file; what a spreadsheet would take for a formula is disarmed."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(heads)
    for row in rows:
        cells = ["" if cell is None else str(cell) for cell in row]
        writer.writerow(
            [f"'{cell}" if cell[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell for cell in cells]
        )
    return text.getvalue().encode("utf-8-sig")


def files(consortium: Seen) -> dict[str, bytes]:
    """Return the sheets that are not empty, and the minutes that were shared, each as a text."""
    met = queries.meetings(consortium)
    sheets: dict[str, tuple[Sequence[str], Rows]] = {
        "meetings.csv": (MEETINGS, meetings(met)),
        "actions.csv": (ACTIONS, actions(consortium)),
        "decisions.csv": (DECISIONS, decisions(consortium)),
    }
    found = {name: sheet(heads, rows) for name, (heads, rows) in sheets.items() if rows}
    for row in met:
        if row.shared_at and row.minutes:
            name = f"minutes-{row.starts_at:%Y-%m-%d}-{row.public_id}.txt"
            found[name] = f"{row.title}\n\n{row.minutes}\n".encode()
    return found
