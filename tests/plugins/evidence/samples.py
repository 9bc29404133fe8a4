"""An agreement as plain values, for tests of what is hashed and signed."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

from plugins.evidence import canonical, signatures
from plugins.evidence.bundle import Signed

AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
CONTENT: dict[str, Any] = {
    "kind": "mou",
    "template": "mou",
    "template_version": 1,
    "public_id": "agreement1",
    "version": 3,
    "title": "Mobility in metal trades",
    "languages": ["en", "de"],
    "parties": [
        {"role": "sending", "organisation": "Lernhaus Probe", "public_id": "party1"},
        {"role": "host", "organisation": "College Sample", "public_id": "party2"},
    ],
    "clauses": [
        {
            "id": "assessment",
            "title": {"en": "Assessment", "de": "Bewertung"},
            "text": {"en": "The host assesses.", "de": "Die aufnehmende Seite bewertet."},
            "material": True,
            "values": {"days": 14, "how": "practical part", "note": "see annex", "tutor": "Kim"},
            "except": ["note"],
        },
        {
            "id": "contacts",
            "title": {"en": "Contacts", "de": "Kontakte"},
            "text": {"en": "May be corrected.", "de": "Darf berichtigt werden."},
            "material": False,
            "values": {"phone": {"party1": "+49 1", "party2": "+44 2"}, "seat": "Bonn"},
            "except": ["seat"],
        },
    ],
}
CLERICAL = {
    ("version",),
    ("clauses", 0, "values", "note"),
    ("clauses", 1, "title", "en"),
    ("clauses", 1, "title", "de"),
    ("clauses", 1, "text", "en"),
    ("clauses", 1, "text", "de"),
    ("clauses", 1, "values", "phone", "party1"),
    ("clauses", 1, "values", "phone", "party2"),
}
"""What may be corrected while signatures stand, written down by hand."""


def content(**more: Any) -> dict[str, Any]:
    """Return a fresh copy of the sample, with other values."""
    return {**copy.deepcopy(CONTENT), **more}


def statement(
    document: bytes, number: int = 1, level: str = "click", **more: Any
) -> tuple[bytes, Signed]:
    """Sign for a party by number; returns the statement and the signature."""
    who = signatures.signer(f"signature{number}", f"Signer {number}", "Director")
    said = {
        "number": f"signature{number}",
        "document": document,
        "party": f"party{number}",
        "signer": who,
        "mandate": "named by the organisation",
        "intent": "I sign for my organisation.",
        "language": "en",
        "signed_at": AT,
        "level": level,
        "proof": {"proved_at": "2026-11-20T11:58:00Z"},
        **more,
    }
    made = signatures.statement(**said)
    return made, Signed(made, {"salt": who.salt}, who)


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths to all single values of a document."""
    if isinstance(value, dict):
        return [one for key, item in value.items() for one in leaves(item, (*path, key))]
    if isinstance(value, list):
        return [one for at, item in enumerate(value) for one in leaves(item, (*path, at))]
    return [path]


def changed(found: dict[str, Any], path: tuple[Any, ...]) -> dict[str, Any]:
    """Return a copy with another value at a path."""
    made = copy.deepcopy(found)
    inner: Any = made
    for key in path[:-1]:
        inner = inner[key]
    old = inner[path[-1]]
    inner[path[-1]] = (not old) if isinstance(old, bool) else old + (1 if type(old) is int else "x")
    return made


def document(**more: Any) -> bytes:
    """Return the sample's bytes."""
    return canonical.document(content(**more))
