"""Which entries can become one, and what follows by itself: decisions on plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.hookspecs import Versioned
from portal.i18n import _
from portal.organisations.models import UNCLAIMED, Organisation

KEYS = ("title", "stays", "same", "drop", "fields", "together")
ORDER = ("number", "name", "website")
"""Reasons why two entries may be one organisation, the strongest first."""


@dataclass(frozen=True)
class Rule:
    """What becomes of the rows of a column that refers to organisations; see `hookspecs.py`."""

    title: Any = ""
    stays: bool | str = False
    same: tuple[str, ...] = ()
    drop: bool = False
    fields: Versioned | None = None
    together: Mapping[str, tuple[str, ...]] | None = None


def rule(column: str, said: Mapping[str, Any]) -> Rule:
    """Read what a plugin says of a column. Raises ValueError for an unknown key."""
    for key in said:
        if key not in KEYS:
            raise ValueError(f"{column}: unknown key {key!r}. Choose of {', '.join(KEYS)}.")
    return Rule(**{**said, "same": tuple(said.get("same", ()))})


def objections(kept: Organisation, gone: Organisation) -> list[str]:
    """Say in whole sentences why these two can't become one, with the first to stay."""
    if kept.id == gone.id:
        return [_("These are one entry already.")]
    found = []
    if kept.is_fictional != gone.is_fictional:
        found.append(_("One of them was made up for demonstration, the other one is real."))
    for item in (kept, gone):
        if item.hidden_at is not None:
            told = _("%(name)s is hidden. Show it again before you merge it.", name=item.name)
            found.append(told)
    if gone.is_operator and not kept.is_operator:
        found.append(_("Keep the entry that is marked as the operator's own."))
    if kept.state == UNCLAIMED and gone.state != UNCLAIMED:
        told = _(
            "People act for %(name)s, nobody for the other entry: keep %(name)s.", name=gone.name
        )
        found.append(told)
    return found


def is_empty(name: str, value: Any) -> bool:
    """Whether a value says nothing; "other" is what a type is called that nobody knows."""
    return value in (None, "", [], {}) or (name == "type" and value == "other")
