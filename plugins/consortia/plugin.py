"""What the consortia plugin answers when the portal asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from flask import Blueprint

from plugins.consortia import (
    demo,
    eligibility,
    first_steps,
    inviting,
    leading,
    queries,
    service,
    telling,
    views,
    workflow,
)
from plugins.consortia.models import Consortium, Membership
from plugins.links.interface import Purpose
from portal import workflow as engine
from portal.context import Context
from portal.hookspecs import (
    EventType,
    HealthCheck,
    JobKind,
    MenuItem,
    ObjectType,
    Progress,
    RoleSource,
    Task,
    Transition,
    Workflow,
    hookimpl,
)
from portal.i18n import _
from portal.i18n import lazy_gettext as lazy

HOUR = 3_600


@hookimpl
def blueprint_list(ctx: Context) -> Sequence[Blueprint]:
    """Offer the pages."""
    return [views.blueprint]


@hookimpl
def menu_list(ctx: Context) -> Sequence[MenuItem]:
    """Offer the consortia."""
    return [MenuItem(lazy("Consortia"), "consortia.index", 40)]


@hookimpl
def organisation_links(ctx: Context, organisation_id: int) -> Sequence[tuple[Any, str]]:
    """Offer to those who write for an organisation to found a consortium."""
    own = [item for item in service.own_organisations(ctx) if item.id == organisation_id]
    return [(_("Found a consortium"), f"/consortia/new?organisation={item.slug}") for item in own]


@hookimpl
def organisation_in_use(ctx: Context, ids: Sequence[int]) -> Mapping[int, str]:
    """Keep organisations that lead a consortium: it would go with them."""
    led: Any = Consortium.select(Consortium.lead).where(Consortium.lead.in_(list(ids))).distinct()
    return {number: _("it leads a consortium") for (number,) in led.tuples()}


@hookimpl
def organisation_removed(ctx: Context, ids: Sequence[int]) -> None:
    """Take along what was written with the steps of their memberships."""
    of: Any = Membership
    rows = of.select(of.id).where(of.organisation.in_(list(ids))).tuples()
    engine.forget_comments(workflow.MEMBERSHIP, [number for (number,) in rows])


@hookimpl
def workflow_list(ctx: Context) -> Sequence[Workflow]:
    """Offer the ways of consortia and memberships."""
    return [workflow.FLOW, workflow.MEMBER_FLOW]


@hookimpl
def object_type_list(ctx: Context) -> Sequence[ObjectType]:
    """Offer the two."""
    return workflow.TYPES


@hookimpl
def role_sources(ctx: Context, object_type: ObjectType) -> Sequence[RoleSource]:
    """Let people of members look inside, and those of the lead admit."""
    return workflow.sources(object_type.name)


@hookimpl
def transition_done(
    ctx: Context, obj_type: ObjectType, obj: Any, transition: Transition, entry: Any
) -> None:
    """Carry out what follows from a step."""
    if obj_type.name == workflow.CONSORTIUM:
        service.carry_out(ctx, obj, transition, entry.comment)
    elif obj_type.name == workflow.MEMBERSHIP:
        service.carry_out_member(ctx, obj, transition, entry.comment)


@hookimpl
def health_check(ctx: Context) -> Sequence[HealthCheck]:
    """Name rule files with a mistake, with the place and the remedy."""
    return [
        HealthCheck("consortia.rules", "bad", f"{wrong.file}: {wrong.place}", wrong.remedy)
        for wrong in eligibility.mistakes()
    ] or [HealthCheck("consortia.rules", "ok")]


@hookimpl
def event_list(ctx: Context) -> Sequence[EventType]:
    """Name what happens to consortia."""
    return service.EVENTS


@hookimpl(optionalhook=True)
def notice_list(ctx: Context) -> Sequence[Mapping[str, Any]]:
    """Name what people are told about consortia."""
    return telling.KINDS


@hookimpl(optionalhook=True)
def link_purposes(ctx: Context) -> Sequence[object]:
    """Mail invitations to organisations without an account."""
    return [Purpose(service.PURPOSE, "consortia.invitation", inviting.letter)]


@hookimpl
def task_list(ctx: Context) -> Sequence[Task]:
    """Offer invitations, wishes to join and the offered lead, where they wait for the actor."""
    invited = lazy("%(name)s is invited to %(consortium)s")
    wants = lazy("%(name)s wants to join %(consortium)s")
    offered = lazy("%(name)s is asked to lead %(consortium)s")
    found: list[tuple[Any, Any, Any, str]] = [
        *((invited, row.organisation, row, "") for row in queries.own_memberships(ctx, "invited")),
        *((wants, row.organisation, row, "/members") for row in queries.applications(ctx)),
        *((offered, row.candidate, row, "/lead") for row in queries.offers(ctx)),
    ]
    return [
        Task(
            said % {"name": who.name, "consortium": row.consortium.name},
            f"/consortia/{row.consortium.slug}{tab}",
            row.created_at if said is offered else row.asked_at,
            kind=_("Consortium"),
        )
        for said, who, row, tab in found
    ]


@hookimpl(optionalhook=True)
def calendar_list(ctx: Context) -> Sequence[Mapping[str, Any]]:
    """Put the dates of their consortia into people's calendars."""
    return [
        {
            "uid": f"date {row.public_id}",
            "title": f"{row.consortium.name}: {row.title}",
            "start": date.fromisoformat(row.starts_on),
            "end": date.fromisoformat(row.ends_on or row.starts_on) + timedelta(days=1),
            "url": f"/consortia/{row.consortium.slug}/dates",
        }
        for row in queries.own_days(ctx)
    ]


@hookimpl(optionalhook=True)
def introductions_together(ctx: Context, ids: Sequence[int]) -> Sequence[tuple[int, int, str]]:
    """Say who is in the same consortium, of those that everybody may see."""
    return queries.together(ids)


@hookimpl(optionalhook=True)
def introductions_groups(ctx: Context) -> Sequence[Sequence[int]]:
    """Say who is in each consortium that everybody may see."""
    return queries.groups()


def _decide(ctx: Context, _payload: Mapping[str, Any], _progress: Progress) -> None:
    leading.decide_due(ctx)


@hookimpl
def job_list(ctx: Context) -> Sequence[JobKind]:
    """Replace silent leads once their days are over and members have voted."""
    return [
        JobKind("consortia.decide", _decide, lazy("Replace leads that have fallen silent"), HOUR)
    ]


@hookimpl(optionalhook=True)
def operation_demo_filled(ctx: Context) -> None:
    """Load the demonstration set, once the organisations are there."""
    demo.load(ctx)


@hookimpl(optionalhook=True)
def merging_references(ctx: Context) -> Mapping[str, Mapping[str, Any]]:
    """Say what a merge of two entries does with what belongs to one of them."""
    places = {"title": lazy("Places in consortia")}
    moved = {"title": lazy("Places that went to another host")}
    return {
        "consortia_consortium.lead_id": {"title": lazy("Consortia it leads")},
        "consortia_membership.organisation_id": {
            "title": lazy("Consortia it belongs to"),
            "same": ["consortium_id"],
        },
        "consortia_entry.organisation_id": {"title": lazy("Histories of consortia")},
        "consortia_motion.candidate_id": {"title": lazy("Proposals to lead")},
        "consortia_support.organisation_id": {"title": lazy("Votes"), "same": ["motion_id"]},
        "consortia_flow.sender_id": {**places, "same": ["consortium_id", "host_id"]},
        "consortia_flow.host_id": {**places, "same": ["consortium_id", "sender_id"]},
        "consortia_move.sender_id": moved,
        "consortia_move.source_id": moved,
        "consortia_move.target_id": moved,
    }


@hookimpl(optionalhook=True)
def first_step_list(ctx: Context, aim: str) -> Sequence[Mapping[str, Any]]:
    """Offer the steps to a consortium with invited partners."""
    return first_steps.steps(ctx, aim)
