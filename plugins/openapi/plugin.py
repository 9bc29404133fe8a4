"""What the API's frame answers when the portal asks."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint

from plugins.openapi import views
from portal.context import Context
from portal.hookspecs import hookimpl


@hookimpl
def blueprint_list(ctx: Context) -> Sequence[Blueprint]:
    """Offer the description."""
    return [views.blueprint]
