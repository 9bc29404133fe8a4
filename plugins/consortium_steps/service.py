"""A consortium's list of steps: its versions, and for which stays it holds."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from peewee import fn

from plugins.checklists.interface import NOTHING, check, check_shown, resolve
from plugins.consortia import interface as consortia
from plugins.consortia.interface import ACTIVE, RUNNING, Seen
from plugins.consortium_steps.models import SharedList
from portal import audit, db
from portal.context import Context
from portal.i18n import lazy_gettext as lazy

FROM = 1_000_000_000
"""Mobilities know the lists of consortia by numbers from this one on."""


def versions(consortium_id: int) -> list[SharedList]:
    """Return the versions of a consortium's list, the newest first."""
    of: Any = SharedList
    return list(of.select().where(of.consortium_id == consortium_id).order_by(of.number.desc()))


def newest(ids: Collection[int] = ()) -> dict[int, SharedList]:
    """Return the newest version of each list that differs from the usual one, by consortium.

    `ids` narrow it to some consortia.
    """
    of: Any = SharedList
    last = of.select(fn.MAX(of.id)).group_by(of.consortium_id)
    rows = of.select().where(of.id.in_(last))
    rows = rows.where(of.consortium_id.in_(list(ids))) if ids else rows
    return {row.consortium_id: row for row in rows if dict(row.changes) != dict(NOTHING)}


def shared_by(ctx: Context, organisations: Collection[int], day: str) -> list[Seen]:
    """Return the actor's consortia under way on a day, with a list, to which all these belong.

    The newest comes first.
    """
    lists = newest()
    found = [
        seen
        for seen in (consortia.own(ctx) if lists else ())
        if seen.id in lists
        and seen.state == RUNNING
        and seen.starts_on <= day
        and (not seen.ends_on or day <= seen.ends_on)
        and set(organisations) <= {row.organisation_id for row in consortia.members(seen, ACTIVE)}
    ]
    return sorted(found, key=lambda seen: -seen.id)


def list_for(ctx: Context, organisations: Collection[int], day: str) -> int:
    """Return the number of the list for a stay between members that begins on a day, 0 for none."""
    found = shared_by(ctx, organisations, day)
    return FROM + newest([found[0].id])[found[0].id].id if found else 0


def of_number(number: int) -> SharedList | None:
    """Return a version by the number that mobilities have for it."""
    row: SharedList | None = SharedList.get_or_none(SharedList.id == number - FROM)
    return row


def steps(number: int) -> list[dict[str, Any]]:
    """Return the steps of a version by the number that mobilities have for it."""
    row = of_number(number)
    return resolve(row.changes) if row else []


def save(
    ctx: Context, consortium: Seen, changes: Mapping[str, Any], shown: int
) -> SharedList | None:
    """Make a new version of a list, from the one that was shown (0: the usual list).

    Stays that were planned before keep theirs. Returns the newest version, the same one where nothing
    differs. Raises NotFound, NotAllowed, Invalid, Conflict when somebody was faster.
    """
    check(changes)
    with db.transaction():
        here = consortia.lock(ctx, consortium)
        last = next(iter(versions(here.id)), None)
        check_shown(last.number if last else 0, shown)
        if dict(last.changes if last else NOTHING) == dict(changes):
            return last
        made: SharedList = SharedList.create(
            consortium_id=here.id,
            number=shown + 1,
            changes=dict(changes),
            account=ctx.actor.account_id,
            created_at=ctx.clock.now(),
        )
        consortia.note(
            ctx, here, lazy("The list of steps has version %(number)s", number=shown + 1)
        )
        audit.record(
            ctx, "consortium.steps_changed", "consortium_steps_list", made.id, number=made.number
        )
    return made
