"""Add-ons: how each is, what an act would do, and doing it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from plugins.setup import acts, frame, labels, queries
from plugins.setup.views.base import blueprint
from portal import db, settings
from portal.errors import Conflict, Invalid
from portal.i18n import _, ngettext, number
from portal.kernel.life import Plan
from portal.kernel.registry import ACTIVE, Status
from portal.web.access import ADMIN, allow
from portal.web.heartbeat import context

FIRST = ("upgrade", "resume", "activate", "forget")
OWN = "setup"


@dataclass(frozen=True)
class Shown:
    """An add-on as a line of the list: main act and the others behind the dots."""

    status: Status
    name: str
    summary: str
    state: tuple[str, str, str, str]
    was: str
    main: str
    others: list[str]
    has_settings: bool


@blueprint.get("/add-ons")
@allow(ADMIN)
def addons() -> ResponseReturnValue:
    """List the add-ons: those that need somebody, those at work, those not in use."""
    if frame.wants("csv"):
        heads = [_("Add-on"), _("Version"), _("State"), _("Reason")]
        rows = [(s.status.id, s.status.version, s.state[0], s.status.reason) for s in _shown()]
        return frame.as_csv("add-ons", heads, rows)
    return _page()


@blueprint.get("/add-ons/<plugin>/<act>")
@allow(ADMIN)
def addon_plan(plugin: str, act: str) -> ResponseReturnValue:
    """Show what an act would do; nothing is done yet."""
    return _page(plan=acts.plan(context(), plugin, act))


@blueprint.post("/add-ons/<plugin>/<act>")
@allow(ADMIN)
def addon_act(plugin: str, act: str) -> ResponseReturnValue:
    """Do it, or let the worker do it."""
    typed = request.form.get("confirmation", "").strip()
    name = _name(acts.plugins().statuses().get(plugin), plugin)
    try:
        done, queued = acts.run_or_queue(
            context(), plugin, act, typed, "with_others" in request.form
        )
    except (Conflict, Invalid) as error:
        plan = acts.plan(context(), plugin, act)
        return _page(plan, error.status, error.message, typed)
    if queued:
        return redirect(url_for(".addons", watch=plugin), 303)
    flash(_done(done, name))
    home = "/setup/plugins" if plugin == OWN and not acts.plugins().is_active(OWN) else None
    return redirect(home or url_for(".addons"), 303)


def _done(plan: Plan, name: str) -> str:
    sentence = labels.done(plan.act, name)
    if isinstance(plan, acts.Leaving) and plan.export:
        sentence += " " + _("What it held is in the file %(file)s.", file=plan.export)
    return sentence


def _page(
    plan: Plan | None = None, status: int = 200, wrong: str = "", typed: str = ""
) -> ResponseReturnValue:
    rows = _shown()
    groups = [
        (_("Need you"), [row for row in rows if row.status.state in labels.NEED_YOU], ""),
        (_("At work"), at_work := [row for row in rows if row.status.state == ACTIVE], ""),
        (_("Not in use"), [row for row in rows if row.status.state in labels.NOT_IN_USE], ""),
    ]
    count = ngettext("%(num)s active", "%(num)s active", len(at_work))
    groups[1] = (groups[1][0], at_work, count)
    chosen = next((row for row in rows if plan and row.status.id == plan.plugin), None)
    runs_steps = plan is not None and acts.runs_steps(plan)
    watched = request.args.get("watch", "")
    job = queries.latest_act(watched) if watched else None
    return frame.page(
        "setup/addons.html",
        _("Add-ons"),
        status=status,
        groups=[group for group in groups if group[1]],
        plan=plan,
        runs_steps=runs_steps,
        backs_up=runs_steps and not db.is_postgres(),
        chosen=chosen,
        plan_title=labels.plan_title(plan.act, chosen.name, chosen.status.version)
        if plan and chosen
        else "",
        kept=_kept(plan.plugin) if plan else "",
        act_name=labels.act_name,
        wrong=wrong,
        typed=typed,
        job=job,
        watched=_name(acts.plugins().statuses().get(watched), watched),
        job_state=labels.job_state,
    )


def _kept(plugin: str) -> str:
    tables = acts.tables_of(plugin)
    told = ngettext("%(num)s table", "%(num)s tables", len(tables))
    rows = number(sum(table.rows for table in tables))
    return _("It has %(tables)s with %(rows)s rows.", tables=told, rows=rows) if tables else ""


def _shown() -> list[Shown]:
    stored = queries.stored_versions()
    return [
        _line(status, acts.offered(status.id), stored.get(status.id, ""))
        for status in acts.plugins().statuses().values()
    ]


def _line(status: Status, offered: list[str], stored: str) -> Shown:
    main = next((act for act in FIRST if act in offered), "")
    was = stored if stored and stored != status.version and "upgrade" in offered else ""
    return Shown(
        status,
        _name(status, status.id),
        _(status.summary) if status.summary else "",
        labels.plugin_state(status.state),
        was,
        main,
        [act for act in offered if act != main],
        status.state == ACTIVE and bool(settings.schema(status.id)),
    )


def _name(status: Status | None, plugin: str) -> Any:
    return _(status.title) if status and status.title else plugin
