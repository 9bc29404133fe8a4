"""What signatures made outside answer when the portal asks."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint

from plugins.outside import reading, views
from portal.context import Context
from portal.errors import ConfigError
from portal.hookspecs import HealthCheck, hookimpl
from portal.i18n import _


@hookimpl
def blueprint_list(ctx: Context) -> Sequence[Blueprint]:
    """Offer the page."""
    return [views.blueprint]


@hookimpl
def health_check(ctx: Context) -> Sequence[HealthCheck]:
    """Say whether the file of trusted issuers is there."""
    name = _("issuers of signatures")
    try:
        count = reading.count_trusted(ctx)
    except ConfigError as error:
        remedy = _("Mend the file, or empty the setting in Site Setup.")
        return [HealthCheck(name, "bad", str(error), remedy)]
    return [HealthCheck(name, "ok", _("%(count)s are trusted", count=count))] if count else []
