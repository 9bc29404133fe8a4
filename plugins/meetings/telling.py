"""Telling people of meetings and decisions, with the appointment that goes along."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from email.message import EmailMessage
from typing import Any

from plugins.calendars.interface import (
    CANCEL,
    REQUEST,
    Appointment,
    Moment,
    attach,
    uid_of,
)
from plugins.consortia.interface import Seen
from plugins.meetings import queries
from plugins.meetings.models import Letter, Meeting
from plugins.notices.interface import notify
from portal import db
from portal.context import Context
from portal.i18n import _, day, in_locale
from portal.i18n import lazy_gettext as lazy

__all__ = ["CANCEL", "KINDS", "REQUEST", "appoint", "attach_to", "base_of", "tell"]

INVITED, SOON, MINUTES = "meetings.invited", "meetings.soon", "meetings.minutes"
DECIDING, ACTION = "meetings.deciding", "meetings.action"
ANNOUNCED = "meetings.announced"
NOTICE, GUEST, GUEST_OFF = "notices/notice", "meetings/guest", "meetings/guest_off"
MAILS = (NOTICE, GUEST, GUEST_OFF)
"""Kinds of mails that an appointment can go along with."""
KINDS: tuple[Mapping[str, Any], ...] = (
    {"kind": INVITED, "title": lazy("A meeting of your consortium is planned, moved or cancelled")},
    {"kind": SOON, "title": lazy("A meeting of your consortium is near")},
    {"kind": MINUTES, "title": lazy("The minutes of a meeting are there"), "default": "daily"},
    {"kind": DECIDING, "title": lazy("Your consortium decides or has decided")},
    {"kind": ANNOUNCED, "title": lazy("Your consortium announces something")},
    {"kind": ACTION, "title": lazy("Your organisation has something to do for a consortium")},
)


def base_of(consortium: Seen, row: Any = None, part: str = "meetings") -> str:
    """Return the address of a meeting, a decision, or of the list."""
    end = f"/{row.public_id}" if row is not None else ""
    return f"/consortia/{consortium.slug}/{part}{end}"


def tell(
    ctx: Context,
    consortium: Seen,
    organisations: Collection[int],
    kind: str,
    title: Any,
    body: Any,
    url: str,
    accounts: Collection[int] | None = None,
) -> int:
    """Tell everybody of some organisations (or some of them) but the actor; returns how many."""
    told = 0
    for account in dict.fromkeys(number for number, _of in queries.people(organisations)):
        if account != ctx.actor.account_id and (accounts is None or account in accounts):
            told += notify(
                ctx, account, kind, title, body, url=url, is_fictional=consortium.is_fictional
            )
    return told


def appoint(
    ctx: Context,
    consortium: Seen,
    row: Meeting,
    organisations: Collection[int],
    method: str,
    title: Any,
    body: Any,
    but: Collection[int] = (),
) -> None:
    """Tell everybody of some organisations, the actor too, with the appointment in each mail.

    `but` names accounts that another organisation brings there.
    """

    def remember(number: int) -> None:
        Letter.create(outbox_id=number, meeting=row.id, method=method, sequence=row.sequence)

    for account in dict.fromkeys(number for number, _of in queries.people(organisations)):
        if account in but:
            continue
        notify(
            ctx,
            account,
            INVITED,
            title,
            body,
            url=base_of(consortium, row),
            is_fictional=consortium.is_fictional,
            on_mail=remember,
        )


@dataclass(frozen=True)
class Day:
    """A day (ISO), written in the language of whoever reads it."""

    text: str

    def __str__(self) -> str:
        return day(date.fromisoformat(self.text), "medium")


def when(row: Meeting) -> Moment:
    """Return when a meeting begins, for sentences in any language."""
    return Moment(row.starts_at, row.zone)


def attach_to(ctx: Context, mail: Any, message: EmailMessage, consortia: Any) -> None:
    """Add the appointment that was noted for a mail that goes out now."""
    letter: Letter | None = Letter.get_or_none(Letter.outbox_id == mail.id)
    if letter is None:
        return
    row: Meeting = Meeting.get_by_id(letter.meeting_id)
    consortium = consortia(ctx, [row.consortium_id])[row.consortium_id]
    with in_locale(mail.locale):
        item = appointment(consortium, row, letter.sequence, is_guest=mail.kind != NOTICE)
        attach(ctx, message, item, letter.method, mail.recipient)


def appointment(consortium: Seen, row: Meeting, sequence: int, is_guest: bool) -> Appointment:
    """Return what calendars learn of a meeting; those of guests lead to no page inside."""
    say = _("Say whether you come, and find the way in, on the page.")
    items = [item["title"] for item in row.agenda]
    return Appointment(
        uid_of(row.public_id),
        sequence,
        f"{consortium.name}: {row.title}",
        row.starts_at,
        row.ends_at,
        row.place or (_("Online") if row.joining else ""),
        "\n".join(items if is_guest else [say, *items]),
        "" if is_guest else base_of(consortium, row),
        "NEEDS-ACTION",
    )


def forget(ctx: Context) -> None:
    """Delete what was noted for mails that are gone."""
    with db.transaction():
        db.execute("DELETE FROM meetings_letter WHERE outbox_id NOT IN (SELECT id FROM outbox)")
