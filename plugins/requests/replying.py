"""Answering requests: one answer an organisation, weighed by the asker, all told how it ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from plugins.notices.interface import notify
from plugins.requests import queries, rules
from plugins.requests.models import (
    CHOSEN,
    CLOSED,
    DECLINED,
    PUBLISHED,
    SENT,
    SHORTLISTED,
    WITHDRAWN,
    PartnerRequest,
    Reply,
)
from plugins.requests.workflow import REPLY
from portal import audit, db, events, permissions, settings, workflow
from portal.context import Context
from portal.errors import Conflict, NotAllowed, NotFound
from portal.hookspecs import Transition
from portal.i18n import _
from portal.i18n import lazy_gettext as lazy
from portal.organisations import queries as organisations
from portal.organisations.models import UNCLAIMED, Organisation
from portal.organisations.service import new_public_id

RECEIVED, DECIDED, OVER = "requests.reply_received", "requests.reply_decided", "requests.closed"
KINDS: tuple[Mapping[str, Any], ...] = (
    {"kind": RECEIVED, "title": lazy("Somebody answered your partner request")},
    {"kind": DECIDED, "title": lazy("Your answer to a partner request was decided")},
    {"kind": OVER, "title": lazy("A partner request that you answered was closed")},
)
TOLD_STATES = (SHORTLISTED, CHOSEN, DECLINED)
MOST_FORGOTTEN = 500


class Closed(Conflict):
    """The request takes no answers any more."""


def is_open(ctx: Context, request: PartnerRequest) -> bool:
    """Whether a request takes answers: also by the clock, before the step is taken."""
    return request.state == PUBLISHED and request.closes_at > ctx.clock.now()


def may_answer(request: PartnerRequest, organisation: Organisation) -> bool:
    """Whether an organisation can answer: it is another one, known, and real like the asker."""
    asker: Organisation = request.organisation
    return (
        organisation.id != asker.id
        and organisation.state != UNCLAIMED
        and organisation.hidden_at is None
        and bool(organisation.is_fictional) == bool(asker.is_fictional)
        and bool(organisations.in_sight([organisation]))
    )


def answer(
    ctx: Context,
    request: PartnerRequest,
    organisation: Organisation,
    values: Mapping[str, Any],
    version: int | None = None,
) -> Reply:
    """Answer a request for an organisation, or change its answer; a withdrawn one is sent again.

    `version` is the one that was shown, 0 where there was none, None to save in any case. Raises
    Closed when it takes no answers, Conflict when a colleague was faster, Invalid, NotAllowed.
    """
    own = {item.id for item in queries.own_organisations(ctx)}
    if organisation.id not in own and not ctx.actor.system:
        raise NotFound
    if not may_answer(request, organisation):
        raise NotAllowed(
            _("Publish your organisation's profile first; then it can answer requests of others.")
        )
    kept = rules.checked_reply(values, ctx.clock.now().date())
    with db.transaction():
        now = _held(request)
        if not is_open(ctx, now):
            raise Closed(_("This request is closed. Your text is still here, to copy it."))
        known = queries.reply_of(now.id, organisation.id)
        if known is None:
            if version:
                raise _faster(0)
            return _send(ctx, now, organisation, kept)
        if version is not None and version != known.version:
            raise _faster(known.version)
        if known.state in {CHOSEN, DECLINED}:
            raise Conflict(_("Your answer was decided already. It can't be changed any more."))
        permissions.check(ctx, "edit", known)
        Reply.update(version=Reply.version + 1, updated_at=ctx.clock.now(), **kept).where(
            Reply.id == known.id
        ).execute()
        permissions.forget()
        audit.record(ctx, "reply.changed", REPLY, known.id)
        found: Reply = Reply.get_by_id(known.id)
        if found.state == WITHDRAWN:
            workflow.move(ctx, found, "resend")
        return found


def _held(request: PartnerRequest) -> PartnerRequest:
    """Return a request as it is now; it is not closed while somebody answers."""
    if db.is_postgres():
        db.query("SELECT id FROM requests_request WHERE id = ? FOR UPDATE", (request.id,))
    found: PartnerRequest = PartnerRequest.get_by_id(request.id)
    return found


def _faster(version: int) -> Conflict:
    message = _("Somebody else saved this while you were writing. Nothing of yours is lost.")
    return Conflict(message, version=version)


def _send(
    ctx: Context, request: PartnerRequest, organisation: Organisation, kept: Mapping[str, Any]
) -> Reply:
    now = ctx.clock.now()
    made: Reply = Reply.create(
        public_id=new_public_id(),
        request=request.id,
        organisation=organisation.id,
        account=ctx.actor.account_id,
        created_at=now,
        updated_at=now,
        **kept,
    )
    workflow.start(ctx, made)
    audit.record(ctx, "reply.sent", REPLY, made.id, request=request.id)
    events.emit(ctx, "reply.sent", REPLY, made.id, request=request.id)
    named = {"name": organisation.name, "title": request.title}
    for account in queries.editors(request.organisation.id):
        notify(
            ctx,
            account,
            RECEIVED,
            lazy("%(name)s answered: %(title)s", **named),
            lazy("Their answer stands beside the others, with what it covers.", **named),
            url=f"/requests/{request.slug}/replies",
            subject=f"{REPLY} {made.id}",
        )
    return made


def carry_out(ctx: Context, reply: Reply, step: Transition, comment: str, entry_id: int) -> None:
    """Tell the organisation that answered what was decided, inside the step's transaction."""
    events.emit(ctx, f"reply.{reply.state}", REPLY, reply.id, request=reply.request.id)
    if step.name == "reconsider" or reply.state not in TOLD_STATES:
        return
    request: PartnerRequest = reply.request
    named = {"asker": request.organisation.name, "title": request.title}
    titles = {
        SHORTLISTED: lazy("%(asker)s put you on the shortlist: %(title)s", **named),
        CHOSEN: lazy("%(asker)s chose you: %(title)s", **named),
        DECLINED: lazy("%(asker)s chose others this time: %(title)s", **named),
    }
    thanks = lazy("Thank you for your answer. %(asker)s decided otherwise this time.", **named)
    for account in queries.editors(reply.organisation.id):
        notify(
            ctx,
            account,
            DECIDED,
            titles[reply.state],
            comment or (thanks if reply.state == DECLINED else ""),
            url=f"/requests/{request.slug}/reply",
            subject=f"{REPLY} {reply.id} {entry_id}",
        )


def close(ctx: Context, request: PartnerRequest, comment: str, entry_id: int) -> None:
    """Tell all whose answer was not decided that a request was closed, inside that transaction."""
    waiting = Reply.select().where(
        Reply.request == request.id, Reply.state.in_([SENT, SHORTLISTED])
    )
    named = {"asker": request.organisation.name, "title": request.title}
    for reply in waiting.order_by(Reply.id):
        for account in queries.editors(reply.organisation.id):
            notify(
                ctx,
                account,
                OVER,
                lazy("Closed: %(title)s", **named),
                comment
                or lazy(
                    "%(asker)s takes no more answers. Thank you for yours; you hear here if they "
                    "come back to it.",
                    **named,
                ),
                url=f"/requests/{request.slug}/reply",
                subject=f"requests_request {request.id} {entry_id}",
            )


def forget(ctx: Context) -> int:
    """Delete the answers to requests that were closed long ago; returns how many."""
    days = int(settings.of(ctx, "requests")["reply_days"])
    over = ctx.clock.now() - timedelta(days=days)
    old: Any = (
        Reply.select(Reply.id)
        .join(PartnerRequest)
        .where(PartnerRequest.state == CLOSED, PartnerRequest.closed_at < over)
        .limit(MOST_FORGOTTEN)
    )
    with db.transaction():
        ids = [number for (number,) in old.tuples()]
        forget_of(ids)
        Reply.delete().where(Reply.id.in_(ids)).execute()
    return len(ids)


def forget_of(ids: Sequence[int]) -> None:
    """Delete what was written with the steps of answers."""
    workflow.forget_comments(REPLY, list(ids))
