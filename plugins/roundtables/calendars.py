"""Calendar objects (RFC 5545, 5546): feeds for everybody, requests and cancellations in mails.

None of them ever holds the joining link: who has a place finds the gate there. Times are UTC, so
that no calendar needs our rules of time zones.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from email.message import EmailMessage
from typing import Any

from flask import current_app

from plugins.calendars import interface as appointments
from plugins.calendars.interface import CANCEL, REQUEST, Appointment, uid_of
from plugins.roundtables.models import Letter, Place, RoundTable, Series
from portal import db
from portal.config import Config
from portal.context import Context
from portal.i18n import _, in_locale
from portal.later import Later

ical = Later("icalendar")

PRODUCT = "-//Tessera//Round tables//EN"
__all__ = ["CANCEL", "REQUEST", "attach", "feed", "forget", "remember", "uid"]


def _config() -> Config:
    config: Config = current_app.config["PORTAL"]
    return config


def uid(row: Place | RoundTable) -> str:
    """Return the name of an event in calendars, the same for ever."""
    return uid_of(row.public_id)


def _file(method: str) -> Any:
    file = ical.Calendar()
    file.add("prodid", PRODUCT)
    file.add("version", "2.0")
    file.add("method", method)
    return file


def _event(table: RoundTable, stamp: datetime, name: str, sequence: int) -> Any:
    event = ical.Event()
    event.add("uid", name)
    event.add("dtstamp", stamp)
    event.add("dtstart", table.starts_at)
    event.add("dtend", table.ends_at)
    event.add("summary", table.topic)
    event.add("sequence", sequence)
    event.add("status", "CANCELLED" if table.cancelled_at else "CONFIRMED")
    event.add("location", _("Online"))
    return event


def feed(ctx: Context, rows: Iterable[tuple[Series, list[RoundTable]]], name: str) -> bytes:
    """Return the public calendar of series; cancelled tables stay in it, marked."""
    file = _file("PUBLISH")
    file.add("x-wr-calname", name)
    base = _config().base_url.rstrip("/")
    for series, tables in rows:
        for table in tables:
            event = _event(table, ctx.clock.now(), uid(table), table.sequence)
            event.add("url", f"{base}/round-tables/{series.slug}")
            event.add("description", series.title)
            event["organizer"] = appointments.person(_config().mail_from, CN=series.host_name)
            file.add_component(event)
    return bytes(file.to_ical())


def remember(
    outbox_id: int, table: RoundTable, place: Place, method: str, gate: str, sequence: int
) -> None:
    """Note which calendar object goes along with a mail, inside the transaction that writes it."""
    Letter.create(
        outbox_id=outbox_id, table=table.id, uid=uid(place), method=method, sequence=sequence,
        gate=gate,
    )  # fmt: skip


def attach(ctx: Context, mail: Any, message: EmailMessage) -> None:
    """Add to a mail that goes out now the calendar object that was noted for it."""
    letter: Letter | None = Letter.get_or_none(Letter.outbox_id == mail.id)
    if letter is None:
        return
    table: RoundTable = RoundTable.get_by_id(letter.table_id)
    link = _config().base_url.rstrip("/") + letter.gate
    with in_locale(mail.locale):
        item = Appointment(
            letter.uid, letter.sequence, table.topic, table.starts_at, table.ends_at, _("Online"),
            _("The way in, from 30 minutes before: %(link)s", link=link), letter.gate,
        )  # fmt: skip
        appointments.attach(ctx, message, item, letter.method, mail.recipient)


def forget(ctx: Context) -> None:
    """Delete what was noted for mails that are gone."""
    with db.transaction():
        db.execute("DELETE FROM roundtables_letter WHERE outbox_id NOT IN (SELECT id FROM outbox)")
