"""How a stay ends, and what may be typed about it: decisions on plain values.

No side alone can prevent that a stay is rated: once both agreed, every way leads to an outcome at
the latest 21 days after the agreed end, whatever one side does or leaves undone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from plugins.mobilities.models import (
    CONFIRMED,
    DID_NOT_HAPPEN,
    ENDED,
    EXTENDED,
    INITIATORS,
    INTERRUPTED,
    KINDS,
    MODES,
    REPORTS,
    WAITING,
)
from portal.errors import Invalid
from portal.i18n import _

ENDS_AFTER = timedelta(days=7)
"""So long after its last day a stay ends by itself."""
ANSWERED_WITHIN = timedelta(days=7)
"""So long the others may object to a report; silence is consent."""
LONGEST_ALONE = timedelta(days=14)
"""So much longer a stay may last because one side alone says so."""
LONGEST_BACK = timedelta(days=14)
"""So long ago an interrupted stay may have ended: rating begins with that day."""
LONGEST_STAY = timedelta(days=731)
LONGEST_AHEAD = timedelta(days=1_096)
MOST_PARTICIPANTS = 60
MOST_WORKPLACES = 20
TITLE_LENGTH, LINE_LENGTH, TEXT_LENGTH = 160, 120, 2_000
EMAIL = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+\.[^@\s,;<>\".]{2,}")
LANGUAGE = re.compile(r"[a-z]{2,3}")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class Reported:
    """What a side reported about a stay, and how the others answered."""

    what: str
    day: date
    made_on: date
    answer: str = WAITING


@dataclass(frozen=True)
class End:
    """How and when a stay ended."""

    outcome: str
    on: date


def end_of(ends_on: date, report: Reported | None, today: date) -> End | None:
    """Say how a stay ended that both sides agreed until `ends_on`; None while it goes on.

    Without a report it ends seven days after its last day. A report that another side confirmed
    counts at once, one that nobody answered after seven days, one that somebody objected to not at
    all. That a stay is longer counts beyond 14 days only if another side confirms it.
    """
    if report is None or report.answer not in {WAITING, CONFIRMED}:
        return End(ENDED, ends_on) if today >= ends_on + ENDS_AFTER else None
    if report.what == EXTENDED:
        last = min(report.day, ends_on + LONGEST_ALONE)
        last = report.day if report.answer == CONFIRMED else last
        return End(ENDED, last) if today >= last + ENDS_AFTER else None
    if report.answer == CONFIRMED or today >= report.made_on + ANSWERED_WITHIN:
        return End(report.what, report.day)
    return None


def may_report(ends_on: date, today: date) -> bool:
    """Whether a side may still say that a stay does not end as planned."""
    return today < ends_on + ENDS_AFTER


def end_of_day(day: date) -> datetime:
    """Return the last moment of a day, in UTC."""
    return datetime.combine(day, time.max, UTC)


def checked_report(
    values: Mapping[str, Any], starts_on: date, ends_on: date, today: date, *, is_assessed: bool
) -> dict[str, Any]:
    """Return a typed report as it is stored. Raises Invalid naming the field."""
    what, day = values["what"], values["day"]
    reason = plain(values["reason"])
    if what not in REPORTS:
        raise Invalid(_("Choose what happened."), field="what")
    if what == DID_NOT_HAPPEN and is_assessed:
        raise Invalid(_("Its learning was assessed already, so it did happen."), field="what")
    if what == EXTENDED:
        if day is None or not ends_on < day <= starts_on + LONGEST_STAY:
            raise Invalid(_("Choose a last day that is later than the planned one."), field="day")
    elif values["initiator"] not in INITIATORS:
        raise Invalid(_("Say who ended it; that is no blame."), field="initiator")
    elif what == INTERRUPTED:
        first = max(starts_on, today - LONGEST_BACK)
        if day is None or not first <= day <= min(today, ends_on):
            raise Invalid(
                _(
                    "Choose the last day of the stay, at most 14 days ago. If it was earlier, choose "
                    "the earliest and write the day into the reasons."
                ),
                field="day",
            )
    else:
        day = today
    if not reason:
        raise Invalid(_("Write the reasons in a sentence or two."), field="reason")
    if len(reason) > TEXT_LENGTH:
        raise Invalid(_("Write at most %(most)s characters.", most=TEXT_LENGTH), field="reason")
    initiator = "" if what == EXTENDED else values["initiator"]
    return {"what": what, "day": day.isoformat(), "reason": reason, "initiator": initiator}


def checked(values: Mapping[str, Any], today: date) -> dict[str, Any]:
    """Return what was typed about a mobility as it is stored. Raises Invalid naming the field."""
    found = {name: line(values.get(name) or "") for name in ("title", "occupation", "phone")}
    if not found["title"]:
        raise Invalid(_("Fill this in; it can't stay empty."), field="title")
    for name, most in (("title", TITLE_LENGTH), ("occupation", LINE_LENGTH), ("phone", 40)):
        if len(found[name]) > most:
            raise Invalid(_("Write at most %(most)s characters.", most=most), field=name)
    for name, known in (("kind", KINDS), ("mode", MODES)):
        if values[name] not in known:
            raise Invalid(_("Choose from the list."), field=name)
        found[name] = values[name]
    starts_on, ends_on = values["starts_on"], values["ends_on"]
    for name, day in (("starts_on", starts_on), ("ends_on", ends_on)):
        if day is None:
            raise Invalid(_("Write the day as year, month, day: 2027-05-18."), field=name)
    if ends_on < starts_on:
        raise Invalid(_("The last day can't come before the first."), field="ends_on")
    if ends_on > starts_on + LONGEST_STAY:
        raise Invalid(_("A stay lasts two years at most."), field="ends_on")
    if not today - LONGEST_STAY <= starts_on <= today + LONGEST_AHEAD:
        raise Invalid(_("Choose a day within the next three years."), field="starts_on")
    return {
        **found,
        "field": values["field"],
        "starts_on": starts_on.isoformat(),
        "ends_on": ends_on.isoformat(),
    }


def checked_participant(values: Mapping[str, Any], at: int = 1) -> dict[str, Any]:
    """Return what was typed about a participant as it is stored. Raises Invalid naming the field.

    `at` is the participant's place in the list, which the message names.
    """
    name, spoken = line(values.get("name") or ""), values.get("language") or ""
    emails = {key: line(values.get(key) or "").lower() for key in ("email", "guardian_email")}
    if not name:
        raise Invalid(_("Participant %(at)s: write a name.", at=at), field="participants")
    if len(name) > LINE_LENGTH:
        raise Invalid(_("Participant %(at)s: the name is too long.", at=at), field="participants")
    for text in emails.values():
        if text and (len(text) > 254 or not EMAIL.fullmatch(text)):
            raise Invalid(
                _("Participant %(at)s: “%(text)s” is no mail address.", at=at, text=text[:80]),
                field="participants",
            )
    if values.get("is_minor") and not emails["guardian_email"]:
        raise Invalid(
            _("Participant %(at)s is under 18: write a parent's or guardian's address.", at=at),
            field="participants",
        )
    arrangements = plain(values.get("arrangements") or "")
    if len(arrangements) > TEXT_LENGTH:
        raise Invalid(
            _("Write at most %(most)s characters.", most=TEXT_LENGTH), field="arrangements"
        )
    return {
        "name": name,
        **emails,
        "language": spoken if LANGUAGE.fullmatch(spoken) else "en",
        "is_minor": bool(values.get("is_minor")),
        "arrangements": arrangements,
        "host_needs_them": bool(values.get("host_needs_them")),
    }


def plain(text: str) -> str:
    """Return a text without what no feed and no database can hold."""
    return _UNPRINTABLE.sub("", text.replace("\r\n", "\n")).strip()


def line(text: str) -> str:
    """Return a text in one line."""
    return " ".join(plain(text).split())
