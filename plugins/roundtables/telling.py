"""Telling people: everybody by mail in their language, those of the host by notices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from plugins.calendars.interface import Moment
from plugins.notices.interface import notify
from plugins.roundtables import calendars, queries, tokens
from plugins.roundtables.models import Interest, Place, RoundTable, Series
from portal import mail
from portal.context import Context
from portal.i18n import Lazy
from portal.i18n import lazy_gettext as lazy

OBJECTED, NEW = "roundtables.objected", "roundtables.ready"
KINDS: tuple[Mapping[str, Any], ...] = (
    {"kind": OBJECTED, "title": lazy("Somebody objects to an allocation of your organisation")},
    {"kind": NEW, "title": lazy("Registration for your round tables is over")},
)
_LETTERS: Mapping[str, tuple[Any, ...]] = {
    "asked": (
        lazy("Please confirm your interest: %(title)s"),
        lazy("Somebody, probably you, would like a place at these round tables."),
        lazy(
            "Open this page and press the button until %(freezes)s. Only then does your interest count."
        ),
        lazy("It was not you? Then there is nothing you need to do."),
    ),
    "remind_asked": (
        lazy("Still to confirm: %(title)s"),
        lazy(
            "Open this page and press the button until %(freezes)s. Only then does your interest count."
        ),
        lazy("It was not you? Then there is nothing you need to do."),
    ),
    "confirmed": (
        lazy("We have your interest: %(title)s"),
        lazy("Your receipt code is %(code)s. Keep it: it finds you in the draw."),
        lazy(
            "You can change your choices until %(closes)s, and withdraw at any time. After that you "
            "hear from us whether you have a place."
        ),
    ),
    "imported": (
        lazy("We have your interest: %(title)s"),
        lazy(
            "You wrote to %(host)s, who entered your interest here. Look whether it is right; you "
            "can change it, say more about you, or withdraw."
        ),
        lazy("Your receipt code is %(code)s. Keep it: it finds you in the draw."),
    ),
    "link_again": (
        lazy("Your link: %(title)s"),
        lazy("Somebody, probably you, asked for it. Keep it to yourself: it opens your page."),
    ),
    "not_placed": (
        lazy("No place this time: %(title)s"),
        lazy(
            "More people were interested than there are places. Your page shows your chance in the "
            "draw, how it came about, and how to object."
        ),
        lazy(
            "You stay in line: when somebody gives a place back, the published rule decides anew."
        ),
    ),
    "next": (lazy("Other tables still take people: %(next)s. Your page has a button for each."),),
    "answered": (
        lazy("Your objection was answered: %(title)s"),
        lazy("The answer stands on your page."),
    ),
    "cancelled_for": (lazy("Cancelled: %(topic)s"), lazy("The reason: %(reason)s")),
    "offered": (
        lazy("A place for you: %(topic)s"),
        lazy("You are offered a place on %(when)s."),
        lazy("Accept or decline it by %(until)s. After that it goes to somebody else."),
    ),
    "remind_offer": (
        lazy("Your place waits for an answer: %(topic)s"),
        lazy("Accept or decline it by %(until)s. After that it goes to somebody else."),
    ),
    "remind": (
        lazy("%(left)s: %(topic)s"),
        lazy("Your round table begins on %(when)s."),
        lazy("The way in opens 30 minutes before, on your page and by the link in your calendar."),
        lazy("Can't you come? Give the place back on your page, so that somebody else gets it."),
    ),
    "accepted": (
        lazy("You have a place: %(topic)s"),
        lazy("It is on %(when)s."),
        lazy("The way in opens 30 minutes before, on your page and by the link in your calendar."),
        lazy("Can't you come? Give the place back on your page, so that somebody else gets it."),
    ),
    "changed": (
        lazy("Changed: %(topic)s"),
        lazy("This round table is now on %(when)s. You keep your place."),
        lazy("Can't you come? Give the place back on your page, so that somebody else gets it."),
    ),
    "given_back": (
        lazy("Your place is given back: %(topic)s"),
        lazy("Thank you for telling us. Somebody else gets it by the published rule."),
    ),
    "cancelled": (
        lazy("Cancelled: %(topic)s"),
        lazy("The round table on %(when)s is cancelled."),
        lazy("The reason: %(reason)s"),
    ),
}
"""Subject and paragraphs of each letter. What a person typed is in none of those that go to an
address which nobody has proven."""
_METHODS = dict.fromkeys(("accepted", "changed"), calendars.REQUEST)
_METHODS |= dict.fromkeys(("given_back", "cancelled"), calendars.CANCEL)
"""Letters that carry a calendar object."""


def tell(ctx: Context, interest: Interest, letter: str, **values: Any) -> int:
    """Write a letter to somebody who is interested in a series, with the link to their page."""
    series = interest.series
    known = {
        "title": series.title, "host": series.host_name, "code": interest.receipt,
        "closes": Moment(series.closes_at, series.zone),
        "freezes": Moment(series.freezes_at, series.zone), **values,
    }  # fmt: skip
    words = (*_LETTERS[letter], *(_LETTERS["next"] if values.get("next") else ()))
    title, *texts = (Lazy(text.message, known) for text in words)
    return mail.enqueue(
        replace(ctx, locale=interest.lang), interest.email, "roundtables/letter", title=title,
        texts=texts, path=tokens.mine(interest), is_fictional=series.organisation.is_fictional,
    )  # fmt: skip


def tell_of(ctx: Context, place: Place, table: RoundTable, letter: str, **values: Any) -> None:
    """Write a letter about a place; some carry a calendar object, whose sequence rises."""
    known = {
        "topic": table.topic,
        "when": Moment(table.starts_at, table.series.zone),
        "until": Moment(place.answer_by, table.series.zone),
        **values,
    }
    number = tell(ctx, place.interest, letter, **known)
    method = _METHODS.get(letter)
    if method is not None:
        sequence = max(place.sequence + 1, table.sequence)
        Place.update(sequence=sequence).where(Place.id == place.id).execute()
        gate = tokens.gate(place, place.interest)
        calendars.remember(number, table, place, method, gate, sequence)


def tell_host(
    ctx: Context, series: Series, kind: str, title: Any, body: Any, url: str, mark: str = ""
) -> None:
    """Tell the people of the host something, of the same `mark` once."""
    subject = f"roundtables_series {series.id} {mark}".strip()
    for account in queries.editors(series.organisation_id):
        notify(ctx, account, kind, title, body, url=url, subject=subject)
