"""What is done to add-ons: switched by the core, uninstalled, purged and forgotten by Operation.

What takes long is left to the worker.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flask import current_app

from plugins.operation.interface import (
    LEAVING,
    Leaving,
    leave,
    leaving_refusals,
    plan_leaving,
    plugins,
    tables_of,
)
from portal import audit, db, jobs
from portal.context import Context
from portal.hookspecs import JobKind, Progress
from portal.i18n import _
from portal.i18n import lazy_gettext as lazy
from portal.kernel import life
from portal.kernel.life import Plan
from portal.kernel.manifest import Manifest

__all__ = ["JOB", "Leaving", "act", "offered", "plan", "plugins", "run_or_queue", "tables_of"]

JOB = "setup.run_act"


def offered(plugin: str) -> list[str]:
    """Name the acts that lead on from where a plugin is."""
    own, row = plugins(), life.stored(plugin)
    possible = [act for act in life.FROM if not own.refusals(plugin, act)]
    if own.heads.get(plugin, 0) <= row.schema and "upgrade" in possible:
        possible.remove("upgrade")
    return possible + [act for act in LEAVING if not any(leaving_refusals(plugin, act))]


def plan(ctx: Context, plugin: str, act: str) -> Plan:
    """Say what an act would do, and do nothing. Raises NotFound."""
    is_leaving = act in LEAVING
    return plan_leaving(ctx, plugin, act) if is_leaving else plugins().plan(ctx, plugin, act)


def runs_steps(plan: Plan) -> bool:
    """Whether an act that was planned changes tables."""
    chosen = (*plan.others, plan.plugin) if plan.act in {"install", "activate", "upgrade"} else ()
    return any(plugins().heads.get(one, 0) > life.stored(one).schema for one in chosen)


def effects(plugin: str, act: str) -> Iterator[str]:
    """Say what follows from an act of the core, and what comes with a new add-on."""
    is_new = act in {"install", "activate"} and life.stored(plugin).state in life.FROM["install"]
    if is_new and current_app and plugin in plugins().modules:  # without an app nobody reads it
        yield from _declared(plugins().manifest(plugin))
    yield {
        "install": _("It is installed, and not active yet."),
        "activate": _("Its pages, menu entries and commands appear at once."),
        "upgrade": _("Its pages answer again with the new code."),
        "resume": _("It takes part again, and its failures are counted anew."),
        "deactivate": _("Its pages answer 404 and its jobs wait. Its data stays."),
    }[act]


def _declared(manifest: Manifest) -> Iterator[str]:
    for permission in manifest.permissions:
        yield _("It brings the permission %(name)s.", name=_naming(permission))
    for role in manifest.roles:
        yield _("It brings the role %(name)s.", name=_naming(role))
    for item in manifest.personal_data:
        yield _(
            "It keeps personal data in %(table)s, %(column)s: %(purpose)s; %(retention)s."
        ) % vars(item)


def _naming(item: Any) -> str:
    return str(item.get("title") or item.get("name") or item) if hasattr(item, "get") else str(item)


def act(
    ctx: Context, plugin: str, act: str, confirmation: str = "", with_others: bool = False
) -> Plan:
    """Do it, and return what was done. Raises as `Plugins.act`."""
    own = plugins()
    if act not in LEAVING:
        return own.act(ctx, plugin, act, confirmation, with_others)
    return leave(ctx, plugin, act, confirmation, with_others)


def run_or_queue(
    ctx: Context, plugin: str, name: str, confirmation: str = "", with_others: bool = False
) -> tuple[Plan, bool]:
    """Act on a plugin, or let the worker do it when that may take long. Raises as `act`.

    The second value says whether it was queued.
    """
    planned = plan(ctx, plugin, name)
    life.check(ctx, planned, confirmation, with_others)
    wish = (plugin, name, confirmation, with_others)
    if not planned.is_long:
        return act(ctx, *wish), False
    with db.transaction():
        jobs.enqueue(ctx, JOB, {"wish": wish}, key=f"{name} {plugin}")
        audit.record(ctx, "plugin.requested", "plugin", plugin=plugin, act=name)
    return planned, True


def _run_act(ctx: Context, payload: Mapping[str, Any], progress: Progress) -> None:
    """Do an act that was queued; harmless when it was done already."""
    done = act(ctx, *payload["wish"])
    progress.report(1.0, getattr(done, "export", ""))


JOBS = [JobKind(JOB, _run_act, lazy("Install or remove an add-on"), attempts=2)]
