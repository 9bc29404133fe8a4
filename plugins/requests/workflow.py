"""The ways of requests, of answers to them and of enquiries: states, steps, who may take them."""

from __future__ import annotations

from typing import Any

from plugins.requests.models import (
    ANSWERED,
    CHOSEN,
    CLOSED,
    DECLINED,
    DISCARDED,
    DRAFT,
    OPEN,
    PUBLISHED,
    RUNNING,
    SENT,
    SHORTLISTED,
    SUSPENDED,
    WITHDRAWN,
    Enquiry,
    Message,
    PartnerRequest,
    Reply,
)
from portal import permissions
from portal.context import REVIEWER, Actor, Context
from portal.hookspecs import ObjectType, RoleSource, State, Transition, Workflow
from portal.i18n import _
from portal.i18n import lazy_gettext as lazy
from portal.organisations import queries as organisations
from portal.organisations.models import UNCLAIMED, Organisation, OrganisationMember

REQUEST = "requests_request"
REPLY = "requests_reply"
ENQUIRY = "requests_enquiry"
ASKER = "requests_asker"
EXPIRE, LAPSE = "expire", "lapse"
EDITORS = {"OrgEditor", "OrgAdmin"}


def _known(_ctx: Context, obj: PartnerRequest) -> list[str]:
    """Whoever reads a request wants to know who asks: a reviewer has seen that profile."""
    owner: Organisation = obj.organisation
    if owner.state == UNCLAIMED or owner.hidden_at or not organisations.in_sight([owner]):
        return [_("Publish your organisation's profile first: people want to know who asks.")]
    return []


def _open(ctx: Context, request: PartnerRequest) -> list[str]:
    if request.state == PUBLISHED and request.closes_at > ctx.clock.now():
        return []
    return [_("This request is closed.")]


def _ahead(ctx: Context, obj: PartnerRequest) -> list[str]:
    if obj.closes_at > ctx.clock.now():
        return []
    return [_("Its last day is over. Choose a later one first.")]


_EVERYBODY = {"view": {"Anonymous"}}
_OWN = {"view": {"OrgMember"}}
_SEEN = {"view": {"OrgMember", REVIEWER}}
_WRITE = {"edit": EDITORS}
_RUN = {"run": EDITORS}
_DECIDE = {"review": {REVIEWER}}
_BY_DATE: dict[str, Any] = {"automatic": True, "due_field": "closes_at"}
_SAID: dict[str, Any] = {"comment_required": True, "four_eyes": True}

FLOW = Workflow(
    REQUEST,
    lazy("Partner requests"),
    DRAFT,
    (
        State(DRAFT, lazy("draft"), _OWN | _WRITE | _RUN, tag="warn"),
        State(PUBLISHED, lazy("open"), _EVERYBODY | _WRITE | _RUN | _DECIDE, tag="ok"),
        State(CLOSED, lazy("closed"), _EVERYBODY | _RUN, final=True),
        State(SUSPENDED, lazy("suspended"), _SEEN | _WRITE | _DECIDE, tag="bad"),
        State(DISCARDED, lazy("discarded"), _OWN | _RUN, final=True),
    ),
    (
        Transition(
            "publish", lazy("Publish"), {DRAFT}, PUBLISHED, "run", guards=("known", "ahead")
        ),
        Transition("close", lazy("Close"), {PUBLISHED}, CLOSED, "run"),
        Transition(EXPIRE, lazy("Close by date"), {PUBLISHED}, CLOSED, "", **_BY_DATE),
        Transition(
            "reopen", lazy("Open again"), {CLOSED}, PUBLISHED, "run", guards=("known", "ahead")
        ),
        Transition("suspend", lazy("Suspend"), {PUBLISHED}, SUSPENDED, "review", **_SAID),
        Transition(
            "reinstate", lazy("Show again"), {SUSPENDED}, PUBLISHED, "review", four_eyes=True
        ),
        Transition("discard", lazy("Discard"), {DRAFT}, DISCARDED, "run"),
        Transition("restore", lazy("Restore as a draft"), {DISCARDED}, DRAFT, "run"),
    ),
    {"known": _known, "ahead": _ahead},
)

_READ = {"view": {"OrgMember", ASKER}}
_WEIGH = {"decide": {ASKER}}
_FREE = {SENT, SHORTLISTED}
REPLY_FLOW = Workflow(
    REPLY,
    lazy("Answers to partner requests"),
    SENT,
    (
        State(SENT, lazy("sent"), _READ | _WRITE | _WEIGH, tag="act"),
        State(SHORTLISTED, lazy("on the shortlist"), _READ | _WRITE | _WEIGH, tag="warn"),
        State(CHOSEN, lazy("chosen"), _READ | _WEIGH, final=True, tag="ok"),
        State(DECLINED, lazy("not this time"), _READ | _WEIGH, final=True),
        State(WITHDRAWN, lazy("withdrawn"), _OWN | _WRITE, final=True),
    ),
    (
        Transition("shortlist", lazy("Put on the shortlist"), {SENT}, SHORTLISTED, "decide"),
        Transition("choose", lazy("Choose"), _FREE, CHOSEN, "decide"),
        Transition("decline", lazy("Decline politely"), _FREE, DECLINED, "decide"),
        Transition("reconsider", lazy("Think again"), {CHOSEN, DECLINED}, SHORTLISTED, "decide"),
        Transition("withdraw", lazy("Withdraw the answer"), _FREE, WITHDRAWN, "edit"),
        Transition("resend", lazy("Send it again"), {WITHDRAWN}, SENT, "edit", guards=("open",)),
    ),
    {"open": lambda ctx, obj: _open(ctx, obj.request)},
)


def _written(_ctx: Context, enquiry: Enquiry) -> list[str]:
    """The turn changes with a message alone, whichever page the step is taken on."""
    last = Message.select().where(Message.enquiry == enquiry.id).order_by(Message.id.desc()).first()
    writer = enquiry.receiver if enquiry.state == OPEN else enquiry.asker
    if last is not None and last.organisation_id == writer.id:
        return []
    return [_("Write them a message.")]


_BOTH: dict[str, Any] = {"view": EDITORS | {ASKER}}
_TALK = _BOTH | {"answer": EDITORS, "ask": {ASKER}}
_UNDER_WAY = set(RUNNING)
ENQUIRY_FLOW = Workflow(
    ENQUIRY,
    lazy("Enquiries"),
    OPEN,
    (
        State(OPEN, lazy("waits for an answer"), _TALK, tag="warn"),
        State(ANSWERED, lazy("answered"), _TALK, tag="ok"),
        State(DECLINED, lazy("declined"), _BOTH, final=True),
        State(CLOSED, lazy("closed"), _BOTH, final=True),
    ),
    (
        Transition("answer", lazy("Answer"), {OPEN}, ANSWERED, "answer", guards=("written",)),
        Transition("ask_on", lazy("Ask on"), {ANSWERED}, OPEN, "ask", guards=("written",)),
        Transition("decline", lazy("Decline"), {OPEN}, DECLINED, "answer"),
        Transition("close", lazy("Close the enquiry"), _UNDER_WAY, CLOSED, "ask"),
        Transition("end", lazy("End the enquiry"), {ANSWERED}, CLOSED, "answer"),
        Transition(LAPSE, lazy("Close by date"), _UNDER_WAY, CLOSED, "", **_BY_DATE),
    ),
    {"written": _written},
)

TYPES = (
    ObjectType(
        REQUEST,
        lazy("Partner request"),
        PartnerRequest,
        label=lambda row: str(row.title),
        url=lambda row: f"/requests/{row.slug}",
        workflow=REQUEST,
        owner_organisation="organisation",
        permissions={"inside": {"OrgMember"}, "history": {"OrgMember", REVIEWER}},
    ),
    ObjectType(
        REPLY,
        lazy("Answer to a partner request"),
        Reply,
        label=lambda row: f"{row.organisation.name}: {row.request.title}",
        url=lambda row: f"/requests/{row.request.slug}/replies",
        workflow=REPLY,
        owner_organisation="organisation",
        author="account",
        permissions={"history": {"OrgMember", ASKER}},
    ),
    ObjectType(
        ENQUIRY,
        lazy("Enquiry"),
        Enquiry,
        label=lambda row: f"{row.asker.name} → {row.receiver.name}",
        url=lambda row: f"/enquiries/{row.public_id}",
        workflow=ENQUIRY,
        owner_organisation="receiver",
    ),
)


def askers(kind: str) -> RoleSource:
    """Let those who write for the organisation that asked weigh answers, and go on in enquiries."""

    def ids(actor: Actor) -> Any:
        own = permissions.memberships(actor.account_id or 0).where(
            OrganisationMember.role.in_(sorted(EDITORS))
        )
        of: Any = PartnerRequest
        if kind == ENQUIRY:
            return Enquiry.select(Enquiry.id).where(Enquiry.asker.in_(own))
        return Reply.select(Reply.id).where(
            Reply.request.in_(of.select(of.id).where(of.organisation.in_(own)))
        )

    return RoleSource(ASKER, ids)
