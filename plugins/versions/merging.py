"""When two people saved the same object: a page of both texts, and a form that brings them together.

The form goes to the same address as the one that was refused, under the fields' own names: what
is chosen on the page is what the browser sends.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import render_template
from wtforms import BooleanField, SelectMultipleField

from portal.errors import Conflict


@dataclass(frozen=True)
class Choice:
    """A value that somebody wrote. Where both have it, as an entry of a list, it is nobody's."""

    value: str
    text: str
    is_mine: bool
    is_theirs: bool
    is_chosen: bool


def page(error: Conflict) -> str:
    """Return the page of a conflict's forms: as typed, as saved now, as both began (or None)."""
    form, now, was, is_fictional = error.forms
    rows, same = [], []
    for field in form:
        if field.name == "version":
            continue
        name, mine, theirs = field.name, _sent(field), _sent(now[field.name])
        if mine == theirs:
            same += [(name, value) for value in mine]
            continue
        before = was[name] if was else None
        rows.append(
            {
                "name": name,
                "label": field.label.text,
                "is_list": isinstance(field, SelectMultipleField),
                "choices": _choices(field, now[name], before),
                "old_text": _text(before) if before else None,
                "is_double": not before or _sent(before) not in (mine, theirs),
            }
        )
    values = {"rows": rows, "same": same, "version": error.version, "is_fictional": is_fictional}
    return render_template("versions/both_texts.html", **values)


def _choices(mine: Any, theirs: Any, before: Any) -> list[Choice]:
    """Return what can be chosen of a field: one of two texts, or the entries of both lists."""
    own, other, old = _sent(mine), _sent(theirs), _sent(before) if before else None
    if not isinstance(mine, SelectMultipleField):
        keep_theirs = own == old
        return [
            Choice("".join(own), _text(mine), True, False, not keep_theirs),
            Choice("".join(other), _text(theirs), False, True, keep_theirs),
        ]
    labels = {str(item[0]): str(item[1]) for both in (theirs, mine) for item in both.iter_choices()}
    return [
        Choice(value, label, value in own, value in other, _stays(value, own, other, old))
        for value, label in labels.items()
        if value in own or value in other
    ]


def _stays(entry: str, own: list[str], other: list[str], old: list[str] | None) -> bool:
    """Whether an entry of a list stays: what somebody added does, what somebody took out does not."""
    if old is None:
        return entry in own
    return (entry in own) + (entry in other) > (entry in old)


def _sent(field: Any) -> list[str]:
    """Return a field's values as a form sends them."""
    if isinstance(field, SelectMultipleField):
        return sorted(str(value) for value in field.data or ())
    if isinstance(field, BooleanField):
        return ["y"] if field.data else []
    value = field._value() if hasattr(field, "_value") else field.data
    return ["" if value is None else "\n".join(str(value).split("\r\n")).strip()]


def _text(field: Any) -> str:
    """Return a field's value as people read it."""
    if not hasattr(field, "iter_choices"):
        return "".join(_sent(field))
    return ", ".join(str(choice[1]) for choice in field.iter_choices() if choice[2])
