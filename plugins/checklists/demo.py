"""The demonstration set: a made-up organisation with a list of its own."""

from __future__ import annotations

from plugins.checklists import rules, service
from plugins.checklists.models import OwnList
from portal.context import Context
from portal.organisations.models import Organisation


def load(ctx: Context) -> None:
    """Leave one step out, change the days of one, add one."""
    first = Organisation.select().where(Organisation.is_fictional).order_by(Organisation.id).first()
    if first is None or OwnList.select().exists():
        return
    own = {"key": "X1", "title": "Parents' evening about the stay", "phase": "before",
           "lead": "sending", "anchor": "start", "days": -40}  # fmt: skip
    changes = {**rules.NOTHING, "hidden": ["P5"], "steps": {"B14": {"days": -28}}, "own": [own]}
    service.save(ctx, first, changes, 0)
