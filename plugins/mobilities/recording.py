"""Recording stays that were not planned here: for demonstration, or from before somebody joined."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from plugins.mobilities import ending, rules, tasklist
from plugins.mobilities.facts import Placement, placement
from plugins.mobilities.models import (
    AGREED,
    BACKFILLED,
    CLOSED,
    ENDED,
    GROUP,
    INDIVIDUAL,
    RECORDED,
    RUNNING,
    Mobility,
    ParticipantRow,
    PlacementRow,
)
from portal import db, workflow
from portal.context import Context
from portal.errors import NotAllowed
from portal.organisations.models import Organisation
from portal.organisations.service import new_public_id

PLANNED_BEFORE = timedelta(days=60)


def record(
    ctx: Context,
    *,
    sending: Organisation,
    host: Organisation,
    supporting: Organisation | None = None,
    title: str = "Placement",
    workplace: str = "",
    field: str = "",
    occupation: str = "",
    mode: str = "physical",
    starts_on: date,
    ends_on: date,
    outcome: str = ENDED,
    ended_on: date | None = None,
    initiator: str = "",
    participants: Sequence[dict[str, Any]] = (),
    announce: bool = True,
    evidence: str = RECORDED,
) -> Placement:
    """Record a stay among made-up organisations, past or present; returns its placement.

    With an empty `outcome` it goes on. Participants are mappings with name, email, language,
    is_minor and guardian_email, all but the name optional. Without `announce` no event tells that
    it ended. Only the system may do this; raises NotAllowed for real organisations, but for a stay
    that is `backfilled`: over since a while, and without participants, so that none is asked.
    """
    sides = [item for item in (sending, host, supporting) if item is not None]
    is_made_up = all(item.is_fictional for item in sides)
    is_past = outcome == ENDED and ends_on < ctx.clock.now().date() and not participants
    if not ctx.actor.system or not (is_past if evidence == BACKFILLED else is_made_up):
        raise NotAllowed
    planned_at = datetime.combine(starts_on - PLANNED_BEFORE, time(9), UTC)
    with db.transaction():
        mobility: Mobility = Mobility.create(
            public_id=new_public_id(),
            title=title,
            kind=GROUP if len(participants) > 1 else INDIVIDUAL,
            sending=sending.id,
            host=host.id,
            supporting=supporting.id if supporting else None,
            field=field,
            occupation=occupation,
            mode=mode,
            starts_on=starts_on.isoformat(),
            ends_on=ends_on.isoformat(),
            state=_state(outcome, starts_on, ctx.clock.now().date()),
            evidence=evidence,
            created_at=ctx.clock.now() if evidence == BACKFILLED else planned_at,
            agreed_at=None if evidence == BACKFILLED else planned_at + timedelta(days=7),
        )
        workflow.start(ctx, mobility)
        row: PlacementRow = PlacementRow.create(
            public_id=new_public_id(),
            mobility=mobility.id,
            workplace=workplace,
            starts_on=mobility.starts_on,
            ends_on=mobility.ends_on,
        )
        for at, person in enumerate(participants, 1):
            ParticipantRow.create(
                public_id=new_public_id(),
                placement=row.id,
                ends_at=rules.end_of_day(ends_on),
                **rules.checked_participant(person, at),
            )
        if not outcome:
            tasklist.make(ctx, mobility)
        else:
            end = rules.End(outcome, ended_on or ends_on)
            ending.store(ctx, row, end, initiator)
            if announce:
                ending.announce(ctx, mobility, row, end)
    return placement(row.public_id)


def _state(outcome: str, starts_on: date, today: date) -> str:
    if outcome:
        return CLOSED if outcome == ENDED else outcome
    return RUNNING if starts_on <= today else AGREED
