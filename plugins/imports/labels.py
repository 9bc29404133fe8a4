"""What the words of imports are called on pages, in the language of the reader."""

from __future__ import annotations

from typing import Any

from plugins.directory.interface import SCHEMES, field_name, scheme_name
from plugins.imports import rules
from plugins.imports.updates import Difference
from portal.i18n import _
from portal.i18n import lazy_gettext as lazy
from portal.organisations.labels import field_text

_COLUMNS = {
    "name": lazy("Name"),
    "country": lazy("Country"),
    "type": lazy("Type of organisation"),
    "city": lazy("Town"),
    "region": lazy("Region"),
    "website": lazy("Website"),
    "identifiers": lazy("Numbers, written scheme:value"),
    "lat": lazy("Latitude"),
    "lon": lazy("Longitude"),
    "languages": lazy("Languages"),
    "fields": lazy("Fields of education"),
    "roles": lazy("Roles in mobility"),
    "description": lazy("Description"),
}
_OUTCOMES = {
    "new": (lazy("new"), "ok"),
    "updated": (lazy("brought up to date"), "ok"),
    "unchanged": (lazy("as it was"), ""),
    "refused": (lazy("refused"), "bad"),
}
_STATES = {
    "new": (lazy("columns to choose"), "act"),
    "checking": (lazy("is being checked"), "warn"),
    "checked": (lazy("checked, not imported yet"), "act"),
    "importing": (lazy("is being imported"), "warn"),
    "stopped": (lazy("stopped"), "bad"),
    "done": (lazy("imported"), "ok"),
    "undoing": (lazy("is being undone"), "warn"),
    "undone": (lazy("undone"), ""),
}


def column_name(column: str) -> str:
    """Return what one of our columns is called; those of other plugins keep their key."""
    if column.startswith("identifiers:"):
        scheme = column.partition(":")[2]
        return _("Number: %(scheme)s", scheme=scheme_name(scheme))
    return str(_COLUMNS.get(column, column))


def schemes() -> list[str]:
    """Return the columns of numbers, one for each register that is known."""
    return [f"identifiers:{scheme}" for scheme in SCHEMES]


def outcome(what: str) -> tuple[str, str]:
    """Return what became of a row, and how it is shown."""
    words, kind = _OUTCOMES.get(what, (what, ""))
    return str(words), kind


def state(name: str) -> tuple[str, str]:
    """Return how far an import is, and how it is shown."""
    words, kind = _STATES.get(name, (name, ""))
    return str(words), kind


def difference(found: Difference) -> str:
    """Say in a sentence what a file says otherwise, and what becomes of it."""
    values: dict[str, Any] = {
        "field": field_name(found.field),
        "ours": field_text(found.field, found.ours) or _("nothing"),
        "offered": field_text(found.field, found.offered),
        "source": found.source,
    }
    if not found.kept:
        return _("%(field)s: %(ours)s becomes %(offered)s.") % values
    return kept_reason(found.kept) % values


def kept_reason(kept: str) -> str:
    """Return the sentence that says why a fact stays."""
    if kept == rules.ELSEWHERE:
        return _("%(field)s stays %(ours)s, as %(source)s says; the file says %(offered)s.")
    return _("%(field)s stays %(ours)s, edited by hand; the file says %(offered)s.")


_KINDS = {
    "refused": lazy("Refused"),
    "updated": lazy("Brought up to date"),
    "kept": lazy("Kept as edited"),
    "problems": lazy("Taken with remarks"),
    "duplicates": lazy("Likely duplicates"),
    "new": lazy("New"),
    "unchanged": lazy("As they were"),
}


def kind_title(kind: str) -> str:
    """Return what rows of a kind are called, above their list."""
    return str(_KINDS[kind])
