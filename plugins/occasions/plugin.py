"""What agreements of mobilities and consortia answer when the portal asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import Blueprint, render_template
from markupsafe import Markup

from plugins.consortia.interface import Section, Seen
from plugins.mobilities import interface as mobilities
from plugins.occasions import queries, service, views
from plugins.occasions.models import MOBILITY
from portal.context import Context
from portal.hookspecs import hookimpl
from portal.i18n import _


@hookimpl
def blueprint_list(ctx: Context) -> Sequence[Blueprint]:
    """Offer the pages."""
    return [views.blueprint]


@hookimpl(optionalhook=True)
def mobilities_asides(ctx: Context, public_id: str) -> Sequence[Markup]:
    """Show the learning agreement of a mobility to its parties, and let the sending side make one."""
    stay = mobilities.find(ctx, public_id)
    rows = queries.shown(ctx, MOBILITY, stay.id)
    may_begin = service.SENDING in stay.sides and not queries.is_made(MOBILITY, stay.id)
    if not rows and not may_begin:
        return []
    card = render_template("occasions/aside.html", rows=rows, stay=stay, may_begin=may_begin)
    return [Markup(card)]  # noqa: S704  (rendered here)


@hookimpl(optionalhook=True)
def mobilities_united(ctx: Context, mobility_ids: Sequence[int]) -> Mapping[int, bool]:
    """Hold a mobility up while its learning agreement names no unit with what is learned."""
    return queries.with_unit(MOBILITY, mobility_ids)


@hookimpl(optionalhook=True)
def mobilities_agreed(ctx: Context, mobility_ids: Sequence[int]) -> Mapping[int, bool]:
    """Hold a mobility up while its learning agreement is not signed by all."""
    return queries.signed(MOBILITY, mobility_ids)


@hookimpl(optionalhook=True)
def consortia_sections(ctx: Context, consortium: Seen) -> Sequence[Section]:
    """Offer the page of a consortium's agreements."""
    return [Section(_("Agreements"), f"/consortia/{consortium.slug}/agreements", 45)]
