"""The canonical text as people read it: clauses with titles, texts and lines; what differs in two.

Plain values for templates; `evidence/_text.html` has the macros that show them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from plugins.evidence.comparing import compared
from portal.i18n import _, day, in_locale


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


def flat(shown: ShownClause) -> str:
    """Return a clause as one text, for comparing."""
    lines = [text for _code, text in shown.texts]
    for line in shown.lines:
        lines.append(f"{line.label}:")
        lines += [f"{name}: {text}" if name else text for name, text in line.texts]
    return "\n".join(lines)


def differences(
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    names: Mapping[str, str],
    role_name: Callable[[str], str] = str,
) -> list[dict[str, Any]]:
    """Return the clauses in which two versions differ, compared word by word."""
    before = {clause.id: clause for clause in document(old, names)}
    after = {clause.id: clause for clause in document(new, names)}
    found = []
    for key in [*after, *(key for key in before if key not in after)]:
        was = flat(before[key]) if key in before else ""
        now = flat(after[key]) if key in after else ""
        title = (after.get(key) or before[key]).title
        if was != now:
            material = (after.get(key) or before[key]).is_material
            pieces = compared(was, now)
            found.append({"id": key, "title": title, "pieces": pieces, "is_material": material})
    had, has = (_parties_text(one, names, role_name) for one in (old, new))
    if had != has:
        found.insert(
            0,
            {
                "id": "",
                "title": _("Parties"),
                "pieces": compared(had, has),
                "is_material": True,
            },
        )
    return found


def _parties_text(
    content: Mapping[str, Any], names: Mapping[str, str], role_name: Callable[[str], str]
) -> str:
    return "\n".join(
        f"{row['organisation'] or names.get(row['public_id'], '')}: {role_name(row['role'])}"
        for row in content["parties"]
    )
