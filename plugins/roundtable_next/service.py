"""Which other tables take somebody who has no place, and putting them there."""

from __future__ import annotations

from dataclasses import dataclass

from plugins.roundtables import interface as roundtables
from plugins.roundtables.interface import Person, Series, Table
from portal.context import Context
from portal.errors import Conflict
from portal.i18n import _

OVER = ("placed", "held", "cancelled")
"""States of a series in which somebody without a place looks for another one."""
MOST = 8


@dataclass(frozen=True)
class Other:
    """A table that takes people; `left` places, None as long as all who ask count the same."""

    series: Series
    table: Table
    left: int | None


def others(ctx: Context, of: Series, who: Person | None = None) -> list[Other]:
    """Return tables of a series and of its host that take people, the first to begin first.

    For `who` without those that they want already, can't come to, or are in.
    """
    found = [] if who and who.is_out else _with_room(ctx, of)
    for one in roundtables.listed(ctx):
        same = one.host.id == of.host.id and one.id != of.id
        if not same or not roundtables.is_open(ctx, one) or (who and roundtables.is_in(who, one)):
            continue
        found += _with_room(ctx, one) if one.state == "placed" else _to_come(ctx, one)
    if who:
        found = [
            one
            for one in found
            if one.table.id not in who.choices
            and (one.series.id != of.id or who.can_come(one.table))
        ]
    return sorted(found, key=lambda one: (one.table.starts_at, one.table.id))[:MOST]


def _with_room(ctx: Context, of: Series) -> list[Other]:
    left = roundtables.room(ctx, of) if of.state == "placed" else {}
    return [Other(of, one, left[one.id]) for one in of.tables if left.get(one.id)]


def _to_come(ctx: Context, of: Series) -> list[Other]:
    now = ctx.clock.now()
    return [
        Other(of, one, None)
        for one in of.tables
        if one.cancelled_at is None and one.starts_at > now
    ]


def move_on(ctx: Context, token: str, table: str, network: str) -> str:
    """Put somebody without a place at another table; returns the address of their page there.

    Raises NotFound for a wrong link, Conflict when the table takes nobody any more, TooMany.
    """
    series, who = roundtables.person(token)
    rows = others(ctx, series, who) if who.is_waiting and series.state in OVER else []
    found = next((one for one in rows if one.table.public_id == table), None)
    if found is None:
        raise Conflict(
            _("This table takes nobody any more, or you are there already. Look at your page.")
        )
    return roundtables.move_on(ctx, who, found.series, found.table, network)
