"""What the work plugin answers when the portal asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from flask import Blueprint

from plugins.consortia import interface as consortia
from plugins.consortia.interface import ACTIVE, LEAD, Section, Seen
from plugins.partners.interface import respond
from plugins.work import demo, items, labels, queries, report, service, telling, views, workflow
from plugins.work.rules import SOON
from plugins.work.telling import address
from portal.context import Context
from portal.hookspecs import (
    Event,
    JobKind,
    ObjectType,
    Progress,
    RoleSource,
    Task,
    Transition,
    Workflow,
    hookimpl,
)
from portal.i18n import _, ngettext
from portal.i18n import lazy_gettext as lazy

DAY = 86_400
ORDER = 45


@hookimpl
def blueprint_list(ctx: Context) -> Sequence[Blueprint]:
    """Offer the pages."""
    return [views.blueprint]


@hookimpl(optionalhook=True)
def consortia_sections(ctx: Context, consortium: Seen) -> Sequence[Section]:
    """Add the work plan to a consortium whose lead switched it on."""
    return [
        Section(
            _("Work plan"),
            address(consortium),
            ORDER,
            _("Work packages, tasks, milestones, budget shares and reports."),
            queries.is_on(consortium.id),
        )
    ]


@hookimpl(optionalhook=True)
def consortia_archive(ctx: Context, consortium: Seen) -> Mapping[str, bytes]:
    """Add the plan as a sheet."""
    items = queries.whole(consortium.id).all
    if not items:
        return {}
    rows = report.rows([(_("Plan"), items)], ctx.clock.now().date())
    return {"plan.csv": respond("csv", "plan", report.heads(), rows).get_data()}


@hookimpl
def workflow_list(ctx: Context) -> Sequence[Workflow]:
    """Offer the way of a piece of work."""
    return [workflow.FLOW]


@hookimpl
def object_type_list(ctx: Context) -> Sequence[ObjectType]:
    """Offer pieces of work."""
    return [workflow.TYPE]


@hookimpl
def role_sources(ctx: Context, object_type: ObjectType) -> Sequence[RoleSource]:
    """Let members see the work, and those who carry or lead it do it."""
    return workflow.sources(ctx) if object_type.name == workflow.ITEM else []


@hookimpl
def transition_done(
    ctx: Context, obj_type: ObjectType, obj: Any, transition: Transition, entry: Any
) -> None:
    """Carry out what follows from a step."""
    if obj_type.name == workflow.ITEM:
        items.carry_out(ctx, obj, transition)


@hookimpl
def event_happened(ctx: Context, event: Event) -> None:
    """Tell the lead what an organisation that left carried."""
    if event.name == "consortium.left":
        telling.tell_left(ctx, event.subject_id, int(event.payload["organisation"]))


@hookimpl
def task_list(ctx: Context) -> Sequence[Task]:
    """Offer the actor's own work that is due soon or under way, and what a former member left."""
    soon = (ctx.clock.now().date() + timedelta(days=SOON)).isoformat()
    found = [
        Task(
            _("%(kind)s in %(consortium)s: %(title)s", kind=labels.kind(row.kind),
              consortium=seen.name, title=row.title),
            address(seen, f"/items/{row.public_id}"),
            row.created_at,
            datetime.combine(date.fromisoformat(row.ends_on), datetime.max.time(), UTC),
            kind=_("Work plan"),
        )
        for seen, row in queries.own_work(ctx)
        if row.ends_on <= soon or row.state != "planned"
    ]  # fmt: skip
    led = [seen for seen in consortia.own(ctx) if seen.part == LEAD]
    for seen in queries.plans_of(led).values():
        active = {item.organisation_id for item in consortia.members(seen, ACTIVE)}
        for number, left in queries.orphans(seen.id, active).items():
            title = ngettext(
                "%(num)s open piece of work in %(consortium)s needs another member",
                "%(num)s open pieces of work in %(consortium)s need another member",
                left[1],
                consortium=seen.name,
            )
            url = address(seen, f"/hand-over/{number}")
            found.append(Task(title, url, ctx.clock.now(), kind=_("Work plan")))
    return found


@hookimpl(optionalhook=True)
def calendar_list(ctx: Context) -> Sequence[Mapping[str, Any]]:
    """Put the days of their own work, and milestones, into people's calendars."""
    return [
        {
            "uid": f"work {row.public_id}",
            "title": f"{seen.name}: {row.title}",
            "start": date.fromisoformat(row.ends_on),
            "end": date.fromisoformat(row.ends_on) + timedelta(days=1),
            "url": address(seen, f"/items/{row.public_id}"),
        }
        for seen, row in queries.own_days(ctx)
    ]


@hookimpl(optionalhook=True)
def notice_list(ctx: Context) -> Sequence[Mapping[str, Any]]:
    """Name what people are told."""
    return telling.KINDS


def _daily(ctx: Context, _payload: Mapping[str, Any], _progress: Progress) -> None:
    telling.remind(ctx)
    telling.tell_reports(ctx)
    service.clear(ctx)


@hookimpl
def job_list(ctx: Context) -> Sequence[JobKind]:
    """Remind of what is due, tell of reports, forget what was removed: once a day."""
    return [JobKind("work.daily", _daily, lazy("Remind of work that is due or late"), DAY)]


@hookimpl(optionalhook=True)
def operation_demo_filled(ctx: Context) -> None:
    """Load the demonstration set, once the consortia are there."""
    demo.load(ctx)


@hookimpl(optionalhook=True)
def merging_references(ctx: Context) -> Mapping[str, Mapping[str, Any]]:
    """Say what a merge of two entries does with what belongs to one of them."""
    return {
        "work_package.lead_id": {"title": lazy("Work packages it leads")},
        "work_item.owner_id": {"title": lazy("Work in consortia")},
        "work_share.organisation_id": {"title": lazy("Shares of budgets"), "same": ["package_id"]},
    }
