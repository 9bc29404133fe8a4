"""The one mail after a table, to those who came: the survey, and the certificate.

Its link opens a person's own page; answers of the survey are counted there and kept with nobody.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from plugins.attendance import surveys
from plugins.attendance.models import Letter
from plugins.calendars.interface import Moment
from plugins.paper import interface as paper
from plugins.roundtables import interface as roundtables
from plugins.roundtables.interface import Seat, Series, Table
from portal import audit, db, mail
from portal.context import Context

PAUSE = timedelta(hours=1)
"""So long after the end, so that hosts can correct who came."""
STILL_TOLD = timedelta(days=30)
"""Who is noted as there later than that is not written to any more."""
KIND = "attendance/after"
SERIES = "roundtables_series"


def is_silent(seat: Seat) -> bool:
    """Whether somebody does not want the mail."""
    return bool(Letter.select().where(Letter.seat_id == seat.id, ~Letter.is_wanted).exists())


def is_sent(seat: Seat) -> bool:
    """Whether somebody had the mail."""
    return bool(Letter.select().where(Letter.seat_id == seat.id, Letter.is_wanted).exists())


def choose(ctx: Context, series: Series, seat: Seat, is_wanted: bool) -> None:
    """Keep whether somebody wants the mail; once it is sent nothing changes."""
    with db.transaction():
        Letter.delete().where(Letter.seat_id == seat.id, ~Letter.is_wanted).execute()
        if not is_wanted:
            _note(ctx, seat, is_wanted=False)
        audit.record(ctx, "letter.chosen", SERIES, series.id, wanted=is_wanted, role="participant")


def _note(ctx: Context, seat: Seat, is_wanted: bool) -> bool:
    """Note a seat, inside a transaction; False when it was noted before."""
    sql = (
        "INSERT INTO attendance_letter (seat_id, interest_id, is_wanted, noted_at) "
        "VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
    )
    values = (seat.id, seat.interest_id, is_wanted, db.utc_text(ctx.clock.now()))
    return bool(db.execute(sql, values).rowcount)


def look_after(ctx: Context) -> int:
    """Write to everybody who came to a table that is over, once; returns how many mails were written."""
    now, sent = ctx.clock.now(), 0
    for series in roundtables.held():
        for table in series.tables:
            if table.cancelled_at is None and PAUSE <= now - table.ends_at <= STILL_TOLD:
                sent += _after(ctx, series, table)
    return sent


def _after(ctx: Context, series: Series, table: Table) -> int:
    rows = roundtables.seats(series, table.id)
    noted: Any = Letter.select(Letter.seat_id).where(Letter.seat_id.in_([row.id for row in rows]))
    done = {number for (number,) in noted.tuples()}
    sent = 0
    for seat in rows:
        if seat.state != roundtables.ATTENDED or seat.is_withdrawn or seat.id in done:
            continue
        is_asked = surveys.is_open(ctx, table) and not surveys.has_answered(table, seat)
        if not is_asked and not paper.available():
            continue
        with db.transaction():
            if _note(ctx, seat, is_wanted=True):
                _write(ctx, series, table, seat, is_asked)
                sent += 1
    return sent


def _write(ctx: Context, series: Series, table: Table, seat: Seat, is_asked: bool) -> None:
    mail.enqueue(
        replace(ctx, locale=seat.lang),
        seat.email,
        KIND,
        topic=table.topic,
        host=series.host_name,
        until=Moment(surveys.ends_at(ctx, table), series.zone) if is_asked else "",
        has_certificate=paper.available(),
        path=roundtables.page_of(seat),
        is_fictional=series.host.is_fictional,
    )
