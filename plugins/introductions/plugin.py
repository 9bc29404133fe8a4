"""What the introductions plugin answers when portal and partners ask."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from flask import Blueprint, current_app
from markupsafe import Markup

from plugins.introductions import ties, views
from plugins.partners.interface import Shown
from portal.context import Context
from portal.hookspecs import hookimpl
from portal.i18n import locale
from portal.organisations import queries as organisations
from portal.web.heartbeat import beat


@hookimpl
def blueprint_list(ctx: Context) -> Sequence[Blueprint]:
    """Offer the page."""
    return [views.blueprint]


@hookimpl(optionalhook=True)
def partners_asides(ctx: Context, shown: Shown) -> Sequence[Markup]:
    """Offer beside a profile who worked with it; signed-in people read how many of theirs did."""
    own = organisations.mine(ctx) if ctx.actor.signed_in else []
    ids = [item.organisation.id for item in own if item.organisation.id != shown.organisation_id]
    shared = ties.shared(ctx, ids, shown.organisation_id, beat().catalogue_seq) if ids else 0
    return [_card(locale(), shown.slug, shared)]


@lru_cache(maxsize=1_000)
def _card(_language: str, slug: str, shared: int) -> Markup:
    """Draw it once for the next visitors; it needs nothing of the page around."""
    template = current_app.jinja_env.get_template("introductions/aside.html")
    return Markup(template.render(slug=slug, shared=shared))  # noqa: S704  from a template
