"""Pages of who worked with whom: over the whole portal, and with one organisation."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue

from plugins.introductions import communities, ties
from portal.organisations import queries as organisations
from portal.organisations.models import Organisation
from portal.web.access import ANYONE, allow
from portal.web.heartbeat import beat

blueprint = Blueprint("introductions", __name__)


@blueprint.get("/introductions")
@allow(ANYONE)
def network() -> ResponseReturnValue:
    """Show who works together over the whole portal, and who connects the groups."""
    seq = beat().catalogue_seq
    made_up = request.args.get("demo") == "yes"
    net = communities.whole(g.ctx, made_up, seq)
    return render_template(
        "introductions/network.html",
        net=net,
        made_up=made_up,
        other=communities.whole(g.ctx, not made_up, seq).total,
        available=bool(communities.networkx),
    )


@blueprint.get("/introductions/<slug>")
@allow(ANYONE)
def show(slug: str) -> ResponseReturnValue:
    """Show who worked with an organisation, and a way to it for those who are signed in."""
    organisation = ties.known(slug)
    own = [item.organisation for item in organisations.mine(g.ctx)] if g.ctx.actor.signed_in else []
    others = [item for item in own if item.id != organisation.id and not item.hidden_at]
    chosen = request.args.get("from", "")[:200]
    start = next((item for item in others if item.slug == chosen), others[0] if others else None)
    way = ties.path(g.ctx, start.id, organisation.id) if start else []
    rows: Any = Organisation.select().where(Organisation.id.in_([number for number, _n in way]))
    known: dict[int, Organisation] = {
        item.id: item
        for item in organisations.in_sight(list(rows) if way else [])
        if not item.hidden_at
    }
    steps = [(known[number], name) for number, name in way if number in known]
    return render_template(
        "introductions/show.html",
        organisation=organisation,
        ring=ties.drawn(g.ctx, organisation, beat().catalogue_seq),
        start=start,
        steps=steps if len(steps) == len(way) else [],
        others=others,
    )
