"""What the versions plugin answers when the portal asks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint

from plugins.versions import views
from portal.context import Context
from portal.hookspecs import Versioned, hookimpl
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
def organisation_links(ctx: Context, organisation_id: int) -> Sequence[tuple[Any, str]]:
    """Offer the versions of what is typed about an organisation."""
    found: Organisation = Organisation.get_by_id(organisation_id)
    return [(_("Versions"), f"/versions/{service.VERSIONED.type}/{found.public_id}")]
