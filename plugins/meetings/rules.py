"""What may be said of meetings and decisions, and how voices are counted: on plain values."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

from plugins.meetings.models import CARRIED, CONSENT, NO_QUORUM, REJECTED, VOTE
from portal.errors import Invalid
from portal.i18n import _

TITLE_LENGTH, TEXT_LENGTH, MINUTES_LENGTH = 160, 6_000, 60_000
LONGEST, MOST_ITEMS = 24 * 60, 40
LONGEST_AHEAD = timedelta(days=3 * 366)
LONGEST_OPEN = timedelta(days=92)
SECTIONS = ("meetings", "decisions", "announcements")
ALL_ON = ("cooperation", "excellence", "national", "network")
"""Kinds of consortia that show everything at once; two partners begin without."""
YES, MAYBE, NO = "yes", "maybe", "no"
ANSWERS = (YES, MAYBE, NO)
ABSTAIN, AGREE, OBJECT = "abstain", "consent", "object"
CHOICES = {VOTE: (YES, NO, ABSTAIN), CONSENT: (AGREE, OBJECT)}
WAYS = (CONSENT, VOTE)
TIES = ("rejected", "lead")
_UNPRINTABLE = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


def line(text: str, field: str, most: int = TITLE_LENGTH, may_be_empty: bool = False) -> str:
    """Return a text on one line. Raises Invalid."""
    return _checked(" ".join(_UNPRINTABLE.sub("", text or "").split()), field, most, may_be_empty)


def text(value: str, field: str, most: int = TEXT_LENGTH, may_be_empty: bool = True) -> str:
    """Return a text of several lines. Raises Invalid."""
    clean = _UNPRINTABLE.sub("", (value or "").replace("\r\n", "\n").replace("\r", "\n"))
    return _checked(clean.strip(), field, most, may_be_empty)


def _checked(found: str, field: str, most: int, may_be_empty: bool) -> str:
    if not found and not may_be_empty:
        raise Invalid(_("Fill this in; it can't stay empty."), field)
    if len(found) > most:
        raise Invalid(
            _("Write at most %(most)s characters; there are %(num)s.", most=most, num=len(found)),
            field,
        )
    return found


def length(minutes: Any) -> int:
    """Return how long a meeting takes. Raises Invalid."""
    if not isinstance(minutes, int) or not 5 <= minutes <= LONGEST:
        raise Invalid(_("Write the length in minutes, 5 to %(most)s.", most=LONGEST), "length")
    return minutes


def agenda(typed: str) -> list[dict[str, Any]]:
    """Read an agenda: an item a line, its minutes after the last comma, 0 where none stand there.

    Raises Invalid.
    """
    rows = [part for part in text(typed, "agenda").split("\n") if part.strip()]
    if len(rows) > MOST_ITEMS:
        raise Invalid(_("Write at most %(num)s items.", num=MOST_ITEMS), "agenda")
    found = []
    for row in rows:
        title, _comma, rest = row.rpartition(",")
        minutes = re.fullmatch(r"\s*([0-9]{1,3})\s*(min\.?|minutes)?\s*", rest)
        if title.strip() and minutes:
            found.append({"title": line(title, "agenda"), "minutes": int(minutes[1])})
        else:
            found.append({"title": line(row, "agenda"), "minutes": 0})
    return found


def agenda_text(items: list[dict[str, Any]]) -> str:
    """Return an agenda as people write it."""
    return "\n".join(
        f"{item['title']}, {item['minutes']}" if item["minutes"] else item["title"]
        for item in items
    )


def series(address: str) -> str:
    """Return the last part of the address of round tables, from the whole or the part alone.

    Raises Invalid.
    """
    name = (address or "").strip().split("?")[0].rstrip("/").rpartition("/")[2]
    if name and not re.fullmatch(r"[a-z0-9-]{1,120}", name):
        raise Invalid(_("Copy the address of the round tables from your browser."), "series")
    return name


def not_past(at: datetime, now: datetime, field: str, ahead: timedelta) -> datetime:
    """Refuse moments that are over or too far ahead."""
    if at <= now:
        raise Invalid(_("This moment is over. Choose a later one."), field)
    if at > now + ahead:
        raise Invalid(_("Choose a day within %(num)s days.", num=ahead.days), field)
    return at


def due_on(day: date | None, today: date) -> str:
    """Return the day by which something is to be done. Raises Invalid."""
    if day is None or not today - timedelta(days=366) <= day <= today + LONGEST_AHEAD:
        raise Invalid(_("Write the day as 2027-05-18, within three years."), "due_on")
    return day.isoformat()


# Counting voices


@dataclass(frozen=True)
class Majority:
    """The least `share` of those who said yes or no (or of all members) that must say yes.

    With `is_more` it must be more than the share.
    """

    share: Fraction
    is_more: bool
    of_members: bool = False


MAJORITIES: Mapping[str, Majority] = {
    "simple": Majority(Fraction(1, 2), True),
    "absolute": Majority(Fraction(1, 2), True, of_members=True),
    "two_thirds": Majority(Fraction(2, 3), False),
    "three_quarters": Majority(Fraction(3, 4), False),
    "all": Majority(Fraction(1), False),
}


@dataclass(frozen=True)
class Terms:
    """How a decision is taken; `quorum` in per cent of the members."""

    way: str
    quorum: int = 0
    majority: str = "simple"
    tie: str = "rejected"


@dataclass(frozen=True)
class Count:
    """What came out: how many members there are, how many spoke, how many had to, who said what."""

    state: str
    members: int
    spoke: int
    needed: int
    yes: int
    no: int
    abstain: int
    is_tie: bool = False

    def stored(self) -> dict[str, Any]:
        """Return the figures for the database."""
        return asdict(self)


def quorum_of(members: int, quorum: int) -> int:
    """Return how many members must take part: the share of them in per cent, rounded up."""
    return -(-members * quorum // 100)


def count(
    terms: Terms, voices: Mapping[int, str], members: Collection[int], lead: int = 0
) -> Count:
    """Count voices by organisation; of those that are no members (any more) none is counted.

    Consent: carried when nobody objects. Vote: without quorum nothing is decided; who abstains
    counts for the quorum alone. At a tie the motion fails, or the lead's voice decides.
    """
    said = {number: voices[number] for number in set(members) if number in voices}
    tally = {name: sum(value == name for value in said.values()) for name in set(said.values())}
    yes = tally.get(AGREE if terms.way == CONSENT else YES, 0)
    no = tally.get(OBJECT if terms.way == CONSENT else NO, 0)
    total, needed = len(set(members)), quorum_of(len(set(members)), terms.quorum)
    is_tie = terms.way == VOTE and yes == no and yes > 0
    state = CARRIED if _is_carried(terms, yes, no, total) else REJECTED
    if terms.way == VOTE and is_tie and terms.tie == "lead" and terms.majority == "simple":
        state = CARRIED if said.get(lead) == YES else REJECTED
    if len(said) < needed:
        state = NO_QUORUM
    return Count(state, total, len(said), needed, yes, no, tally.get(ABSTAIN, 0), is_tie)


def _is_carried(terms: Terms, yes: int, no: int, members: int) -> bool:
    if terms.way == CONSENT:
        return no == 0
    rule = MAJORITIES[terms.majority]
    whole = members if rule.of_members else yes + no
    return yes > rule.share * whole if rule.is_more else yes > 0 and yes >= rule.share * whole


def terms(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return how a decision is to be taken, as it is stored. Raises Invalid."""
    if values["way"] not in WAYS:
        raise Invalid(_("Choose from the list."), "way")
    if values["way"] == CONSENT:
        return {
            "way": CONSENT, "quorum": 0, "majority": "simple", "tie": "rejected",
            "is_secret": False,
        }  # fmt: skip
    found = {name: values[name] for name in ("way", "quorum", "majority", "tie", "is_secret")}
    if found["majority"] not in MAJORITIES:
        raise Invalid(_("Choose from the list."), "majority")
    if found["tie"] not in TIES:
        raise Invalid(_("Choose from the list."), "tie")
    if not isinstance(found["quorum"], int) or not 0 <= found["quorum"] <= 100:
        raise Invalid(_("Write the quorum in per cent, 0 to 100."), "quorum")
    if found["is_secret"] and found["tie"] == "lead":
        told = _("In a secret vote the lead can't decide a tie: everybody would know its voice.")
        raise Invalid(told, "tie")
    return found | {"is_secret": bool(found["is_secret"])}
