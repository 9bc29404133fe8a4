"""Personal values in what is signed: a salted hash stands in the text, value and salt lie apart.

Value and salt may be erased: the text keeps its hash and its signatures, and only what the value was
is gone. A commitment is bound to its place, so that no value can be passed off as another one.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import rfc8785

from plugins.evidence import canonical

SALT_LENGTH = 32
KEY = "commitment"


@dataclass(frozen=True)
class Opened:
    """What a commitment stands for; kept in rows that may be erased. `clause` is a clause's id."""

    clause: str
    name: str
    value: str
    salt: str

    @property
    def commitment(self) -> str:
        """What the text holds instead."""
        return commit(self.clause, self.name, self.value, self.salt)


def commit(clause: str, name: str, value: str, salt: str) -> str:
    """Return "sha256:..." of canonical [salt, clause, name, value]. Raises ValueError for another salt."""
    if len(salt) != SALT_LENGTH:
        raise ValueError("A salt has 32 signs.")
    return canonical.digest(rfc8785.dumps([salt, clause, name, value]))


def opened(clause: str, name: str, value: str, known: Iterable[Opened] = ()) -> Opened:
    """Return a value with a salt: the known one where the value is the same, else a new one.

    A new salt would be a new commitment, and so a change that voids signatures.
    """
    for one in known:
        if (one.clause, one.name, one.value) == (clause, name, value):
            return one
    return Opened(clause, name, value, secrets.token_hex(SALT_LENGTH // 2))


def hide(
    content: Mapping[str, Any], known: Iterable[Opened] = ()
) -> tuple[dict[str, Any], list[Opened]]:
    """Put commitments in the place of personal values; returns the content and what was hidden.

    A clause names them in `personal`, a list of names of its values: texts, or texts by party; empty
    ones stay as they are, and so do commitments. `known` are those of the version before, whose salts go on.
    """
    known, clauses, found = list(known), [], []

    def hidden(clause: str, name: str, value: Any) -> Any:
        if is_commitment(value):
            return value
        if isinstance(value, Mapping):
            return {key: hidden(clause, f"{name}/{key}", item) for key, item in value.items()}
        if not value or not isinstance(value, str):
            return value
        found.append(opened(clause, name, value, known))
        return {KEY: found[-1].commitment}

    for clause in content["clauses"]:
        values = dict(clause.get("values", {}))
        for name in clause.get("personal", ()):
            if name in values:
                values[name] = hidden(clause["id"], name, values[name])
        clauses.append({**clause, "values": values})
    return {**content, "clauses": clauses}, found


def show(content: Mapping[str, Any], found: Iterable[Opened]) -> dict[str, Any]:
    """Return a version with its personal values in their places, None where they were erased.

    A value that is not the one that was committed to counts as erased.
    """
    by_commitment = {one.commitment: one for one in found}
    clauses = []
    for clause in content["clauses"]:
        values = {
            name: _shown(by_commitment, clause["id"], name, value)
            for name, value in clause.get("values", {}).items()
        }
        clauses.append({**clause, "values": values})
    return {**content, "clauses": clauses}


def commitments(content: Mapping[str, Any]) -> set[str]:
    """Return all commitments to values that a version holds."""

    def inside(value: Any) -> set[str]:
        if is_commitment(value):
            return {str(value[KEY])}
        items = value.values() if isinstance(value, Mapping) else ()
        return set().union(*map(inside, items))

    return set().union(*(inside(clause.get("values", {})) for clause in content["clauses"]))


def is_commitment(value: Any) -> bool:
    """Whether a value of a clause stands for a personal one."""
    return isinstance(value, Mapping) and set(value) == {KEY}


def _shown(found: Mapping[str, Opened], clause: str, name: str, value: Any) -> Any:
    if is_commitment(value):
        one = found.get(value[KEY])
        return one.value if one and (one.clause, one.name) == (clause, name) else None
    if isinstance(value, Mapping):
        return {k: _shown(found, clause, f"{name}/{k}", item) for k, item in value.items()}
    return value
