"""The demonstration set: the made-up consortium has a list of its own."""

from __future__ import annotations

from plugins.checklists.interface import NOTHING
from plugins.consortia import interface as consortia
from plugins.consortia.interface import LEAD
from plugins.consortium_steps import service
from plugins.consortium_steps.models import SharedList
from portal.context import Context

NAME = "MEKARA"


def load(ctx: Context) -> None:
    """Move one step and add one, unless there is a list already."""
    seen = next(
        (item for item in consortia.own(ctx) if item.is_fictional and item.name == NAME), None
    )
    if seen is None or seen.part != LEAD or SharedList.select().exists():
        return
    own = {"key": "X1", "title": "Tell the lead how many go, and when", "phase": "before",
           "lead": "sending", "anchor": "start", "days": -45}  # fmt: skip
    service.save(ctx, seen, {**NOTHING, "steps": {"B13": {"days": -28}}, "own": [own]}, 0)
