"""Calendar objects (RFC 5545, 5546): feeds for everybody, requests and cancellations in mails.

None of them ever holds the joining link: who has a place finds the gate there. Times are UTC, so
that no calendar needs our rules of time zones.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit

from flask import current_app

from plugins.roundtables.models import Letter, Place, RoundTable, Series
from portal import db, settings
from portal.config import Config
from portal.context import Context
from portal.i18n import _, in_locale
from portal.later import Later

ical = Later("icalendar")

PRODUCT = "-//Tessera//Round tables//EN"
REQUEST, CANCEL = "REQUEST", "CANCEL"


def _config() -> Config:
    config: Config = current_app.config["PORTAL"]
    return config


def _host() -> str:
    return urlsplit(_config().base_url).hostname or "localhost"


def uid(row: Place | RoundTable) -> str:
    """Return the name of an event in calendars, the same for ever."""
    return f"{row.public_id}@{_host()}"


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
            file.add_component(event)
    return bytes(file.to_ical())


def remember(
    outbox_id: int, table: RoundTable, place: Place, method: str, gate: str, sequence: int
) -> None:
    """Note which calendar object goes along with a mail, inside the transaction that writes it."""
    Letter.create(
        outbox_id=outbox_id,
        table=table.id,
        uid=uid(place),
        method=method,
        sequence=sequence,
        gate=gate,
    )


def attach(ctx: Context, mail: Any, message: EmailMessage) -> None:
    """Add to a mail that goes out now the calendar object that was noted for it."""
    letter: Letter | None = Letter.get_or_none(Letter.outbox_id == mail.id)
    if letter is None:
        return
    table: RoundTable = RoundTable.get_by_id(letter.table_id)
    with in_locale(mail.locale):
        text = invitation(ctx, letter, table, mail.recipient).decode()
    message.add_alternative(text, subtype="calendar", params={"method": letter.method})


def invitation(ctx: Context, letter: Letter, table: RoundTable, recipient: str) -> bytes:
    """Return the request or cancellation of one person's place."""
    file = _file(letter.method)
    event = _event(table, ctx.clock.now(), letter.uid, letter.sequence)
    event["status"] = ical.vText("CANCELLED" if letter.method == CANCEL else "CONFIRMED")
    organizer = ical.vCalAddress(f"mailto:{_config().mail_from}")
    organizer.params["CN"] = ical.vText(settings.of(ctx)["site_name"])
    event["organizer"] = organizer
    attendee = ical.vCalAddress(f"mailto:{recipient}")
    attendee.params["PARTSTAT"] = ical.vText("ACCEPTED")
    attendee.params["RSVP"] = ical.vText("FALSE")
    event.add("attendee", attendee, encode=0)
    if letter.method == REQUEST:
        link = _config().base_url.rstrip("/") + letter.gate
        event.add("url", link)
        event.add("description", _("The way in, from 30 minutes before: %(link)s", link=link))
    file.add_component(event)
    return bytes(file.to_ical())


def forget(ctx: Context) -> None:
    """Delete what was noted for mails that are gone."""
    with db.transaction():
        db.execute("DELETE FROM roundtables_letter WHERE outbox_id NOT IN (SELECT id FROM outbox)")
