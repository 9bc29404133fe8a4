"""What the health of consortia answers when consortia and the portal ask."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint

from plugins.consortia.interface import Section, Seen
from plugins.consortium_health import views
from portal.context import Context
from portal.hookspecs import hookimpl
from portal.i18n import _

ORDER = 60


@hookimpl
def blueprint_list(ctx: Context) -> Sequence[Blueprint]:
    """Offer the page."""
    return [views.blueprint]


@hookimpl(optionalhook=True)
def consortia_sections(ctx: Context, consortium: Seen) -> Sequence[Section]:
    """Add the page to the menu of each consortium."""
    return [Section(_("Health"), f"/consortia/{consortium.slug}/health", ORDER)]
