"""What the sharing plugin answers when consortia and the portal ask."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint

from plugins.consortia.interface import LEAD, Section, Seen
from plugins.links.interface import Purpose
from plugins.sharing import api, service, views
from portal.context import Context
from portal.hookspecs import hookimpl
from portal.i18n import _


@hookimpl
def blueprint_list(ctx: Context) -> Sequence[Blueprint]:
    """Offer the pages and the routes for programs."""
    return [views.blueprint, api.blueprint]


@hookimpl(optionalhook=True)
def consortia_sections(ctx: Context, consortium: Seen) -> Sequence[Section]:
    """Offer the lead to let people without an account follow the consortium."""
    if consortium.part != LEAD:
        return []
    about = _("Let your National Agency or a funder follow it, without an account.")
    address = f"/consortia/{consortium.slug}/sharing"
    is_on = bool(service.readers(ctx, consortium))
    return [Section(_("Status page"), address, 85, about, is_on=is_on)]


@hookimpl(optionalhook=True)
def link_purposes(ctx: Context) -> Sequence[object]:
    """Mail links to the status page."""
    return [Purpose(service.PURPOSE, "sharing.status", service.letter)]
