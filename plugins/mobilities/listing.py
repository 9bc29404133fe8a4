"""Mobilities as rows for files and programs: what their people see, and of participants the number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from plugins.mobilities import queries, tasklist
from plugins.mobilities.models import SIDES, Mobility
from portal.context import Context
from portal.organisations import queries as organisations

_OF_MOBILITY = (
    "public_id", "title", "kind", "mode", "state", "evidence", "field", "occupation", "starts_on",
    "ends_on",
)  # fmt: skip
_OF_STAY = ("public_id", "workplace", "workplace_city", "starts_on", "outcome", "initiator")
_OF_STEP = ("key", "lead", "due_on", "state")


def listed(ctx: Context, **filters: Any) -> list[dict[str, Any]]:
    """Return what `queries.mine` finds with these filters, in five statements.

    Each has the facts of a mobility by name; `sides` has its organisations by side, `own` the sides to
    which the actor belongs, `steps` how many are done and how many needed, `stays` its placements,
    whose `ends_on` is the last day as it is known now. `evidence` is live, or backfilled for a stay
    from before a side joined. Nobody is named.
    """
    return _listed(ctx, queries.mine(ctx, **filters))


def one(ctx: Context, public_id: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return a mobility with its steps, without what people wrote. Raises NotFound."""
    row = queries.find(ctx, public_id).mobility
    return _listed(ctx, [row])[0], [_step(item) for item in tasklist.items(row.id)]


def _listed(ctx: Context, rows: Sequence[Mobility]) -> list[dict[str, Any]]:
    ids = [row.id for row in rows]
    places, steps = queries.placements(ids), tasklist.counts(ids)
    counts = queries.count_participants([place.id for some in places.values() for place in some])
    mine = {item.organisation.id for item in organisations.mine(ctx)}
    found = []
    for row in rows:
        sides = {side: getattr(row, side) for side in SIDES if getattr(row, f"{side}_id")}
        stays = [
            {name: getattr(place, name) for name in _OF_STAY}
            | {"ends_on": place.ended_on or place.ends_on, "people": counts.get(place.id, 0)}
            for place in places[row.id]
        ]
        own = {side for side, item in sides.items() if item.id in mine}
        facts = {name: getattr(row, name) for name in _OF_MOBILITY}
        more = {"sides": sides, "own": own, "steps": steps.get(row.id, (0, 0)), "stays": stays}
        found.append(facts | more)
    return found


def _step(item: tasklist.Item) -> dict[str, Any]:
    row, step = item.row, item.step
    facts = {name: getattr(row, name) for name in _OF_STEP}
    plain = {"phase": step.phase, "title": str(step.title), "helpers": list(step.helpers)}
    day = row.done_at.date().isoformat() if row.done_at else ""
    return facts | plain | {"done_on": day, "done_by": row.done_side}
