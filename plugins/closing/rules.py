"""Decisions on the closing of a consortium, on plain values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from portal.errors import Invalid
from portal.i18n import _

REPORT_LENGTH = 300
MOST_YEARS = 20
SOON_DAYS = 90
"""So many days before a consortium's last day its closing is offered in the menu."""


@dataclass(frozen=True)
class Point:
    """Something to be done before a consortium closes: how many are open, in a sentence, and where."""

    open: int
    text: str
    page: str = ""


def checked_report(title: str, day: date | None, today: date) -> tuple[str, str]:
    """Return the final report as it is kept. Raises Invalid naming the field."""
    named = " ".join(title.split())
    if not named:
        raise Invalid(_("Fill this in; it can't stay empty."), field="report")
    if len(named) > REPORT_LENGTH:
        raise Invalid(_("Write at most %(most)s characters.", most=REPORT_LENGTH), field="report")
    if day is None:
        raise Invalid(_("Say on which day."), field="reported_on")
    if day > today:
        raise Invalid(_("This day is still to come."), field="reported_on")
    return named, day.isoformat()


def checked_until(day: date | None, today: date) -> str:
    """Return until when records are kept. Raises Invalid for a day that is past or too far."""
    if day is None:
        raise Invalid(_("Say until which day."), field="keep_until")
    if day <= today:
        raise Invalid(_("Choose a day that is still to come."), field="keep_until")
    if day.year > today.year + MOST_YEARS:
        raise Invalid(
            _("Choose a day within the next %(years)s years.", years=MOST_YEARS), field="keep_until"
        )
    return day.isoformat()


def years_after(day: date, years: int) -> date:
    """Return the same day some years later; the 29th of February becomes the 28th."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def is_near(state: str, ends_on: str, today: date) -> bool:
    """Whether a consortium is over, closed, or nearly so."""
    if state == "closed":
        return True
    return bool(ends_on) and (date.fromisoformat(ends_on) - today).days <= SOON_DAYS


def open_points(points: Sequence[Point]) -> int:
    """Return how many points are open."""
    return sum(bool(point.open) for point in points)
