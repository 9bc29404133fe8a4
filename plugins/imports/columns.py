"""Which column of a file is which of ours: guessed from its heading, chosen by people, applied."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from rapidfuzz import fuzz, process

from plugins.imports.countries import code_of_name
from plugins.imports.csvfile import Table
from portal.errors import Invalid
from portal.i18n import _
from portal.organisations.models import TYPES
from portal.text import fold

NEAR = 90
"""How alike a heading must be to a known one, of 100."""
SHORTEST_NEAR = 5
"""Shorter headings are taken as they stand or not at all."""
NUMBERS = "identifiers"


@lru_cache(maxsize=1)
def _known() -> tuple[dict[str, str], dict[str, str]]:
    words = tomllib.loads((Path(__file__).parent / "headings.toml").read_text(encoding="utf-8"))
    columns, types = (
        {word: target for target, known in words[part].items() for word in known}
        for part in ("columns", "types")
    )
    return columns, types


def key(text: str) -> str:
    """Return a heading as it is compared: folded words with one blank between them."""
    return " ".join(re.findall(r"\w+", fold(text[:200]).replace("_", " ")))


def guess(headings: Sequence[str], known: Collection[str]) -> list[str]:
    """Return which of the `known` columns each heading means, "" for none; each at most once.

    Numbers of registers may stand in several columns.
    """
    exact = [_exact(key(heading), known) for heading in headings]
    found: list[str] = []
    for heading, target in zip(headings, exact, strict=True):
        if not target and (near := _near(key(heading), known)) not in exact:
            target = near
        found.append("" if target in found and not target.startswith(NUMBERS) else target)
    return found


def _exact(heading: str, known: Collection[str]) -> str:
    target = _known()[0].get(heading, heading)
    return target if target in known else ""


def _near(heading: str, known: Collection[str]) -> str:
    if len(heading) < SHORTEST_NEAR:
        return ""
    best = process.extractOne(heading, list(_known()[0]), scorer=fuzz.ratio, score_cutoff=NEAR)
    return _exact(best[0], known) if best else ""


class Weigher:
    """Counts how many cells of a row are headings that we know."""

    def __init__(self, known: Collection[str]) -> None:
        self._known = known

    def __call__(self, cells: Sequence[str]) -> int:
        """Return the count; cells that are too long for a heading end it."""
        return sum(1 for cell in cells[:200] if len(cell) <= 60 and _exact(key(cell), self._known))


def apply(table: Table, names: Sequence[str], fill: Mapping[str, str]) -> Table:
    """Let a table be read under our names; `fill` is taken where a cell is empty.

    Raises Invalid, with the field, when name or country are missing or a column is named twice.
    """
    for name in sorted(set(names) - {""}):
        if names.count(name) > 1 and not name.startswith(NUMBERS):
            twice = [table.columns[at] for at, own in enumerate(names) if own == name]
            told = _(
                "The columns %(columns)s are chosen for the same thing. Keep one of them.",
                columns=", ".join(twice),
            )
            raise Invalid(told, field=f"column-{list(names).index(name)}")
    if "name" not in names:
        raise Invalid(_("Choose the column that holds the names of the organisations."), "columns")
    if "country" not in names and not fill.get("country"):
        raise Invalid(
            _("Choose the column that holds the country, or one country for all rows."),
            field="country",
        )
    table.names = list(names)
    table.fill = {name: text for name, text in fill.items() if text}
    table.read = {"country": code_of_name, "type": meant_type}
    return table


def meant_type(text: str) -> str:
    """Return the type that a register's word means, the text itself where it means none.

    Of several kinds with semicolons the first that we know counts.
    """
    for part in text.split(";"):
        word = key(part)
        if word.replace(" ", "-") in TYPES:
            return word.replace(" ", "-")
        if word in _known()[1]:
            return _known()[1][word]
    return text
