"""What the plugin of invitations answers when the portal, the links and the round tables ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint
from werkzeug.exceptions import HTTPException

from plugins.links.interface import Purpose
from plugins.roundtable_invitations import demo, service, views
from plugins.roundtables.interface import Series
from portal.context import Context
from portal.errors import NotFound
from portal.hookspecs import JobKind, Progress, hookimpl
from portal.i18n import _
from portal.i18n import lazy_gettext as lazy

SIX_HOURS = 21_600


@hookimpl
def blueprint_list(ctx: Context) -> Sequence[Blueprint]:
    """Offer the pages; none leaves a copy behind."""
    return [views.blueprint]


@hookimpl(optionalhook=True)
def link_purposes(ctx: Context) -> Sequence[Purpose]:
    """Name the links that invitations carry."""
    return [service.LINKS]


@hookimpl(optionalhook=True)
def roundtables_sections(
    ctx: Context, page: str, series: Series, token: str
) -> Sequence[Mapping[str, Any]]:
    """Offer the host to invite people."""
    is_wanted = page == "host" and series.state in ("published", "closed", "placed")
    url = f"/round-tables/{series.slug}/invitations"
    return [{"title": _("Invite people"), "url": url}] if is_wanted else []


@hookimpl(optionalhook=True)
def roundtables_guests(ctx: Context, series: int, token: str) -> Sequence[Mapping[str, Any]]:
    """Say who opened the form by the link of an invitation, and what is known of them."""
    try:
        row, found = views.opened(ctx, token)
    except (HTTPException, NotFound):
        return []
    if found.id != series:
        return []
    tables = [one.public_id for one in found.tables if one.cancelled_at is None]
    first = {"choice1": tables[0]} if tables else {}
    known = {"name": row.name, "employer": row.employer}
    return [{"email": row.email, "lang": row.lang, **known, **first}]


def _look_after(ctx: Context, _payload: Mapping[str, Any], _progress: Progress) -> None:
    service.look_after(ctx)


@hookimpl
def job_list(ctx: Context) -> Sequence[JobKind]:
    """Remind those who are silent, once."""
    title = lazy("Remind people of invitations to round tables, once")
    return [JobKind("roundtable_invitations.look_after", _look_after, title, SIX_HOURS)]


@hookimpl(optionalhook=True)
def operation_demo_filled(ctx: Context) -> None:
    """Show a made-up host who invited some made-up people."""
    demo.load(ctx)
