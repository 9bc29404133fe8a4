"""Reads of occasions, in a statement or two."""

from __future__ import annotations

from collections.abc import Sequence

from plugins.agreements import interface as agreements
from plugins.agreements.interface import Shown
from plugins.occasions.models import Occasion
from portal.context import Context


def agreements_of(kind: str, numbers: Sequence[int]) -> dict[int, list[int]]:
    """Return the numbers of agreements that are made for each of some mobilities or consortia."""
    found: dict[int, list[int]] = {}
    rows = Occasion.select().where(Occasion.kind == kind, Occasion.number.in_(list(numbers)))
    for row in rows.order_by(Occasion.agreement_id):
        found.setdefault(row.number, []).append(row.agreement_id)
    return found


def is_made(kind: str, number: int) -> bool:
    """Whether there is an agreement for this one that was not cancelled."""
    return bool(agreements.signed_by_all(agreements_of(kind, [number]).get(number, [])))


def shown(ctx: Context, kind: str, number: int) -> list[Shown]:
    """Return the agreements for one that the actor may see, the newest first."""
    return agreements.shown_of(ctx, agreements_of(kind, [number]).get(number, []))


def with_unit(kind: str, numbers: Sequence[int]) -> dict[int, bool]:
    """Say of those with an agreement that has room for units whether one is named; others are left out."""
    made = agreements_of(kind, numbers)
    said = {number: {agreements.has_unit(one) for one in ids} for number, ids in made.items()}
    return {number: True in found for number, found in said.items() if found != {None}}


def signed(kind: str, numbers: Sequence[int]) -> dict[int, bool]:
    """Say of those with an agreement whether one is signed by all; the others are left out."""
    made = agreements_of(kind, numbers)
    all_of = agreements.signed_by_all([one for ids in made.values() for one in ids])
    said = {number: [all_of[one] for one in ids if one in all_of] for number, ids in made.items()}
    return {number: any(answers) for number, answers in said.items() if answers}
