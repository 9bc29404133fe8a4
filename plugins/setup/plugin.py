"""What Site Setup answers when the portal asks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint

from plugins.setup import acts, api, service, views
from plugins.setup.views import metrics
from portal.context import Context
from portal.hookspecs import EventType, JobKind, hookimpl
from portal.i18n import _


@hookimpl
def blueprint_list(ctx: Context) -> Sequence[Blueprint]:
    """Offer the pages."""
    return [views.blueprint, metrics.blueprint, api.blueprint]


@hookimpl
def account_links(ctx: Context) -> Sequence[tuple[Any, str]]:
    """Offer Site Setup to administrators."""
    return [(_("Site Setup"), "setup.home")] if ctx.actor.is_admin else []


@hookimpl
def job_list(ctx: Context) -> Sequence[JobKind]:
    """Offer the work that takes longer than a page."""
    return [*service.JOBS, *acts.JOBS]


@hookimpl
def event_list(ctx: Context) -> Sequence[EventType]:
    """Name what happens here."""
    return service.EVENTS


@hookimpl
def plugin_plan(ctx: Context, plugin: str, act: str) -> Sequence[str]:
    """Say what follows, and which permissions, roles and personal data a new add-on brings."""
    return list(acts.effects(plugin, act))
