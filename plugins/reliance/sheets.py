"""Trust as a process: why a pair of partners may rely on each other, and the next step.

Source of the four reliances: the ECVET Toolkit on trust. What was seen grows old: after two years it
should be looked at again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from plugins.agreements.interface import are_together
from plugins.reliance.models import Ground, Step
from plugins.reliance.rules import (
    EVIDENCED,
    NONE,
    OLD,
    ORDER,
    RELIANCES,
    VERIFIED,
    checked,
    level,
)
from portal import audit, db
from portal.context import Context
from portal.errors import Conflict, Invalid, NotFound
from portal.i18n import _
from portal.organisations.models import Organisation
from portal.organisations.service import new_public_id

MOST_GROUNDS, MOST_STEPS = 200, 100


@dataclass(frozen=True)
class Reliance:
    """One of the four ways to rely on a partner: how far it goes, and what speaks for it."""

    name: str
    level: str
    grounds: list[Ground]
    next_step: str


def of_pair(own: Organisation, partner: Organisation, today: date) -> list[Reliance]:
    """Return why `own` may rely on `partner`, in the order of the reliances."""
    rows = list(
        Ground.select()
        .where(Ground.organisation == partner.id, Ground.partner == own.id)
        .order_by(Ground.id.desc())
    )
    found = []
    for name in RELIANCES:
        grounds = [row for row in rows if row.reliance == name]
        level = max((level_of(row, today) for row in grounds), key=ORDER.index, default=NONE)
        found.append(Reliance(name, level, grounds, next_step(name, level)))
    return found


def level_of(row: Ground, today: date) -> str:
    """Return how far something speaks for a partner: claimed, evidenced, verified, or old."""
    verified_on = row.verified_at.date().isoformat() if row.verified_at else ""
    seen_on = row.happened_on or row.created_at.date().isoformat()
    return level(bool(row.proof), verified_on, seen_on, today)


def next_step(name: str, level: str) -> str:
    """Return what would help most, as a sentence; empty where nothing is missing."""
    if level == VERIFIED:
        return ""
    if level == OLD:
        return _("The evidence is more than two years old: look at it again together.")
    if level == EVIDENCED:
        return _("There is evidence: look at it, and verify it if it convinces you.")
    steps = {
        "learning": _("Ask for the unit descriptions of what is learned there."),
        "mentoring": _("Ask who looks after participants, and talk to that person by video."),
        "documentation": _("Ask for a filled-in record of results, without names."),
        "assessment": _("No evidence of assessment yet: propose a preparatory visit."),
    }
    return steps[name]


def check_pair(own: Organisation, partner: Organisation) -> None:
    """Raise NotFound unless both are parties of an agreement that was sent to them."""
    if own.id == partner.id or not are_together(own.id, partner.id):
        raise NotFound(_("A trust sheet begins with an agreement between both organisations."))


def say(
    ctx: Context,
    own: Organisation,
    partner: Organisation,
    reliance: str,
    text: str,
    proof: str,
    happened_on: date | None,
) -> Ground:
    """Say why the partner may rely on one's own organisation. Raises Invalid, Conflict, NotFound."""
    check_pair(own, partner)
    text = checked(text, 2_000, "text")
    if not text or reliance not in RELIANCES:
        raise Invalid(_("Write what speaks for it."), field="text")
    if happened_on and happened_on > ctx.clock.now().date():
        raise Invalid(_("This day is still to come."), field="happened_on")
    with db.transaction():
        here = (Ground.organisation == own.id, Ground.partner == partner.id)
        if Ground.select().where(*here).count() >= MOST_GROUNDS:
            raise Conflict(_("This sheet is full. Take back what is no longer needed."))
        made: Ground = Ground.create(
            public_id=new_public_id(),
            organisation=own.id,
            partner=partner.id,
            reliance=reliance,
            text=text,
            proof=checked(proof, 300, "proof"),
            happened_on=happened_on.isoformat() if happened_on else "",
            account=ctx.actor.account_id,
            created_at=ctx.clock.now(),
        )
        audit.record(ctx, "trust.said", "organisation", own.id, partner=partner.id)
    return made


def settle(ctx: Context, own: Organisation, partner: Organisation, number: str, act: str) -> None:
    """Verify what the partner says (`verify`), or take back what one said oneself (`take_back`).

    Raises NotFound for what is not on this sheet, or not one's own to do.
    """
    of, towards = (partner, own) if act == "verify" else (own, partner)
    with db.transaction():
        row = Ground.get_or_none(
            Ground.public_id == number,
            Ground.organisation == of.id,
            Ground.partner == towards.id,
        )
        if row is None:
            raise NotFound
        if act == "verify":
            Ground.update(verified_at=ctx.clock.now(), verified_by=ctx.actor.account_id).where(
                Ground.id == row.id
            ).execute()
        else:
            row.delete_instance()
        audit.record(ctx, f"trust.{act}", "organisation", own.id, partner=partner.id)


# The shared plan


def steps(own: Organisation, partner: Organisation) -> list[Step]:
    """Return the steps that a pair plans, open ones first, by day."""
    pair = [own.id, partner.id]
    rows = Step.select(Step, Organisation).join(Organisation, on=(Step.owner == Organisation.id))
    found = rows.where(Step.organisation.in_(pair), Step.partner.in_(pair))
    return sorted(found, key=lambda row: (row.done_at is not None, row.due_on or "9999", row.id))


def plan(
    ctx: Context,
    own: Organisation,
    partner: Organisation,
    text: str,
    owner: Organisation,
    due_on: date | None,
) -> Step:
    """Add a step to the plan that both see. Raises Invalid, Conflict, NotFound."""
    check_pair(own, partner)
    text = checked(text, 300, "text")
    if not text:
        raise Invalid(_("Write what is to be done."), field="text")
    with db.transaction():
        if len(steps(own, partner)) >= MOST_STEPS:
            raise Conflict(_("This plan is full."))
        made: Step = Step.create(
            public_id=new_public_id(),
            organisation=own.id,
            partner=partner.id,
            owner=owner.id,
            text=text,
            due_on=due_on.isoformat() if due_on else "",
            account=ctx.actor.account_id,
            created_at=ctx.clock.now(),
        )
    return made


def finish(ctx: Context, own: Organisation, partner: Organisation, number: str) -> None:
    """Mark a step as done, or as open again. Raises NotFound."""
    row = next((item for item in steps(own, partner) if item.public_id == number), None)
    if row is None:
        raise NotFound
    with db.transaction():
        Step.update(done_at=None if row.done_at else ctx.clock.now()).where(
            Step.id == row.id
        ).execute()
