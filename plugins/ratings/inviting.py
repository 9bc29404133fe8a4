"""Asking each side once a placement is over: people of organisations here, participants by a link."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from plugins.links import interface as links
from plugins.mobilities import interface as mobilities
from plugins.ratings import queries, rules, telling
from plugins.ratings.models import LEARNER, SENDING, Ending, Invitation
from plugins.ratings.rowsfile import LIVE
from portal import audit, db, mail, settings
from portal.context import Context
from portal.organisations.service import new_public_id

PURPOSE = "ratings.rate"
BATCH = 500


def ask(ctx: Context, placement_id: int, *, silently: bool = False) -> Ending | None:
    """Ask all sides of a placement that is over, once; None where there is nobody to ask.

    Real and made-up organisations are never asked about each other, nor participants about stays from
    before somebody joined. `silently` sends nothing, for what is loaded.
    """
    found = mobilities.ended([placement_id]).get(placement_id)
    if found is None or Ending.select().where(Ending.placement == placement_id).exists():
        return None
    with db.transaction():
        made = _begin(ctx, found)
        sides = queries.here(made)
        if SENDING not in sides or len({bool(item.is_fictional) for item in sides.values()}) != 1:
            made.delete_instance()
            return None
        is_told = not silently and made.evidence == LIVE
        people = mobilities.participants(placement_id) if is_told else []
        version, outcome = made.criteria, made.outcome
        ids = {role: int(item.id) for role, item in sides.items()}
        for role, organisation in sides.items():
            if rules.parts(version, outcome, role, ids):
                _invite(made, role, organisation=organisation.id)
                if not silently:
                    telling.asked(ctx, made, organisation)
        if rules.parts(version, outcome, LEARNER, ids):
            for person in people:
                _ask_participant(ctx, made, person)
        if not Invitation.select().where(Invitation.ending == made.id).exists():
            made.delete_instance()
            return None
        audit.record(ctx, "placement.asked", "ratings_ending", made.id, placement=placement_id)
    return made


def _begin(ctx: Context, found: Any) -> Ending:
    now, days = ctx.clock.now(), int(settings.of(ctx, "ratings")["sealed_days"])
    ended_on: date = found.ended_on or found.ends_on
    made: Ending = Ending.create(
        placement=found.id,
        placement_key=found.public_id,
        mobility=found.mobility_id,
        sending=found.sending_id,
        host=found.host_id,
        supporting=found.supporting_id,
        workplace=found.workplace,
        outcome=found.outcome,
        evidence=found.evidence,
        starts_on=found.starts_on.isoformat(),
        ended_on=ended_on.isoformat(),
        criteria=rules.newest(),
        asked_at=now,
        opens_at=rules.opens_at(ended_on, now, days),
    )
    return made


def _invite(ending: Ending, role: str, **more: Any) -> Invitation:
    made: Invitation = Invitation.create(
        public_id=new_public_id(), ending=ending.id, role=role, **more
    )
    return made


def _ask_participant(ctx: Context, ending: Ending, person: Any) -> None:
    """Send a participant the private link, and tell the guardian of a minor that this was done."""
    if not person.email:
        return
    made = _invite(ending, LEARNER, participant=person.id, is_minor=bool(person.is_minor))
    links.send(
        ctx,
        purpose=PURPOSE,
        object_id=made.id,
        role="learner",
        email=person.email,
        name=person.name,
        language=person.language,
        until=ending.opens_at + rules.LINK_AFTER,
    )
    if person.is_minor and person.guardian_email:
        speaking = replace(ctx, locale=person.language or ctx.locale)
        mail.enqueue(
            speaking, person.guardian_email, "ratings/guardian", opens_on=ending.opens_at.date()
        )


def letter(ctx: Context, link: links.Link) -> tuple[str, dict[str, Any]] | None:
    """Return kind and values of the mail with a participant's link; None once it is no use."""
    row: Invitation | None = Invitation.get_or_none(Invitation.id == link.object_id)
    if row is None or row.ending.released_at is not None or row.answered_at is not None:
        return None
    return "ratings/rate", {"opens_on": row.ending.opens_at.date(), "is_minor": row.is_minor}


LINKS = links.Purpose(PURPOSE, "ratings_link.rate", letter)


def remind(ctx: Context) -> int:
    """Remind once, a week before the time is over, those who have not rated; returns how many."""
    now, of, told = ctx.clock.now(), Invitation, 0
    rows: Any = of.select(of, Ending).join(Ending)
    late = rows.where(
        of.answered_at.is_null(),
        of.reminded_at.is_null(),
        Ending.released_at.is_null(),
        Ending.opens_at > now,
        Ending.opens_at <= now + rules.REMIND_BEFORE,
    )
    for row in list(late.order_by(of.id).limit(BATCH)):
        told += _remind(ctx, row)
    return told


def _remind(ctx: Context, row: Invitation) -> bool:
    with db.transaction():
        here = (Invitation.id == row.id, Invitation.reminded_at.is_null())
        if not Invitation.update(reminded_at=ctx.clock.now()).where(*here).execute():
            return False
        if row.role != LEARNER and row.organisation is not None:
            telling.asked(ctx, row.ending, row.organisation, again=True)
            return True
        for link in links.links_of(PURPOSE, row.id):
            if link.used_at is None and link.closed_at is None:
                links.send_again(ctx, link)
    return True
