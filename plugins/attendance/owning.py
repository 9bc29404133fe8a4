"""Who is reminded of what was agreed: chosen by the host, refused or done by the person."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from plugins.attendance.models import Outcome, Owner
from plugins.roundtables import interface as roundtables
from plugins.roundtables.interface import Seat, Series, Table
from portal import audit, db
from portal.context import Context
from portal.errors import NotFound
from portal.i18n import _

HOST = "host"
NAME = "roundtables_series"


def choices(series: Series, table: Table) -> list[tuple[str, str]]:
    """Return who can be reminded: nobody, the people of the host, those with a seat."""
    rows = [row for row in roundtables.seats(series, table.id) if not row.is_withdrawn]
    named = [(_key(row), ", ".join(filter(None, (row.name, row.employer)))) for row in rows]
    return [("", _("Nobody")), (HOST, _("The people of the host")), *named]


def _key(seat: Seat) -> str:
    return f"seat {seat.public_id}"


def chosen(series: Series, table: Table) -> dict[str, str]:
    """Return who is reminded, by action, in the words of `choices`."""
    keys: dict[int | None, str] = {
        row.interest_id: _key(row) for row in roundtables.seats(series, table.id)
    }
    rows = Owner.select().where(Owner.table_id == table.id)
    return {row.action: keys.get(row.interest_id, HOST) for row in rows}


def split(actions: Sequence[dict[str, Any]]) -> dict[str, str]:
    """Take who is reminded out of actions, and give those actions a short name."""
    owners: dict[str, str] = {}
    for row in actions:
        owner = row.pop("owner", "")
        if owner:
            if not row["id"] or row["id"] in owners:
                row["id"] = secrets.token_hex(4)
            owners[row["id"]] = owner
    return owners


def keep(
    ctx: Context,
    series: Series,
    table: Table,
    owners: Mapping[str, str],
    moved: Sequence[str],
) -> None:
    """Keep who is reminded of what, inside a transaction; reminders of `moved` days begin anew."""
    people = {_key(row): row.interest_id for row in roundtables.seats(series, table.id)}
    known = {row.action: row for row in Owner.select().where(Owner.table_id == table.id)}
    left = set()
    for action, row in known.items():
        is_same = action in owners and people.get(owners[action]) == row.interest_id
        if is_same and action not in moved:
            left.add(action)
        else:
            Owner.delete().where(Owner.id == row.id).execute()
    for action in owners.keys() - left:
        Owner.create(
            table_id=table.id,
            action=action,
            interest_id=people.get(owners[action]),
            since=ctx.clock.now(),
        )


def action_of(row: Owner) -> dict[str, Any] | None:
    """Return the action of which somebody is reminded; None when it was taken out."""
    found: Outcome | None = Outcome.get_or_none(Outcome.table_id == row.table_id)
    actions = found.actions if found else []
    return next((one for one in actions if one.get("id") == row.action), None)


def own(table: Table, seat: Seat) -> list[dict[str, Any]]:
    """Return the actions of which somebody is reminded, those done too."""
    rows = Owner.select().where(Owner.table_id == table.id, Owner.interest_id == seat.interest_id)
    return [one for one in map(action_of, rows.order_by(Owner.id)) if one is not None]


def answer(
    ctx: Context, series: Series, table: Table, seat: Seat, action: str, is_done: bool
) -> None:
    """Let somebody say that an action is done, or not theirs; then nobody reminds them any more.

    What is not theirs falls to the people of the host. Raises NotFound.
    """
    here = (Owner.table_id == table.id, Owner.action == action)
    with db.transaction():
        row: Owner | None = Owner.get_or_none(*here, Owner.interest_id == seat.interest_id)
        outcome: Outcome | None = Outcome.get_or_none(Outcome.table_id == table.id)
        if row is None or outcome is None:
            raise NotFound
        if is_done:
            actions = [
                {**one, "done": True} if one.get("id") == action else one for one in outcome.actions
            ]
            Outcome.update(actions=actions, version=Outcome.version + 1).where(
                Outcome.table_id == table.id
            ).execute()
        else:
            fresh = {"interest_id": None, "before_at": None, "after_at": None}
            Owner.update(**fresh, since=ctx.clock.now()).where(Owner.id == row.id).execute()
        what = "action.done" if is_done else "action.refused"
        audit.record(ctx, what, NAME, series.id, table=table.id, role="participant")
