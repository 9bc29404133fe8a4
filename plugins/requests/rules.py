"""What a request may say, what it asks for, and how well somebody fits: on plain values."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from portal.errors import Invalid
from portal.i18n import _
from portal.text import transliterate

ROLES = ("host", "sending", "supporting")
TITLE_LENGTH = 120
TEXT_LENGTH = 4_000
PRICE_LENGTH = 300
MOST_PLACES = 500
MOST_AGE = 99
MOST_OCCUPATIONS = 5
MOST_LISTED = 40
LONGEST_AHEAD = 3 * 366
MOST_MONTHS = 36
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")

WEIGHTS = {
    "field": 30,
    "occupation": 15,
    "role": 15,
    "language": 10,
    "month": 8,
    "mode": 6,
    "inclusion": 6,
    "places": 3,
    "age": 3,
    "experience": 4,
}
"""What each kind of point weighs when all of it is covered; together 100.

What can't be changed before a stay (what is taught, which trades there are, who hosts) weighs most,
what partners can still talk about least. Source: our own judgement, told on the page of the method.
"""
PARTS = 840
"""A part of a weight is counted in so many parts, so that shares of up to eight are exact."""
SUBJECTS = ("field", "occupation")
MOST_PROJECTS = 5

REMINDED_AFTER = (timedelta(days=3), timedelta(days=7))
"""When the side whose turn it is in an enquiry is reminded. Source: what the French job-immersion
portal does for its hosts, see the decision page 23."""
LAPSES_AFTER = timedelta(days=30)
SETTLED_AFTER = timedelta(days=10)
"""How long an enquiry may wait before it counts as left without an answer: after both reminders."""
COUNTED_FOR = timedelta(days=365)
LEAST_ASKED = 5
"""Of fewer organisations that asked, nothing is told about how somebody answers."""
SILENT_AFTER = 3
SILENT_FOR = timedelta(days=60)
"""How long an enquiry without an answer counts for silence: nobody can answer one of long ago."""
FADES_AFTER = timedelta(days=14)
MOST_OF_ONE = 3
"""Enquiries from one organisation to the same one within seven days, so that nobody uses up a cap."""
MOST_IN_A_ROW = 3
MOST_MESSAGES = 200


@dataclass(frozen=True)
class Point:
    """One thing asked for: whoever has any of the `values` of the facet covers it."""

    kind: str
    key: str
    facet: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Fit:
    """How well somebody fits: a score, and what of that which was asked is covered or not."""

    score: int
    covered: tuple[Point, ...]
    missing: tuple[Point, ...]

    def counts(self, kind: str) -> tuple[int, int]:
        """Return how many points of a kind are covered, and how many were asked."""
        here = sum(point.kind == kind for point in self.covered)
        return here, here + sum(point.kind == kind for point in self.missing)


def points(asked: Mapping[str, Any]) -> tuple[Point, ...]:
    """Return what a request asks for, as points that facets of the partner search answer.

    Experience is asked of everybody: each project, up to five, is a point. Countries are no
    points: who is elsewhere is left out.
    """
    found = [Point("field", code, "field", (code,)) for code in asked["fields"]]
    found += [
        Point("occupation", words, "occupation", tuple(codes))
        for words, codes in asked["occupations"]
        if codes
    ]
    found.append(Point("role", asked["role"], "role", (asked["role"],)))
    for kind, name in (("language", "languages"), ("mode", "modes"), ("inclusion", "inclusion")):
        found += [Point(kind, key, kind, (key,)) for key in asked[name]]
    for month in sorted({month for _year, month in months(asked["starts_on"], asked["ends_on"])}):
        found.append(Point("month", str(month), "month", (str(month),)))
    if asked["places"]:
        larger = tuple(str(size) for size in range(asked["places"], MOST_PLACES + 1))
        found.append(Point("places", str(asked["places"]), "group", larger))
    if asked["youngest_age"]:
        younger = tuple(str(age) for age in range(asked["youngest_age"] + 1))
        found.append(Point("age", str(asked["youngest_age"]), "age", younger))
    for least in range(1, MOST_PROJECTS + 1):
        more = tuple(str(count) for count in range(least, MOST_PROJECTS + 1))
        found.append(Point("experience", str(least), "experience", more))
    return tuple(found)


def part(kind: str, covered: int, asked: int) -> int:
    """Return what so many of the asked points of a kind bring."""
    return WEIGHTS[kind] * PARTS * covered // asked


def fit(asked: Sequence[Point], covered: Collection[Point]) -> Fit:
    """Rate somebody who covers these points.

    Each kind that was asked brings its weight times the share that is covered; what was not asked
    brings nothing, for nobody.
    """
    have = tuple(point for point in asked if point in covered)
    lack = tuple(point for point in asked if point not in covered)
    found = Fit(0, have, lack)
    kinds = {point.kind for point in asked}
    return Fit(sum(part(kind, *found.counts(kind)) for kind in kinds), have, lack)


def counts_as_fitting(asked: Sequence[Point], covered: Collection[Point]) -> bool:
    """Whether somebody is named at all: covers a field or an occupation, if any was asked for.

    Else any point but experience, which says nothing about this request.
    """
    subjects = [point for point in asked if point.kind in SUBJECTS]
    wanted = subjects or [point for point in asked if point.kind != "experience"]
    return any(point in covered for point in wanted)


def tie(number: int, day: int) -> int:
    """Return the place of somebody among those who fit alike; it changes daily."""
    return (number * 2_654_435_761 + day * 2_246_822_519) % 4_294_967_296


# What is typed


def months(starts_on: str, ends_on: str) -> list[tuple[int, int]]:
    """Return year and month of each month between two ISO days, none without a first day."""
    if not starts_on:
        return []
    first, last = (date.fromisoformat(day) for day in (starts_on, ends_on or starts_on))
    span = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    return [(at // 12, at % 12 + 1) for at in span][:MOST_MONTHS]


def end_of(day: date) -> datetime:
    """Return the last moment of a day, in UTC."""
    return datetime.combine(day, time.max, UTC)


def slug_of(title: str, public_id: str) -> str:
    """Return the public address of a request: its title in Latin letters and a part of its id."""
    words = re.sub(r"[^a-z0-9]+", "-", transliterate(title)).strip("-")[:60].strip("-")
    return f"{words or 'request'}-{public_id[:6]}"


def checked(values: Mapping[str, Any], today: date, longest_days: int) -> dict[str, Any]:
    """Return what was typed as it is stored. Raises Invalid naming the field."""
    found = dict(values)
    found["title"] = _line(values["title"])
    found["text"] = plain(values["text"])
    for name, most in (("title", TITLE_LENGTH), ("text", TEXT_LENGTH)):
        if not found[name]:
            raise Invalid(_("Fill this in; it can't stay empty."), field=name)
        if len(found[name]) > most:
            raise Invalid(_("Write at most %(most)s characters.", most=most), field=name)
    if values["role"] not in ROLES:
        raise Invalid(_("Choose what your partner should do."), field="role")
    for name in ("fields", "countries", "languages", "modes", "inclusion", "occupations"):
        if len(values[name]) > MOST_LISTED:
            raise Invalid(_("Choose at most %(most)s.", most=MOST_LISTED), field=name)
    if len(values["occupations"]) > MOST_OCCUPATIONS:
        raise Invalid(
            _("Name at most %(most)s occupations.", most=MOST_OCCUPATIONS), field="occupations"
        )
    _check_days(values, today)
    found["closes_at"] = closing(values["closes_on"], today, longest_days)
    del found["closes_on"]
    for name in ("starts_on", "ends_on"):
        found[name] = values[name].isoformat() if values[name] else ""
    return found


def checked_reply(values: Mapping[str, Any], today: date) -> dict[str, Any]:
    """Return a typed answer as it is stored. Raises Invalid naming the field."""
    found = {**values, "text": plain(values["text"]), "price_note": _line(values["price_note"])}
    if not found["text"]:
        raise Invalid(_("Fill this in; it can't stay empty."), field="text")
    for name, most in (("text", TEXT_LENGTH), ("price_note", PRICE_LENGTH)):
        if len(found[name]) > most:
            raise Invalid(_("Write at most %(most)s characters.", most=most), field=name)
    _check_days(values, today)
    for name in ("starts_on", "ends_on"):
        found[name] = values[name].isoformat() if values[name] else ""
    return found


def checked_text(text: str) -> str:
    """Return a typed message as it is stored. Raises Invalid."""
    found = plain(text)
    if not found:
        raise Invalid(_("Fill this in; it can't stay empty."), field="text")
    if len(found) > TEXT_LENGTH:
        raise Invalid(_("Write at most %(most)s characters.", most=TEXT_LENGTH), field="text")
    return found


# How organisations answer enquiries


@dataclass(frozen=True)
class Asked:
    """One enquiry that somebody got, as it counts: who asked and when, answered and over when."""

    asker: int
    asked_at: datetime
    answered_at: datetime | None
    over_at: datetime | None

    @property
    def settled_at(self) -> datetime:
        """When it began to count."""
        return self.answered_at or self.asked_at + SETTLED_AFTER


@dataclass(frozen=True)
class Response:
    """How somebody answers: so many tenths of `asked` organisations, within so many days."""

    tenths: int
    days: int
    asked: int


def settled(rows: Sequence[Asked], now: datetime) -> list[Asked]:
    """Return the enquiries that count, of each organisation its last one, the latest first.

    An enquiry counts once it is answered or declined, or has waited ten days; not if the asker
    closed it before. So nobody's figure rests on one who asks or is answered often.
    """
    counted = [
        row
        for row in rows
        if row.answered_at
        or (row.settled_at <= now and (row.over_at is None or row.over_at >= row.settled_at))
    ]
    found: dict[int, Asked] = {}
    for row in sorted(counted, key=lambda row: row.settled_at, reverse=True):
        found.setdefault(row.asker, row)
    return list(found.values())


def response(counted: Sequence[Asked]) -> Response | None:
    """Sum up how somebody answers; nothing below five organisations.

    "9 of 10 within 4 days" means it literally: at least so large a part of all got an answer
    within so many days. Tenths are rounded down, days up; the slowest beyond them don't matter.
    """
    if len(counted) < LEAST_ASKED:
        return None
    times = sorted(row.answered_at - row.asked_at for row in counted if row.answered_at)
    tenths = 10 * len(times) // len(counted)
    needed = -(-tenths * len(counted) // 10)
    days = math.ceil(times[needed - 1] / timedelta(days=1)) if needed else 0
    return Response(tenths, max(1, days) if needed else 0, len(counted))


def is_silent(counted: Sequence[Asked], now: datetime) -> bool:
    """Whether the last three organisations that asked got no answer, all within sixty days."""
    latest = [row for row in counted[:SILENT_AFTER] if row.settled_at > now - SILENT_FOR]
    return len(latest) == SILENT_AFTER and not any(row.answered_at for row in latest)


def point_id(point: Point) -> str:
    """Return what an answer calls a point."""
    return f"{point.kind}:{point.key}"


def answerable(asked: Sequence[Point]) -> list[Point]:
    """Return the points that an answer says something about: all but experience."""
    return [point for point in asked if point.kind != "experience"]


def closing(day: date | None, today: date, longest_days: int) -> datetime:
    """Return the moment at which a request closes by itself. Raises Invalid."""
    if day is None:
        raise Invalid(_("Say until when you look for partners."), field="closes_on")
    if not today <= day <= today + timedelta(days=longest_days):
        raise Invalid(
            _("Choose a day from today on, at most %(days)s days ahead.", days=longest_days),
            field="closes_on",
        )
    return end_of(day)


def _check_days(values: Mapping[str, Any], today: date) -> None:
    starts_on, ends_on = values["starts_on"], values["ends_on"]
    if ends_on and not starts_on:
        raise Invalid(_("Say from when on, too."), field="starts_on")
    if ends_on and ends_on < starts_on:
        raise Invalid(_("The last day can't come before the first."), field="ends_on")
    for name in ("starts_on", "ends_on"):
        day = values[name]
        if day and not today <= day <= today + timedelta(days=LONGEST_AHEAD):
            raise Invalid(_("Choose a day within the next three years."), field=name)


def plain(text: str) -> str:
    """Return a text without what no feed and no database can hold."""
    return _UNPRINTABLE.sub("", text.replace("\r\n", "\n")).strip()


def _line(text: str) -> str:
    return " ".join(plain(text).split())
