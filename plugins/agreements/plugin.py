"""What the agreements plugin answers when the portal asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from flask import Blueprint, render_template
from markupsafe import Markup

from plugins.agreements import demo, life, queries, telling, views, workflow
from plugins.agreements.models import IN_FORCE, Agreement, Party
from plugins.links.interface import Purpose
from plugins.partners.interface import Shown
from portal import workflow as engine
from portal.context import Context
from portal.hookspecs import (
    EventType,
    JobKind,
    MenuItem,
    ObjectType,
    Progress,
    RoleSource,
    SetupItem,
    Task,
    Transition,
    Workflow,
    hookimpl,
)
from portal.i18n import _
from portal.i18n import lazy_gettext as lazy
from portal.organisations.models import Organisation

HOUR, DAY = 3_600, 86_400


@hookimpl
def blueprint_list(ctx: Context) -> Sequence[Blueprint]:
    """Offer the pages."""
    return [views.blueprint, views.linked]


@hookimpl
def menu_list(ctx: Context) -> Sequence[MenuItem]:
    """Offer the register."""
    return [MenuItem(lazy("Agreements"), "agreements.index", 50)]


@hookimpl
def setup_list(ctx: Context) -> Sequence[SetupItem]:
    """Offer the list of agreements without their texts."""
    return [SetupItem(_("Agreements"), "agreements.site_list", "", 60)]


@hookimpl
def organisation_links(ctx: Context, organisation_id: int) -> Sequence[tuple[Any, str]]:
    """Offer to those who write for an organisation its agreements."""
    own = [item for item in queries.own_organisations(ctx) if item.id == organisation_id]
    return [(_("Agreements"), "/agreements")] if own else []


@hookimpl
def organisation_in_use(ctx: Context, ids: Sequence[int]) -> Mapping[int, str]:
    """Keep organisations that are parties of agreements."""
    here: Any = Party
    rows = here.select(here.organisation).where(here.organisation.in_(list(ids))).distinct()
    return {number: _("it is a party of agreements") for (number,) in rows.tuples()}


@hookimpl
def workflow_list(ctx: Context) -> Sequence[Workflow]:
    """Offer the way of agreements."""
    return [workflow.FLOW]


@hookimpl
def object_type_list(ctx: Context) -> Sequence[ObjectType]:
    """Offer agreements."""
    return [workflow.TYPE]


@hookimpl
def role_sources(ctx: Context, object_type: ObjectType) -> Sequence[RoleSource]:
    """Say who belongs to a party, and who writes for one."""
    return workflow.role_sources(ctx) if object_type.name == workflow.AGREEMENT else []


@hookimpl
def transition_done(
    ctx: Context, obj_type: ObjectType, obj: Any, transition: Transition, entry: Any
) -> None:
    """Carry out what follows from a step."""
    if obj_type.name == workflow.AGREEMENT:
        life.carry_out(ctx, obj, transition, entry)


@hookimpl
def event_list(ctx: Context) -> Sequence[EventType]:
    """Name what happens to agreements."""
    return life.EVENTS


def _look_after(ctx: Context, _payload: Mapping[str, Any], _progress: Progress) -> None:
    life.look_after(ctx)


def _forget(ctx: Context, _payload: Mapping[str, Any], _progress: Progress) -> None:
    life.forget(ctx)


@hookimpl
def job_list(ctx: Context) -> Sequence[JobKind]:
    """Remind of what waits and ends each hour; delete what ended long ago once a day."""
    reminding = lazy("Remind of agreements that wait or end")
    forgetting = lazy("Delete agreements that ended long ago")
    return [
        JobKind("agreements.look_after", _look_after, reminding, HOUR),
        JobKind("agreements.forget", _forget, forgetting, DAY),
    ]


@hookimpl
def task_list(ctx: Context) -> Sequence[Task]:
    """Offer the agreements in which a party of the actor has to agree or sign."""
    found = []
    for row, what, since in queries.tasks(ctx):
        title = (
            _("Sign: %(title)s", title=row.title)
            if what == "sign"
            else _("Read and agree to: %(title)s", title=row.title)
        )
        found.append(Task(title, f"/agreements/{row.public_id}", since, kind=_("Agreement")))
    return found


@hookimpl(optionalhook=True)
def notice_list(ctx: Context) -> Sequence[Mapping[str, Any]]:
    """Name what people are told about agreements."""
    return telling.KINDS


@hookimpl(optionalhook=True)
def calendar_list(ctx: Context) -> Sequence[Mapping[str, Any]]:
    """Offer the days of agreements: to agree by, to review, the end."""
    found: list[Mapping[str, Any]] = []
    for row in queries.register(ctx, queries.Filters(), 300):
        days = {
            "deadline": (row.deadline_on if row.state in workflow.OPEN_STATES else ""),
            "review": row.review_on if row.state == IN_FORCE else "",
            "end": row.ends_on if row.state == IN_FORCE else "",
        }
        titles = {
            "deadline": _("Agree by today: %(title)s", title=row.title),
            "review": _("Review: %(title)s", title=row.title),
            "end": _("Last day: %(title)s", title=row.title),
        }
        found += [
            {
                "uid": f"{row.public_id} {name}",
                "title": titles[name],
                "start": date.fromisoformat(text),
                "url": f"/agreements/{row.public_id}",
            }
            for name, text in days.items()
            if text
        ]
    return found


@hookimpl(optionalhook=True)
def link_purposes(ctx: Context) -> Sequence[Purpose]:
    """Name what links of agreements are for."""
    return [telling.purpose()]


def _others(ctx: Context, shown: Shown) -> list[Organisation]:
    """Return the actor's organisations that may make an agreement with a partner, a few of them."""
    own = queries.own_organisations(ctx) if ctx.actor.signed_in else []
    return [item for item in own if item.id != shown.organisation_id][:5]


@hookimpl(optionalhook=True)
def partners_asides(ctx: Context, shown: Shown) -> Sequence[Markup]:
    """Show agreements with a partner to those who are parties."""
    mine = _others(ctx, shown)
    there = [queries.in_force_between(item.id, shown.organisation_id) for item in mine]
    rows = [row for rows in there for row in rows]
    return [Markup(render_template("agreements/aside.html", rows=rows))] if rows else []  # noqa: S704


@hookimpl(optionalhook=True)
def partners_actions(ctx: Context, shown: Shown) -> Sequence[tuple[Any, str]]:
    """Offer to begin an agreement with a partner."""
    address = f"/agreements/new?partner={shown.slug}"
    return [(_("Begin an agreement"), address)] if shown.is_claimed and _others(ctx, shown) else []


@hookimpl
def organisation_removed(ctx: Context, ids: Sequence[int]) -> None:
    """Let go of drafts that nobody else saw; those with parties keep their organisations."""
    of: Any = Agreement
    rows = of.select(of.id).where(of.organisation.in_(list(ids)))
    engine.forget_comments(workflow.AGREEMENT, [number for (number,) in rows.tuples()])


@hookimpl(optionalhook=True)
def consortia_agreements(ctx: Context, ids: Sequence[int]) -> Mapping[int, Sequence[str]]:
    """Say until when agreements in force hold that members of a consortium have with each other."""
    until: dict[int, list[str]] = {}
    for row, parties in queries.among(ids):
        for number in dict.fromkeys(parties):
            until.setdefault(number, []).append(row.ends_on)
    return until


@hookimpl(optionalhook=True)
def operation_demo_filled(ctx: Context) -> None:
    """Let made-up organisations that are there by now make agreements."""
    demo.load(ctx)


@hookimpl(optionalhook=True)
def merging_references(ctx: Context) -> Mapping[str, Mapping[str, Any]]:
    """Say what a merge of two entries does with agreements.

    Where both are parties of the same one, each stays the party that the text names.
    """
    twice = (
        "EXISTS (SELECT 1 FROM agreements_party s WHERE s.agreement_id = r.agreement_id "
        "AND s.organisation_id = {kept})"
    )
    return {
        "agreements_agreement.organisation_id": {"title": lazy("Agreements")},
        "agreements_party.organisation_id": {"title": lazy("Parties"), "stays": twice},
    }
