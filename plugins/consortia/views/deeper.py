"""One click deeper: programme rules and health."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import flash, g, request
from flask.typing import ResponseReturnValue

from plugins.consortia import eligibility, forms, health, labels, queries, rules
from plugins.consortia.models import ACTIVE, Consortium
from plugins.consortia.views.base import STRANGERS, back, blueprint, find, led, page
from portal import db, objects
from portal.i18n import _, country_name
from portal.organisations.models import UNCLAIMED
from portal.web.access import SIGNED_IN, allow

# Programme rules


@blueprint.route("/consortia/<slug>/rules", methods=["GET", "POST"])
@allow(SIGNED_IN, owner=STRANGERS)
def programme(slug: str) -> ResponseReturnValue:
    """Say how the consortium stands by its rule; the lead chooses which."""
    found = find(slug, "inside", "run")
    offered = eligibility.offered()
    form = forms.RuleForm(request.form or None, offered=offered, row=found.row)
    if request.method == "POST" and led(slug) and form.validate():
        eligibility.choose(g.ctx, found.row, form.rule.data or "")
        flash(_("Saved."))
        return back(found, "rules")
    return page(  # type: ignore[no-any-return]
        "rules",
        found,
        "rules",
        422 if request.method == "POST" else 200,
        form=form,
        standing=eligibility.standing(found.row),
        labels=labels,
    )


# Health


@blueprint.get("/consortia/<slug>/health")
@allow(SIGNED_IN, owner=STRANGERS)
def health_page(slug: str) -> ResponseReturnValue:
    """Say how the consortium is, the worst first, and what would go with each member."""
    found = find(slug, "inside", "run")
    row = found.row
    hooks = objects.registry().hooks
    wishes = list(hooks.each("consortia_wishes", g.ctx, consortium=queries.seen(found)))
    facts = _facts(row)
    balances = rules.balances(queries.planned(queries.flows(row)), [fact.id for fact in facts])
    now, asked = g.ctx.clock.now(), queries.members(row)
    silent = [
        (item.organisation.name, (now - item.asked_at).days)
        for item in asked
        if item.state == "invited"
    ]
    signs = health.signs(
        facts,
        balances,
        gaps=[text for text, covering in wishes if not covering],
        silent=silent,
        today=now.date(),
        answered=[(item.answered_at - item.asked_at).days for item in asked if item.answered_at],
    )
    alone = set(health.single(facts))
    lost = [
        (
            fact.name,
            country_name(fact.country) if fact.country in alone else "",
            balances[fact.id].sends + balances[fact.id].hosts,
            [text for text, covering in wishes if list(covering) == [fact.id]],
        )
        for fact in facts
    ]
    return page("health", found, "health", signs=signs, lost=lost)  # type: ignore[no-any-return]


def _facts(row: Consortium) -> list[health.Fact]:
    members = queries.members(row, ACTIVE)
    ids = [item.organisation_id for item in members]
    marks = ", ".join("?" * len(ids))
    contacts = dict(
        db.query(
            "SELECT organisation_id, COUNT(*) FROM organisation_member "
            f"WHERE organisation_id IN ({marks}) GROUP BY organisation_id",
            ids,
        )
    )
    answers = list(objects.registry().hooks.call("consortia_agreements", g.ctx, ids=ids))
    until: Mapping[int, Any] = answers[0][1] if answers else {}
    return [
        health.Fact(
            item.organisation_id,
            item.organisation.name,
            item.organisation.country,
            contacts.get(item.organisation_id, 0),
            item.organisation.state != UNCLAIMED,
            tuple(until.get(item.organisation_id, ())) if answers else None,
        )
        for item in members
    ]
