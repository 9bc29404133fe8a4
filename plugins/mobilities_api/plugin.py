"""What mobilities for programs answer when the portal asks."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint

from plugins.mobilities_api import api
from portal.context import Context
from portal.hookspecs import hookimpl


@hookimpl
def blueprint_list(ctx: Context) -> Sequence[Blueprint]:
    """Offer the files and the routes for programs."""
    return [api.blueprint]
