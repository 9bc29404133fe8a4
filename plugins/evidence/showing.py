"""The canonical text as people read it: clauses with titles, texts and lines; what differs in two.

Plain values for templates; `evidence/_text.html` has the macros that show them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from plugins.evidence.comparing import Effort, Piece, compared, joined, shortened
from portal.i18n import _, day, in_locale

Part = TypeVar("Part")


@dataclass(frozen=True)
class Line:
    """A filled-in field: its label and what stands there, one text a line."""

    label: str
    texts: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class ShownClause:
    """A clause as a version has it; titles and texts are pairs of language and text."""

    id: str
    number: int
    titles: Sequence[tuple[str, str]]
    texts: Sequence[tuple[str, str]]
    lines: Sequence[Line]
    is_material: bool

    @property
    def title(self) -> str:
        """The title in the first language."""
        return self.titles[0][1] if self.titles else self.id


def document(content: Mapping[str, Any], names: Mapping[str, str]) -> list[ShownClause]:
    """Return the clauses of a version; `names` are those of the parties by public id."""
    codes = content["languages"]
    named = {**{row["public_id"]: row["organisation"] for row in content["parties"]}, **names}
    with in_locale(codes[0]):
        return [
            ShownClause(
                clause["id"],
                clause["block"],
                _once(clause["title"], codes),
                _once(clause["text"], codes),
                [
                    _line(clause, name, value, codes[0], named)
                    for name, value in _ordered(clause)
                    if value not in ("", None)
                ],
                clause["material"],
            )
            for clause in content["clauses"]
        ]


def _once(texts: Mapping[str, str], codes: Sequence[str]) -> list[tuple[str, str]]:
    """Return texts with their languages, the same words once only."""
    found = {texts[code]: code for code in reversed(codes) if texts.get(code)}
    return [(code, text) for text, code in reversed(found.items())]


def _ordered(clause: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Return the values in the order of their labels: canonical text sorts by name."""
    values = clause["values"]
    order = {name: at for at, name in enumerate(clause.get("order", ()))}
    return sorted(values.items(), key=lambda item: (order.get(item[0], 99), item[0]))


def _line(
    clause: Mapping[str, Any], name: str, value: Any, code: str, named: Mapping[str, str]
) -> Line:
    label = clause["labels"].get(name, {}).get(code) or name
    if isinstance(value, Mapping):
        order = {key: at for at, key in enumerate(named)}
        rows = sorted(value.items(), key=lambda item: order.get(item[0], len(order)))
        return Line(label, [(named.get(key, key), text) for key, text in rows])
    if isinstance(value, list):
        return Line(label, [_unit(unit) for unit in value])
    if isinstance(value, str) and _is_day(value):
        return Line(label, [("", day(date.fromisoformat(value)))])
    return Line(label, [("", str(value))])


def _is_day(text: str) -> bool:
    try:
        return len(text) == 10 and bool(date.fromisoformat(text))
    except ValueError:
        return False


def _unit(unit: Mapping[str, str]) -> tuple[str, str]:
    parts = {
        "knowledge": _("Knowledge"),
        "skills": _("Skills"),
        "responsibility": _("Responsibility and autonomy"),
    }
    lines = [f"{name}: {unit[part]}" for part, name in parts.items() if unit.get(part)]
    return unit.get("title", ""), "\n".join(lines)


def differences(
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    names: Mapping[str, str],
    role_name: Callable[[str], str] = str,
) -> list[dict[str, Any]]:
    """Return the clauses in which two versions differ, compared line by line and word by word.

    `is_whole` says of a clause that some of it differs too much to be compared by words.
    """
    effort = Effort()
    found = []
    had, has = (_parties_text(one, names, role_name) for one in (old, new))
    if had != has:
        found.append(_item("", _("Parties"), True, compared(had, has, effort), effort))
    before, after = ({row["id"]: row for row in one["clauses"]} for one in (old, new))
    keys = [key for key in {**after, **before} if after.get(key) != before.get(key)]
    was, now = (
        {row.id: row for row in document({**one, "clauses": _those(one, keys)}, names)}
        for one in (old, new)
    )
    for key in keys:
        shown = now.get(key) or was[key]
        pieces = _pieces(was.get(key), now.get(key), effort)
        if any(piece.kind != "same" for piece in pieces):
            found.append(_item(key, shown.title, shown.is_material, pieces, effort))
    return found


def _item(
    key: str, title: str, is_material: bool, pieces: Sequence[Piece], effort: Effort
) -> dict[str, Any]:
    is_whole, effort.is_whole = effort.is_whole, False
    return {
        "id": key,
        "title": title,
        "pieces": shortened(pieces),
        "is_material": is_material,
        "is_whole": is_whole,
    }


def _those(content: Mapping[str, Any], keys: Sequence[str]) -> list[Any]:
    wanted = set(keys)
    return [clause for clause in content["clauses"] if clause["id"] in wanted]


def _pieces(old: ShownClause | None, new: ShownClause | None, effort: Effort) -> list[Piece]:
    """Compare a clause line by line: what somebody filled in stands beside what stood there."""
    found: list[Piece] = []
    for was, now in _pairs(_rows(old), _rows(new), [], are_kin=False):
        for had, has in _pairs(was, now, "", are_kin=True):
            found += compared(had, has, effort)
    return joined(found)


def _rows(shown: ShownClause | None) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return a clause as lines by their labels, each in parts by language or name."""
    if shown is None:
        return []
    rows = [("", [(code, f"{text}\n") for code, text in shown.texts])]
    for line in shown.lines:
        parts = [(name, f"{name}: {text}\n" if name else f"{text}\n") for name, text in line.texts]
        rows.append((line.label, [("", f"{line.label}:\n"), *parts]))
    return rows


def _pairs(
    old: Sequence[tuple[str, Part]], new: Sequence[tuple[str, Part]], nothing: Part, are_kin: bool
) -> Iterator[tuple[Part, Part]]:
    """Yield what belongs together, by its key; of kin also what is left over, in its order."""
    before, after = _counted(old), _counted(new)
    gone = [part for key, part in before.items() if key not in after]
    for key, part in after.items():
        if key in before:
            yield before[key], part
        else:
            yield gone.pop(0) if gone and are_kin else nothing, part
    yield from ((part, nothing) for part in gone)


def _counted(rows: Sequence[tuple[str, Part]]) -> dict[tuple[str, int], Part]:
    """Return rows by their keys, of which each may stand several times."""
    times: Counter[str] = Counter()
    found = {}
    for key, part in rows:
        found[key, times[key]] = part
        times[key] += 1
    return found


def _parties_text(
    content: Mapping[str, Any], names: Mapping[str, str], role_name: Callable[[str], str]
) -> str:
    return "\n".join(
        f"{row['organisation'] or names.get(row['public_id'], '')}: {role_name(row['role'])}"
        for row in content["parties"]
    )
