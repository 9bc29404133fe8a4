"""What the requests plugin answers when the portal asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from typing import Any

from flask import Blueprint, render_template
from markupsafe import Markup

from plugins.partners.interface import PROFILE
from plugins.requests import (
    api,
    demo,
    documents,
    enquiring,
    queries,
    replying,
    service,
    telling,
    views,
    workflow,
)
from plugins.requests.models import PartnerRequest, Reply
from portal import workflow as engine
from portal.context import Context
from portal.hookspecs import (
    EventType,
    FooterLink,
    JobKind,
    MenuItem,
    ObjectType,
    Progress,
    RoleSource,
    Transition,
    Workflow,
    hookimpl,
)
from portal.i18n import _
from portal.i18n import lazy_gettext as lazy

DAY = 86_400
HOUR = 3_600


@hookimpl
def blueprint_list(ctx: Context) -> Sequence[Blueprint]:
    """Offer the pages and the API."""
    return [views.blueprint, api.blueprint]


@hookimpl
def menu_list(ctx: Context) -> Sequence[MenuItem]:
    """Offer the open requests."""
    return [MenuItem(lazy("Requests"), "requests.index", 20)]


@hookimpl
def footer_list(ctx: Context) -> Sequence[FooterLink]:
    """Offer the page that explains who is named to whom."""
    return [FooterLink(lazy("How fitting partners are found"), "requests.method", 15)]


@hookimpl
def organisation_links(ctx: Context, organisation_id: int) -> Sequence[tuple[Any, str]]:
    """Offer to those who write for an organisation to say what it looks for."""
    own = [item for item in queries.own_organisations(ctx) if item.id == organisation_id]
    return [(_("Look for a partner"), f"/requests/new?organisation={item.slug}") for item in own]


@hookimpl
def organisation_changed(ctx: Context, ids: Sequence[int]) -> None:
    """Bring open requests up to date with their organisations."""
    documents.refresh_of(ids)


@hookimpl
def organisation_removed(ctx: Context, ids: Sequence[int]) -> None:
    """Take requests out of the search, and what was written with their steps."""
    documents.forget(ids)
    of: Any = PartnerRequest
    found = of.select(of.id).where(of.organisation.in_(list(ids))).tuples()
    numbers = [number for (number,) in found]
    engine.forget_comments(workflow.REQUEST, numbers)
    replies: Any = Reply.select(Reply.id).where(
        Reply.organisation.in_(list(ids)) | Reply.request.in_(numbers)
    )
    replying.forget_of([number for (number,) in replies.tuples()])


@hookimpl
def workflow_list(ctx: Context) -> Sequence[Workflow]:
    """Offer the way of a request and that of an answer."""
    return [workflow.FLOW, workflow.REPLY_FLOW]


@hookimpl
def object_type_list(ctx: Context) -> Sequence[ObjectType]:
    """Offer the two."""
    return workflow.TYPES


@hookimpl
def role_sources(ctx: Context, object_type: ObjectType) -> Sequence[RoleSource]:
    """Let those who asked weigh the answers."""
    return [workflow.askers(ctx)] if object_type.name == workflow.REPLY else []


def _forget_replies(ctx: Context, _payload: Mapping[str, Any], _progress: Progress) -> None:
    replying.forget(ctx)
    enquiring.forget(ctx)


def _remind(ctx: Context, _payload: Mapping[str, Any], _progress: Progress) -> None:
    enquiring.remind(ctx)


@hookimpl
def job_list(ctx: Context) -> Sequence[JobKind]:
    """Delete answers and enquiries of long ago, once a day; remind of enquiries each hour."""
    title = lazy("Delete answers to partner requests, and enquiries, of long ago")
    reminding = lazy("Remind of enquiries that wait for an answer")
    return [
        JobKind("requests.forget_replies", _forget_replies, title, DAY),
        JobKind("requests.remind", _remind, reminding, HOUR),
    ]


@hookimpl(optionalhook=True)
def partners_asides(ctx: Context, organisation_id: int, slug: str) -> Sequence[Markup]:
    """Offer to ask a partner, and say how it answers."""
    shown = render_template(
        "requests/aside.html", slug=slug, response=enquiring.response(ctx, organisation_id)
    )
    return [Markup(shown)]  # noqa: S704


@hookimpl
def transition_done(
    ctx: Context, obj_type: ObjectType, obj: Any, transition: Transition, entry: Any
) -> None:
    """Carry out what follows from a step, and hide requests of profiles that are out of sight."""
    if obj_type.name == workflow.REQUEST:
        service.carry_out(ctx, obj, transition, entry)
    elif obj_type.name == workflow.REPLY:
        replying.carry_out(ctx, obj, transition, entry.comment, entry.id)
    elif obj_type.name == PROFILE:
        documents.refresh_of([obj.organisation_id])


@hookimpl(optionalhook=True)
def notice_list(ctx: Context) -> Sequence[Mapping[str, Any]]:
    """Name what people are told about requests."""
    return [*telling.KINDS, *replying.KINDS, *enquiring.KINDS]


@hookimpl
def mail_sending(ctx: Context, mail: Any, message: EmailMessage) -> None:
    """Let mail programs offer to refuse invitations in one click (RFC 8058)."""
    telling.add_stop(mail, message)


@hookimpl
def event_list(ctx: Context) -> Sequence[EventType]:
    """Name what happens to requests."""
    return service.EVENTS


@hookimpl
def reference_load(ctx: Context) -> None:
    """Find what changed while the plugin was off."""
    documents.refresh_all()


@hookimpl
def demo_load(ctx: Context) -> None:
    """Load the demonstration set."""
    demo.load(ctx)


@hookimpl
def plugin_purged(ctx: Context, plugin: str) -> None:
    """Take the documents along when this plugin is purged."""
    if plugin == "requests":
        documents.forget_all()
