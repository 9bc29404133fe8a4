"""What the welcome plugin answers when the portal asks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, has_request_context

from plugins.welcome import service, views
from portal.context import Context
from portal.hookspecs import HomeContribution, hookimpl
from portal.i18n import _


@hookimpl
def blueprint_list(ctx: Context) -> Sequence[Blueprint]:
    """Offer the page."""
    return [views.blueprint]


@hookimpl
def account_links(ctx: Context) -> Sequence[tuple[Any, str]]:
    """Offer the steps to everybody, put away or not."""
    return [(_("First steps"), "welcome.index")]


@hookimpl
def session_started(ctx: Context, account_id: int, session: str) -> None:
    """Greet somebody who signs in for the first time."""
    if service.begin(ctx, account_id) and has_request_context():
        views.greet()


@hookimpl
def home_show(ctx: Context) -> HomeContribution | None:
    """Show the steps until they are done or put away."""
    shown = views.section(ctx) if ctx.actor.signed_in else None
    return HomeContribution(sections=[shown], order=5) if shown else None
