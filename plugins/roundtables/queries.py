"""Reads of round tables, in a bounded number of statements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from peewee import fn

from plugins.allocation.interface import pictures
from plugins.roundtables import groups, models
from plugins.roundtables.models import Draw, Interest, Objection, Place, RoundTable, Series
from portal import db, permissions
from portal.context import Context
from portal.errors import NotFound
from portal.i18n import _
from portal.organisations import queries as organisations
from portal.organisations.models import Organisation

MOST_LISTED = 200
own_organisations = organisations.own_organisations
editors = organisations.editors


@dataclass(frozen=True)
class Found:
    """A series with what the actor may do with it."""

    series: Series
    rights: frozenset[str]

    def may(self, *names: str) -> bool:
        """Whether the actor has one of these permissions."""
        return bool(self.rights.intersection(names))


def missing() -> NotFound:
    """Make the answer for series that are not there, or not for this actor."""
    return NotFound(_("There are no round tables at this address. Look at those that are planned."))


def find(ctx: Context, slug: str) -> Found:
    """Return a series by its address, today's or that of its draft. Raises NotFound."""
    of: Any = Series
    rows = of.select(of, Organisation).join(Organisation)
    row = rows.where((of.slug == slug) | (of.public_id == slug)).first()
    wanted = ["view", "edit", "run", "inside", "history"]
    rights = permissions.granted(ctx, row, wanted) if row else set()
    if "view" not in rights:
        raise missing()
    host = row.organisation
    is_seen = not host.hidden_at and organisations.in_sight([host])
    if not is_seen and "inside" not in rights:
        raise missing()
    return Found(row, frozenset(rights))


def tables(series: Series, *, with_cancelled: bool = False) -> list[RoundTable]:
    """Return the tables of a series, the first to begin first."""
    rows = RoundTable.select().where(RoundTable.series == series.id)
    if not with_cancelled:
        rows = rows.where(RoundTable.cancelled_at.is_null())
    found = list(rows.order_by(RoundTable.starts_at, RoundTable.number))
    for row in found:
        row.series = series
    return found


def table(series: Series, public_id: str) -> RoundTable:
    """Return a table of a series. Raises NotFound."""
    row: RoundTable | None = RoundTable.get_or_none(
        RoundTable.series == series.id, RoundTable.public_id == public_id
    )
    if row is None:
        raise missing()
    row.series = series
    return row


def upcoming(ctx: Context) -> list[Series]:
    """Return the series in sight of everybody with a table still to come, the next first."""
    return _listed(ctx, is_past=False)


def past(ctx: Context) -> list[Series]:
    """Return the series in sight of everybody that are over, the last first."""
    return _listed(ctx, is_past=True)


def _listed(ctx: Context, is_past: bool) -> list[Series]:
    of: Any = Series
    last = RoundTable.select(fn.MAX(RoundTable.starts_at)).where(
        RoundTable.series == of.id, RoundTable.cancelled_at.is_null()
    )
    now = db.utc_text(ctx.clock.now())
    rows = (
        of.select(of, Organisation)
        .join(Organisation)
        .where(of.published_at.is_null(False), Organisation.hidden_at.is_null())
        .where(of.state.not_in((models.DRAFT, models.DISCARDED)))
        .where(fn.COALESCE(last, "") < now if is_past else last >= now)
        .order_by(of.closes_at.desc() if is_past else of.closes_at)
        .limit(MOST_LISTED)
    )
    found = list(rows)
    seen = {item.id for item in organisations.in_sight([row.organisation for row in found])}
    return [row for row in found if row.organisation_id in seen]


def tables_of(rows: Sequence[Series]) -> dict[int, list[RoundTable]]:
    """Return the tables of several series that were not cancelled, by the series' number."""
    found: dict[int, list[RoundTable]] = {row.id: [] for row in rows}
    by_id = {row.id: row for row in rows}
    wanted = RoundTable.select().where(
        RoundTable.series.in_(list(found)), RoundTable.cancelled_at.is_null()
    )
    for item in wanted.order_by(RoundTable.starts_at, RoundTable.number):
        item.series = by_id[item.series_id]
        found[item.series_id].append(item)
    return found


def mine(ctx: Context) -> list[Series]:
    """Return the series of the actor's organisations, the newest first."""
    of: Any = Series
    own = permissions.visible(ctx, of, "inside")
    rows = of.select(of, Organisation).join(Organisation).where(own, of.state != models.DISCARDED)
    return list(rows.order_by(of.id.desc()).limit(MOST_LISTED))


def people(series: Series, *states: str) -> list[Interest]:
    """Return the interests in a series in the order in which they were confirmed."""
    rows = Interest.select().where(Interest.series == series.id)
    rows = rows.where(Interest.state.in_(states)) if states else rows
    return list(rows.order_by(Interest.position, Interest.id))


def count_interested(numbers: Sequence[int]) -> dict[int, int]:
    """Return how many people confirmed an interest in each of these series."""
    of: Any = Interest
    rows = (
        of.select(of.series, fn.COUNT(of.id))
        .where(of.series.in_(list(numbers)), of.state == models.INTERESTED)
        .group_by(of.series)
    )
    return dict(rows.tuples())


def of_address(series: Series, email: str) -> Interest | None:
    """Return the interest of an address in a series that was not withdrawn."""
    found: Interest | None = Interest.get_or_none(
        Interest.series == series.id, Interest.email == email, Interest.state != models.WITHDRAWN
    )
    return found


def of_account(ctx: Context, series: Series) -> Interest | None:
    """Return the actor's own interest in a series that was not withdrawn."""
    if ctx.actor.account_id is None:
        return None
    found: Interest | None = Interest.get_or_none(
        Interest.series == series.id,
        Interest.account == ctx.actor.account_id,
        Interest.state != models.WITHDRAWN,
    )
    return found


def places(series: Series) -> list[Place]:
    """Return all places of a series with their people, the first offered first."""
    rows = Place.select(Place, Interest).join(Interest).where(Interest.series == series.id)
    return list(rows.order_by(Place.offered_at, Place.id))


def places_of(interest: Interest) -> list[Place]:
    """Return the places of a person with their tables, the first table first."""
    rows = Place.select(Place, RoundTable).join(RoundTable).where(Place.interest == interest.id)
    found = list(rows.order_by(RoundTable.starts_at))
    for row in found:
        row.interest = interest
    return found


def taken(series: Series) -> dict[int, int]:
    """Return how many places of each table are taken."""
    of: Any = Place
    rows = (
        of.select(of.table, fn.COUNT(of.id))
        .join(RoundTable)
        .where(RoundTable.series == series.id, of.state.in_(models.TAKING))
        .group_by(of.table)
    )
    return dict(rows.tuples())


def free(series: Series, now: Any) -> dict[int, int]:
    """Return how many places each table that is still to come has left."""
    used = taken(series)
    return {
        row.id: max(0, row.seats - used.get(row.id, 0))
        for row in tables(series)
        if row.starts_at > now
    }


def draw_of(series: Series) -> Draw | None:
    """Return the draw of a series that was committed, drawn or published."""
    found: Draw | None = Draw.get_or_none(
        Draw.series == series.id, Draw.state.in_((models.COMMITTED, models.DRAWN, models.SHOWN))
    )
    return found


def tries(series: Series) -> list[Draw]:
    """Return the last tries at an allocation, the newest first; each may hold megabytes."""
    return list(Draw.select().where(Draw.series == series.id).order_by(Draw.id.desc()).limit(3))


def objections(series: Series) -> list[Objection]:
    """Return what people objected to, what waits first."""
    rows = Objection.select(Objection, Interest).join(Interest)
    found = rows.where(Interest.series == series.id)
    return list(found.order_by(Objection.answered_at.is_null().desc(), Objection.id))


def waiting_objections(numbers: Sequence[int]) -> list[Objection]:
    """Return the objections of these series that nobody answered yet."""
    rows = Objection.select(Objection, Interest).join(Interest)
    open_ones = rows.where(Objection.answered_at.is_null(), Interest.series.in_(list(numbers)))
    return list(open_ones.order_by(Objection.id))


def own_places(ctx: Context) -> list[Place]:
    """Return the accepted places of the actor's account, with table and series."""
    rows = (
        Place.select(Place, RoundTable, Series)
        .join(Interest)
        .switch(Place)
        .join(RoundTable)
        .join(Series)
        .where(
            Interest.account == ctx.actor.account_id,
            Place.state.in_((models.ACCEPTED, models.ATTENDED)),
        )
    )
    return list(rows.order_by(RoundTable.starts_at))


def objections_of(interest: Interest) -> list[Objection]:
    """Return what one person objected to."""
    return list(Objection.select().where(Objection.interest == interest.id).order_by(Objection.id))


def counts(series: Series) -> dict[str, Any]:
    """Count how many of each group registered, were offered a place and came.

    A group of fewer people than the setting says is not told apart.
    """
    rows = people(series, models.INTERESTED)
    values = groups.all_of(series, rows)
    held: dict[int, set[str]] = {}
    for place in places(series):
        held.setdefault(place.interest_id, set()).add(place.state)
    found: dict[str, Any] = {}
    for key in groups.keys(series):
        told: dict[str, list[int]] = {}
        for row in rows:
            states = held.get(row.id, set())
            cell = told.setdefault(values[row.id][key], [0, 0, 0])
            for at, is_one in enumerate((True, bool(states), models.ATTENDED in states)):
                cell[at] += is_one
        found[key] = pictures.together(told, groups.least())
    return found


def wanted(series: Series) -> dict[int, int]:
    """Return how many people want each table, as any of their choices."""
    rows = people(series, models.INTERESTED)
    return Counter(number for row in rows for number in row.choices)
