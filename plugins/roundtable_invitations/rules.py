"""What a list of people must look like, what a host may write, and when to remind; on plain values."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr

from portal.errors import Invalid
from portal.i18n import _
from portal.people.rules import normal_address, normal_name

MOST, MOST_LINES = 200, 400
"""Invitations of a series, and lines that are looked at."""
LONGEST_REASON, LARGEST = 300, 200_000
LONGEST_LINE = 500
ADDRESS_IN_TEXT = re.compile(
    r"://|www\.|@|\b[a-z0-9-]+\.(com|net|org|eu|io|info|link|[a-z]{2})\b", re.I
)
PAUSE, BEFORE, TOO_LATE = timedelta(days=3), timedelta(days=7), timedelta(hours=12)


@dataclass(frozen=True)
class Person:
    """Whom to invite."""

    email: str
    name: str = ""
    employer: str = ""


def read(text: str) -> tuple[list[Person], list[tuple[int, str, str]]]:
    """Return the people of a typed list or CSV file; lines that can't be read with number and reason.

    A line is an address, with name and organisation behind it where they are known, separated by
    commas, semicolons or tabs; `Name <address>` is read too. A line of headings is left out, and an
    address that stands there twice counts once. Raises Invalid for far too much.
    """
    lines = text.replace("\0", "").splitlines()
    if len(text) > LARGEST or len(lines) > MOST_LINES:
        raise Invalid(_("This is too long. Invite at most %(num)s people.", num=MOST), "people")
    found: dict[str, Person] = {}
    problems = []
    for number, line in enumerate(lines, 1):
        if not line.strip() or (number == 1 and "@" not in line):
            continue
        try:
            person = _person(line)
        except Invalid as error:
            problems.append((number, line.strip(), error.message))
        else:
            found.setdefault(person.email, person)
    return list(found.values()), problems


def _person(line: str) -> Person:
    cells = _cells(line[:LONGEST_LINE])
    at = next((index for index, cell in enumerate(cells) if "@" in cell), 0)
    said, address = parseaddr(cells[at]) if "<" in cells[at] else ("", cells[at])
    email = normal_address(address)
    rest = [said, *cells[:at], *cells[at + 1 :]]
    known = [normal_name(cell) for cell in rest if cell.strip()]
    return Person(email, *known[:2])


def _cells(line: str) -> Sequence[str]:
    mark = max(",;\t", key=line.count)
    try:
        return [cell.strip() for cell in next(csv.reader(io.StringIO(line), delimiter=mark), [""])]
    except csv.Error:
        return [line.strip()]


def reason(text: str) -> str:
    """Return why people are invited, on one line. Raises Invalid.

    It goes to addresses that nobody has proven, so it leads nowhere: the link is ours.
    """
    found = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    if not found:
        raise Invalid(_("Write one sentence: why do you invite these people?"), "reason")
    if len(found) > LONGEST_REASON:
        told = _("Write at most %(num)s characters.", num=LONGEST_REASON)
        raise Invalid(told, "reason")
    if ADDRESS_IN_TEXT.search(found):
        told = _("Leave addresses of pages and mails out. The mail has the link to your series.")
        raise Invalid(told, "reason")
    return found


def is_reminder_due(now: datetime, invited_at: datetime, closes_at: datetime) -> bool:
    """Whether to remind somebody who is silent: in the last week, three days after the invitation."""
    return max(invited_at + PAUSE, closes_at - BEFORE) <= now < closes_at - TOO_LATE
