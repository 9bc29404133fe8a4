"""What the merging plugin answers when the portal asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, url_for

from plugins.merging import service, views
from portal.context import Context
from portal.hookspecs import EventType, SetupItem, hookimpl
from portal.i18n import _
from portal.organisations.models import Organisation


@hookimpl
def blueprint_list(ctx: Context) -> Sequence[Blueprint]:
    """Offer the pages."""
    return [views.blueprint]


@hookimpl
def setup_list(ctx: Context) -> Sequence[SetupItem]:
    """Offer the page of Site Setup."""
    return [SetupItem(_("Duplicates"), "merging.index", "", 46)]


@hookimpl
def organisation_links(ctx: Context, organisation_id: int) -> Sequence[tuple[Any, str]]:
    """Let administrators merge the entry at hand."""
    if not ctx.actor.is_admin:
        return []
    found: Organisation = Organisation.get_by_id(organisation_id)
    return [(_("Merge with a duplicate"), url_for("merging.index", keep=found.slug))]


@hookimpl
def organisation_changed(ctx: Context, ids: Sequence[int]) -> None:
    """Keep what is left of a merged entry out of sight."""
    service.check_shown(ids)


@hookimpl
def organisation_in_use(ctx: Context, ids: Sequence[int]) -> Mapping[int, str]:
    """Keep merged entries when an import is undone: the merge could not be undone any more."""
    return service.in_use(ids)


@hookimpl
def event_list(ctx: Context) -> Sequence[EventType]:
    """Name the two events."""
    return service.EVENTS


@hookimpl(optionalhook=True)
def notice_list(ctx: Context) -> Sequence[Mapping[str, Any]]:
    """Name what members are told."""
    return service.KINDS
