"""What the mobilities plugin answers when the portal asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint
from markupsafe import Markup

from plugins.mobilities import (
    demo,
    ending,
    linking,
    queries,
    reminding,
    service,
    standing,
    telling,
    views,
    workflow,
    worklist,
)
from plugins.partners.interface import Shown
from portal import workflow as engine
from portal.context import Context
from portal.hookspecs import (
    EventType,
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

HOUR = 3_600
DAY = 86_400


@hookimpl
def blueprint_list(ctx: Context) -> Sequence[Blueprint]:
    """Offer the pages."""
    return [views.blueprint, views.link]


@hookimpl
def account_links(ctx: Context) -> Sequence[tuple[Any, str]]:
    """Offer the mobilities of a person's organisations."""
    return [(_("Mobilities"), "mobilities.index")]


@hookimpl
def organisation_links(ctx: Context, organisation_id: int) -> Sequence[tuple[Any, str]]:
    """Offer to those who write for an organisation to plan a stay."""
    own = [item for item in queries.own_organisations(ctx) if item.id == organisation_id]
    return [(_("Plan a mobility"), f"/mobilities/new?organisation={item.slug}") for item in own]


@hookimpl
def workflow_list(ctx: Context) -> Sequence[Workflow]:
    """Offer the way of a mobility."""
    return [workflow.FLOW]


@hookimpl
def object_type_list(ctx: Context) -> Sequence[ObjectType]:
    """Offer mobilities."""
    return workflow.TYPES


@hookimpl
def role_sources(ctx: Context, object_type: ObjectType) -> Sequence[RoleSource]:
    """Let the people of host and supporting organisation in."""
    return workflow.sources(object_type.name)


@hookimpl
def transition_done(
    ctx: Context, obj_type: ObjectType, obj: Any, transition: Transition, entry: Any
) -> None:
    """Carry out what follows from a step."""
    if obj_type.name == workflow.MOBILITY:
        service.carry_out(ctx, obj, transition)


@hookimpl
def event_list(ctx: Context) -> Sequence[EventType]:
    """Name what happens to mobilities."""
    return service.EVENTS


def _end(ctx: Context, _payload: Mapping[str, Any], _progress: Progress) -> None:
    ending.end_due(ctx)


def _remind(ctx: Context, _payload: Mapping[str, Any], _progress: Progress) -> None:
    reminding.remind(ctx)


@hookimpl
def task_list(ctx: Context) -> Sequence[Task]:
    """Offer what waits for the actor: requests to host, reports to answer, steps that are due."""
    return worklist.tasks(ctx)


@hookimpl(optionalhook=True)
def calendar_list(ctx: Context) -> Sequence[Mapping[str, Any]]:
    """Put the stays of the actor's organisations into the calendar."""
    return worklist.calendar(ctx)


@hookimpl
def job_list(ctx: Context) -> Sequence[JobKind]:
    """End stays whose time has come, once an hour; remind of steps once a day."""
    reminding_title = lazy("Remind of steps of mobilities that are due")
    return [
        JobKind("mobilities.end_stays", _end, lazy("End stays whose last day is past"), HOUR),
        JobKind("mobilities.remind", _remind, reminding_title, DAY),
    ]


@hookimpl
def organisation_in_use(ctx: Context, ids: Sequence[int]) -> Mapping[int, str]:
    """Keep organisations that agreed on a mobility: others may rate it."""
    return dict.fromkeys(queries.in_use(ids), _("it took part in a mobility"))


@hookimpl
def organisation_removed(ctx: Context, ids: Sequence[int]) -> None:
    """Let go of what was written with the steps of plans that go along."""
    engine.forget_comments(workflow.MOBILITY, queries.numbers_of(ids))


@hookimpl(optionalhook=True)
def consortia_closing(
    ctx: Context, consortium: Any, members: Sequence[int]
) -> Sequence[tuple[int, str, str]]:
    """Say how many mobilities between members of a consortium are not over."""
    count = queries.open_among(members)
    told = ngettext(
        "%(num)s mobility between members is not over",
        "%(num)s mobilities between members are not over",
        count,
    )
    return [(count, told if count else _("No mobility between members is open"), "/mobilities")]


@hookimpl(optionalhook=True)
def operation_demo_filled(ctx: Context) -> None:
    """Add the demonstration set once its organisations and their people are there."""
    demo.load(ctx)


@hookimpl(optionalhook=True)
def partners_details(ctx: Context) -> Sequence[str]:
    """Read how the stays of a partner ended together with its profile."""
    return [standing.DETAILS]


@hookimpl(optionalhook=True)
def partners_asides(ctx: Context, shown: Shown) -> Sequence[Markup]:
    """Say beside a profile how its stays ended: a fact, apart from quality."""
    return standing.aside(shown)


@hookimpl(optionalhook=True)
def partners_compared(ctx: Context, shown: Sequence[Shown]) -> Sequence[tuple[Any, Sequence[str]]]:
    """Put side by side how stays ended."""
    return [(_("Stays that ended as planned"), [standing.sentence(item) for item in shown])]


@hookimpl(optionalhook=True)
def partners_actions(ctx: Context, shown: Shown) -> Sequence[tuple[Any, str]]:
    """Offer to plan a stay with a partner."""
    own = queries.own_organisations(ctx) if ctx.actor.signed_in and shown.is_claimed else []
    others = [item for item in own if item.id != shown.organisation_id]
    return [(_("Plan a mobility"), f"/mobilities/new?host={shown.slug}")] if others else []


@hookimpl(optionalhook=True)
def notice_list(ctx: Context) -> Sequence[Mapping[str, Any]]:
    """Name what people are told about mobilities."""
    return [*telling.KINDS, *linking.KINDS]


@hookimpl(optionalhook=True)
def link_purposes(ctx: Context) -> Sequence[object]:
    """Name what links are mailed for."""
    return linking.PURPOSES


@hookimpl(optionalhook=True)
def merging_references(ctx: Context) -> Mapping[str, Mapping[str, Any]]:
    """Say what a merge of two entries does with mobilities: what the two did with each other stays."""
    both = "sending_id IN ({kept}, {gone}) AND host_id IN ({kept}, {gone})"
    return {
        "mobilities_mobility.sending_id": {"title": lazy("Mobilities it sent"), "stays": both},
        "mobilities_mobility.host_id": {"title": lazy("Mobilities it hosted"), "stays": both},
        "mobilities_mobility.supporting_id": {"title": lazy("Mobilities it supported")},
    }
