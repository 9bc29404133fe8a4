"""Appointments in mails (RFC 5545, 5546): asked for, changed, cancelled, always under one UID."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit

from flask import current_app

from portal import settings
from portal.config import Config
from portal.context import Context
from portal.later import Later

ical = Later("icalendar")

PRODUCT = "-//Tessera//Calendar//EN"
REQUEST, CANCEL = "REQUEST", "CANCEL"


@dataclass(frozen=True)
class Appointment:
    """What a calendar learns. `path` is a page here; nothing of it may be a joining link.

    `sequence` rises with every change; `answer` is what the person has said: ACCEPTED or
    NEEDS-ACTION.
    """

    uid: str
    sequence: int
    title: str
    starts_at: datetime
    ends_at: datetime
    place: str = ""
    text: str = ""
    path: str = ""
    answer: str = "ACCEPTED"


def uid_of(public_id: str) -> str:
    """Return the name of an event in calendars, the same for ever."""
    return f"{public_id}@{urlsplit(_config().base_url).hostname or 'localhost'}"


def _config() -> Config:
    config: Config = current_app.config["PORTAL"]
    return config


def letter(ctx: Context, item: Appointment, method: str, recipient: str) -> bytes:
    """Return the request or cancellation of an appointment for one person."""
    file = ical.Calendar()
    for name, value in (("prodid", PRODUCT), ("version", "2.0"), ("method", method)):
        file.add(name, value)
    event = ical.Event()
    event.add("uid", item.uid)
    event.add("dtstamp", ctx.clock.now())
    event.add("dtstart", item.starts_at)
    event.add("dtend", item.ends_at)
    event.add("summary", item.title)
    event.add("sequence", item.sequence)
    event.add("status", "CANCELLED" if method == CANCEL else "CONFIRMED")
    if item.place:
        event.add("location", item.place)
    event["organizer"] = person(_config().mail_from, CN=settings.of(ctx)["site_name"])
    attendee = person(recipient, PARTSTAT=item.answer, RSVP="FALSE")
    event.add("attendee", attendee, encode=0)
    if method == REQUEST:
        if item.path:
            event.add("url", _config().base_url.rstrip("/") + item.path)
        if item.text:
            event.add("description", item.text)
    file.add_component(event)
    return bytes(file.to_ical())


def person(address: str, **parameters: str) -> Any:
    """Return an address as calendars write it; `parameters` such as CN, its name."""
    found = ical.vCalAddress(f"mailto:{address}")
    for name, value in parameters.items():
        found.params[name] = ical.vText(value)
    return found


def attach(
    ctx: Context, message: EmailMessage, item: Appointment, method: str, recipient: str
) -> None:
    """Put an appointment into a mail that goes out now."""
    text = letter(ctx, item, method, recipient).decode()
    message.add_alternative(text, subtype="calendar", params={"method": method})
