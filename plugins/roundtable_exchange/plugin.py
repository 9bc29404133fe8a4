"""What the plugin answers when the portal and the round tables ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint

from plugins.roundtable_exchange import api
from plugins.roundtables.interface import Series
from portal.context import Context
from portal.hookspecs import hookimpl
from portal.i18n import _


@hookimpl
def blueprint_list(ctx: Context) -> Sequence[Blueprint]:
    """Offer the pages and the routes for programs."""
    return [api.blueprint]


@hookimpl(optionalhook=True)
def roundtables_sections(
    ctx: Context, page: str, series: Series, token: str
) -> Sequence[Mapping[str, Any]]:
    """Offer the host of a draft to take tables from a calendar file."""
    is_wanted = page == "host" and series.state == "draft"
    url = f"/round-tables/{series.slug}/calendar-file"
    return [{"title": _("Add from a calendar file"), "url": url}] if is_wanted else []
