"""Keeps personal values apart from the texts that hold their commitments, and lets them go.

Texts name values by clause and name; see `commitments`. An object with such texts says when it has
ended: from then on the days run that `plugin.toml` declares, after which trust deletes the values.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from plugins.evidence import commitments
from plugins.evidence.commitments import Opened
from plugins.evidence.models import Value
from portal.context import Context


def hide(
    ctx: Context,
    subject: tuple[str, int],
    clause: str,
    values: Mapping[str, Any],
    personal: Collection[str],
    emails: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return the values of a clause with commitments for the personal ones, which are kept apart.

    The same value at the same place keeps its commitment. `emails` are addresses of the persons by the
    last part of a name ("person/<party>"), so that a person finds and erases what is kept of them.
    Inside the caller's transaction.
    """
    if not any(name in values for name in personal):
        return dict(values)
    known = found(*subject)
    content = {"clauses": [{"id": clause, "values": values, "personal": list(personal)}]}
    hidden, now = commitments.hide(content, known)
    for one in now:
        if one not in known:
            Value.create(
                subject_type=subject[0],
                subject_id=subject[1],
                **vars(one),
                email=(emails or {}).get(one.name.rpartition("/")[2], ""),
                made_at=ctx.clock.now(),
            )
    return dict(hidden["clauses"][0]["values"])


def found(subject_type: str, subject_id: int) -> list[Opened]:
    """Return the values of an object that were not erased."""
    here = (Value.subject_type == subject_type, Value.subject_id == subject_id)
    return [
        Opened(row.clause, row.name, row.value, row.salt)
        for row in Value.select().where(*here).order_by(Value.id)
    ]


def shown(subject: tuple[str, int], content: Mapping[str, Any], erased: str = "") -> dict[str, Any]:
    """Return a version, or anything with clauses, with its values; `erased` stands for those gone."""
    if not commitments.commitments(content):
        return dict(content)
    opened = commitments.show(content, found(*subject))
    return {
        **opened,
        "clauses": [
            {**clause, "values": _worded(clause["values"], erased)} for clause in opened["clauses"]
        ],
    }


def _worded(values: Mapping[str, Any], erased: str) -> dict[str, Any]:
    return {
        name: erased
        if value is None
        else _worded(value, erased)
        if isinstance(value, Mapping)
        else value
        for name, value in values.items()
    }


def ended(ctx: Context, subject: tuple[str, int]) -> None:
    """Say that an object has ended: its values are kept for a while from now on."""
    here = (Value.subject_type == subject[0], Value.subject_id == subject[1])
    Value.update(ended_at=ctx.clock.now()).where(*here, Value.ended_at.is_null()).execute()


def drop(subject_type: str, ids: Sequence[int]) -> int:
    """Delete the values of objects, such as those that are deleted themselves; returns how many."""
    here = (Value.subject_type == subject_type, Value.subject_id.in_(list(ids)))
    return int(Value.delete().where(*here).execute())
