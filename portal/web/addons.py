"""Acts on plugins over the web: done at once, or by the worker when they may take long."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import current_app

from portal import audit, db, jobs
from portal.context import Context
from portal.i18n import lazy_gettext
from portal.kernel.life import Plan, Plugins

JOB = "portal.run_plugin_act"


def run_or_queue(
    ctx: Context, plugin: str, act: str, confirmation: str = "", with_others: bool = False
) -> tuple[Plan, bool]:
    """Act on a plugin, or let the worker do it when that may take long. Raises as `Plugins.act`.

    The second value says whether it was queued.
    """
    plugins: Plugins = current_app.extensions["portal"].registry
    wish = (plugin, act, confirmation, with_others)
    plan = plugins.checked(ctx, *wish)
    if not plan.is_long:
        return plugins.act(ctx, *wish), False
    with db.transaction():
        jobs.enqueue(ctx, JOB, {"wish": wish}, key=f"{act} {plugin}")
        audit.record(ctx, "plugin.requested", "plugin", plugin=plugin, act=act)
    return plan, True


def run_plugin_act(ctx: Context, payload: Mapping[str, Any], progress: jobs.Progress) -> None:
    """Do an act that was queued; harmless when it was done already."""
    plugins: Plugins = current_app.extensions["portal"].registry
    plan = plugins.act(ctx, *payload["wish"])
    progress.report(1.0, plan.export)


jobs.register(
    jobs.JobKind(JOB, run_plugin_act, lazy_gettext("Install or remove an add-on"), None, 2)
)
