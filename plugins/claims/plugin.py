"""What the claims plugin answers when the portal asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import peewee
from flask import Blueprint
from markupsafe import Markup

from plugins.claims import carrying, names, policy, queries, service, telling, views, workflow
from portal.context import Context
from portal.hookspecs import (
    Event,
    FooterLink,
    JobKind,
    ObjectType,
    Progress,
    Transition,
    Workflow,
    hookimpl,
)
from portal.i18n import _, ngettext
from portal.i18n import lazy_gettext as lazy
from portal.organisations.models import Organisation

DAY = 86_400


@hookimpl
def blueprint_list(ctx: Context) -> Sequence[Blueprint]:
    """Offer the pages."""
    return [views.blueprint, views.contact]


@hookimpl
def footer_list(ctx: Context) -> Sequence[FooterLink]:
    """Offer the page that says where and how to complain."""
    return [FooterLink(lazy("Report and appeal"), "claims_contact.point", 30)]


@hookimpl
def account_links(ctx: Context) -> Sequence[tuple[Any, str]]:
    """Offer the list of cases to reviewers."""
    return [(_("Cases to decide"), "claims.case_list")] if ctx.actor.is_reviewer else []


@hookimpl
def organisation_links(ctx: Context, organisation_id: int) -> Sequence[tuple[Any, str]]:
    """Offer verification to administrators of an organisation that is not verified yet."""
    found: Organisation = Organisation.get_by_id(organisation_id)
    if not policy.may_be_verified(ctx, found):
        return []
    return [(_("Have it verified"), f"/organisations/{found.slug}/verify")]


@hookimpl
def organisation_sections(ctx: Context, organisation_id: int) -> Sequence[Markup]:
    """Show its people how it was verified, and what was decided about it."""
    shown = views.section(ctx, Organisation.get_by_id(organisation_id))
    return [Markup(shown)] if shown.strip() else []  # noqa: S704


@hookimpl
def organisation_changed(ctx: Context, ids: Sequence[int]) -> None:
    """Look at names that a person chose; keep hidden what a decision hides."""
    names.watch(ctx, ids)
    if len(ids) == 1:
        carrying.check_shown_again(ctx, ids[0])


@hookimpl
def event_happened(ctx: Context, event: Event) -> None:
    """Look at the names that people choose for themselves."""
    if event.name in {"account.registered", "account.renamed"}:
        names.watch_person(ctx, event.subject_id)


@hookimpl
def permission_veto(
    ctx: Context, permission: str, object_type: ObjectType, ids: peewee.Select
) -> peewee.Select | None:
    """Let nobody decide a case that they have a link to."""
    if permission != "review" or object_type.name != workflow.NAME:
        return None
    return policy.linked(ctx, ids) if ctx.actor.signed_in else None


@hookimpl
def organisation_in_use(ctx: Context, ids: Sequence[int]) -> Mapping[int, str]:
    """Keep entries about which somebody asked: the receipt must go on answering."""
    return {number: _("somebody asked about it") for number in queries.asked_about(ids)}


@hookimpl
def workflow_list(ctx: Context) -> Sequence[Workflow]:
    """Offer the way of a case."""
    return [workflow.FLOW]


@hookimpl
def object_type_list(ctx: Context) -> Sequence[ObjectType]:
    """Offer the case."""
    return [workflow.TYPE]


@hookimpl
def transition_check(
    ctx: Context, obj_type: ObjectType, obj: Any, transition: Transition
) -> Sequence[str]:
    """Let nothing be accepted without what its acceptance rests on."""
    if obj_type.name != workflow.NAME or transition.name != workflow.ACCEPT:
        return []
    return service.objections(obj)


@hookimpl
def transition_done(
    ctx: Context, obj_type: ObjectType, obj: Any, transition: Transition, entry: Any
) -> None:
    """Carry a decision out, whichever page it was made on."""
    if obj_type.name == workflow.NAME:
        carrying.carry_out(ctx, obj, entry.comment)


def _forget_texts(ctx: Context, _payload: Mapping[str, Any], _progress: Progress) -> None:
    service.forget_texts(ctx)


@hookimpl
def job_list(ctx: Context) -> Sequence[JobKind]:
    """Delete texts of old cases, once a day."""
    title = lazy("Delete the texts of cases decided long ago")
    return [JobKind("claims.forget_texts", _forget_texts, title, DAY)]


@hookimpl(optionalhook=True)
def notice_list(ctx: Context) -> Sequence[Mapping[str, Any]]:
    """Name what people are told about requests, decisions and names."""
    return telling.KINDS


@hookimpl
def plugin_objections(ctx: Context, plugin: str) -> Sequence[str]:
    """Say how many people wait for a decision when the plugin is to go."""
    waiting = queries.count_open() if plugin == "claims" else 0
    if not waiting:
        return []
    return [
        ngettext(
            "%(num)s request waits for a decision, promised within days.",
            "%(num)s requests wait for a decision, promised within days.",
            waiting,
        )
    ]


@hookimpl(optionalhook=True)
def merging_references(ctx: Context) -> Mapping[str, Mapping[str, Any]]:
    """Say what a merge of two entries does with what belongs to one of them."""
    own = "r.organisation_id IN ({kept}, {gone}) AND r.resembles_id IN ({kept}, {gone})"
    return {
        "claims_case.organisation_id": {"title": lazy("Requests about entries"), "stays": own},
        "claims_case.resembles_id": {"title": lazy("Names that look like it"), "stays": own},
    }


@hookimpl(optionalhook=True)
def first_step_list(ctx: Context, aim: str) -> Sequence[Mapping[str, Any]]:
    """Offer the two steps with which everybody begins: one's own organisation, and its badge."""
    return views.first_steps(ctx)
