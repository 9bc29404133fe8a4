"""The page that says how a consortium is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, g
from flask.typing import ResponseReturnValue

from plugins.consortia.interface import (
    ACTIVE,
    INVITED,
    STRANGERS,
    Balance,
    Member,
    balances,
    find,
    members,
    page,
    places,
    public_facts,
)
from plugins.consortium_health import measures, signs
from plugins.consortium_health.measures import Fact
from plugins.partners.interface import KIND
from plugins.search.interface import cards_of
from portal import db, objects
from portal.organisations.models import UNCLAIMED
from portal.web.access import SIGNED_IN, allow

blueprint = Blueprint("consortium_health", __name__)


@blueprint.get("/consortia/<slug>/health")
@allow(SIGNED_IN, owner=STRANGERS)
def show(slug: str) -> ResponseReturnValue:
    """Say how the consortium is, the worst first, and what would go with each member."""
    here = find(g.ctx, slug)
    every = members(here)
    active = [item for item in every if item.state == ACTIVE]
    planned = [item for item in places(here) if item.planned or item.agreed or item.done]
    loads = balances(planned, [item.organisation_id for item in active])
    facts = _facts(active, loads)
    names = {fact.id: fact.name for fact in facts}
    pairs = [
        (item.sender, item.host) for item in planned if item.sender in names and item.host in names
    ]
    fields = public_facts(here).fields
    alone = measures.soles(facts, pairs, fields)
    wishes = list(_hooks().each("consortia_wishes", g.ctx, consortium=here))
    return page(
        here,
        "consortium_health/health.html",
        "health",
        signs=signs.signs(
            facts,
            loads,
            gaps=[text for text, covering in wishes if not covering],
            today=g.ctx.clock.now().date(),
            alone=alone,
            covered=measures.covering(facts, fields),
            **_answers(every),
        ),
        lost=[
            (
                fact.name,
                signs.losses(
                    fact,
                    alone[fact.id],
                    names,
                    [text for text, covering in wishes if list(covering) == [fact.id]],
                ),
                loads[fact.id].sends + loads[fact.id].hosts,
            )
            for fact in facts
        ],
    )


def _hooks() -> Any:
    return objects.registry().hooks


def _answers(every: Sequence[Member]) -> dict[str, Any]:
    """Say who has not answered for how many days, and how many days the others took."""
    now = g.ctx.clock.now()
    return {
        "silent": [
            (item.organisation.name, (now - item.asked_at).days)
            for item in every
            if item.state == INVITED
        ],
        "answered": [(item.answered_at - item.asked_at).days for item in every if item.answered_at],
    }


def _facts(active: Sequence[Member], loads: dict[int, Balance]) -> list[Fact]:
    ids = [item.organisation_id for item in active]
    marks = ", ".join("?" * len(ids))
    contacts = dict(
        db.query(
            "SELECT organisation_id, COUNT(*) FROM organisation_member "
            f"WHERE organisation_id IN ({marks}) GROUP BY organisation_id",
            ids,
        )
    )
    cards = cards_of(KIND, ids)
    answers = list(_hooks().call("consortia_agreements", g.ctx, ids=ids))
    until = answers[0][1] if answers else {}
    return [
        Fact(
            number,
            item.organisation.name,
            item.organisation.country,
            contacts.get(number, 0),
            item.organisation.state != UNCLAIMED,
            tuple(until.get(number, ())) if answers else None,
            _does(item, loads[number]),
            tuple(cards.get(number, {}).get("fields", ())),
        )
        for number, item in zip(ids, active, strict=True)
    ]


def _does(member: Member, load: Balance) -> frozenset[str]:
    """Return what a member does here: as noted with it, and as places say."""
    counted = {"sending": load.sends, "host": load.hosts}
    return frozenset(member.parts) | {part for part, places in counted.items() if places}
