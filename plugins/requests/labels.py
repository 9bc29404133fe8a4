"""What the words of requests are called on pages."""

from __future__ import annotations

import csv
from datetime import date
from functools import cache
from pathlib import Path

from babel.dates import format_date

from portal import data
from portal.i18n import _, day, locale


@cache
def usual_countries() -> tuple[str, ...]:
    """Return the codes of the countries that take part in mobility, or are near."""
    path = Path(data.__file__).parent / "countries.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(row["code"] for row in csv.DictReader(file))


def wanted(role: str) -> str:
    """Return what a partner in this role should do, as the end of a sentence."""
    names = {
        "host": _("host our participants"),
        "sending": _("send participants to us"),
        "supporting": _("support us with placements"),
    }
    return names.get(role, role)


def looks_for(role: str) -> str:
    """Return what a request looks for, in short."""
    names = {
        "host": _("Looks for a host"),
        "sending": _("Looks for participants"),
        "supporting": _("Looks for support"),
    }
    return names.get(role, role)


def period(starts_on: str, ends_on: str) -> str:
    """Return the days of a stay, empty when none are stated."""
    if not starts_on:
        return ""
    first = day(date.fromisoformat(starts_on), "medium")
    if not ends_on or ends_on == starts_on:
        return _("from %(day)s", day=first)
    last = day(date.fromisoformat(ends_on), "medium")
    return _("%(first)s to %(last)s", first=first, last=last)


def month_name(month: str) -> str:
    """Return a month such as 2027-05 in the language of the page."""
    year, number = month.split("-")
    return str(format_date(date(int(year), int(number), 1), "LLLL y", locale=locale()))


def month_of_year(month: int) -> str:
    """Return a month by its number."""
    return str(format_date(date(2026, month, 1), "LLLL", locale=locale()))


def kind_name(kind: str) -> str:
    """Return what a kind of point is called."""
    names = {
        "field": _("Fields of education"),
        "occupation": _("Occupations"),
        "role": _("Takes part in the role wanted"),
        "language": _("Languages"),
        "month": _("Months with places"),
        "mode": _("Mode"),
        "inclusion": _("Access and support"),
        "places": _("Size of the group"),
        "age": _("Age"),
        "experience": _("Projects, up to five"),
    }
    return names.get(kind, kind)


def reply_state(state: str) -> tuple[str, str]:
    """Return how far an answer is, and the kind of its tag."""
    names = {
        "sent": (_("sent"), "act"),
        "shortlisted": (_("on the shortlist"), "warn"),
        "chosen": (_("chosen"), "ok"),
        "declined": (_("not this time"), ""),
        "withdrawn": (_("withdrawn"), ""),
    }
    return names.get(state, (state, ""))


def enquiry_state(state: str, is_receiver: bool) -> tuple[str, str]:
    """Return how far an enquiry is, for one of its sides, and the kind of its tag."""
    names = {
        "open": (_("waits for your answer"), "act")
        if is_receiver
        else (_("not answered yet"), "warn"),
        "answered": (_("answered"), "ok"),
        "declined": (_("declined"), ""),
        "closed": (_("closed"), ""),
    }
    return names.get(state, (state, ""))
