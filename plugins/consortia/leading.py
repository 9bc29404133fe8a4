"""Who leads: handing over in two steps, and replacing a lead that has fallen silent."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from plugins.consortia import rules, service, telling
from plugins.consortia.models import (
    ACTIVE,
    CLOSED,
    DONE,
    HAND_OVER,
    OPEN,
    REFUSED,
    REPLACEMENT,
    STOPPED,
    Consortium,
    Membership,
    Motion,
    Support,
)
from portal import db, events, permissions, settings
from portal.context import Context
from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from portal.i18n import _
from portal.i18n import lazy_gettext as lazy
from portal.organisations.models import Organisation
from portal.organisations.service import new_public_id


def open_motion(consortium: Consortium) -> Motion | None:
    """Return what is under way about the lead, if anything is."""
    found: Motion | None = Motion.get_or_none(
        Motion.consortium == consortium.id, Motion.state == OPEN
    )
    return found


def hand_over(ctx: Context, consortium: Consortium, candidate: Organisation) -> Motion:
    """Offer the lead to another member; it leads once its people accept.

    Raises NotFound and NotAllowed, Invalid for who is no member, Conflict while something is open.
    """
    with db.transaction():
        permissions.check(ctx, "run", consortium)
        now = service.lock(consortium)
        service.did(ctx, now)
        made = _propose(ctx, now, candidate, HAND_OVER)
        named = {"name": candidate.name, "consortium": now.name}
        title = lazy("%(name)s is asked to lead %(consortium)s", **named)
        telling.tell(ctx, now, candidate.id, telling.LEAD, title)
    return made


def replace(ctx: Context, consortium: Consortium, candidate: Organisation) -> Motion:
    """Propose, for an active member, that another one leads because the lead is silent.

    The lead is told and stays if it does anything within the days of the setting. Raises as
    `hand_over`, NotAllowed for those who write for no member.
    """
    with db.transaction():
        permissions.check(ctx, "inside", consortium)
        now = service.lock(consortium)
        voices = own_voices(ctx, now)
        if not voices:
            raise NotAllowed(_("Only those who write for a member can propose this."))
        days = settings.of(ctx, "consortia")["objection_days"]
        made = _propose(ctx, now, candidate, REPLACEMENT, timedelta(days=days))
        named = {"name": candidate.name, "consortium": now.name}
        for member in _members(now):
            telling.tell(
                ctx,
                now,
                member,
                telling.LEAD,
                lazy("Members want %(name)s to lead %(consortium)s", **named),
                lazy("The lead stays if it does anything in the consortium meanwhile."),
            )
        support(ctx, made)
    return made


def _propose(
    ctx: Context,
    consortium: Consortium,
    candidate: Organisation,
    kind: str,
    wait: timedelta | None = None,
) -> Motion:
    if consortium.state == CLOSED:
        raise Conflict(_("This consortium is closed."))
    if candidate.id == consortium.lead_id:
        raise Invalid(_("This organisation leads already."), field="candidate")
    if candidate.id not in _members(consortium):
        raise Invalid(_("Choose an active member."), field="candidate")
    if open_motion(consortium) is not None:
        raise Conflict(_("Somebody was proposed already. Wait for the answer, or take it back."))
    moment = ctx.clock.now()
    made: Motion = Motion.create(
        public_id=new_public_id(),
        consortium=consortium.id,
        candidate=candidate.id,
        account=ctx.actor.account_id,
        kind=kind,
        created_at=moment,
        due_at=moment + wait if wait else None,
    )
    telling.note(ctx, consortium.id, f"lead.{kind}", candidate.id)
    telling.record(ctx, "consortium.proposed", consortium.id, lead=candidate.id)
    return made


def _members(consortium: Consortium) -> list[int]:
    of: Any = Membership
    rows = of.select(of.organisation).where(of.consortium == consortium.id, of.state == ACTIVE)
    return [number for (number,) in rows.order_by(of.id).tuples()]


def own_voices(ctx: Context, consortium: Consortium) -> list[int]:
    """Return the active members, the lead left out, for which the actor writes."""
    own = {item.id for item in service.own_organisations(ctx)}
    return [item for item in _members(consortium) if item in own and item != consortium.lead_id]


def _fresh(motion: Motion) -> tuple[Consortium, Motion]:
    """Hold the consortium, and read both anew. Raises Conflict for what is over."""
    consortium = service.lock(motion.consortium)
    now: Motion = Motion.get_by_id(motion.id)
    if now.state != OPEN:
        raise Conflict(_("This was answered or taken back meanwhile."))
    return consortium, now


def answer(ctx: Context, motion: Motion, accepts: bool) -> None:
    """Accept or refuse the lead, for those who write for the organisation that is offered it."""
    if motion.kind != HAND_OVER or motion.candidate_id not in _own(ctx):
        raise NotFound
    with db.transaction():
        consortium, now = _fresh(motion)
        if accepts:
            _change_lead(ctx, consortium, now)
        else:
            _end(ctx, now, REFUSED)
            telling.note(ctx, consortium.id, "lead.refused", now.candidate_id)
            named = {"name": now.candidate.name, "consortium": consortium.name}
            title = lazy("%(name)s does not want to lead %(consortium)s", **named)
            telling.tell(ctx, consortium, consortium.lead_id, telling.LEAD, title)


def take_back(ctx: Context, motion: Motion) -> None:
    """Take back what was proposed: the lead its offer, or stop its replacement by being there."""
    with db.transaction():
        permissions.check(ctx, "run", motion.consortium)
        consortium, now = _fresh(motion)
        _end(ctx, now, STOPPED)
        telling.note(ctx, consortium.id, "lead.stopped", now.candidate_id)


def _own(ctx: Context) -> set[int]:
    return {item.id for item in service.own_organisations(ctx)}


def support(ctx: Context, motion: Motion) -> int:
    """Give the voices of the actor's members to a replacement; returns how many there are now."""
    with db.transaction():
        consortium, now = _fresh(motion)
        voices = own_voices(ctx, consortium) if now.kind == REPLACEMENT else []
        if not voices:
            raise NotAllowed(_("Only those who write for a member can vote."))
        known = set(supporters(now))
        for voice in voices:
            if voice not in known:
                Support.create(
                    motion=now.id,
                    organisation=voice,
                    account=ctx.actor.account_id,
                    at=ctx.clock.now(),
                )
                telling.note(ctx, consortium.id, "lead.supported", voice)
        return len(known.union(voices))


def supporters(motion: Motion) -> list[int]:
    """Return the organisations that gave their voice."""
    of: Any = Support
    rows = of.select(of.organisation).where(of.motion == motion.id).order_by(of.id)
    return [number for (number,) in rows.tuples()]


def needed(consortium: Consortium) -> int:
    """Return how many voices replace the lead."""
    return rules.quorum(len(_members(consortium)) - 1)


def decide(ctx: Context, motion: Motion) -> bool:
    """Replace a silent lead once the days are over and enough members said yes.

    Voices of those who left meanwhile count no more. Returns whether it was done.
    """
    with db.transaction():
        consortium = service.lock(motion.consortium)
        now: Motion = Motion.get_by_id(motion.id)
        if now.state != OPEN or now.due_at is None or now.due_at > ctx.clock.now():
            return False
        voices = set(supporters(now)) & set(_members(consortium))
        if len(voices) < needed(consortium):
            _end(ctx, now, REFUSED)
            telling.note(ctx, consortium.id, "lead.refused", now.candidate_id)
            return False
        _change_lead(ctx, consortium, now)
        return True


def decide_due(ctx: Context) -> int:
    """Decide all whose days are over; returns how many leads were replaced."""
    due = Motion.select().where(
        Motion.state == OPEN, Motion.due_at.is_null(False), Motion.due_at <= ctx.clock.now()
    )
    return sum(decide(ctx, motion) for motion in due.order_by(Motion.id))


def _end(ctx: Context, motion: Motion, state: str) -> None:
    service.put(motion, state=state, closed_at=ctx.clock.now())


def _change_lead(ctx: Context, consortium: Consortium, motion: Motion) -> None:
    """Let the candidate lead; whoever led stays a partner. Raises Conflict if it left meanwhile."""
    if motion.candidate_id not in _members(consortium):
        raise Conflict(_("This organisation is no member any more."))
    former, candidate = consortium.lead, motion.candidate
    _end(ctx, motion, DONE)
    of: Any = Consortium
    of.update(lead=candidate.id, version=of.version + 1).where(of.id == consortium.id).execute()
    permissions.forget()
    telling.note(ctx, consortium.id, "lead.changed", candidate.id, former=former.name)
    telling.record(ctx, "consortium.led", consortium.id, lead=candidate.id, former=former.id)
    events.emit(ctx, "consortium.led", service.SUBJECT, consortium.id, organisation=candidate.id)
    now: Consortium = of.get_by_id(consortium.id)
    for member in _members(now):
        title = lazy("%(name)s now leads %(consortium)s", name=candidate.name, consortium=now.name)
        telling.tell(ctx, now, member, telling.LEAD, title)
