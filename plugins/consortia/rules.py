"""What a consortium may say and who answers what: on plain values, without database or clock."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit

from portal.errors import Invalid
from portal.i18n import _
from portal.text import transliterate

KINDS = ("bilateral", "network", "national", "cooperation", "excellence")
ROLES = ("partner", "associated_partner", "affiliated_entity")
PARTS = ("sending", "host", "supporting")
NAME_LENGTH = 120
TEXT_LENGTH = 4_000
LINE_LENGTH = 300
MOST_LISTED = 40
MOST_LINES = 200
MOST_PLACES = 10_000
LONGEST_AHEAD = 10 * 366
HEADS = {"organisation", "country", "email", "role", "parts"}
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def plain(text: str) -> str:
    """Return a text without what no file and no database can hold."""
    return _UNPRINTABLE.sub("", text.replace("\r\n", "\n")).strip()


def line(text: str) -> str:
    """Return a text as one line."""
    return " ".join(plain(text).split())


def slug_of(name: str, public_id: str) -> str:
    """Return the address of a consortium: its name in Latin letters and a part of its id."""
    words = re.sub(r"[^a-z0-9]+", "-", transliterate(name)).strip("-")[:60].strip("-")
    return f"{words or 'consortium'}-{public_id[:6]}"


def checked(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was typed of a consortium as it is stored. Raises Invalid naming the field."""
    found = dict(values)
    for name, most in (("name", NAME_LENGTH), ("grant_number", 60), ("website", LINE_LENGTH)):
        found[name] = line(values[name])
        if len(found[name]) > most:
            raise Invalid(_("Write at most %(most)s characters.", most=most), field=name)
    found["purpose"] = checked_text(values["purpose"], "purpose")
    if not found["name"]:
        raise Invalid(_("Fill this in; it can't stay empty."), field="name")
    if values["kind"] not in KINDS:
        raise Invalid(_("Choose from the list."), field="kind")
    if found["website"] and not _is_address(found["website"]):
        raise Invalid(
            _("Write the whole address, such as https://network.example."), field="website"
        )
    for name in ("fields", "languages"):
        if len(values[name]) > MOST_LISTED:
            raise Invalid(_("Choose at most %(most)s.", most=MOST_LISTED), field=name)
    starts_on, ends_on = values["starts_on"], values["ends_on"]
    if starts_on and ends_on and ends_on < starts_on:
        raise Invalid(_("The last day can't come before the first."), field="ends_on")
    for name in ("starts_on", "ends_on"):
        found[name] = values[name].isoformat() if values[name] else ""
    return found


def checked_text(text: str, field: str, may_be_empty: bool = False) -> str:
    """Return a typed text as it is stored. Raises Invalid."""
    found = plain(text)
    if not found and not may_be_empty:
        raise Invalid(_("Fill this in; it can't stay empty."), field=field)
    if len(found) > TEXT_LENGTH:
        raise Invalid(_("Write at most %(most)s characters.", most=TEXT_LENGTH), field=field)
    return found


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and "." in (parts.hostname or "")


# Inviting many


@dataclass(frozen=True)
class Line:
    """A line of a pasted list: whom to invite, and by which address if not by their account."""

    number: int
    text: str
    organisation: str
    country: str = ""
    email: str = ""
    role: str = ""
    parts: str = ""


def read_list(text: str) -> list[Line]:
    """Read a pasted list or the text of a CSV file.

    With a heading line that names `organisation`, columns may stand in any order; else they are
    organisation, country, email, role, parts (such as: sending host), of which only the first is
    needed. Semicolons and tabs
    separate as well as commas where the first line has more of them. Raises Invalid for a list
    that is too long.
    """
    text = plain(text.lstrip("\ufeff"))
    lines = [item for item in text.split("\n") if item.strip()]
    if len(lines) > MOST_LINES:
        raise Invalid(_("Invite at most %(most)s at a time.", most=MOST_LINES), field="list")
    if not lines:
        return []
    mark = max(";\t,", key=lines[0].count)
    order = ["organisation", "country", "email", "role", "parts"]
    found = []
    try:
        rows = list(csv.reader(io.StringIO("\n".join(lines)), delimiter=mark))
    except csv.Error:
        rows = [[item] for item in lines]
    for number, row in enumerate(rows, 1):
        cells = [line(cell) for cell in row]
        if number == 1 and "organisation" in {cell.lower() for cell in cells}:
            order = [cell.lower() for cell in cells]
            continue
        named = {name: cell for name, cell in zip(order, cells, strict=False) if name in HEADS}
        if named.get("organisation"):
            found.append(Line(number, mark.join(row), **named))
    return found


# Places


@dataclass(frozen=True)
class Planned:
    """Places between two members, as numbers."""

    sender: int
    host: int
    planned: int
    agreed: int
    done: int


@dataclass(frozen=True)
class Balance:
    """What a member sends and hosts; the balance is hosted less sent, of what is planned."""

    sends: int
    hosts: int
    agreed: int
    done: int

    @property
    def difference(self) -> int:
        """How many more participants it hosts than it sends."""
        return self.hosts - self.sends


def balances(rows: Sequence[Planned], members: Sequence[int]) -> dict[int, Balance]:
    """Add up for each member what it sends and hosts; those without places stand at nothing.

    Agreed and done count on both sides.
    """
    ids = dict.fromkeys([*members, *(row.sender for row in rows), *(row.host for row in rows)])
    found = {}
    for member in ids:
        sent = [row for row in rows if row.sender == member]
        hosted = [row for row in rows if row.host == member]
        both = [*sent, *hosted]
        found[member] = Balance(
            sum(row.planned for row in sent),
            sum(row.planned for row in hosted),
            sum(row.agreed for row in both),
            sum(row.done for row in both),
        )
    return found


def checked_places(values: Mapping[str, Any]) -> dict[str, int]:
    """Return typed numbers of places. Raises Invalid naming the field."""
    found = {name: int(values.get(name) or 0) for name in ("planned", "agreed", "done")}
    for name, number in found.items():
        if not 0 <= number <= MOST_PLACES:
            raise Invalid(
                _("Write the number as digits, 0 to %(max)s.", max=MOST_PLACES), field=name
            )
    if found["done"] > found["agreed"]:
        raise Invalid(_("More were done than agreed. Agree them first."), field="done")
    return found


# Dates


def checked_day(values: Mapping[str, Any], first: str, last: str, today: date) -> dict[str, str]:
    """Return a typed date; it lies within the consortium's days. Raises Invalid naming the field."""
    found = {"title": line(values["title"]), "place": line(values["place"])}
    if not found["title"]:
        raise Invalid(_("Fill this in; it can't stay empty."), field="title")
    for name in found:
        if len(found[name]) > LINE_LENGTH:
            raise Invalid(_("Write at most %(most)s characters.", most=LINE_LENGTH), field=name)
    starts_on, ends_on = values["starts_on"], values["ends_on"]
    if starts_on is None:
        raise Invalid(_("Say on which day."), field="starts_on")
    if ends_on and ends_on < starts_on:
        raise Invalid(_("The last day can't come before the first."), field="ends_on")
    for name, day in (("starts_on", starts_on), ("ends_on", ends_on)):
        if day is None:
            continue
        if abs((day - today).days) > LONGEST_AHEAD:
            raise Invalid(_("Choose a day within the next ten years."), field=name)
        if (first and day.isoformat() < first) or (last and day.isoformat() > last):
            raise Invalid(
                _(
                    "This lies outside the consortium, which runs from %(first)s to %(last)s. "
                    "Choose another day, or change the consortium's own days.",
                    first=first or "…",
                    last=last or "…",
                ),
                field=name,
            )
    ends = ends_on.isoformat() if ends_on and ends_on != starts_on else ""
    return {**found, "starts_on": starts_on.isoformat(), "ends_on": ends}


# The lead


def quorum(members: int) -> int:
    """Return how many members besides the lead replace a silent one: more than half of them."""
    return members // 2 + 1


REMIND_AGAIN = timedelta(days=3)
"""So long a member that was reminded is left in peace."""
