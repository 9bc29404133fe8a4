"""The way of a mobility: states, steps, and which side takes them: the one that knows."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from plugins.mobilities.models import (
    AGREED,
    ASSESSED,
    CANCELLED,
    CLOSED,
    DID_NOT_HAPPEN,
    INTERRUPTED,
    LIVE,
    PLANNING,
    RECOGNISED,
    RUNNING,
    Mobility,
    ParticipantRow,
    PlacementRow,
)
from portal import objects, permissions
from portal.context import Actor, Context
from portal.hookspecs import ObjectType, RoleSource, State, Transition, Workflow
from portal.i18n import _
from portal.i18n import lazy_gettext as lazy
from portal.organisations.models import MEMBER_ROLES, OrganisationMember

MOBILITY = "mobilities_mobility"
READER, AT_HOST, SUPPORTER = "mobilities_reader", "mobilities_host", "mobilities_supporter"
EDITORS = frozenset({"OrgEditor", "OrgAdmin"})

_NO_UNIT = lazy(
    "The learning agreement must name a unit first: its title, and what is learned in it. The sending "
    "organisation writes it there."
)
_NOT_SIGNED = lazy("The learning agreement must be signed by everybody first.")
_NO_TRANSCRIPT = lazy("The transcript of what was achieved must be there first.")


def _placements(obj: Mobility) -> list[PlacementRow]:
    return list(PlacementRow.select().where(PlacementRow.mobility == obj.id))


def _ready(ctx: Context, obj: Mobility) -> list[str]:
    """What must stand before a host can agree: people, a contact for them, days still to come."""
    problems = []
    of: Any = ParticipantRow
    places = PlacementRow.select(PlacementRow.id).where(PlacementRow.mobility == obj.id)
    if not of.select().where(of.placement.in_(places)).exists():
        problems.append(_("Name at least one participant first."))
    if obj.contact_id is None:
        problems.append(_("The sending side must name who helps when something is wrong."))
    if obj.last_day < ctx.clock.now().date():
        problems.append(_("Its last day is over. A stay is agreed before it ends."))
    return problems


def _asks(hook: str, problem: Any) -> Callable[[Context, Mobility], list[str]]:
    """Make a guard that asks for something where a plugin looks after it; silence asks for nothing."""

    def guard(ctx: Context, obj: Mobility) -> list[str]:
        answers = objects.registry().hooks.call(hook, ctx, mobility_ids=[obj.id])
        is_missing = any(dict(answer or {}).get(obj.id) is False for _plugin, answer in answers)
        return [str(problem)] if is_missing else []

    return guard


def _begun(ctx: Context, obj: Mobility) -> list[str]:
    if obj.first_day <= ctx.clock.now().date():
        return []
    return [_("Its first day is still to come.")]


def _over(_ctx: Context, obj: Mobility) -> list[str]:
    if all(row.outcome for row in _placements(obj)):
        return []
    return [_("It has not ended yet. It ends by itself seven days after its last day.")]


_SEEN: dict[str, Collection[str]] = {"view": {"OrgMember", READER}}
_PLAN: dict[str, Collection[str]] = {"edit": EDITORS, "agree": {AT_HOST}}
_SEND: dict[str, Collection[str]] = {"send": EDITORS}
_HOST: dict[str, Collection[str]] = {"receive": {AT_HOST}}
_TELL: dict[str, Collection[str]] = {"report": EDITORS | {AT_HOST, SUPPORTER}}
_SAID: dict[str, Any] = {"comment_required": True}
_TO_AGREE: dict[str, Any] = {"four_eyes": True, "guards": ("ready", "united", "signed")}
_BEGUN: dict[str, Any] = {"guards": ("begun",)}
_TOLD: dict[str, Any] = {"guards": ("transcribed",)}
_ENDED: dict[str, Any] = {"guards": ("over",)}
_UNDER_WAY = set(LIVE)

FLOW = Workflow(
    MOBILITY,
    lazy("Mobilities"),
    PLANNING,
    (
        State(PLANNING, lazy("planning"), _SEEN | _PLAN, tag="warn"),
        State(AGREED, lazy("agreed"), _SEEN | _HOST | _SEND | _TELL, tag="ok"),
        State(RUNNING, lazy("running"), _SEEN | _HOST | _SEND | _TELL, tag="act"),
        State(ASSESSED, lazy("assessed"), _SEEN | _SEND | _TELL, tag="ok"),
        State(RECOGNISED, lazy("recognised"), _SEEN | _SEND | _TELL, tag="ok"),
        State(CLOSED, lazy("closed"), _SEEN, final=True),
        State(INTERRUPTED, lazy("interrupted"), _SEEN, final=True, tag="warn"),
        State(DID_NOT_HAPPEN, lazy("did not happen"), _SEEN, final=True, tag="bad"),
        State(CANCELLED, lazy("cancelled"), _SEEN, final=True),
    ),
    (
        Transition("agree", lazy("Agree to host"), {PLANNING}, AGREED, "agree", **_TO_AGREE),
        Transition("decline", lazy("Decline"), {PLANNING}, CANCELLED, "agree", **_SAID),
        Transition("cancel", lazy("Cancel the plan"), {PLANNING}, CANCELLED, "edit", **_SAID),
        Transition("begin", lazy("They have arrived"), {AGREED}, RUNNING, "receive", **_BEGUN),
        Transition("pass_on", lazy("Run by date"), {AGREED}, RUNNING, ""),
        Transition(
            "assess", lazy("Learning is assessed"), {RUNNING}, ASSESSED, "receive", **_BEGUN
        ),
        Transition(
            "recognise", lazy("Learning is recognised"), {ASSESSED}, RECOGNISED, "send", **_TOLD
        ),
        Transition(
            "close", lazy("Close"), {RUNNING, ASSESSED, RECOGNISED}, CLOSED, "send", **_ENDED
        ),
        Transition("interrupt", lazy("Interrupted"), _UNDER_WAY, INTERRUPTED, ""),
        Transition("call_off", lazy("Did not happen"), _UNDER_WAY, DID_NOT_HAPPEN, ""),
    ),
    {
        "ready": _ready,
        "united": _asks("mobilities_united", _NO_UNIT),
        "signed": _asks("mobilities_agreed", _NOT_SIGNED),
        "transcribed": _asks("mobilities_transcribed", _NO_TRANSCRIPT),
        "begun": _begun,
        "over": _over,
    },
)

TYPES = (
    ObjectType(
        MOBILITY,
        lazy("Mobility"),
        Mobility,
        label=lambda row: str(row.title),
        url=lambda row: f"/mobilities/{row.public_id}",
        workflow=MOBILITY,
        owner_organisation="sending",
        author="account",
        permissions={"history": {"OrgMember", READER}},
    ),
)


def sources(kind: str) -> list[RoleSource]:
    """Let the people of host and supporting organisation see, and their editors act."""
    if kind != MOBILITY:
        return []
    of: Any = Mobility

    def own(actor: Actor, roles: Collection[str]) -> Any:
        member: Any = OrganisationMember
        rows = permissions.memberships(actor.account_id or 0).where(member.role.in_(sorted(roles)))
        only = actor.organisation_id
        return rows if only is None else rows.where(member.organisation == only)

    def readers(actor: Actor) -> Any:
        mine = own(actor, MEMBER_ROLES)
        return of.select(of.id).where(of.host.in_(mine) | of.supporting.in_(mine))

    def host(actor: Actor) -> Any:
        return of.select(of.id).where(of.host.in_(own(actor, EDITORS)))

    def supporting(actor: Actor) -> Any:
        return of.select(of.id).where(of.supporting.in_(own(actor, EDITORS)))

    given = ((READER, readers), (AT_HOST, host), (SUPPORTER, supporting))
    return [RoleSource(role, ids, narrows=True) for role, ids in given]
