"""What past cooperation must be like to count as confirmed, or to be rated: plain values, no database.

Source: the four kinds of docs/decisions/0036. The newcomer of a pair is the one that came later; all
is counted from the day it came.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from portal.errors import Invalid
from portal.i18n import _

CONFIRMED_MONTHS = 36
"""So long before the newcomer came cooperation may have ended."""
BACKFILLED_MONTHS = 12
"""The same for a stay that organisations may rate."""
ENTERED_MONTHS = 12
"""So long after the newcomer came it may be entered."""
MOST_RECORDS = 5
"""Confirmed past cooperation of one organisation."""
MOST_PROPOSALS = 3
"""How often one entry may be proposed: first, and twice corrected."""
LONGEST_MONTHS = 24
MOST_PARTICIPANTS = 500
MOST_REFERENCES = 10
"""References that an organisation may ask for in a year."""
LONGEST_TEXT = 1_500
MOST_BYTES = 5 * 1024 * 1024
REMIND_AFTER = timedelta(days=14)
LINK_FOR = timedelta(days=45)
KEPT_AFTER_DECISION = timedelta(days=30)
"""So long a document stays after a reviewer decided, in case somebody asks about it."""
DECIDED_WITHIN = 6
"""Working days that are promised for a decision."""

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
_PROJECT = re.compile(r"[0-9A-Za-z][0-9A-Za-z ./_-]{2,39}")
_TYPES = {
    b"%PDF-": "application/pdf",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
}


def first_day(month: str) -> date:
    """Return the first day of a month such as 2025-09."""
    return date.fromisoformat(f"{month}-01")


def last_day(month: str) -> date:
    """Return the last day of a month."""
    start = first_day(month)
    return start.replace(day=monthrange(start.year, start.month)[1])


def months_between(first: date, last: date) -> int:
    """Return how many months lie between the months of two days."""
    return (last.year - first.year) * 12 + last.month - first.month


def may_enter(joined: date, today: date) -> bool:
    """Whether the time for entering what was before is not over."""
    return months_between(joined, today) <= ENTERED_MONTHS


def may_be_rated(last_month: str, joined: date) -> bool:
    """Whether a stay ended so shortly before the newcomer came that it may be rated."""
    return months_between(first_day(last_month), joined) <= BACKFILLED_MONTHS


def check_time(last_month: str, joined: date, today: date) -> None:
    """Raise Invalid where the last month lies too far back, or after the newcomer came."""
    ended = first_day(last_month)
    if ended > joined or last_day(last_month) >= today:
        raise Invalid(
            _(
                "It must be over before both of you were here. Later stays are planned as mobilities."
            ),
            field="last_month",
        )
    if months_between(ended, joined) > CONFIRMED_MONTHS:
        text = _("It ended more than %(months)s months before you came.", months=CONFIRMED_MONTHS)
        raise Invalid(text, field="last_month")


def checked(values: Mapping[str, Any], joined: date, today: date) -> dict[str, Any]:
    """Return what was typed about past cooperation as it is stored. Raises Invalid with the field."""
    project = " ".join(str(values.get("project") or "").split())
    if not _PROJECT.fullmatch(project):
        text = _("Write the project's number as the grant agreement has it.")
        raise Invalid(text, field="project")
    months = {}
    for name in ("first_month", "last_month"):
        months[name] = str(values.get(name) or "").strip()
        if not _MONTH.fullmatch(months[name]) or months[name] < "1990":
            text = _("Write the month as year and month: %(example)s.", example="2025-09")
            raise Invalid(text, field=name)
    span = months_between(first_day(months["first_month"]), first_day(months["last_month"]))
    if span < 0:
        raise Invalid(_("The last month can't come before the first."), field="last_month")
    if span >= LONGEST_MONTHS:
        raise Invalid(_("One stay lasts two years at most."), field="first_month")
    check_time(months["last_month"], joined, today)
    people = values.get("participants")
    if not isinstance(people, int) or not 1 <= people <= MOST_PARTICIPANTS:
        text = _("Write a number from 1 to %(most)s.", most=MOST_PARTICIPANTS)
        raise Invalid(text, field="participants")
    return {"project": project, "participants": people, **months}


def checked_text(text: str, field: str = "text", most: int = LONGEST_TEXT) -> str:
    """Return words that somebody typed. Raises Invalid for none, or too many."""
    text = text.replace("\0", "").strip()
    if not text:
        raise Invalid(_("Write a sentence or two."), field=field)
    if len(text) > most:
        raise Invalid(_("Write at most %(most)s characters.", most=most), field=field)
    return text


def content_type(content: bytes) -> str:
    """Return what kind of file a document is. Raises Invalid for others and for large ones."""
    if len(content) > MOST_BYTES:
        raise Invalid(_("The file is too large: at most 5 MB."), field="file")
    for start, kind in _TYPES.items():
        if content.startswith(start):
            if kind == "application/pdf" and b"/Encrypt" in content:
                raise Invalid(_("This PDF is locked with a password. Save it without."), "file")
            return kind
    raise Invalid(_("Choose the document as PDF, PNG or JPEG file."), field="file")


def check_date(dated_on: date | None, first_month: str, last_month: str, today: date) -> date:
    """Return the date of a document of a stay; raises Invalid where it can't be of that stay.

    Agreements are made up to a year before, certificates written up to a year after.
    """
    if dated_on is None:
        raise Invalid(_("Write the date that stands in it: 2027-05-18."), field="dated_on")
    around = timedelta(days=366)
    earliest, latest = first_day(first_month) - around, last_day(last_month) + around
    if not earliest <= dated_on <= min(latest, today):
        raise Invalid(_("This date does not fit the months of the stay."), field="dated_on")
    return dated_on
