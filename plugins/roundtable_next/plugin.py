"""What this plugin answers when the portal and the round tables ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint

from plugins.roundtable_next import service, views
from plugins.roundtable_next.service import Other
from plugins.roundtables import interface as roundtables
from plugins.roundtables.interface import Series
from portal.context import Context
from portal.hookspecs import hookimpl
from portal.i18n import _, ngettext


@hookimpl
def blueprint_list(ctx: Context) -> Sequence[Blueprint]:
    """Offer the one click; what it answers leaves no copy behind."""
    return [views.blueprint]


@hookimpl(optionalhook=True)
def roundtables_sections(
    ctx: Context, page: str, series: Series, token: str
) -> Sequence[Mapping[str, Any]]:
    """Offer other tables to those without a place, on their own page."""
    if page != "mine" or series.state not in service.OVER:
        return []
    of, who = roundtables.person(token)
    return (
        [_shown(token, of, one) for one in service.others(ctx, of, who)] if who.is_waiting else []
    )


def _shown(token: str, of: Series, one: Other) -> dict[str, Any]:
    if one.left is None:
        closes = roundtables.moment(one.series.closes_at, one.series.zone)
        room, button = _("Open for interest until %(when)s", when=closes), _("I am interested")
    else:
        room = ngettext("%(num)s place left", "%(num)s places left", one.left)
        button = _("Ask for this place")
    return {
        "title": one.table.topic,
        "lang": one.series.lang,
        "text": [
            roundtables.moment(one.table.starts_at, one.series.zone),
            room,
            *([one.series.title] if one.series.id != of.id else []),
            *([one.series.host_name] if one.series.host_name != of.host_name else []),
        ],
        "url": f"/round-tables/my/{token}/next/{one.table.public_id}",
        "button": button,
    }


@hookimpl(optionalhook=True)
def roundtables_next(ctx: Context, series: int) -> Sequence[str]:
    """Name the same tables in the mail that says that there is no place."""
    of = roundtables.by_id(series)
    return [one.table.topic for one in service.others(ctx, of)] if of else []
