"""Changing an organisation's list of steps; attaching files to steps and taking them away."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from plugins.checklists import rules
from plugins.checklists.models import OwnList, Proof
from plugins.mobilities.interface import OWN_FROM, Seen
from portal import audit, db
from portal.context import Context
from portal.errors import Invalid, NotAllowed, NotFound, TooMany
from portal.i18n import _
from portal.organisations.models import Organisation
from portal.organisations.service import check_editor, new_public_id

KEPT_FOR = timedelta(days=1_096)
SIDES = ("sending", "host", "supporting")


# Lists


def versions(organisation_id: int) -> list[OwnList]:
    """Return the versions of an organisation's list, the newest first."""
    of: Any = OwnList
    return list(of.select().where(of.organisation == organisation_id).order_by(of.number.desc()))


def newest(organisation_id: int) -> OwnList | None:
    """Return the version with which stays begin that the organisation plans now."""
    return next(iter(versions(organisation_id)), None)


def number_of(row: OwnList) -> int:
    """Return the number by which mobilities know a version."""
    return OWN_FROM + row.id


def of_number(number: int) -> OwnList | None:
    """Return a version by the number that mobilities have for it."""
    row: OwnList | None = OwnList.get_or_none(OwnList.id == number - OWN_FROM)
    return row


def steps(number: int) -> list[dict[str, Any]]:
    """Return the steps of a version by the number that mobilities have for it."""
    row = of_number(number)
    return rules.resolve(row.changes) if row else []


def save(
    ctx: Context, organisation: Organisation, changes: Mapping[str, Any], shown: int
) -> OwnList | None:
    """Make a new version of a list, from the one that was shown (0: the usual list).

    Stays that were planned before keep theirs. Returns the newest version, the same one where
    nothing differs. Raises NotFound, NotAllowed, Conflict when somebody was faster, Invalid.
    """
    check_editor(ctx, organisation)
    rules.check(changes)
    with db.transaction():
        last = newest(organisation.id)
        rules.check_shown(last.number if last else 0, shown)
        if dict(last.changes if last else rules.NOTHING) == dict(changes):
            return last
        made: OwnList = OwnList.create(
            organisation=organisation.id,
            number=shown + 1,
            changes=dict(changes),
            account=ctx.actor.account_id,
            created_at=ctx.clock.now(),
        )
        audit.record(ctx, "checklist.changed", "checklists_list", made.id, number=made.number)
    return made


# Proofs


def proofs(mobility_id: int) -> list[Proof]:
    """Return the files of a mobility without their content, the first that came first."""
    of: Any = Proof
    columns = (of.id, of.public_id, of.step, of.side, of.file_name, of.kind, of.size, of.created_at)
    return list(of.select(*columns).where(of.mobility_id == mobility_id).order_by(of.id))


def attach(ctx: Context, seen: Seen, key: str, name: str, content: bytes) -> Proof:
    """Attach a file to a step, for those who may mark it.

    Raises NotFound, NotAllowed, TooMany when there are many already, Invalid for other files.
    """
    if key not in seen.steps:
        raise NotFound
    if key not in seen.may:
        raise NotAllowed(_("This step belongs to another side."))
    if key in rules.NO_FILES:
        raise Invalid(_("Nothing is attached here: it is about what somebody needs."), "file")
    kind = rules.kind_of(content)
    with db.transaction():
        there = proofs(seen.id)
        of_step = sum(row.step == key for row in there)
        if of_step >= rules.MOST_OF_STEP or len(there) >= rules.MOST_OF_STAY:
            raise TooMany(_("There are many files already. Take one away first."), 60)
        made: Proof = Proof.create(
            public_id=new_public_id(),
            mobility_id=seen.id,
            step=key,
            side=next(side for side in SIDES if side in seen.sides),
            file_name=rules.file_name(name, kind),
            kind=kind,
            size=len(content),
            content=content,
            account=ctx.actor.account_id,
            created_at=ctx.clock.now(),
        )
        audit.record(ctx, "proof.attached", "checklists_proof", made.id, step=key, side=made.side)
    return made


def proof(seen: Seen, public_id: str) -> Proof:
    """Return a file with its content, for those who write for a side. Raises NotFound."""
    row: Proof | None = Proof.get_or_none(
        Proof.public_id == public_id, Proof.mobility_id == seen.id
    )
    if row is None or not seen.sides:
        raise NotFound
    return row


def take_away(ctx: Context, seen: Seen, row: Proof) -> None:
    """Take a file away that one's own side attached. Raises NotAllowed."""
    if row.side not in seen.sides:
        raise NotAllowed(_("Only the side that attached a file takes it away."))
    with db.transaction():
        Proof.delete().where(Proof.id == row.id).execute()
        audit.record(ctx, "proof.removed", "checklists_proof", row.id, step=row.step, side=row.side)


def forget(ctx: Context) -> int:
    """Delete files whose time is over; returns how many."""
    of: Any = Proof
    with db.transaction():
        count: int = of.delete().where(of.created_at < ctx.clock.now() - KEPT_FOR).execute()
    return count
