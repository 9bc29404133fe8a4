"""What this plugin answers when the portal and the round tables ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import Blueprint

from plugins.roundtable_mail import views
from plugins.roundtables.interface import Series
from portal.context import Context
from portal.hookspecs import hookimpl
from portal.i18n import _


@hookimpl
def blueprint_list(ctx: Context) -> Sequence[Blueprint]:
    """Offer the page; it leaves no copy behind."""
    return [views.blueprint]


@hookimpl(optionalhook=True)
def roundtables_sections(
    ctx: Context, page: str, series: Series, token: str
) -> Sequence[Mapping[str, str]]:
    """Offer the host, beside the list of people, to enter those who wrote a mail."""
    if page != "people" or series.state != "published":
        return []
    url = f"/round-tables/{series.slug}/people/import"
    return [{"title": _("Enter interest that came by mail"), "url": url}]
