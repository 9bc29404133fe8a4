"""The page of a consortium's round tables."""

from __future__ import annotations

from flask import Blueprint, g
from flask.typing import ResponseReturnValue

from plugins.consortia.interface import STRANGERS, find, page
from plugins.roundtable_consortia import service
from plugins.roundtables import interface as roundtables
from plugins.roundtables.interface import FLOW
from portal.web.access import SIGNED_IN, allow

blueprint = Blueprint("roundtable_consortia", __name__)


@blueprint.get("/consortia/<slug>/round-tables")
@allow(SIGNED_IN, owner=STRANGERS)
def index(slug: str) -> ResponseReturnValue:
    """List the series in the name of a consortium; its lead can plan one."""
    here = find(g.ctx, slug)
    key = service.key_of(here)
    rows = [
        {
            "series": one,
            "state": next(state for state in FLOW.states if state.name == one.state),
            "closes": roundtables.moment(one.closes_at, one.zone),
            "tables": sum(table.cancelled_at is None for table in one.tables),
        }
        for one in roundtables.of_host(g.ctx, key)
    ]
    return page(
        here,
        "roundtable_consortia/index.html",
        "round-tables",
        rows=rows,
        may_plan=service.may_plan(here),
        plan=f"/round-tables/new?organisation={key}",
    )
