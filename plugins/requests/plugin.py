"""What the requests plugin answers when the portal asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from typing import Any

from flask import Blueprint, render_template
from markupsafe import Markup

from plugins.partners.interface import PROFILE, Shown
from plugins.requests import (
    api,
    demo,
    documents,
    enquiring,
    first_steps,
    keeping,
    queries,
    reasons,
    reminding,
    replying,
    service,
    telling,
    views,
    workflow,
)
from plugins.requests.models import PartnerRequest, Reply
from plugins.search.interface import SearchPage
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
    Task,
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
    """Offer to those who write for an organisation to say what it looks for, and its enquiries."""
    own = [item for item in queries.own_organisations(ctx) if item.id == organisation_id]
    ways = [(_("Look for a partner"), f"/requests/new?organisation={item.slug}") for item in own]
    return [*ways, (_("Enquiries"), "/enquiries")] if own else []


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
    enquiring.forget_of(ids)


@hookimpl
def workflow_list(ctx: Context) -> Sequence[Workflow]:
    """Offer the ways of requests, answers and enquiries."""
    return [workflow.FLOW, workflow.REPLY_FLOW, workflow.ENQUIRY_FLOW]


@hookimpl
def object_type_list(ctx: Context) -> Sequence[ObjectType]:
    """Offer the three."""
    return workflow.TYPES


@hookimpl
def role_sources(ctx: Context, object_type: ObjectType) -> Sequence[RoleSource]:
    """Let those who asked weigh the answers, and go on in enquiries."""
    kind = object_type.name
    return [workflow.askers(kind)] if kind in {workflow.REPLY, workflow.ENQUIRY} else []


def _forget_replies(ctx: Context, _payload: Mapping[str, Any], _progress: Progress) -> None:
    replying.forget(ctx)
    enquiring.forget(ctx)


def _remind(ctx: Context, _payload: Mapping[str, Any], _progress: Progress) -> None:
    reminding.remind(ctx)


def _fade(ctx: Context, _payload: Mapping[str, Any], _progress: Progress) -> None:
    reminding.fade(ctx)


@hookimpl
def job_list(ctx: Context) -> Sequence[JobKind]:
    """Delete what is old and find silent members once a day; remind of enquiries each hour."""
    title = lazy("Delete answers to partner requests, and enquiries, of long ago")
    reminding_title = lazy("Remind of enquiries that wait for an answer")
    fading_title = lazy("Tell organisations that leave enquiries without an answer")
    return [
        JobKind("requests.forget_replies", _forget_replies, title, DAY),
        JobKind("requests.remind", _remind, reminding_title, HOUR),
        JobKind("requests.fade", _fade, fading_title, DAY),
    ]


@hookimpl
def task_list(ctx: Context) -> Sequence[Task]:
    """Offer the enquiries that wait for an answer of the actor."""
    return [
        Task(
            _("%(asker)s asks %(name)s", asker=row.asker.name, name=row.receiver.name),
            f"/enquiries/{row.public_id}",
            row.waits_since,
            kind=_("Enquiry"),
        )
        for row in queries.waiting_enquiries(ctx)
    ]


@hookimpl(optionalhook=True)
def partners_details(ctx: Context) -> Sequence[str]:
    """Read the enquiries that a partner got together with its profile."""
    return [queries.ASKED]


@hookimpl(optionalhook=True)
def partners_head(ctx: Context, shown: Shown) -> Sequence[Markup]:
    """Offer to ask a partner, or its past partners about it, and say how it answers."""
    own = queries.own_organisations(ctx) if ctx.actor.signed_in else []
    is_own = shown.organisation_id in {item.id for item in own}
    found = queries.response_of(shown.details.get("requests_asked", ()), ctx.clock.now())
    may_ask = shown.is_claimed and not is_own
    has_past = bool(shown.details.get("requests_past")) and not is_own
    if not (may_ask or found or has_past):
        return []
    card = render_template(
        "requests/aside.html",
        slug=shown.slug,
        may_ask=may_ask,
        response=found,
        answering=reasons.answering(found) if found else "",
        has_past=has_past,
    )
    return [Markup(card)]  # noqa: S704


@hookimpl
def transition_done(
    ctx: Context, obj_type: ObjectType, obj: Any, transition: Transition, entry: Any
) -> None:
    """Carry out what follows from a step, and hide requests of profiles that are out of sight."""
    if obj_type.name == workflow.REQUEST:
        service.carry_out(ctx, obj, transition, entry)
    elif obj_type.name == workflow.REPLY:
        replying.carry_out(ctx, obj, transition, entry.comment, entry.id)
    elif obj_type.name == workflow.ENQUIRY:
        enquiring.carry_out(ctx, obj, transition, entry.id)
    elif obj_type.name == PROFILE:
        documents.refresh_of([obj.organisation_id])


@hookimpl(optionalhook=True)
def notice_list(ctx: Context) -> Sequence[Mapping[str, Any]]:
    """Name what people are told about requests."""
    return [*telling.KINDS, *replying.KINDS, *enquiring.KINDS, *reminding.KINDS]


@hookimpl(optionalhook=True)
def saved_pages(ctx: Context) -> Sequence[SearchPage]:
    """Let people keep searches of open requests."""
    return [keeping.PAGE]


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


@hookimpl(optionalhook=True)
def first_step_list(ctx: Context, aim: str) -> Sequence[Mapping[str, Any]]:
    """Offer the steps to a first request, question or answer."""
    return first_steps.steps(ctx, aim)


@hookimpl(optionalhook=True)
def merging_references(ctx: Context) -> Mapping[str, Mapping[str, Any]]:
    """Say what a merge of two entries does with what belongs to one of them.

    What the two said to each other stays: nobody talks to themselves.
    """
    both = "IN ({kept}, {gone})"
    asked = f"r.request_id IN (SELECT id FROM requests_request WHERE organisation_id {both})"
    among = f"asker_id {both} AND receiver_id {both}"
    said = f"r.enquiry_id IN (SELECT id FROM requests_enquiry WHERE {among})"
    enquiries = {"title": lazy("Enquiries"), "stays": among}
    answers = {"title": lazy("Answers to partner requests"), "stays": asked}
    told = {"title": lazy("Requests it was told of")}
    return {
        "requests_request.organisation_id": {"title": lazy("Partner requests")},
        "requests_reply.organisation_id": {**answers, "same": ["request_id"]},
        "requests_told.organisation_id": {**told, "same": ["request_id"]},
        "requests_invitation.organisation_id": {"title": lazy("Invitations it got")},
        "requests_invitation.asker_id": {"title": lazy("Invitations it sent")},
        "requests_enquiry.asker_id": enquiries,
        "requests_enquiry.receiver_id": enquiries,
        "requests_enquiry.about_id": {"title": lazy("Questions of others about it")},
        "requests_message.organisation_id": {"title": lazy("Messages"), "stays": said},
        "requests_silence.organisation_id": {"title": lazy("Silence"), "stays": True},
    }
