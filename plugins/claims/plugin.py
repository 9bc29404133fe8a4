"""What the claims plugin answers when the portal asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint

from plugins.claims import queries, service, views, workflow
from portal.context import Context
from portal.hookspecs import JobKind, ObjectType, Progress, Transition, Workflow, hookimpl
from portal.i18n import _, ngettext
from portal.i18n import lazy_gettext as lazy

DAY = 86_400


@hookimpl
def blueprint_list(ctx: Context) -> Sequence[Blueprint]:
    """Offer the pages."""
    return [views.blueprint]


@hookimpl
def account_links(ctx: Context) -> Sequence[tuple[Any, str]]:
    """Offer the list of cases to reviewers."""
    return [(_("Cases to decide"), "claims.case_list")] if ctx.actor.is_reviewer else []


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
def transition_done(
    ctx: Context, obj_type: ObjectType, obj: Any, transition: Transition, entry: Any
) -> None:
    """Carry a decision out, whichever page it was made on."""
    if obj_type.name == workflow.NAME:
        service.carry_out(ctx, obj, entry.comment)


def _forget_texts(ctx: Context, _payload: Mapping[str, Any], _progress: Progress) -> None:
    service.forget_texts(ctx)


@hookimpl
def job_list(ctx: Context) -> Sequence[JobKind]:
    """Delete texts of old cases, once a day."""
    title = lazy("Delete the texts of cases decided long ago")
    return [JobKind("claims.forget_texts", _forget_texts, title, DAY)]


@hookimpl(optionalhook=True)
def notice_list(ctx: Context) -> Sequence[Mapping[str, Any]]:
    """Name what people are told who asked about an entry."""
    return [{"kind": service.DECIDED, "title": lazy("Your request about an entry was decided")}]


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
    return {"claims_case.organisation_id": {"title": lazy("Requests about entries")}}
