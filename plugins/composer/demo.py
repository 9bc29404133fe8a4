"""The demonstration set: the made-up consortium looks for hosts, one of them in Latvia."""

from __future__ import annotations

from plugins.composer import wishing
from plugins.consortia.interface import made_up, wishes
from portal import db
from portal.context import Context

NEED = {"part": "host", "language": "", "places": 0, "fields": ["0715"]}


def load(ctx: Context) -> None:
    """Let it look for a host in Latvia, Italy and Slovenia, unless it looks for somebody already."""
    made = next((item for item in made_up(ctx) if item.kind == "network"), None)
    if made is None or wishes(made):
        return
    with db.transaction():
        wishing.wish(ctx, made, {**NEED, "countries": ["LV"]})
        wishing.wish(ctx, made, {**NEED, "countries": ["IT", "SI"]})
