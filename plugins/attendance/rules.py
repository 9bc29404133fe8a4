"""What outcomes may say, how they are cited, and how counts are drawn: on plain values."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from portal.errors import Invalid
from portal.i18n import _

FOUND = ("notes", "agreed", "open")
"""Parts of the outcomes that are texts; what is done next stands apart, with owners and days."""
MOST_ACTIONS, LONGEST, LONGEST_LINE, LONGEST_COMMENT = 12, 6_000, 300, 2_000
WIDTH = 300
BEFORE, STILL = timedelta(days=3), timedelta(days=14)
"""How long before its day somebody is reminded of an action, and how long after it at most."""


def text(value: str, field: str, longest: int = LONGEST) -> str:
    """Return a text of several lines. Raises Invalid when it is too long."""
    clean = "".join(
        one for one in (value or "").replace("\r\n", "\n") if one == "\n" or one.isprintable()
    ).strip()
    if len(clean) > longest:
        told = _("Write at most %(most)s characters; there are %(num)s.")
        raise Invalid(told % {"most": longest, "num": len(clean)}, field)
    return clean


def actions(
    rows: Sequence[Mapping[str, str]], owners: Collection[str] = ()
) -> list[dict[str, Any]]:
    """Return what is done next: what, who (a role or organisation) and by when.

    Empty rows fall away. Where somebody is reminded, `owner` is one of `owners`, and `id` stays.
    Raises Invalid with the field for a row without somebody who does it, for a day that can't be
    read, and for a reminder without a day.
    """
    found = []
    for at, row in enumerate(rows, 1):
        what, who = (" ".join(text(row.get(key, ""), f"{key}_{at}", LONGEST_LINE).split())
                     for key in ("what", "who"))  # fmt: skip
        due = (row.get("due") or "").strip()
        if not what and not who and not due:
            continue
        if not what:
            raise Invalid(_("Say what is to be done."), f"what_{at}")
        if not who:
            raise Invalid(_("Say who does it: a role or an organisation."), f"who_{at}")
        if due and not _is_day(due):
            raise Invalid(_("Write the day as year, month, day: 2027-05-18."), f"due_{at}")
        found.append({"what": what, "who": who, "due": due, "done": bool(row.get("done"))})
        owner = row.get("owner") or ""
        if not owner:
            continue
        if owner not in owners:
            raise Invalid(_("Choose from the list."), f"owner_{at}")
        if not due:
            raise Invalid(_("Say until when, so that somebody can be reminded."), f"due_{at}")
        found[-1] |= {"id": (row.get("id") or "")[:16], "owner": owner}
    return found


def reminder(due: date, today: date, *, is_before_sent: bool, is_after_sent: bool) -> str:
    """Say which reminder is to be sent today: before the day, after it, or none; each once."""
    if due - BEFORE <= today <= due:
        return "" if is_before_sent else "before"
    return "after" if due < today <= due + STILL and not is_after_sent else ""


def _is_day(value: str) -> bool:
    try:
        return len(value) == 10 and 2000 <= date.fromisoformat(value).year <= 2200
    except ValueError:
        return False


def lines(value: str) -> list[str]:
    """Return the points of a text, one a line."""
    return [line.strip() for line in value.splitlines() if line.strip()]


def bars(rows: Sequence[Sequence[int]]) -> list[list[dict[str, int]]]:
    """Return the bars of counts, three a row (interested, offered, came), for a picture."""
    most = max((cell for cells in rows for cell in cells), default=0) or 1
    return [
        [
            {"width": round(WIDTH * max(cell, 0) / most), "y": 14 * at}
            for at, cell in enumerate(cells)
        ]
        for cells in rows
    ]
