"""What the plugin answers when the portal and the round tables ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint

from plugins.roundtable_exchange import again, api
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
    """Offer the host to repeat a table, and to take tables of a draft from a calendar file."""
    if page != "host" or series.state not in again.OPEN:
        return []
    base = f"/round-tables/{series.slug}"
    found = [
        {
            "title": _("Repeat"),
            "url": f"{base}/tables/{one.public_id}/repeat",
            "table": one.public_id,
        }
        for one in series.tables
        if one.cancelled_at is None
    ]
    if series.state == "draft":
        found.append({"title": _("Add from a calendar file"), "url": f"{base}/calendar-file"})
    return found
