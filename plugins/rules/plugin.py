"""What the plugin of rules answers when the portal asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint

from plugins.rules import delivering, queries, running, service, views
from portal.context import Context
from portal.hookspecs import Event, HealthCheck, JobKind, Progress, SetupItem, hookimpl
from portal.i18n import _, ngettext
from portal.i18n import lazy_gettext as lazy

DAY = 86_400


@hookimpl
def blueprint_list(ctx: Context) -> Sequence[Blueprint]:
    """Offer the pages."""
    return [views.blueprint]


@hookimpl
def setup_list(ctx: Context) -> Sequence[SetupItem]:
    """Offer the pages of Site Setup."""
    return [
        SetupItem(_("Rules"), "rules.index", "", 70),
        SetupItem(_("Webhooks"), "rules.webhooks", "", 71),
    ]


@hookimpl
def event_happened(ctx: Context, event: Event) -> None:
    """Let the rules look at what happened."""
    running.happened(ctx, event)


def _expire(ctx: Context, _payload: Mapping[str, Any], _progress: Progress) -> None:
    service.expire(ctx)


@hookimpl
def job_list(ctx: Context) -> Sequence[JobKind]:
    """Offer trying again, sending to webhooks, and forgetting what is old."""
    return [
        JobKind(running.CARRY_OUT, running.again, lazy("Try a rule again"), None, running.ATTEMPTS),
        JobKind(
            running.DELIVER,
            delivering.deliver,
            lazy("Send a message to a webhook"),
            None,
            delivering.ATTEMPTS,
        ),
        JobKind("rules.expire", _expire, lazy("Forget old runs and messages"), DAY),
    ]


@hookimpl(optionalhook=True)
def notice_list(ctx: Context) -> Sequence[Mapping[str, Any]]:
    """Name what rules tell people."""
    return [{"kind": running.NOTICE, "title": lazy("What administrators' rules tell you")}]


@hookimpl
def health_check(ctx: Context) -> Sequence[HealthCheck]:
    """Say what failed or was stopped."""
    dead = sum(queries.dead_letters().values())
    runs = sum(sum(states.values()) for states in queries.troubles().values())
    if not dead and not runs:
        return [HealthCheck(_("Rules"), "ok")]
    found = ngettext("%(num)s run failed or stopped", "%(num)s runs failed or stopped", runs)
    found += "; " + ngettext("%(num)s message given up", "%(num)s messages given up", dead)
    return [HealthCheck(_("Rules"), "bad", found, _("Look at the log of rules in Site Setup."))]
