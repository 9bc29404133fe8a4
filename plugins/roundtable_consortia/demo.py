"""Demonstration: a made-up consortium invites to one of the made-up series of its lead."""

from __future__ import annotations

from plugins.consortia import interface as consortia
from plugins.roundtable_consortia import service
from plugins.roundtables import interface as roundtables
from portal import db
from portal.context import Context


def load(ctx: Context) -> None:
    """Let the consortium of a made-up host invite to the series that is open, unless one does."""
    roundtables.load_demo(ctx)  # hooks are asked by name, and theirs comes later
    if roundtables.host_keys(service.PREFIX):
        return
    open_ones = [one for one in roundtables.held(states=("published",)) if one.host.is_fictional]
    for one in consortia.made_up(ctx):
        for series in open_ones:
            if one.lead_id == series.host.id and one.state == consortia.RUNNING:
                with db.transaction():
                    roundtables.give_host(series, service.joint(one))
                return
