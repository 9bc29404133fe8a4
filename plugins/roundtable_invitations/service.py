"""Invite, remind once, take an answer, never write again."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import current_app

from plugins.links import interface as links
from plugins.links.interface import Link
from plugins.roundtable_invitations import rules
from plugins.roundtable_invitations.models import (
    BOUNCED,
    DECLINED,
    INVITED,
    NEVER,
    TAKEN,
    Invitation,
    Never,
)
from plugins.roundtables import interface as roundtables
from plugins.roundtables.interface import Series
from portal import audit, db, mail
from portal.context import Context
from portal.errors import Conflict, Invalid
from portal.i18n import SHIPPED, _
from portal.i18n import lazy_gettext as lazy
from portal.organisations.service import new_public_id

PURPOSE, LETTER = "roundtable_invitations.invited", "roundtable_invitations/invitation"
NAME = "roundtables_series"
MOST_AT_ADDRESS, MONTH = 3, timedelta(days=30)
"""Invitations of all hosts that one address gets in a month."""
STILL_GOOD = timedelta(days=30)
"""So long after registration has closed the link still lets people say "never again"."""
SOURCES: Mapping[str, Any] = {
    "own": lazy("the host's own list of contacts"),
    "earlier": lazy("earlier round tables or events of the host"),
    "public": lazy("a public page of your organisation"),
}
INTERESTED = "interested"
NOBODY = {"email": "", "name": "", "employer": ""}
STATES: Mapping[str, tuple[Any, str]] = {
    INVITED: (lazy("no answer yet"), ""),
    INTERESTED: (lazy("interested"), "ok"),
    DECLINED: (lazy("said no"), "warn"),
    NEVER: (lazy("never invite again"), "bad"),
    BOUNCED: (lazy("mail came back"), "bad"),
    TAKEN: (lazy("taken back"), ""),
}


@dataclass(frozen=True)
class Outcome:
    """What became of a list: how many were invited, how many left out, lines nobody can read."""

    sent: int
    left_out: int
    problems: list[tuple[int, str, str]]


def digest(*parts: str) -> str:
    """Return what stands for an address; without the site's key nobody can try addresses against it."""
    key: str = current_app.config["PORTAL"].signing_key()
    return hmac.new(key.encode(), "\n".join(("invitation", *parts)).encode(), "sha256").hexdigest()


def invite(ctx: Context, series: Series, values: Mapping[str, Any]) -> Outcome:
    """Invite people by mail. `values`: people (a list or CSV), reason, source, lang.

    Left out, without saying which: who asked never to be invited, was invited or is registered
    already, and who had three invitations this month. Raises Invalid with the field, Conflict when
    nobody can register any more.
    """
    check_open(ctx, series)
    why = rules.reason(str(values["reason"]))
    if values["source"] not in SOURCES:
        raise Invalid(_("Say where the addresses come from."), "source")
    people, problems = rules.read(str(values["people"]))
    if not people and not problems:
        raise Invalid(_("Write at least one mail address."), "people")
    lang = values["lang"] if values["lang"] in SHIPPED else "en"
    sent = 0
    with db.transaction():
        if _count(series) + len(people) > rules.MOST:
            told = _("A series has at most %(num)s invitations.", num=rules.MOST)
            raise Invalid(told, "people")
        registered = roundtables.addresses(series)
        for person in people:
            if person.email not in registered and _may_write(ctx, person.email):
                sent += _send(ctx, series, person, reason=why, source=values["source"], lang=lang)
        audit.record(ctx, "people.invited", NAME, series.id, count=sent)
    return Outcome(sent, len(people) - sent, problems)


def check_open(ctx: Context, series: Series) -> None:
    """Refuse invitations to what nobody can register for. Raises Conflict."""
    if not roundtables.is_open(ctx, series):
        raise Conflict(_("You can invite people while registration is open."))


def _count(series: Series) -> int:
    return int(Invitation.select().where(Invitation.series_id == series.id).count())


def _may_write(ctx: Context, email: str) -> bool:
    if Never.select().where(Never.digest == digest(email)).exists():
        return False
    since = ctx.clock.now() - MONTH
    had = Invitation.select().where(Invitation.email == email, Invitation.invited_at > since)
    return int(had.count()) < MOST_AT_ADDRESS


def _send(ctx: Context, series: Series, person: rules.Person, **more: str) -> bool:
    """Write an invitation with its mail; False when this address has one for the series already."""
    number, mark = new_public_id(), digest(str(series.id), person.email)
    Invitation.insert(
        public_id=number,
        series_id=series.id,
        mark=mark,
        email=person.email,
        name=person.name,
        employer=person.employer,
        state=INVITED,
        invited_at=ctx.clock.now(),
        closes_at=series.closes_at,
        **more,
    ).on_conflict_ignore().execute()
    row = Invitation.get(Invitation.mark == mark)
    if row.public_id != number:
        return False
    links.send(
        ctx, purpose=PURPOSE, object_id=row.id, email=row.email, name=row.name,
        language=row.lang, until=series.closes_at + STILL_GOOD,
    )  # fmt: skip
    return True


def letter(ctx: Context, link: Link) -> tuple[str, dict[str, Any]] | None:
    """Return the mail of an invitation; None when it is not wanted any more."""
    row = Invitation.get_or_none(Invitation.id == link.object_id, Invitation.state == INVITED)
    series = roundtables.by_id(row.series_id) if row else None
    if row is None or series is None:
        return None
    values = {
        "series": series,
        "reason": row.reason,
        "source": SOURCES[row.source],
        "closes": roundtables.moment(series.closes_at, series.zone),
        "is_reminder": row.reminded_at is not None,
    }
    return LETTER, values


LINKS = links.Purpose(PURPOSE, "roundtable_invitations.invited", letter)


def of_series(series: Series) -> list[Invitation]:
    """Return the invitations of a series, each with its state as it is now, the last first."""
    rows = Invitation.select().where(Invitation.series_id == series.id)
    found = list(rows.order_by(Invitation.id.desc()))
    _see(series, found)
    return found


def _see(series: Series, rows: list[Invitation]) -> None:
    """Give the rows the states that are known elsewhere: who registered, whose mail came back."""
    registered = roundtables.addresses(series)
    outbox: Any = mail.Outbox
    lost = {
        address
        for (address,) in outbox.select(outbox.recipient)
        .where(
            outbox.kind == LETTER,
            outbox.sent_at.is_null(),
            outbox.attempts >= mail.MOST_ATTEMPTS,
        )
        .tuples()
    }
    for row in rows:
        if row.state in (INVITED, DECLINED) and row.email in registered:
            row.state = INTERESTED if registered[row.email] == INTERESTED else DECLINED
        elif row.state == INVITED and row.email in lost:
            row.state = BOUNCED


def take_back(ctx: Context, series: Series, public_id: str) -> None:
    """Take an invitation back: its link leads nowhere, and the address is deleted. Raises NotFound.

    It still counts: a mail was sent.
    """
    same = (Invitation.public_id == public_id, Invitation.series_id == series.id)
    row = Invitation.get_or_none(*same)
    if row is None:
        raise roundtables.missing()
    with db.transaction():
        links.close(ctx, PURPOSE, row.id)
        Invitation.update(state=TAKEN, **NOBODY).where(*same).execute()
        audit.record(ctx, "invitation.taken_back", NAME, series.id)


def decline(ctx: Context, row: Invitation) -> None:
    """Say no; the link stays good for those who change their mind. Twice is harmless."""
    with db.transaction():
        changed = (
            Invitation.update(state=DECLINED)
            .where(Invitation.id == row.id, Invitation.state == INVITED)
            .execute()
        )
        if changed:
            audit.record(ctx, "invitation.declined", NAME, row.series_id, role="invited")


def never(ctx: Context, row: Invitation) -> None:
    """Never write to this address again, for whichever host; the address is deleted at once."""
    with db.transaction():
        said = {"digest": digest(row.email), "said_at": ctx.clock.now()}
        Never.insert(said).on_conflict_ignore().execute()
        for other in list(Invitation.select().where(Invitation.email == row.email)):
            links.close(ctx, PURPOSE, other.id)
            Invitation.update(state=NEVER, **NOBODY).where(Invitation.id == other.id).execute()
        audit.record(ctx, "invitation.never_again", NAME, row.series_id, role="invited")


def look_after(ctx: Context) -> int:
    """Remind once who is silent, keep which mails came back; returns how many were reminded."""
    reminded = 0
    of: Any = Invitation
    numbers = [row[0] for row in of.select(of.series_id).distinct().tuples()]
    for number in numbers:
        series = roundtables.by_id(number)
        if series is not None:
            reminded += _look_after(ctx, series)
    return reminded


def _look_after(ctx: Context, series: Series) -> int:
    now, reminded = ctx.clock.now(), 0
    is_open = roundtables.is_open(ctx, series)
    with db.transaction():
        here = Invitation.series_id == series.id
        Invitation.update(closes_at=series.closes_at).where(
            here, Invitation.closes_at != series.closes_at
        ).execute()
        for row in of_series(series):
            same = (Invitation.id == row.id, Invitation.state == INVITED)
            if row.state == BOUNCED:
                Invitation.update(state=BOUNCED).where(*same).execute()
                links.close(ctx, PURPOSE, row.id)
            is_due = rules.is_reminder_due(now, row.invited_at, series.closes_at)
            if row.state != INVITED or row.reminded_at or not is_open or not is_due:
                continue
            if Invitation.update(reminded_at=now).where(*same).execute():
                link = links.links_of(PURPOSE, row.id)[-1]
                links.send_again(ctx, link)
                reminded += 1
    return reminded
