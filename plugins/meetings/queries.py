"""Reads of meetings, actions and decisions, in a bounded number of statements."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from plugins.consortia.interface import ACTIVE, Seen, of_ids
from plugins.consortia.interface import members as members_of
from plugins.meetings.models import (
    NOTED,
    OPEN,
    Action,
    Answer,
    Decision,
    Guest,
    Meeting,
    Sealed,
    Switch,
    Voice,
)
from plugins.meetings.rules import ALL_ON, SECTIONS
from portal.context import Context
from portal.errors import NotFound
from portal.i18n import _
from portal.organisations import queries as organisations
from portal.organisations.models import Organisation, OrganisationMember
from portal.people.models import Account

MOST_LISTED = 500
EDITORS = {"OrgEditor", "OrgAdmin"}


def switched_on(consortium: Seen) -> set[str]:
    """Return the sections that a consortium shows: as its lead said, else by its kind."""
    of: Any = Switch
    said = dict(of.select(of.section, of.is_on).where(of.consortium_id == consortium.id).tuples())
    by_kind = consortium.kind in ALL_ON
    return {name for name in SECTIONS if said.get(name, by_kind)}


def missing() -> NotFound:
    """Make the answer for what is not there, or not for this actor."""
    return NotFound(_("This is not there any more. Look at what the consortium has now."))


def members(consortium: Seen) -> list[Organisation]:
    """Return the active members: the lead, then by name."""
    return [item.organisation for item in members_of(consortium, ACTIVE)]


def own_members(ctx: Context, those: Sequence[Organisation], any_role: bool = False) -> list[Any]:
    """Return those of some organisations for which the actor writes, or to which they belong."""
    mine = {
        item.organisation.id
        for item in (organisations.mine(ctx) if ctx.actor.signed_in else ())
        if any_role or item.role in EDITORS
    }
    return [item for item in those if item.id in mine]


def people(ids: Collection[int]) -> list[tuple[int, int]]:
    """Return account and organisation of everybody who belongs to one of some organisations."""
    of: Any = OrganisationMember
    rows = of.select(of.account, of.organisation).join(Account)
    rows = rows.where(of.organisation.in_(list(ids)), Account.disabled_at.is_null())
    return list(rows.order_by(of.id).tuples())


# Meetings


def meetings(consortium: Seen) -> list[Meeting]:
    """Return the meetings of a consortium, the latest first."""
    rows = Meeting.select().where(Meeting.consortium_id == consortium.id)
    return list(rows.order_by(Meeting.starts_at.desc(), Meeting.id.desc()).limit(MOST_LISTED))


def meeting(consortium: Seen, public_id: str) -> Meeting:
    """Return a meeting of a consortium. Raises NotFound."""
    found: Meeting | None = Meeting.get_or_none(
        Meeting.consortium_id == consortium.id, Meeting.public_id == public_id
    )
    if found is None:
        raise missing()
    return found


def guests(row: Meeting) -> list[Organisation]:
    """Return the invited organisations by name."""
    of: Any = Organisation
    rows = of.select(of).join(Guest, on=Guest.organisation == of.id).where(Guest.meeting == row.id)
    return list(rows.order_by(of.folded_name, of.id))


def answers(row: Meeting) -> list[Answer]:
    """Return who answered what, with names, in the order of the names."""
    of: Any = Answer
    rows = of.select(of, Account, Organisation)
    rows = rows.join_from(of, Account, on=of.account == Account.id)
    rows = rows.join_from(of, Organisation, on=of.organisation == Organisation.id)
    return list(rows.where(of.meeting == row.id).order_by(Organisation.folded_name, Account.name))


def answered(ids: Collection[int]) -> dict[int, dict[str, int]]:
    """Return how many people gave which answer, by meeting."""
    found: dict[int, dict[str, int]] = {}
    of: Any = Answer
    for number, answer in (
        of.select(of.meeting, of.answer).where(of.meeting.in_(list(ids))).tuples()
    ):
        counts = found.setdefault(number, {})
        counts[answer] = counts.get(answer, 0) + 1
    return found


def invited_to(ctx: Context, since: datetime) -> list[Meeting]:
    """Return the meetings to which an organisation of the actor is invited, from a moment on."""
    of: Any = Meeting
    own = [item.organisation.id for item in organisations.mine(ctx)]
    here: Any = Guest.select(Guest.meeting).where(Guest.organisation.in_(own))
    rows = of.select().where(of.id.in_(here), of.cancelled_at.is_null(), of.starts_at > since)
    return list(rows.order_by(of.starts_at).limit(MOST_LISTED))


def own_answers(ctx: Context, ids: Collection[int]) -> dict[int, str]:
    """Return what the actor answered, by meeting."""
    of: Any = Answer
    rows = of.select(of.meeting, of.answer)
    rows = rows.where(of.account == ctx.actor.account_id, of.meeting.in_(list(ids)))
    return dict(rows.tuples())


def without_minutes(ids: Collection[int], now: datetime) -> list[Meeting]:
    """Return the meetings of the last weeks, of some consortia, whose minutes nobody has shared."""
    of: Any = Meeting
    rows = of.select().where(
        of.consortium_id.in_(list(ids)),
        of.cancelled_at.is_null(),
        of.shared_at.is_null(),
        of.starts_at < now,
        of.starts_at > now - timedelta(days=60),
    )
    return [row for row in rows.order_by(of.starts_at) if row.ends_at <= now]


# Actions


def actions(consortium: Seen, row: Meeting | None = None) -> list[Action]:
    """Return what is to be done, of a meeting or all: the open ones first, by day."""
    of: Any = Action
    rows = of.select(of, Organisation).join(Organisation, on=of.organisation == Organisation.id)
    rows = rows.where(of.consortium_id == consortium.id)
    if row is not None:
        rows = rows.where(of.meeting == row.id)
    found = list(rows.order_by(of.due_on, of.id).limit(MOST_LISTED))
    return sorted(found, key=lambda item: item.done_at is not None)


def action(consortium: Seen, public_id: str) -> Action:
    """Return something to be done. Raises NotFound."""
    found: Action | None = Action.get_or_none(
        Action.consortium_id == consortium.id, Action.public_id == public_id
    )
    if found is None:
        raise missing()
    return found


def own_actions(ctx: Context, ids: Collection[int]) -> list[Action]:
    """Return what organisations of the actor have to do in some consortia, by day."""
    of: Any = Action
    own = [item.organisation.id for item in organisations.mine(ctx) if item.role in EDITORS]
    rows = of.select().where(
        of.organisation.in_(own), of.done_at.is_null(), of.consortium_id.in_(list(ids))
    )
    return list(rows.order_by(of.due_on, of.id).limit(MOST_LISTED))


# Decisions


def decisions(consortium: Seen, row: Meeting | None = None) -> list[Decision]:
    """Return the decisions of a consortium, or of a meeting: the open ones, then the latest."""
    of: Any = Decision
    rows = of.select().where(of.consortium_id == consortium.id)
    if row is not None:
        rows = rows.where(of.meeting == row.id)
    found = list(rows.order_by(of.id.desc()).limit(MOST_LISTED))
    return sorted(found, key=lambda item: item.state != OPEN)


def decision(consortium: Seen, public_id: str) -> Decision:
    """Return a decision of a consortium. Raises NotFound."""
    found: Decision | None = Decision.get_or_none(
        Decision.consortium_id == consortium.id, Decision.public_id == public_id
    )
    if found is None:
        raise missing()
    return found


def voices(row: Decision) -> dict[int, Voice]:
    """Return the last word of each organisation that still exists."""
    rows = Voice.select().where(Voice.decision == row.id).order_by(Voice.id)
    return {item.organisation_id: item for item in rows if item.organisation_id is not None}


def choices(row: Decision) -> dict[int, str]:
    """Return what each organisation says last, for the count; of a secret vote too."""
    if not row.is_secret:
        return {number: voice.choice for number, voice in voices(row).items()}
    of: Any = Sealed
    return dict(of.select(of.organisation, of.choice).where(of.decision == row.id).tuples())


def open_decisions(ids: Collection[int], now: datetime) -> list[Decision]:
    """Return the decisions of some consortia that members can still speak about, by deadline."""
    of: Any = Decision
    rows = of.select().where(
        of.consortium_id.in_(list(ids)), of.state == OPEN, of.way != NOTED, of.closes_at > now
    )
    return list(rows.order_by(of.closes_at).limit(MOST_LISTED))


def spoken(ids: Collection[int]) -> set[tuple[int, int]]:
    """Return pairs of a decision and an organisation that has spoken."""
    of: Any = Voice
    rows = of.select(of.decision, of.organisation).where(of.decision.in_(list(ids)))
    return set(rows.tuples())


def own_organisations(ctx: Context) -> list[Organisation]:
    """Return the organisations for which the actor writes."""
    return [item.organisation for item in organisations.mine(ctx) if item.role in EDITORS]


def own_voters(ctx: Context, ids: Collection[int]) -> dict[int, list[int]]:
    """Return the members for which the actor speaks, by consortium."""
    mine = {item.id for item in own_organisations(ctx)}
    found: dict[int, list[int]] = {}
    for number, consortium in of_ids(ctx, ids).items() if mine and ids else ():
        found[number] = [item.id for item in members(consortium) if item.id in mine]
    return found
