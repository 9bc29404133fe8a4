"""What the signin plugin answers when the portal asks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint

from plugins.signin import service, views
from portal.context import Context
from portal.hookspecs import hookimpl
from portal.i18n import _


@hookimpl
def blueprint_list(ctx: Context) -> Sequence[Blueprint]:
    """Offer the pages."""
    return [views.blueprint]


@hookimpl
def account_unconfirmed(ctx: Context, account_id: int) -> None:
    """Mail the link that confirms an address."""
    service.ask_to_confirm(ctx, account_id)


@hookimpl
def account_links(ctx: Context) -> Sequence[tuple[Any, str]]:
    """Offer the own account."""
    return [(_("My account"), "signin.index")]
