"""What the introductions plugin answers when portal and partners ask."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, render_template
from markupsafe import Markup

from plugins.introductions import ties, views
from plugins.partners.interface import Shown
from portal.context import Context
from portal.hookspecs import hookimpl
from portal.organisations import queries as organisations


@hookimpl
def blueprint_list(ctx: Context) -> Sequence[Blueprint]:
    """Offer the page."""
    return [views.blueprint]


@hookimpl(optionalhook=True)
def partners_asides(ctx: Context, shown: Shown) -> Sequence[Markup]:
    """Offer beside a profile who worked with it; signed-in people read how many of theirs did."""
    own = organisations.mine(ctx) if ctx.actor.signed_in else []
    ids = [item.organisation.id for item in own if item.organisation.id != shown.organisation_id]
    shared: set[int] = set()
    if ids:
        known = ties.together(ctx, [*ids, shown.organisation_id])
        mine = {other for one in ids for other in known.get(one, {})}
        shared = mine & set(known.get(shown.organisation_id, {}))
    card = render_template("introductions/aside.html", slug=shown.slug, shared=len(shared))
    return [Markup(card)]  # noqa: S704  from a template
