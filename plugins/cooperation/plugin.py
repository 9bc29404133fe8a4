"""What the cooperation plugin answers when the portal asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import peewee
from flask import Blueprint
from markupsafe import Markup

from plugins.cooperation import (
    demo,
    documents,
    profile,
    queries,
    references,
    sealing,
    service,
    telling,
    views,
    workflow,
)
from plugins.cooperation.models import CONFIRMED, Text
from plugins.links.interface import Purpose
from plugins.partners.interface import Shown
from portal import workflow as engine
from portal.context import Context
from portal.hookspecs import (
    HealthCheck,
    JobKind,
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

DAY = 86_400


@hookimpl
def blueprint_list(ctx: Context) -> Sequence[Blueprint]:
    """Offer the pages."""
    return [views.blueprint, views.link]


@hookimpl
def account_links(ctx: Context) -> Sequence[tuple[Any, str]]:
    """Offer past cooperation and references of a person's organisations."""
    return [(_("Past cooperation"), "cooperation.index")]


@hookimpl
def workflow_list(ctx: Context) -> Sequence[Workflow]:
    """Offer the ways of past cooperation, documents and words."""
    return [workflow.RECORD_FLOW, workflow.DOCUMENT_FLOW, workflow.TEXT_FLOW]


@hookimpl
def object_type_list(ctx: Context) -> Sequence[ObjectType]:
    """Offer the three."""
    return workflow.TYPES


@hookimpl
def role_sources(ctx: Context, object_type: ObjectType) -> Sequence[RoleSource]:
    """Let the people of the partner in."""
    return workflow.sources(object_type.name)


@hookimpl
def permission_veto(
    ctx: Context, permission: str, object_type: ObjectType, ids: peewee.Select
) -> peewee.Select | None:
    """Let nobody decide who belongs to one of the sides."""
    return workflow.linked(ctx, object_type.name, ids) if permission == "review" else None


@hookimpl
def transition_done(
    ctx: Context, obj_type: ObjectType, obj: Any, transition: Transition, entry: Any
) -> None:
    """Carry out what follows from a step."""
    done: Mapping[str, Callable[[Context, Any, Transition, str], None]] = {
        workflow.RECORD: service.carry_out,
        workflow.DOCUMENT: documents.carry_out,
        workflow.TEXT: references.carry_out,
    }
    if obj_type.name in done:
        done[obj_type.name](ctx, obj, transition, entry.comment)


@hookimpl
def task_list(ctx: Context) -> Sequence[Task]:
    """Offer what partners ask: to confirm past cooperation, to write a reference."""
    ids = [item.id for item in queries.own_organisations(ctx)]
    kind = _("Past cooperation")
    asked = [
        Task(
            _("%(name)s says that you worked together: is it true?", name=row.proposer.name),
            f"/cooperation/{row.public_id}",
            row.proposed_at,
            kind=kind,
        )
        for row in queries.to_answer(ids)
    ]
    return asked + [
        Task(
            _("%(name)s asks you for a reference", name=row.organisation.name),
            f"/cooperation/references/{row.public_id}",
            row.asked_at,
            kind=kind,
        )
        for row in queries.to_write(ids)
    ]


def _remind(ctx: Context, _payload: Mapping[str, Any], _progress: Progress) -> None:
    service.remind(ctx)
    references.remind(ctx)


def _forget(ctx: Context, _payload: Mapping[str, Any], _progress: Progress) -> None:
    documents.forget(ctx)


@hookimpl
def job_list(ctx: Context) -> Sequence[JobKind]:
    """Remind of what nobody answered, forget documents that were decided about; both once a day."""
    return [
        JobKind(
            "cooperation.remind", _remind, lazy("Remind of past cooperation and references"), DAY
        ),
        JobKind("cooperation.forget", _forget, lazy("Forget documents of past stays"), DAY),
    ]


@hookimpl
def health_check(ctx: Context) -> Sequence[HealthCheck]:
    """Say whether documents can be kept."""
    if sealing.can_seal():
        return [HealthCheck("cooperation.documents", "ok")]
    lacking = "Documents of past stays can't be sealed: the package cryptography is missing."
    return [HealthCheck("cooperation.documents", "off", lacking, "Install the extra pdf.")]


@hookimpl(optionalhook=True)
def notice_list(ctx: Context) -> Sequence[Mapping[str, Any]]:
    """Name what people are told."""
    return telling.KINDS


@hookimpl(optionalhook=True)
def link_purposes(ctx: Context) -> Sequence[Purpose]:
    """Name the links by which people without an account write references."""
    return [references.LINKS]


@hookimpl(optionalhook=True)
def partners_details(ctx: Context) -> Sequence[str]:
    """Read what is known of a partner's work together with its profile."""
    return profile.DETAILS


@hookimpl(optionalhook=True)
def partners_asides(ctx: Context, shown: Shown) -> Sequence[Markup]:
    """Show what is known of its work beside a profile."""
    return profile.aside(ctx, shown)


@hookimpl(optionalhook=True)
def introductions_together(ctx: Context, ids: Sequence[int]) -> Sequence[tuple[int, int, str]]:
    """Say who confirmed to have worked together."""
    return queries.together(ids)


@hookimpl
def organisation_in_use(ctx: Context, ids: Sequence[int]) -> Mapping[int, str]:
    """Keep organisations that confirmed past cooperation: it would go from the other's profile."""
    rows = [row for row in queries.records_of(list(ids)) if row.state == CONFIRMED]
    both = {number for row in rows for number in (row.proposer_id, row.partner_id)}
    return dict.fromkeys(both & set(ids), _("it confirmed past cooperation"))


@hookimpl
def organisation_removed(ctx: Context, ids: Sequence[int]) -> None:
    """Take along what was written with the steps of their entries."""
    numbers = [row.id for row in queries.records_of(list(ids))]
    engine.forget_comments(workflow.RECORD, numbers)
    of: Any = Text
    texts = of.select(of.id).where(of.organisation.in_(list(ids))).tuples()
    engine.forget_comments(workflow.TEXT, [number for (number,) in texts])


@hookimpl(optionalhook=True)
def operation_demo_filled(ctx: Context) -> None:
    """Load the demonstration set, once the organisations and their stays are there."""
    demo.load(ctx)


@hookimpl(optionalhook=True)
def merging_references(ctx: Context) -> Mapping[str, Mapping[str, Any]]:
    """Say what a merge of two entries does: nobody worked with themselves, each pair has one entry."""
    both = "IN ({kept}, {gone})"
    pair = f"r.proposer_id {both} AND r.partner_id {both}"
    standing = "state IN ('proposed', 'confirmed')"
    other = f"CASE WHEN r.proposer_id {both} THEN r.partner_id ELSE r.proposer_id END"
    twice = (
        f"EXISTS (SELECT 1 FROM cooperation_record k WHERE k.id <> r.id AND k.{standing} "
        f"AND r.{standing} AND {{kept}} IN (k.proposer_id, k.partner_id) "
        f"AND {other} IN (k.proposer_id, k.partner_id))"
    )
    records = {"title": lazy("Past cooperation"), "stays": f"({pair}) OR {twice}"}
    itself = "r.organisation_id IN ({kept}, {gone}) AND r.giver_id IN ({kept}, {gone})"
    asked = {"title": lazy("References"), "stays": itself}
    return {
        "cooperation_record.proposer_id": records,
        "cooperation_record.partner_id": records,
        "cooperation_record.sender_id": records,
        "cooperation_document.organisation_id": {"title": lazy("Documents of past stays")},
        "cooperation_reference.organisation_id": asked,
        "cooperation_reference.giver_id": asked,
        "cooperation_text.organisation_id": {"title": lazy("Words of references")},
    }
