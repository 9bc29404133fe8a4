"""Mobilities as a file: what is on screen to take away; nobody's name or address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, g
from flask.typing import ResponseReturnValue

from plugins.mobilities import interface as mobilities
from plugins.mobilities.interface import BACKFILLED, SIDES
from plugins.partners.interface import respond
from portal.context import Context
from portal.i18n import _
from portal.organisations import queries as organisations
from portal.web.access import SIGNED_IN, allow

blueprint = Blueprint("mobilities_api", __name__)
MOST_ROWS = 5_000


@blueprint.get("/mobilities/export.<any(csv, xlsx, json):kind>")
@allow(SIGNED_IN, owner="mobilities of the person's own organisations")
def export(kind: str) -> ResponseReturnValue:
    """Save what the list shows, with the same filters."""
    own = [item.organisation for item in organisations.mine(g.ctx)]
    rows = mobilities.listed(g.ctx, **mobilities.filters(own), most=MOST_ROWS)
    return respond(kind, "mobilities", heads(), table(g.ctx, rows))


def heads() -> list[str]:
    """Return the names of the columns of a file."""
    return [
        _("Mobility"), _("Sending organisation"), _("Host"), _("Supporting organisation"),
        _("Workplace"), _("First day"), _("Last day"), _("Who goes"), _("How"),
        _("Field of education"), _("Occupation"), _("Occupation in ESCO"), _("State"), _("End"),
        _("Participants"), _("Evidence"), _("Demonstration"),
    ]  # fmt: skip


def table(ctx: Context, rows: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """Return a line for each stay of mobilities, under `heads`; nobody is named."""
    named = mobilities.occupations(ctx, (item["occupation"] for item in rows))
    urls = {text: found["url"] for text, found in named.items()}
    return [
        _line(item, stay, urls.get(item["occupation"], ""))
        for item in rows
        for stay in item["stays"]
    ]


def _line(item: Mapping[str, Any], stay: Mapping[str, Any], url: str) -> list[str]:
    """Return a stay; of one from before joining nobody said who went, how and what for."""
    is_live, sides = item["evidence"] != BACKFILLED, item["sides"]
    kind, mode = mobilities.kind_name(item["kind"]), mobilities.mode_name(item["mode"])
    return [
        item["title"],
        *(sides[side].name if side in sides else "" for side in SIDES),
        stay["workplace"],
        stay["starts_on"],
        stay["ends_on"],
        *((kind, mode, item["field"], item["occupation"], url) if is_live else [""] * 5),
        mobilities.state_tag(item["state"])[0],
        mobilities.outcome_tag(stay["outcome"])[0] if stay["outcome"] else "",
        str(stay["people"]) if is_live else "",
        _("recorded here") if is_live else _("from before joining, with a document"),
        _("demonstration") if sides["sending"].is_fictional else "",
    ]
