"""References from one plugin's content to another's: type, number and the title at that time.

While the other plugin is off or its object is gone, the remembered title stays as plain text: no
dead link, no error.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from portal import objects

log = logging.getLogger("setup.references")


@dataclass(frozen=True)
class Reference:
    """An object of a type (see `object_type_list`) by its number, with its title as remembered."""

    type: str
    id: int
    title: str


@dataclass(frozen=True)
class Shown:
    """What a page shows: the macro `reference` of macros/parts.html takes it. No url, no link."""

    label: str
    url: str = ""


def show(references: Iterable[Reference]) -> list[Shown]:
    """Return what to show for each, in their order; one statement for each type."""
    asked = list(references)
    wanted: dict[str, set[int]] = {}
    for reference in asked:
        wanted.setdefault(reference.type, set()).add(reference.id)
    found = {
        (name, number): shown
        for name, kind in objects.types().items()
        if name in wanted
        for number, shown in _of_type(kind, wanted[name]).items()
    }
    return [found.get((item.type, item.id), Shown(item.title)) for item in asked]


def _of_type(kind: objects.ObjectType, numbers: set[int]) -> dict[int, Shown]:
    try:
        rows = kind.model.select().where(kind.model.id.in_(numbers))
        return {row.id: Shown(str(kind.label(row)), kind.url(row)) for row in rows}
    except Exception:  # the other plugin's fault: its title is remembered
        log.exception("Objects of type %s can't be shown", kind.name)
        return {}
