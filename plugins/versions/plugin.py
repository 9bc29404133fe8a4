"""What the versions plugin answers when the portal asks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint

from plugins.versions import merging, views
from plugins.versions.service import keep
from portal.context import Context
from portal.errors import Conflict
from portal.hookspecs import Snapshot, Versioned, hookimpl
from portal.i18n import _
from portal.organisations import service
from portal.organisations.models import Organisation


@hookimpl
def blueprint_list(ctx: Context) -> Sequence[Blueprint]:
    """Offer the pages."""
    return [views.blueprint]


@hookimpl
def version_list(ctx: Context) -> Sequence[Versioned]:
    """Offer the versions of organisations."""
    return [service.VERSIONED]


@hookimpl
def object_changed(
    ctx: Context, object_type: str, object_id: int, before: Snapshot, after: Snapshot
) -> None:
    """Keep how it was and how it is."""
    keep(ctx, object_type, object_id, before, after)


@hookimpl
def conflict_show(ctx: Context, error: Conflict) -> str:
    """Show both texts, to choose from."""
    return merging.page(error)


@hookimpl
def organisation_links(ctx: Context, organisation_id: int) -> Sequence[tuple[Any, str]]:
    """Offer the versions of what is typed about an organisation."""
    found: Organisation = Organisation.get_by_id(organisation_id)
    return [(_("Versions"), f"/versions/{service.VERSIONED.type}/{found.public_id}")]
