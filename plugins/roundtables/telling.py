"""Telling people: everybody by mail in their language, those of the host by notices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from plugins.notices.interface import notify
from plugins.roundtables import calendars, queries, tokens
from plugins.roundtables.models import Interest, Place, RoundTable, Series
from portal import mail
from portal.context import Context
from portal.i18n import day
from portal.i18n import lazy_gettext as lazy

OBJECTED, NEW = "roundtables.objected", "roundtables.ready"
KINDS: tuple[Mapping[str, Any], ...] = (
    {"kind": OBJECTED, "title": lazy("Somebody objects to an allocation of your organisation")},
    {"kind": NEW, "title": lazy("Registration for your round tables is over")},
)


@dataclass(frozen=True)
class Moment:
    """A moment in a zone, written in the language of whoever reads it."""

    at: datetime
    zone: str

    def __str__(self) -> str:
        local = self.at.astimezone(ZoneInfo(self.zone))
        return f"{day(local, 'full')}, {local:%H:%M} ({self.zone})"


def when(table: RoundTable) -> Moment:
    """Return when a table begins, in the zone of its series."""
    return Moment(table.starts_at, table.series.zone)


def write(
    ctx: Context, interest: Interest, title: Any, *texts: Any, path: str = "", way: Any = ""
) -> int:
    """Write a mail to a person; `way` says where the link of `path` leads."""
    return mail.enqueue(
        replace(ctx, locale=interest.lang),
        interest.email,
        "roundtables/letter",
        title=title,
        texts=texts,
        path=path or tokens.mine(interest),
        way=way or lazy("Your page:"),
        is_fictional=interest.series.organisation.is_fictional,
    )


def asked(ctx: Context, interest: Interest) -> None:
    """Ask a person to prove their address. Nothing that they typed goes along."""
    series = interest.series
    write(
        ctx,
        interest,
        lazy("Please confirm your interest: %(title)s", title=series.title),
        lazy("Somebody, probably you, would like a place at these round tables."),
        lazy(
            "Open this page and press the button until %(when)s. Only then does your interest count.",
            when=Moment(series.freezes_at, series.zone),
        ),
        lazy("It was not you? Then there is nothing you need to do."),
        way=lazy("Confirm here:"),
    )


def confirmed(ctx: Context, interest: Interest) -> None:
    """Send the receipt."""
    series = interest.series
    write(
        ctx,
        interest,
        lazy("We have your interest: %(title)s", title=series.title),
        lazy(
            "Your receipt code is %(code)s. Keep it: it finds you in the draw.",
            code=interest.receipt,
        ),
        lazy(
            "You can change your choices until %(when)s, and withdraw at any time. After that you "
            "hear from us whether you have a place.",
            when=Moment(series.closes_at, series.zone),
        ),
    )


def imported(ctx: Context, interest: Interest) -> None:
    """Tell a person that the host entered an interest that came by mail."""
    series = interest.series
    write(
        ctx,
        interest,
        lazy("We have your interest: %(title)s", title=series.title),
        lazy(
            "You wrote to %(host)s, who entered your interest here. Look whether it is right; you "
            "can change it, say more about you, or withdraw.",
            host=series.organisation.name,
        ),
        lazy(
            "Your receipt code is %(code)s. Keep it: it finds you in the draw.",
            code=interest.receipt,
        ),
    )


def link_again(ctx: Context, interest: Interest) -> None:
    """Send a new link to a person's own page."""
    write(
        ctx,
        interest,
        lazy("Your link: %(title)s", title=interest.series.title),
        lazy("Somebody, probably you, asked for it. Keep it to yourself: it opens your page."),
    )


def offered(ctx: Context, place: Place, table: RoundTable) -> None:
    """Offer a place."""
    write(
        ctx,
        place.interest,
        lazy("A place for you: %(topic)s", topic=table.topic),
        lazy("You are offered a place on %(when)s.", when=when(table)),
        lazy(
            "Accept or decline it by %(until)s. After that it goes to somebody else.",
            until=Moment(place.answer_by, table.series.zone),
        ),
        way=lazy("Accept or decline:"),
    )


def with_calendar(
    ctx: Context, place: Place, table: RoundTable, method: str, title: Any, *texts: Any
) -> None:
    """Write a mail that carries the request or the cancellation of a place for calendars."""
    interest: Interest = place.interest
    sequence = max(place.sequence + 1, table.sequence)
    Place.update(sequence=sequence).where(Place.id == place.id).execute()
    number = write(ctx, interest, title, *texts)
    gate = tokens.gate(place, interest)
    calendars.remember(number, table, place, method, gate, sequence)


def accepted(ctx: Context, place: Place, table: RoundTable) -> None:
    """Confirm a place; the calendar gets it."""
    with_calendar(
        ctx,
        place,
        table,
        calendars.REQUEST,
        lazy("You have a place: %(topic)s", topic=table.topic),
        lazy("It is on %(when)s.", when=when(table)),
        lazy("The way in opens 30 minutes before, on your page and by the link in your calendar."),
        lazy("Can't you come? Give the place back on your page, so that somebody else gets it."),
    )


def changed(ctx: Context, place: Place, table: RoundTable) -> None:
    """Tell of another time or topic; the calendar follows."""
    with_calendar(
        ctx,
        place,
        table,
        calendars.REQUEST,
        lazy("Changed: %(topic)s", topic=table.topic),
        lazy("This round table is now on %(when)s. You keep your place.", when=when(table)),
        lazy("Can't you come? Give the place back on your page, so that somebody else gets it."),
    )


def given_back(ctx: Context, place: Place, table: RoundTable) -> None:
    """Confirm that a place was given back; the calendar drops it."""
    with_calendar(
        ctx,
        place,
        table,
        calendars.CANCEL,
        lazy("Your place is given back: %(topic)s", topic=table.topic),
        lazy("Thank you for telling us. Somebody else gets it by the published rule."),
    )


def cancelled(ctx: Context, place: Place, table: RoundTable, reason: str) -> None:
    """Tell somebody who had a place that the table is cancelled; the calendar drops it."""
    with_calendar(
        ctx,
        place,
        table,
        calendars.CANCEL,
        lazy("Cancelled: %(topic)s", topic=table.topic),
        lazy("The round table on %(when)s is cancelled.", when=when(table)),
        lazy("The reason: %(reason)s", reason=reason),
    )


def cancelled_for(ctx: Context, interest: Interest, what: str, reason: str) -> None:
    """Tell somebody who was interested that a table, or all of them, are cancelled."""
    write(
        ctx,
        interest,
        lazy("Cancelled: %(topic)s", topic=what),
        lazy("The reason: %(reason)s", reason=reason),
    )


def not_placed(ctx: Context, interest: Interest) -> None:
    """Tell somebody that there is no place for now; their page says why."""
    write(
        ctx,
        interest,
        lazy("No place this time: %(title)s", title=interest.series.title),
        lazy(
            "More people were interested than there are places. Your page shows your chance in the "
            "draw, how it came about, and how to object."
        ),
        lazy(
            "You stay in line: when somebody gives a place back, the published rule decides anew."
        ),
        way=lazy("Read why:"),
    )


def answered(ctx: Context, interest: Interest) -> None:
    """Tell somebody that the host answered an objection."""
    write(
        ctx,
        interest,
        lazy("Your objection was answered: %(title)s", title=interest.series.title),
        lazy("The answer stands on your page."),
    )


def remind(ctx: Context, place: Place, table: RoundTable, left: Any) -> None:
    """Remind somebody of a place, in so much time."""
    write(
        ctx,
        place.interest,
        lazy("%(left)s: %(topic)s", left=left, topic=table.topic),
        lazy("Your round table begins on %(when)s.", when=when(table)),
        lazy("The way in opens 30 minutes before, on your page and by the link in your calendar."),
        lazy("Can't you come? Give the place back on your page, so that somebody else gets it."),
    )


def remind_offer(ctx: Context, place: Place, table: RoundTable) -> None:
    """Remind somebody of an offer that nobody answered yet."""
    write(
        ctx,
        place.interest,
        lazy("Your place waits for an answer: %(topic)s", topic=table.topic),
        lazy(
            "Accept or decline it by %(until)s. After that it goes to somebody else.",
            until=Moment(place.answer_by, table.series.zone),
        ),
        way=lazy("Accept or decline:"),
    )


def remind_asked(ctx: Context, interest: Interest) -> None:
    """Remind somebody who never confirmed the address that the deadline comes."""
    write(
        ctx,
        interest,
        lazy("Still to confirm: %(title)s", title=interest.series.title),
        lazy(
            "Open this page and press the button until %(when)s. Only then does your interest count.",
            when=Moment(interest.series.freezes_at, interest.series.zone),
        ),
        lazy("It was not you? Then there is nothing you need to do."),
        way=lazy("Confirm here:"),
    )


def tell_host(
    ctx: Context, series: Series, kind: str, title: Any, body: Any, url: str, mark: str = ""
) -> None:
    """Tell the people of the host something, of the same `mark` once."""
    subject = f"roundtables_series {series.id} {mark}".strip()
    for account in queries.editors(series.organisation_id):
        notify(ctx, account, kind, title, body, url=url, subject=subject)
