"""What the signin plugin answers when the portal asks."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint

from plugins.signin import service, views
from portal.context import Context
from portal.hookspecs import hookimpl


@hookimpl
def blueprint_list(ctx: Context) -> Sequence[Blueprint]:
    """Offer the pages."""
    return [views.blueprint]


@hookimpl
def account_unconfirmed(ctx: Context, account_id: int) -> None:
    """Mail the link that confirms an address."""
    service.ask_to_confirm(ctx, account_id)
