"""From versions and rows to what templates show: plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from plugins.agreements import drafting, labels, library, queries, rules
from plugins.agreements.models import OPEN, Agreement, Clause, Party, Signature, Version
from plugins.agreements.workflow import standing
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


def names_of(parties: Sequence[Party]) -> dict[str, str]:
    """Return the names of parties by public id; persons' names stand in no version."""
    return {party.public_id: party.name for party in parties}


def flat(shown: ShownClause) -> str:
    """Return a clause as one text, for comparing."""
    lines = [text for _code, text in shown.texts]
    for line in shown.lines:
        lines.append(f"{line.label}:")
        lines += [f"{name}: {text}" if name else text for name, text in line.texts]
    return "\n".join(lines)


def differences(
    old: Mapping[str, Any], new: Mapping[str, Any], names: Mapping[str, str]
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
            pieces = rules.compared(was, now)
            found.append({"id": key, "title": title, "pieces": pieces, "is_material": material})
    had, has = _parties_text(old, names), _parties_text(new, names)
    if had != has:
        found.insert(
            0,
            {
                "id": "",
                "title": _("Parties"),
                "pieces": rules.compared(had, has),
                "is_material": True,
            },
        )
    return found


def _parties_text(content: Mapping[str, Any], names: Mapping[str, str]) -> str:
    return "\n".join(
        f"{row['organisation'] or names.get(row['public_id'], '')}: "
        f"{library.role_name(row['role'])}"
        for row in content["parties"]
    )


def party_row(
    party: Party, agreement: Agreement, signed: Mapping[int, Signature]
) -> dict[str, Any]:
    """Return a party with what it did so far."""
    signature = signed.get(party.id)
    return {
        "party": party,
        "name": party.name,
        "role": library.role_name(party.role),
        "slug": party.organisation.slug if party.organisation_id else "",
        "by_link": party.organisation_id is None,
        "agreed": bool(agreement.number) and party.confirmed == agreement.number,
        "signature": signature_row(signature) if signature else None,
    }


def signature_row(row: Signature) -> dict[str, Any]:
    """Return a signature as everybody of a party sees it."""
    kind = "link" if row.evidence.get("by") == "link" else row.level
    name, means = labels.level(kind)
    return {
        "row": row,
        "name": row.name,
        "position": row.position,
        "level": name,
        "means": means,
        "day": day(row.signed_at, "medium"),
        "digest": row.digest,
        "has_scan": bool(row.scan_type),
        "certificate": row.evidence.get("certificate"),
        "issuer": row.evidence.get("issuer", ""),
        "is_trusted": bool(row.evidence.get("is_trusted")),
        "voided": row.voided_at is not None,
    }


def clause_rows(
    agreement: Agreement,
    content: Mapping[str, Any],
    parties: Sequence[Party],
    mine: Party | None,
) -> list[dict[str, Any]]:
    """Return the clauses with what is said about them: remarks, who accepted, whether mine did."""
    rows: dict[str, Clause] = {row.key: row for row in drafting.clauses(agreement)}
    accepted, remarks = queries.acceptances(agreement), queries.remarks(agreement)
    found = []
    for shown in document(content, names_of(parties)):
        row = rows[shown.id]
        known = accepted.get(row.id, {})
        who = [party for party in parties if known.get(party.id) == row.version]
        found.append(
            {
                "shown": shown,
                "row": row,
                "remarks": [_remark(item, row, shown) for item in remarks.get(row.id, ())],
                "accepted": [party.name for party in who],
                "is_changed": row.version > 1,
                "is_mine": mine is not None and any(party.id == mine.id for party in who),
            }
        )
    return found


def _remark(item: Any, row: Clause, shown: ShownClause) -> dict[str, Any]:
    now = row.texts["text"]
    return {
        "row": item,
        "name": item.party.name,
        "day": day(item.created_at, "medium"),
        "text": item.text,
        "pieces": [
            (code, rules.compared(now.get(code, ""), text)) for code, text in item.proposal.items()
        ],
        "is_open": item.state == OPEN and bool(item.proposal),
        "state": item.state if item.proposal else "",
        "is_stale": item.base != row.version,
    }


def signed_by(agreement: Agreement) -> dict[int, Signature]:
    """Return the standing signatures by the number of their party."""
    return {row.party_id: row for row in standing(agreement.id)}


def card(agreement: Agreement, parties: Sequence[Party]) -> dict[str, Any]:
    """Return an agreement as a register lists it."""
    return {
        "url": f"/agreements/{agreement.public_id}",
        "title": agreement.title,
        "kind": labels.kind(agreement.kind),
        "state": labels.state(agreement.state),
        "others": [
            party.name for party in parties if party.organisation_id != agreement.organisation_id
        ],
        "parties": [party.name for party in parties],
        "starts_on": _shown_day(agreement.starts_on),
        "ends_on": _shown_day(agreement.ends_on),
        "is_fictional": bool(agreement.organisation.is_fictional),
    }


def _shown_day(text: str) -> str:
    return day(date.fromisoformat(text), "medium") if text else ""


def version_row(row: Version, titles: Mapping[str, str]) -> dict[str, Any]:
    """Return a version as a list of them shows it."""
    return {
        "number": row.number,
        "digest": row.digest,
        "why": labels.why(row.why),
        "clause": titles.get(row.clause, ""),
        "party": row.party.name if row.party_id else "",
        "at": row.created_at,
    }


def titles_of(content: Mapping[str, Any]) -> dict[str, str]:
    """Return the titles of clauses by id, in the first language."""
    first = content["languages"][0]
    return {clause["id"]: clause["title"].get(first, "") for clause in content["clauses"]}
