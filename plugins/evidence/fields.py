"""What may stand in the fields of a clause."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from plugins.evidence import canonical
from plugins.evidence.clauses import UNIT_PARTS, ClauseForm, Field
from portal.errors import Invalid
from portal.i18n import _

LONGEST_TEXT, LONGEST_LONG = 300, 4_000
MOST_UNITS, LARGEST = 40, 100_000


def checked(form: ClauseForm, values: Mapping[str, Any], parties: Sequence[str]) -> dict[str, Any]:
    """Return a clause's values as they are stored, empty ones left out.

    `parties` are the public ids of those that are asked each. Raises Invalid with the field.
    """
    found: dict[str, Any] = {}
    for item in form.fields:
        typed = values.get(item.id)
        if item.each:
            each = {
                number: text
                for number, raw in (typed or {}).items()
                if number in parties
                and (text := _checked(item, raw, f"{item.id}-{number}")) not in ("", None)
            }
            if each:
                found[item.id] = each
        elif (value := _checked(item, typed, item.id)) not in ("", None, []):
            found[item.id] = value
    return found


def _checked(item: Field, typed: Any, name: str) -> Any:
    if item.type == "units":
        return _units(typed or [], name)
    if typed is None:
        return None
    if item.type == "number":
        if not isinstance(typed, int) or not 0 <= typed <= LARGEST:
            raise Invalid(_("Write a whole number, such as 12."), field=name)
        return typed
    if item.type == "date":
        return typed.isoformat() if isinstance(typed, date) else _day(str(typed), name)
    return checked_text(str(typed), LONGEST_LONG if item.type == "long" else LONGEST_TEXT, name)


def _day(text: str, name: str) -> str:
    try:
        return date.fromisoformat(text).isoformat() if text else ""
    except ValueError:
        raise Invalid(_("Write the day as year, month, day: 2027-05-18."), field=name) from None


def _units(typed: Sequence[Mapping[str, str]], name: str) -> list[dict[str, str]]:
    units = []
    for at, raw in enumerate(typed):
        unit = {
            part: text
            for part in UNIT_PARTS
            if (
                text := checked_text(
                    str(raw.get(part) or ""),
                    LONGEST_TEXT if part == "title" else LONGEST_LONG,
                    f"{name}-{at}-{part}",
                )
            )
        }
        if unit and "title" not in unit:
            raise Invalid(_("Give this unit a title."), field=f"{name}-{at}-title")
        units += [unit] if unit else []
    if len(units) > MOST_UNITS:
        raise Invalid(_("Name at most %(most)s units.", most=MOST_UNITS), field=name)
    return units


def checked_text(text: str, most: int, field: str) -> str:
    """Return a text without signs that nobody sees. Raises Invalid when it is too long."""
    text = canonical.clean(text.replace("\0", "")).strip()
    if len(text) > most:
        raise Invalid(_("Write at most %(most)s characters.", most=most), field=field)
    return text
