"""What the links plugin answers when the portal asks."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint

from plugins.links import views
from portal.context import Context
from portal.hookspecs import hookimpl


@hookimpl
def blueprint_list(ctx: Context) -> Sequence[Blueprint]:
    """Offer the page of links that are over."""
    return [views.blueprint]
