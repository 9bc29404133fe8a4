"""Participants and workplaces once a mobility is agreed: what may still be put right, and by whom."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from plugins.mobilities import linking, queries, rules
from plugins.mobilities.models import (
    HOST,
    LIVE,
    PLANNING,
    SENDING,
    Mobility,
    ParticipantRow,
    PlacementRow,
)
from plugins.mobilities.service import PLACEMENT
from plugins.mobilities.workflow import MOBILITY
from portal import audit, db
from portal.context import Context
from portal.errors import Conflict, Invalid, NotAllowed
from portal.i18n import _


def may_correct(mobility: Mobility, row: ParticipantRow) -> bool:
    """Whether something may be put right: until the stay is over, since rating begins then."""
    return mobility.state in {PLANNING, *LIVE} and not row.placement.outcome


def correct(
    ctx: Context, mobility: Mobility, row: ParticipantRow, values: Mapping[str, Any]
) -> None:
    """Put right what is known of a participant, for the sending side.

    Raises Invalid with the field, Conflict once the stay is over, NotAllowed.
    """
    if not ctx.actor.system and SENDING not in queries.sides_of(ctx, mobility):
        raise NotAllowed
    kept: dict[str, Any] = {
        name: _checked(name, values) for name in ("name", "email", "guardian_email")
    }
    if not kept["name"]:
        raise Invalid(_("Fill this in; it can't stay empty."), field="name")
    if row.is_minor and not kept["guardian_email"]:
        raise Invalid(
            _("This participant is under 18: write a parent's or guardian's address."),
            field="guardian_email",
        )
    arrangements = rules.plain(values.get("arrangements") or "")
    if len(arrangements) > rules.TEXT_LENGTH:
        raise Invalid(
            _("Write at most %(most)s characters.", most=rules.TEXT_LENGTH), field="arrangements"
        )
    kept |= {"arrangements": arrangements, "host_needs_them": bool(values.get("host_needs_them"))}
    spoken = values.get("language") or ""
    kept["language"] = spoken if rules.LANGUAGE.fullmatch(spoken) else "en"
    with db.transaction():
        now: ParticipantRow = ParticipantRow.get_by_id(row.id)
        if not may_correct(Mobility.get_by_id(mobility.id), now):
            raise Conflict(_("This stay is over; nothing about it is changed any more."))
        changed = sorted(name for name, value in kept.items() if getattr(now, name) != value)
        ParticipantRow.update(**kept).where(ParticipantRow.id == row.id).execute()
        now = ParticipantRow.get_by_id(row.id)
        linking.invite(ctx, Mobility.get_by_id(mobility.id), now.placement, now)
        audit.record(ctx, "participant.changed", MOBILITY, mobility.id, fields=changed)


def _checked(name: str, values: Mapping[str, Any]) -> str:
    text = rules.line(values.get(name) or "")
    if name == "name":
        if len(text) > rules.LINE_LENGTH:
            raise Invalid(
                _("Write at most %(most)s characters.", most=rules.LINE_LENGTH), field=name
            )
        return text
    if text and (len(text) > 254 or not rules.EMAIL.fullmatch(text)):
        raise Invalid(_("Write a mail address such as name@school.example."), field=name)
    return text.lower()


def name_workplace(
    ctx: Context, mobility: Mobility, row: PlacementRow, values: Mapping[str, Any]
) -> None:
    """Name where participants work, for sending side and host. Raises Invalid, Conflict, NotAllowed."""
    sides = queries.sides_of(ctx, mobility)
    if not ctx.actor.system and not sides & {SENDING, HOST}:
        raise NotAllowed
    kept = {
        name: rules.line(values.get(name) or "")
        for name in ("workplace", "workplace_city", "workplace_email")
    }
    for name, text in kept.items():
        if len(text) > rules.LINE_LENGTH:
            raise Invalid(
                _("Write at most %(most)s characters.", most=rules.LINE_LENGTH), field=name
            )
    mailbox = kept["workplace_email"].lower()
    if mailbox and not rules.EMAIL.fullmatch(mailbox):
        raise Invalid(
            _("Write a mail address such as name@school.example."), field="workplace_email"
        )
    with db.transaction():
        now: PlacementRow = PlacementRow.get_by_id(row.id)
        state = Mobility.get_by_id(mobility.id).state
        if now.outcome or state not in {PLANNING, *LIVE}:
            raise Conflict(_("This stay is over; nothing about it is changed any more."))
        of: Any = PlacementRow
        of.update(**{**kept, "workplace_email": mailbox}).where(of.id == row.id).execute()
        now = PlacementRow.get_by_id(row.id)
        linking.invite_workplace(ctx, Mobility.get_by_id(mobility.id), now)
        audit.record(ctx, "workplace.named", PLACEMENT, row.id)


def arrangements(mobility: Mobility, sides: Collection[str]) -> list[ParticipantRow]:
    """Return the participants whose needs somebody who writes for these sides may read."""
    places = queries.placements([mobility.id])[mobility.id]
    rows = [row for row in queries.participants([place.id for place in places]) if row.arrangements]
    if SENDING in sides:
        return rows
    return [row for row in rows if row.host_needs_them] if HOST in sides else []
