"""The ways of consortia and of memberships in them: states, steps, who may take them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from plugins.consortia.models import (
    ACTIVE,
    APPLIED,
    CLOSED,
    DECLINED,
    ENDED,
    FORMING,
    INVITED,
    LEFT,
    RUNNING,
    SUSPENDED,
    Consortium,
    Membership,
)
from portal import permissions
from portal.context import REVIEWER, Actor, Context
from portal.hookspecs import ObjectType, RoleSource, State, Transition, Workflow
from portal.i18n import _
from portal.i18n import lazy_gettext as lazy
from portal.organisations.models import OrganisationMember
from portal.workflow import HistoryEntry

CONSORTIUM = "consortia_consortium"
MEMBERSHIP = "consortia_membership"
MEMBER, INVITEE, LEAD = "consortia_member", "consortia_invitee", "consortia_lead"
EDITORS = {"OrgEditor", "OrgAdmin"}
LEAST_ACTIVE = 2


def _enough(_ctx: Context, obj: Consortium) -> list[str]:
    found = Membership.select().where(Membership.consortium == obj.id, Membership.state == ACTIVE)
    if found.count() >= LEAST_ACTIVE:
        return []
    return [_("A consortium needs at least two members. Invite somebody and wait for their yes.")]


def _unbarred(ctx: Context, obj: Consortium) -> list[str]:
    """What a reviewer suspended, a reviewer lets go on."""
    of: Any = HistoryEntry
    last = (
        of.select()
        .where(of.object_type == CONSORTIUM, of.object_id == obj.id)
        .order_by(of.seq.desc())
        .first()
    )
    if last is not None and last.role == REVIEWER and not ctx.actor.is_reviewer:
        return [_("A reviewer suspended this consortium. Ask those who run the site.")]
    return []


def _is_open(_ctx: Context, obj: Membership) -> list[str]:
    if obj.consortium.state == CLOSED:
        return [_("This consortium is closed.")]
    return []


def _not_lead(_ctx: Context, obj: Membership) -> list[str]:
    if obj.consortium.lead_id == obj.organisation_id:
        return [_("The lead can't leave. Hand the lead over first.")]
    return []


_INSIDE = {"inside": {"OrgMember", MEMBER}, "history": {"OrgMember", MEMBER, REVIEWER}}
_OWN = {"view": {"OrgMember", MEMBER, INVITEE, REVIEWER}} | _INSIDE
_PUBLIC = {"view": {"Anonymous"}} | _INSIDE
_LEADS = {"run": EDITORS, "edit": EDITORS}
_PAUSE = {"pause": EDITORS | {REVIEWER}}

FLOW = Workflow(
    CONSORTIUM,
    lazy("Consortia"),
    FORMING,
    (
        State(FORMING, lazy("forming"), _OWN | _LEADS, tag="warn"),
        State(RUNNING, lazy("active"), _PUBLIC | _LEADS | _PAUSE, tag="ok"),
        State(SUSPENDED, lazy("suspended"), _OWN | _LEADS | _PAUSE, tag="bad"),
        State(CLOSED, lazy("closed"), _PUBLIC, final=True),
    ),
    (
        Transition(
            "activate", lazy("Start the consortium"), {FORMING}, RUNNING, "run", guards=("enough",)
        ),
        Transition(
            "suspend", lazy("Suspend"), {RUNNING}, SUSPENDED, "pause", comment_required=True
        ),
        Transition(
            "reinstate", lazy("Let it go on"), {SUSPENDED}, RUNNING, "pause", guards=("unbarred",)
        ),
        Transition(
            "close",
            lazy("Close the consortium"),
            {FORMING, RUNNING, SUSPENDED},
            CLOSED,
            "run",
            comment_required=True,
        ),
    ),
    {"enough": _enough, "unbarred": _unbarred},
)

_SEEN = {"view": {"OrgMember", LEAD}, "history": {"OrgMember", LEAD}}
_SAY = {"answer": EDITORS}
_RUN = {"admit": {LEAD}}
_GONE = {DECLINED, LEFT, ENDED}
MEMBER_FLOW = Workflow(
    MEMBERSHIP,
    lazy("Members of consortia"),
    INVITED,
    (
        State(INVITED, lazy("invited"), _SEEN | _SAY | _RUN, tag="act"),
        State(APPLIED, lazy("wants to join"), _SEEN | _SAY | _RUN, tag="warn"),
        State(ACTIVE, lazy("member"), _SEEN | _SAY | _RUN, final=True, tag="ok"),
        State(DECLINED, lazy("declined"), _SEEN | _SAY | _RUN, final=True),
        State(LEFT, lazy("left"), _SEEN | _SAY | _RUN, final=True),
        State(ENDED, lazy("participation ended"), _SEEN | _SAY | _RUN, final=True, tag="bad"),
    ),
    (
        Transition("accept", lazy("Accept"), {INVITED}, ACTIVE, "answer", guards=("open",)),
        Transition("decline", lazy("Decline"), {INVITED}, DECLINED, "answer"),
        Transition("take_back", lazy("Take the invitation back"), {INVITED}, ENDED, "admit"),
        Transition("admit", lazy("Admit"), {APPLIED}, ACTIVE, "admit", guards=("open",)),
        Transition("refuse", lazy("Refuse"), {APPLIED}, DECLINED, "admit", comment_required=True),
        Transition("withdraw", lazy("Withdraw the wish"), {APPLIED}, LEFT, "answer"),
        Transition("leave", lazy("Leave"), {ACTIVE}, LEFT, "answer", guards=("not_lead",)),
        Transition(
            "end",
            lazy("End the participation"),
            {ACTIVE},
            ENDED,
            "admit",
            comment_required=True,
            guards=("not_lead",),
        ),
        Transition("invite", lazy("Invite again"), _GONE, INVITED, "admit", guards=("open",)),
        Transition("apply", lazy("Ask to join again"), _GONE, APPLIED, "answer", guards=("open",)),
    ),
    {"open": _is_open, "not_lead": _not_lead},
)

TYPES = (
    ObjectType(
        CONSORTIUM,
        lazy("Consortium"),
        Consortium,
        label=lambda row: str(row.name),
        url=lambda row: f"/consortia/{row.slug}",
        workflow=CONSORTIUM,
        owner_organisation="lead",
    ),
    ObjectType(
        MEMBERSHIP,
        lazy("Member of a consortium"),
        Membership,
        label=lambda row: f"{row.organisation.name}: {row.consortium.name}",
        url=lambda row: f"/consortia/{row.consortium.slug}",
        workflow=MEMBERSHIP,
        owner_organisation="organisation",
    ),
)


def sources(kind: str) -> list[RoleSource]:
    """Let people of active members look inside, and those who write for the lead admit."""
    if kind == CONSORTIUM:
        return [RoleSource(MEMBER, _of(ACTIVE)), RoleSource(INVITEE, _of(INVITED))]
    return [RoleSource(LEAD, _of_lead)] if kind == MEMBERSHIP else []


def _of(state: str) -> Callable[[Actor], Any]:
    def ids(actor: Actor) -> Any:
        of: Any = Membership
        own = permissions.memberships(actor.account_id or 0)
        return of.select(of.consortium).where(of.organisation.in_(own), of.state == state)

    return ids


def _of_lead(actor: Actor) -> Any:
    of: Any = Membership
    own = permissions.memberships(actor.account_id or 0).where(
        OrganisationMember.role.in_(sorted(EDITORS))
    )
    led: Any = Consortium.select(Consortium.id).where(Consortium.lead.in_(own))
    return of.select(of.id).where(of.consortium.in_(led))
