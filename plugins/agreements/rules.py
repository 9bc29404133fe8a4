"""Decisions on plain values: what may be typed, what stands against agreeing, what differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from plugins.agreements.library import PERSONS, UNIT_PARTS, Template
from plugins.evidence.interface import fields, scans
from portal.errors import Invalid
from portal.i18n import _

LONGEST_TEXT, LONGEST_LONG, LONGEST_WORDING = fields.LONGEST_TEXT, fields.LONGEST_LONG, 8_000
MOST_PARTIES, MOST_UNITS, LARGEST = 186, fields.MOST_UNITS, fields.LARGEST
MOST_YEARS = 30
REMINDERS = (90, 30, 7)
"""Days before the end at which the parties are reminded."""
FUNCTIONS = ("assess", "document", "validate", "recognise")
SIDES = {"sending": ("sending", "partner"), "host": ("host", "partner")}


@dataclass(frozen=True)
class Problem:
    """What stands against agreeing, with the clause to jump to; empty for the parties."""

    clause: str
    text: str


# Typing

checked, checked_text, scan_type = fields.checked, fields.checked_text, scans.scan_type


def checked_deadline(day: date | None, today: date) -> str:
    """Return the day by which all should have agreed, empty for none. Raises Invalid for the past."""
    if day is None:
        return ""
    if not today <= day <= today + timedelta(days=366):
        raise Invalid(_("Choose a day from today on, within a year."), field="deadline_on")
    return day.isoformat()


# Days that clauses state


def days_of(data: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Return first, last and review day as the clauses state them, empty where they don't."""
    flat: dict[str, Any] = {}
    for values in data.values():
        flat |= {name: value for name, value in values.items() if isinstance(value, str)}
    return {
        "starts_on": flat.get("valid_from") or flat.get("starts_on", ""),
        "ends_on": flat.get("valid_until") or flat.get("ends_on", ""),
        "review_on": flat.get("review_on", ""),
    }


# Checks


def problems(
    template: Template,
    data: Mapping[str, Mapping[str, Any]],
    parties: Sequence[tuple[str, str, str]],
    today: date,
) -> list[Problem]:
    """Name what stands against agreeing, in the order of the clauses.

    `parties` are role, public id and name. Sources of what is checked beyond required fields: the
    field's own forms (who assesses, documents, validates and recognises on both sides; a unit of
    learning outcomes; the competent institution) and what paper lets through (days).
    """
    found = [*_missing(template, data, parties), *_days(template, data, today)]
    roles = {role for role, _number, _name in parties}
    if len(parties) < 2:
        found.append(Problem("", _("Name at least one other party.")))
    if "owners" in template.needs:
        found += [
            Problem("", text)
            for side, text in (
                ("sending", _("No party sends participants: give one of them that role.")),
                ("host", _("No party is host: give one of them that role.")),
            )
            if not roles.intersection(SIDES[side])
        ]
    if "lead" in template.needs and sum(role == "lead" for role, *_rest in parties) != 1:
        found.append(Problem("", _("Exactly one party leads the consortium.")))
    order = {clause.id: at for at, clause in enumerate(template.clauses)}
    return sorted(found, key=lambda item: order.get(item.clause, -1))


def _missing(
    template: Template,
    data: Mapping[str, Mapping[str, Any]],
    parties: Sequence[tuple[str, str, str]],
) -> list[Problem]:
    found = []
    for clause in template.clauses:
        values = data.get(clause.id, {})
        for item in clause.fields:
            if not item.required:
                continue
            label = template.label(clause.id, item.id)
            if item.each:
                there = values.get(item.id, {})
                found += [
                    Problem(
                        clause.id,
                        _("%(name)s still has to write: %(field)s.", name=name, field=label),
                    )
                    for role, number, name in parties
                    if role not in PERSONS and not there.get(number)
                ]
            elif item.type == "units" and not values.get(item.id):
                text = _("Name at least one unit with what is learned in it.")
                found.append(Problem(clause.id, text))
            elif values.get(item.id) in (None, "", []):
                found.append(Problem(clause.id, _("Still empty: %(field)s.", field=label)))
        for unit in values.get("units", ()):
            if not any(unit.get(part) for part in UNIT_PARTS[1:]):
                text = _("Say what is learned in the unit %(title)s.", title=unit.get("title", ""))
                found.append(Problem(clause.id, text))
    return found


def _days(template: Template, data: Mapping[str, Mapping[str, Any]], today: date) -> list[Problem]:
    where = {item.id: clause.id for clause in template.clauses for item in clause.fields}
    flat = {name: value for values in data.values() for name, value in values.items()}
    first, last = (
        ("valid_from", "valid_until") if "valid_from" in where else ("starts_on", "ends_on")
    )
    starts, ends, review = (flat.get(name, "") for name in (first, last, "review_on"))
    found = []
    if starts and ends and ends < starts:
        found.append(Problem(where[last], _("The last day is before the first one.")))
    elif ends and ends < today.isoformat():
        found.append(Problem(where[last], _("The last day is over.")))
    elif ends and ends > (today + timedelta(days=366 * MOST_YEARS)).isoformat():
        found.append(Problem(where[last], _("The last day is more than 30 years ahead.")))
    if review and ((starts and review < starts) or (ends and review > ends)):
        text = _("The day of the review is not between the first and the last day.")
        found.append(Problem(where["review_on"], text))
    shortest, longest = flat.get("shortest"), flat.get("longest")
    if shortest and longest and longest < shortest:
        found.append(Problem(where["longest"], _("The longest stay is shorter than the shortest.")))
    promised = flat.get("recognise_by", "")
    if promised and ends and promised < ends:
        text = _("Recognition is promised for a day before the stay has ended.")
        found.append(Problem(where["recognise_by"], text))
    if "stay" in template.needs and starts and ends and flat.get("weeks"):
        days = (date.fromisoformat(ends) - date.fromisoformat(starts)).days + 1
        if days > 0 and abs(days / 7 - flat["weeks"]) > 1:
            found.append(Problem(where["weeks"], _("The number of weeks does not fit the days.")))
    return found


def days_before(ends_on: str, today: date) -> int:
    """Return which reminder is due before an end: 7, 30, 90 or 0 for none."""
    left = (date.fromisoformat(ends_on) - today).days
    return min((days for days in REMINDERS if 0 <= left <= days), default=0)
