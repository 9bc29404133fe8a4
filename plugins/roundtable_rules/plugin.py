"""What this plugin answers when the portal and the round tables ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import Blueprint

from plugins.roundtable_rules import views
from plugins.roundtables.interface import Series
from portal.context import Context
from portal.hookspecs import hookimpl
from portal.i18n import _

SETTABLE = ("draft", "published", "closed")


@hookimpl
def blueprint_list(ctx: Context) -> Sequence[Blueprint]:
    """Offer the page."""
    return [views.blueprint]


@hookimpl(optionalhook=True)
def roundtables_sections(
    ctx: Context, page: str, series: Series, token: str
) -> Sequence[Mapping[str, str]]:
    """Offer the host to set the rules, beside the series and under "Check this draw"."""
    if page not in ("host", "draw") or series.state not in SETTABLE:
        return []
    return [{"title": _("Rules of the draw"), "url": f"/round-tables/{series.slug}/rules"}]
