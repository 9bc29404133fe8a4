"""Whom to ask: what is wanted, who covers or would fill it; a network out of cooperations of two."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, g, redirect, request
from flask.typing import ResponseReturnValue

from plugins.composer import forms, growing, labels, wishing
from plugins.consortia.interface import (
    ACTIVE,
    APPLIED,
    INVITED,
    LEADS,
    PARTS,
    STRANGERS,
    Member,
    Seen,
    find,
    lacks,
    led,
    members,
    page,
)
from plugins.partners.interface import field_name, words
from portal import objects
from portal.errors import Invalid
from portal.i18n import _, country_name
from portal.organisations.models import Organisation
from portal.people.forms import mark
from portal.web.access import SIGNED_IN, allow
from portal.web.heartbeat import beat

blueprint = Blueprint("composer", __name__)
MOST_REFUSED = 20


@blueprint.route("/consortia/<slug>/partners", methods=["GET", "POST"])
@allow(SIGNED_IN, owner=STRANGERS)
def partners(slug: str) -> ResponseReturnValue:
    """Show what is wanted, what is covered, and who would fill the gaps."""
    here = find(g.ctx, slug)
    form = forms.WishForm(request.form or None, is_rated=_is_rated())
    if request.method == "POST":
        led(g.ctx, slug)
        if form.validate():
            try:
                wishing.wish(g.ctx, here, form.values())
            except Invalid as error:
                mark(form, error)
            else:
                flash(_("The wish is noted."))
                return redirect(f"/consortia/{here.slug}/partners", 303)
    refused = [text[:200] for text in request.args.getlist("not")][:MOST_REFUSED]
    leaving, joining = (request.args.get(name, "")[:200] for name in ("without", "joining"))
    typed = request.args.get("most", "")[:2]
    most = int(typed) if typed.isascii() and typed.isdigit() else wishing.MOST_PROPOSED
    most = min(max(most, 1), wishing.MOST_PROPOSED)
    composed = wishing.compose(
        g.ctx,
        here,
        seq=beat().catalogue_seq,
        most=most,
        without=refused,
        leaving=leaving,
        joining=joining,
    )
    inside = members(here)
    effect = _effect(here, inside, composed, leaving, joining) if leaving or joining else None
    names = [labels.need_text(need) for need in composed.needs]
    base = "&".join(f"not={text}" for text in refused)
    return page(
        here,
        "composer/partners.html",
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
        quality_words=words,
        left=[names[at] for at in composed.left],
        gaps=len(composed.gaps),
        refused=refused,
        base=base,
        most=most,
        effect=effect,
        leavers=_choices([_shown(row.organisation) for row in inside
                          if row.state == ACTIVE and not row.is_lead], leaving),
        joiners=_choices([_shown(row.organisation) for row in inside
                          if row.state in {INVITED, APPLIED}]
                         + [(item.card["slug"], item.card["name"]) for item in composed.proposals]
                         + [_shown(item) for item in composed.inside if item.slug == joining],
                         joining),
    )  # fmt: skip


def _is_rated() -> bool:
    return bool(objects.registry().hooks.implementing("partners_quality"))


def _shown(organisation: Organisation) -> tuple[str, str]:
    return organisation.slug, organisation.name


def _choices(rows: Sequence[tuple[str, str]], chosen: str) -> list[dict[str, Any]]:
    """Return the choices of a list: nobody, then each organisation once."""
    found = [("", _("nobody")), *dict(rows).items()]
    return [{"value": slug, "label": name, "chosen": slug == chosen} for slug, name in found]


def _effect(
    here: Seen, every: Sequence[Member], then: wishing.Composed, leaving: str, joining: str
) -> dict[str, Any]:
    """Say what changes when a member leaves or a partner joins: wishes, countries, programme rule."""
    now = wishing.compose(g.ctx, here, seq=beat().catalogue_seq, most=0)
    gone = next((row.organisation for row in every if row.organisation.slug == leaving), None)
    more = next((item for item in then.inside if item.slug == joining), None)
    parts = next((row.parts for row in every if row.organisation.slug == joining), [])
    missing = lacks(here, gone.id if gone else 0, more, parts)
    return {
        "gone": gone,
        "more": more,
        "wishes": len(then.needs),
        "covered": [sum(map(bool, found.covered)) for found in (now, then)],
        "countries": [len({item.country for item in found.inside}) for found in (now, then)],
        "missing": missing,
    }


def _parts_of(composed: wishing.Composed, item: wishing.Proposal) -> list[str]:
    wanted = {composed.needs[at].part for at in item.covers}
    return [part for part in PARTS if part in wanted]


@blueprint.post("/consortia/<slug>/partners/remove")
@allow(SIGNED_IN, owner=LEADS)
def remove_wish(slug: str) -> ResponseReturnValue:
    """Take a wish away."""
    here = led(g.ctx, slug)
    wishing.unwish(g.ctx, here, request.form.get("need", ""))
    flash(_("The wish is taken away."))
    return redirect(f"/consortia/{here.slug}/partners", 303)


@blueprint.route("/consortia/<slug>/grow", methods=["GET", "POST"])
@allow(SIGNED_IN, owner=LEADS, rate="consortia")
def grow(slug: str) -> ResponseReturnValue:
    """Offer to make a network of cooperations of two that fit together, in one step."""
    here = led(g.ctx, slug)
    told = growing.offer(g.ctx, here)
    form = forms.GrowForm(request.form or None)
    if request.method == "POST" and form.validate():
        try:
            made = growing.grow(
                g.ctx,
                here,
                form.name.data or "",
                form.purpose.data or "",
                form.message.data or "",
            )
        except Invalid as error:
            mark(form, error)
        else:
            flash(_("The network is there, and all partners are invited."))
            return redirect(f"/consortia/{made.slug}/members", 303)
    return page(
        here,
        "composer/grow.html",
        "grow",
        422 if request.method == "POST" else 200,
        offer=told,
        form=form,
        fields=[field_name(code) for code in told.fields] if told else [],
    )
