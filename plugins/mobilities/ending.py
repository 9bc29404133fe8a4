"""How stays end: by themselves, or as a side reports and another confirms; and telling of it once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from plugins.mobilities import queries, rules, tasklist, telling
from plugins.mobilities.models import (
    AGREED,
    ASSESSED,
    CONFIRMED,
    DID_NOT_HAPPEN,
    ENDED,
    EXTENDED,
    LIVE,
    OBJECTED,
    RECOGNISED,
    SETTLED,
    SIDES,
    TAKEN_BACK,
    WAITING,
    Mobility,
    ParticipantRow,
    PlacementRow,
    Report,
)
from plugins.mobilities.service import PLACEMENT
from portal import audit, db, events, permissions, workflow
from portal.context import SYSTEM, Context
from portal.errors import Conflict, Invalid, NotAllowed
from portal.i18n import _
from portal.i18n import lazy_gettext as lazy
from portal.organisations.service import new_public_id


def report(ctx: Context, placement: PlacementRow, side: str, values: Mapping[str, Any]) -> Report:
    """Say for a side that a stay does not end as planned: what, day, initiator, reason.

    `people` are the public ids of those for whom it ended early, empty for all of the placement.

    Raises Invalid with the field, NotAllowed for a side the actor does not write for, Conflict when
    the stay is over or another report waits for an answer.
    """
    with db.transaction():
        now, mobility = _held(placement)
        permissions.check(ctx, "report", mobility)
        _check_side(ctx, mobility, side)
        today = ctx.clock.now().date()
        first, last = date.fromisoformat(now.starts_on), date.fromisoformat(now.ends_on)
        if now.outcome or mobility.state not in LIVE or not rules.may_report(last, today):
            raise Conflict(_("This stay is over; what was reported about it stands."))
        if queries.waiting_report(now.id) is not None:
            raise Conflict(_("A report waits for an answer already. Answer that one first."))
        assessed = mobility.state in {ASSESSED, RECOGNISED}
        kept = rules.checked_report(values, first, last, today, is_assessed=assessed)
        made: Report = Report.create(
            public_id=new_public_id(),
            placement=now.id,
            side=side,
            account=ctx.actor.account_id,
            made_at=ctx.clock.now(),
            people=_some(now, kept["what"], values.get("people") or ()),
            **kept,
        )
        audit.record(
            ctx, "stay.reported", PLACEMENT, now.id, side=side, what=made.what, by=made.initiator
        )
        title = lazy("Please look: a stay does not end as planned: %(title)s", title=mobility.title)
        body = lazy("Confirm it or object within seven days. Without an answer it counts.")
        others = [name for name in SIDES if name != side]
        telling.tell(ctx, mobility, others, telling.REPORTED, title, body, f"report {made.id}")
    return made


def _some(placement: PlacementRow, what: str, chosen: Collection[str]) -> list[int]:
    """Return for whom it ended early; none where that is everybody. Raises Invalid."""
    everybody = {row.public_id: row.id for row in queries.participants([placement.id])}
    if not set(chosen) <= everybody.keys():
        raise Invalid(_("Choose from the list."), field="people")
    if not chosen or len(set(chosen)) == len(everybody):
        return []
    if what == EXTENDED:
        raise Invalid(_("A longer stay is longer for everybody: choose nobody here."), "people")
    return sorted(everybody[key] for key in set(chosen))


def answer(ctx: Context, found: Report, side: str, confirms: bool, reason: str = "") -> None:
    """Confirm a report of another side, or object to it with a reason; what follows is done at once.

    Raises NotAllowed for people who act for the side that reported, too; Conflict for a second
    answer; Invalid.
    """
    with db.transaction():
        placement, mobility = _held(found.placement)
        permissions.check(ctx, "report", mobility)
        _check_side(ctx, mobility, side)
        reporter = telling.organisation_of(mobility, found.side)
        if side == found.side or queries.is_member(ctx.actor.account_id, reporter):
            raise NotAllowed(_("Somebody from another side must answer this."))
        reason = rules.plain(reason)
        if not confirms and not reason:
            raise Invalid(_("Write the reasons in a sentence or two."), field="answer_reason")
        if len(reason) > rules.TEXT_LENGTH:
            raise Invalid(
                _("Write at most %(most)s characters.", most=rules.TEXT_LENGTH),
                field="answer_reason",
            )
        _close(ctx, found, CONFIRMED if confirms else OBJECTED, reason)
        if confirms and found.what == EXTENDED:
            _extend(mobility, placement, found.day)
        told = "stay.confirmed" if confirms else "stay.objected"
        audit.record(ctx, told, PLACEMENT, placement.id, side=side, what=found.what)
        title = (
            lazy("Your report was confirmed: %(title)s", title=mobility.title)
            if confirms
            else lazy("Somebody objects to your report: %(title)s", title=mobility.title)
        )
        mark = f"answer {found.id}"
        telling.tell(ctx, mobility, [found.side], telling.REPORTED, title, "", mark)
        _settle(ctx, mobility, PlacementRow.get_by_id(placement.id), Report.get_by_id(found.id))


def take_back(ctx: Context, found: Report, side: str) -> None:
    """Take a report of one's own side back while nobody answered. Raises Conflict, NotAllowed."""
    with db.transaction():
        placement, mobility = _held(found.placement)
        permissions.check(ctx, "report", mobility)
        _check_side(ctx, mobility, side)
        if side != found.side:
            raise NotAllowed
        _close(ctx, found, TAKEN_BACK)
        audit.record(ctx, "stay.report_taken_back", PLACEMENT, placement.id, side=side)
        _settle(ctx, mobility, placement, None)


def end_due(ctx: Context) -> int:
    """End all stays whose time has come; returns how many. Doing it twice is harmless."""
    today, count = ctx.clock.now().date(), 0
    for row in queries.maybe_over(today - rules.ENDS_AFTER):
        with db.transaction():
            placement, mobility = _held(row)
            waiting = queries.waiting_report(placement.id)
            count += _settle(ctx, mobility, placement, waiting)
    return count


def _held(placement: PlacementRow) -> tuple[PlacementRow, Mobility]:
    """Return placement and mobility as they are, held until the transaction ends."""
    if db.is_postgres():
        number = placement.mobility_id
        db.query("SELECT id FROM mobilities_mobility WHERE id = ? FOR UPDATE", (number,))
    now: PlacementRow = PlacementRow.get_by_id(placement.id)
    return now, Mobility.get_by_id(now.mobility_id)


def _check_side(ctx: Context, mobility: Mobility, side: str) -> None:
    if not ctx.actor.system and side not in queries.sides_of(ctx, mobility):
        raise NotAllowed(_("You do not write for this side."))


def _close(ctx: Context, found: Report, state: str, reason: str = "") -> None:
    of: Any = Report
    here = (of.id == found.id) & (of.answer == WAITING)
    values = {"answer": state, "answer_reason": reason, "answered_at": ctx.clock.now()}
    if not of.update(**values).where(here).execute():
        raise Conflict(_("This report was answered already."))


def _extend(mobility: Mobility, placement: PlacementRow, day: str) -> None:
    PlacementRow.update(ends_on=day).where(PlacementRow.id == placement.id).execute()
    _keep_until(placement.id, date.fromisoformat(day))
    if day > mobility.ends_on:
        Mobility.update(ends_on=day).where(Mobility.id == mobility.id).execute()
        tasklist.move(Mobility.get_by_id(mobility.id))


def _keep_until(placement_id: int, day: date) -> None:
    of: Any = ParticipantRow
    of.update(ends_at=rules.end_of_day(day)).where(of.placement == placement_id).execute()


def _settle(ctx: Context, mobility: Mobility, placement: PlacementRow, found: Report | None) -> int:
    """End a stay if its time has come, once: outcome, event, the mobility's state, who is told."""
    told = found and rules.Reported(
        found.what, date.fromisoformat(found.day), found.made_at.date(), found.answer
    )
    last = date.fromisoformat(placement.ends_on)
    end = rules.end_of(last, told or None, ctx.clock.now().date())
    if end is None or placement.outcome or mobility.state not in LIVE:
        return 0
    initiator = found.initiator if found and end.outcome != ENDED else ""
    some = bool(found and found.people and end.outcome != ENDED)
    if found and some:
        rest, placement = placement, _apart(placement, found)
    conclude(ctx, mobility, placement, end, initiator)
    if found and found.answer == WAITING:
        _close(ctx, found, SETTLED)
    return 1 + (_settle(ctx, mobility, rest, None) if some else 0)


def _apart(placement: PlacementRow, found: Report) -> PlacementRow:
    """Give those for whom a stay ended early a placement of their own; the others go on."""
    same = ("workplace", "workplace_city", "workplace_email", "starts_on", "ends_on")
    made: PlacementRow = PlacementRow.create(
        public_id=new_public_id(),
        mobility=placement.mobility_id,
        **{name: getattr(placement, name) for name in same},
    )
    person: Any = ParticipantRow
    here = (person.id.in_(found.people), person.placement == placement.id)
    person.update(placement=made.id).where(*here).execute()
    Report.update(placement=made.id).where(Report.id == found.id).execute()
    return made


def conclude(
    ctx: Context, mobility: Mobility, placement: PlacementRow, end: rules.End, initiator: str
) -> None:
    """Store how a stay ended and tell of it, inside the caller's transaction."""
    if not store(ctx, placement, end, initiator):
        return
    announce(ctx, mobility, placement, end)
    title = lazy("A stay has ended: %(title)s", title=mobility.title)
    telling.tell(ctx, mobility, SIDES, telling.ENDED, title, "", f"ended {placement.id}")
    _follow(ctx, mobility.id)


def store(ctx: Context, placement: PlacementRow, end: rules.End, initiator: str) -> bool:
    """Store how a stay ended; False where that was done before."""
    values = {"outcome": end.outcome, "ended_on": end.on.isoformat(), "initiator": initiator}
    of: Any = PlacementRow
    if not of.update(**values).where(of.id == placement.id, of.outcome == "").execute():
        return False
    _keep_until(placement.id, end.on)
    audit.record(ctx, "stay.ended", PLACEMENT, placement.id, outcome=end.outcome)
    return True


def announce(ctx: Context, mobility: Mobility, placement: PlacementRow, end: rules.End) -> None:
    """Tell other plugins that a stay is over."""
    values = {"outcome": end.outcome, "mobility": mobility.id}
    events.emit(ctx, "mobility.ended", PLACEMENT, placement.id, **values)


def _follow(ctx: Context, number: int) -> None:
    """Bring the mobility's state in step once all its stays are over."""
    mobility: Mobility = Mobility.get_by_id(number)
    outcomes = {row.outcome for row in queries.placements([number])[number]}
    if "" in outcomes:
        return
    alone = ctx.as_actor(SYSTEM)
    if outcomes == {DID_NOT_HAPPEN}:
        workflow.move(alone, mobility, "call_off")
    elif ENDED not in outcomes:
        workflow.move(alone, mobility, "interrupt")
    elif mobility.state == AGREED:
        workflow.move(alone, mobility, "pass_on")


def may_answer(found: Report, sides: frozenset[str]) -> bool:
    """Whether somebody who writes for these sides may confirm or object to a report."""
    return found.answer == WAITING and bool(sides - {found.side})
