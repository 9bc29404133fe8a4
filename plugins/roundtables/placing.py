"""Places: offered, accepted, declined, given back, given on by the published rule.

An offer takes its place until it is answered or its time is over, so accepting never overbooks.
Whoever gives places holds the series first (`hold`): of two at once one waits for the other.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from plugins.roundtables import checking, models, pooling, queries, telling
from plugins.roundtables.models import Interest, Place, RoundTable, Series
from portal import audit, db
from portal.context import Context
from portal.errors import Conflict
from portal.i18n import _
from portal.organisations.service import new_public_id

NAME = "roundtables_series"
LAST_OFFER = timedelta(hours=1)
"""Nobody is offered a place that begins sooner than this."""


def hold(series: Series) -> str:
    """Let nobody else give places of a series until this transaction ends; returns its state now."""
    lock = " FOR UPDATE" if db.is_postgres() else ""
    rows = db.query(f"SELECT state FROM roundtables_series WHERE id = ?{lock}", (series.id,))
    return str(rows[0][0]) if rows else ""


def offer(
    ctx: Context, series: Series, pairs: Iterable[tuple[Interest, RoundTable]], via: str
) -> int:
    """Offer places, inside the caller's transaction; returns how many.

    Raises Conflict, and nothing is offered, when there are fewer places than offers.
    """
    now, made = ctx.clock.now(), 0
    left = queries.free(series, now)
    for interest, table in pairs:
        if left.get(table.id, 0) < 1:
            raise Conflict(_("There are no more places at %(topic)s.", topic=table.topic))
        left[table.id] -= 1
        until = min(now + timedelta(hours=series.offer_hours), table.starts_at)
        place = Place.create(
            public_id=new_public_id(), interest=interest.id, table=table.id, via=via,
            offered_at=now, answer_by=until,
        )  # fmt: skip
        interest.series = series
        place.interest = interest
        telling.tell_of(ctx, place, table, "offered")
        made += 1
    return made


def accept(ctx: Context, place: Place) -> None:
    """Take an offered place; doing it twice is harmless.

    Raises Conflict when the offer is over, or the person has a place at the same time already.
    """
    series, table = _of(place)
    with db.transaction():
        hold(series)
        row = _again(place)
        if row.state in (models.ACCEPTED, models.ATTENDED):
            return
        _check_open(ctx, row, table)
        _check_free_then(row, table)
        if queries.taken(series).get(table.id, 0) > table.seats:
            raise Conflict(_("This round table is full. Write to the host."))
        _set(row, [models.OFFERED], state=models.ACCEPTED, answered_at=ctx.clock.now())
        audit.record(ctx, "place.accepted", NAME, series.id, place=row.id, role="participant")
        row.interest.series = series
        telling.tell_of(ctx, row, table, "accepted")


def _check_open(ctx: Context, row: Place, table: RoundTable) -> None:
    if row.state == models.OFFERED and row.answer_by > ctx.clock.now():
        return
    if row.state in (models.OFFERED, models.EXPIRED):
        raise Conflict(_("The time to accept this place is over; it goes to somebody else."))
    if row.state == models.GONE or table.cancelled_at is not None:
        raise Conflict(_("This round table is cancelled."))
    raise Conflict(_("You gave this place back; it went to somebody else."))


def _check_free_then(row: Place, table: RoundTable) -> None:
    span = (table.starts_at, table.ends_at)
    for other in queries.places_of(row.interest):
        there = (other.table.starts_at, other.table.ends_at)
        is_taken = other.id != row.id and other.state in (models.ACCEPTED, models.ATTENDED)
        if is_taken and checking.overlap(span, there):
            told = _("You have a place at %(topic)s at that time. Give one of the two back.")
            raise Conflict(told % {"topic": other.table.topic})


def decline(ctx: Context, place: Place) -> None:
    """Say no to an offer, or give an accepted place back; the next one is chosen at once.

    Doing it twice is harmless. Raises Conflict once the table is over.
    """
    series, table = _of(place)
    with db.transaction():
        hold(series)
        row = _again(place)
        if row.state in (models.DECLINED, models.LEFT, models.EXPIRED, models.GONE):
            return
        if row.state not in (models.OFFERED, models.ACCEPTED) or table.ends_at <= ctx.clock.now():
            raise Conflict(_("This round table is over."))
        _give_back(ctx, series, row, table)
        refill(ctx, series)


def _give_back(ctx: Context, series: Series, row: Place, table: RoundTable) -> None:
    had = row.state == models.ACCEPTED
    to = models.LEFT if had else models.DECLINED
    _set(row, [row.state], state=to, answered_at=ctx.clock.now())
    audit.record(ctx, f"place.{to}", NAME, series.id, place=row.id, role="participant")
    row.interest.series = series
    if had:
        telling.tell_of(ctx, row, table, "given_back")


def leave(ctx: Context, series: Series, interest: Interest) -> None:
    """Take a person out, whatever stands open, inside the caller's transaction that holds it."""
    for row in queries.places_of(interest):
        if row.state in (models.OFFERED, models.ACCEPTED) and row.table.ends_at > ctx.clock.now():
            row.table.series = series
            _give_back(ctx, series, row, row.table)
    Interest.update(state=models.WITHDRAWN, version=Interest.version + 1).where(
        Interest.id == interest.id
    ).execute()


def expire(ctx: Context) -> int:
    """End the offers that nobody answered in time, and give their places on; returns how many."""
    now = ctx.clock.now()
    due = Place.select(Place, RoundTable).join(RoundTable)
    rows = due.where(Place.state == models.OFFERED, Place.answer_by <= now)
    numbers = sorted({row.table.series_id for row in rows})
    ended = 0
    for number in numbers:
        series: Series = Series.get_by_id(number)
        with db.transaction():
            hold(series)
            for row in rows:
                same = (Place.id == row.id, Place.state == models.OFFERED)
                if row.table.series_id == number:
                    ended += (
                        Place.update(state=models.EXPIRED, answered_at=now).where(*same).execute()
                    )
            audit.record(ctx, "places.expired", NAME, number)
            refill(ctx, series)
    return ended


def refill(ctx: Context, series: Series) -> int:
    """Offer free places by the published rule of replacement, inside a transaction that holds it.

    Returns how many were offered; nothing before the allocation is published.
    """
    state = hold(series)
    if state != models.PLACED:
        return 0
    left = queries.free(series, ctx.clock.now() + LAST_OFFER)
    if not any(left.values()):
        return 0
    pairs = pooling.next_in(series, left)
    return offer(ctx, series, pairs, "rule")


# What the host changes


def moved(ctx: Context, series: Series, table: RoundTable) -> None:
    """Tell everybody with a place that a table has another time or topic; calendars follow."""
    RoundTable.update(sequence=RoundTable.sequence + 1).where(RoundTable.id == table.id).execute()
    fresh: RoundTable = RoundTable.get_by_id(table.id)
    fresh.series = series
    for row in _taken_at(table):
        row.interest.series = series
        if row.state == models.ACCEPTED:
            telling.tell_of(ctx, row, fresh, "changed")
        elif row.state == models.OFFERED:
            telling.tell_of(ctx, row, fresh, "offered")


def cancel(
    ctx: Context, series: Series, table: RoundTable, reason: str, is_alone: bool = True
) -> None:
    """Cancel a table, inside the caller's transaction; who has a place is told.

    When it is `is_alone`, so is everybody who asked for it; else the caller tells them (`tell_all`).
    """
    RoundTable.update(cancelled_at=ctx.clock.now(), sequence=RoundTable.sequence + 1).where(
        RoundTable.id == table.id
    ).execute()
    fresh: RoundTable = RoundTable.get_by_id(table.id)
    fresh.series = series
    told = set()
    for row in _taken_at(table):
        _set(row, [row.state], state=models.GONE, answered_at=ctx.clock.now())
        row.interest.series = series
        told.add(row.interest_id)
        telling.tell_of(ctx, row, fresh, "cancelled", reason=reason)
    for interest in queries.people(series, models.INTERESTED) if is_alone else ():
        if table.id in interest.choices and interest.id not in told:
            interest.series = series
            telling.tell(ctx, interest, "cancelled_for", topic=table.topic, reason=reason)


def tell_all(ctx: Context, series: Series, reason: str) -> None:
    """Tell those of a cancelled series who had no place: each once."""
    with_place = {
        row.interest_id
        for row in queries.places(series)
        if row.state in (*models.TAKING, models.GONE)
    }
    for interest in queries.people(series, models.INTERESTED):
        if interest.id not in with_place:
            interest.series = series
            telling.tell(ctx, interest, "cancelled_for", topic=series.title, reason=reason)


def _taken_at(table: RoundTable) -> list[Place]:
    rows = Place.select(Place, Interest).join(Interest)
    found = rows.where(Place.table == table.id, Place.state.in_((models.OFFERED, models.ACCEPTED)))
    return list(found.order_by(Place.id))


# Small things


def _of(place: Place) -> tuple[Series, RoundTable]:
    table: RoundTable = RoundTable.get_by_id(place.table_id)
    series: Series = Series.get_by_id(table.series_id)
    table.series = series
    return series, table


def _again(place: Place) -> Place:
    rows = Place.select(Place, Interest).join(Interest)
    found: Place = rows.where(Place.id == place.id).get()
    return found


def _set(row: Place, states: list[str], **values: object) -> None:
    """Change a place that is still in one of these states. Raises Conflict."""
    if not Place.update(**values).where(Place.id == row.id, Place.state.in_(states)).execute():
        raise Conflict(_("Somebody else was faster. Look at it as it is now."))
    for name, value in values.items():
        setattr(row, name, value)


def check_in(ctx: Context, place: Place) -> RoundTable:
    """Let somebody through the gate: note that they came. Raises Conflict when it is not open.

    Returns the table; its joining link is theirs to see now.
    """
    series, table = _of(place)
    with db.transaction():
        row = _again(place)
        if row.state not in models.SEATED or row.interest.state != models.INTERESTED:
            raise Conflict(_("This link is for people with a place. Yours is not taken any more."))
        if table.cancelled_at is not None:
            raise Conflict(_("This round table is cancelled."))
        if checking.gate_state(table.starts_at, table.ends_at, ctx.clock.now()) != "open":
            raise Conflict(_("The gate is not open now."))
        if row.state != models.ATTENDED:
            _set(row, [row.state], state=models.ATTENDED, attended_at=ctx.clock.now())
            audit.record(ctx, "place.attended", NAME, series.id, place=row.id, role="participant")
    return table


def mark(ctx: Context, series: Series, place: Place, state: str) -> None:
    """Note by hand who came, was excused or did not come; *accepted* is not known yet."""
    if not {place.state, state} <= set(models.SEATED):
        raise Conflict(_("Only people who took their place are on this list."))
    with db.transaction():
        at = (place.attended_at or ctx.clock.now()) if state == models.ATTENDED else None
        _set(place, [place.state], attended_at=at, state=state)
        audit.record(ctx, "place.marked", NAME, series.id, place=place.id, state=state)
