"""One click deeper: programme rules, whom to ask, and health."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import flash, g, request
from flask.typing import ResponseReturnValue

from plugins.consortia import (
    eligibility,
    forms,
    health,
    labels,
    queries,
    rules,
    wishing,
)
from plugins.consortia.composing import Need
from plugins.consortia.models import ACTIVE, Consortium
from plugins.consortia.views.base import LEADS, STRANGERS, back, blueprint, find, led, page
from plugins.partners.interface import field_name
from portal import db, objects
from portal.errors import Invalid
from portal.i18n import _, country_name, language_name, locale
from portal.organisations.models import UNCLAIMED
from portal.people.forms import mark
from portal.web.access import SIGNED_IN, allow
from portal.web.heartbeat import beat

MOST_REFUSED = 20


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


# Whom to ask


@blueprint.route("/consortia/<slug>/partners", methods=["GET", "POST"])
@allow(SIGNED_IN, owner=STRANGERS)
def partners(slug: str) -> ResponseReturnValue:
    """Show what is wanted, what is covered, and who would fill the gaps."""
    found = find(slug, "inside", "run")
    form = forms.WishForm(request.form or None)
    if request.method == "POST":
        led(slug)
        if form.validate():
            try:
                wishing.wish(g.ctx, found.row, form.values())
            except Invalid as error:
                mark(form, error)
            else:
                flash(_("The wish is noted."))
                return back(found, "partners")
    refused = [text[:200] for text in request.args.getlist("not")][:MOST_REFUSED]
    leaving = request.args.get("without", "")[:200]
    typed = request.args.get("most", "")[:2]
    most = int(typed) if typed.isascii() and typed.isdigit() else wishing.MOST_PROPOSED
    most = min(max(most, 1), wishing.MOST_PROPOSED)
    composed = wishing.compose(
        g.ctx, found.row, seq=beat().catalogue_seq, most=most, without=refused, leaving=leaving
    )
    names = [need_text(need) for need in composed.needs]
    base = "&".join(f"not={text}" for text in refused)
    return page(  # type: ignore[no-any-return]
        "partners",
        found,
        "partners",
        422 if request.method == "POST" else 200,
        form=form,
        rows=list(zip(composed.needs, names, composed.covered, composed.asked, strict=True)),
        proposals=[
            (item, [names[at] for at in item.covers], country_name(str(item.card["country"])))
            for item in composed.proposals
        ],
        asking="\n".join(
            f"{item.card['slug']},,,,{' '.join(_parts_of(composed, item))}"
            for item in composed.proposals
        ),
        left=[names[at] for at in composed.left],
        gaps=len(composed.gaps),
        refused=refused,
        base=base,
        most=most,
        leaving=leaving,
        members=queries.members(found.row, ACTIVE),
    )


def _parts_of(composed: wishing.Composed, item: wishing.Proposal) -> list[str]:
    wanted = {composed.needs[at].part for at in item.covers}
    return [part for part in rules.PARTS if part in wanted]


def need_text(need: Need) -> str:
    """Return a wish in a line, such as: Host in Latvia for welding."""
    parts = [labels.part(need.part)]
    if need.country:
        parts.append(country_name(need.country))
    if need.field:
        parts.append(field_name(need.field))
    if need.language:
        parts.append(language_name(need.language, locale()))
    if need.places:
        parts.append(_("for a group of %(size)s", size=need.places))
    return ", ".join(parts)


@blueprint.post("/consortia/<slug>/partners/remove")
@allow(SIGNED_IN, owner=LEADS)
def remove_wish(slug: str) -> ResponseReturnValue:
    """Take a wish away."""
    found = led(slug)
    wishing.unwish(g.ctx, found.row, request.form.get("need", ""))
    flash(_("The wish is taken away."))
    return back(found, "partners")


# Health


@blueprint.get("/consortia/<slug>/health")
@allow(SIGNED_IN, owner=STRANGERS)
def health_page(slug: str) -> ResponseReturnValue:
    """Say how the consortium is, the worst first, and what would go with each member."""
    found = find(slug, "inside", "run")
    row = found.row
    composed = wishing.compose(g.ctx, row, seq=beat().catalogue_seq, most=1)
    facts = _facts(row)
    balances = rules.balances(queries.planned(queries.flows(row)), [fact.id for fact in facts])
    now = g.ctx.clock.now()
    silent = [
        (item.organisation.name, (now - item.asked_at).days)
        for item in queries.members(row, "invited")
    ]
    signs = health.signs(
        facts,
        balances,
        gaps=[need_text(composed.needs[at]) for at in composed.gaps],
        silent=silent,
        today=now.date(),
    )
    alone = set(health.single(facts))
    lost = [
        (
            fact.name,
            country_name(fact.country) if fact.country in alone else "",
            balances[fact.id].sends + balances[fact.id].hosts,
            [
                need_text(need)
                for need, names in zip(composed.needs, composed.covered, strict=True)
                if names == [fact.name]
            ],
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
