"""What pages ask about cases, in a bounded number of statements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from plugins.claims.models import OPEN, Case
from portal.errors import NotFound
from portal.organisations.models import Organisation

MOST_LISTED = 200


def open_cases() -> Sequence[Case]:
    """Return the cases nobody has decided, due first."""
    return list(
        Case.select(Case, Organisation)
        .join(Organisation)
        .where(Case.state == OPEN)
        .order_by(Case.due_at, Case.id)
        .limit(MOST_LISTED)
    )


def count_open() -> int:
    """Return how many cases wait for a decision."""
    return int(Case.select().where(Case.state == OPEN).count())


def case(public_id: str) -> Case:
    """Return a case with its organisation. Raises NotFound."""
    found = Case.get_or_none(Case.public_id == public_id)
    if found is None:
        raise NotFound
    return found  # type: ignore[no-any-return]


def asked_about(ids: Sequence[int]) -> set[int]:
    """Return those of the organisations about which there is a case, decided or not."""
    found: Any = Case.select(Case.organisation).where(Case.organisation.in_(ids)).distinct()
    return {number for (number,) in found.tuples()}
