"""Reminders to the silent side of an enquiry, and members that leave enquiries without an answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plugins.notices.interface import notify
from plugins.requests import queries, rules
from plugins.requests.enquiring import notify_side
from plugins.requests.models import OPEN, RUNNING, Enquiry, Silence
from plugins.requests.workflow import ENQUIRY
from portal import audit, db
from portal.context import Context
from portal.i18n import lazy_gettext as lazy
from portal.organisations.models import Organisation

WAITING, SILENT = "requests.enquiry_waiting", "requests.silent"
KINDS: tuple[Mapping[str, Any], ...] = (
    {"kind": WAITING, "title": lazy("An enquiry waits for your organisation")},
    {"kind": SILENT, "title": lazy("Your organisation leaves enquiries without an answer")},
)
BATCH = 500
_WARN = (
    "INSERT INTO requests_silence (organisation_id, warned_at) VALUES (?, ?) "
    "ON CONFLICT DO NOTHING RETURNING organisation_id"
)


def remind(ctx: Context) -> int:
    """Remind the side whose turn it is after 3 and 7 days; returns how many were reminded.

    After a time in which nothing ran, one reminder is sent, not both.
    """
    of: Any = Enquiry
    told, now = 0, ctx.clock.now()
    for number, after in reversed(list(enumerate(rules.REMINDED_AFTER, 1))):
        late = of.select(of.id).where(
            of.state.in_(RUNNING), of.reminders < number, of.waits_since <= now - after
        )
        for (ident,) in list(late.order_by(of.waits_since, of.id).limit(BATCH).tuples()):
            told += _remind(ctx, ident, number, of.waits_since <= now - after)
    return told


def _remind(ctx: Context, ident: int, number: int, is_late: Any) -> bool:
    """Remind once, whatever other worker does the same and whoever answers meanwhile."""
    with db.transaction():
        here = (Enquiry.id == ident, Enquiry.reminders < number, Enquiry.state.in_(RUNNING))
        if not Enquiry.update(reminders=number).where(*here, is_late).execute():
            return False
        row: Enquiry = Enquiry.get_by_id(ident)
        if row.state == OPEN:
            whom, title = row.receiver, lazy("%(name)s waits for your answer", name=row.asker.name)
            body = lazy("Answer or decline, a sentence does; nobody's address is shown.")
        else:
            whom, title = row.asker, lazy("%(name)s answered you", name=row.receiver.name)
            body = lazy("Go on here, or close the enquiry if you have what you need.")
        subject = f"{ENQUIRY} {ident} {row.version} {number}"
        notify_side(ctx, row, whom, WAITING, subject, (title, body))
    return True


def fade(ctx: Context) -> int:
    """Tell organisations that they are silent, and forget of those that no longer are.

    Lists of fitting partners name them last a fortnight after that (`ranking.faded`). Returns how
    many were told; once is enough until they answer somebody.
    """
    now = ctx.clock.now()
    late = [
        number
        for number in queries.left_waiting(now)
        if rules.is_silent(queries.counted(number, now), now)
    ]
    with db.transaction():
        Silence.delete().where(Silence.organisation.not_in(late)).execute()
    return sum(_warn(ctx, number) for number in late)


def _warn(ctx: Context, number: int) -> bool:
    with db.transaction():
        if not db.query(_WARN, (number, db.utc_text(ctx.clock.now()))):
            return False
        audit.record(ctx, "enquiry.silent", "organisation", number)
        organisation: Organisation = Organisation.get_by_id(number)
        title = lazy(
            "In two weeks %(name)s will stand last among fitting partners", name=organisation.name
        )
        body = lazy(
            "The last three organisations that asked got no answer. Answer or decline one enquiry, "
            "and nothing changes."
        )
        subject = f"{ENQUIRY} silent {number} {ctx.clock.now().date().isoformat()}"
        for account in queries.editors(number):
            notify(ctx, account, SILENT, title, body, "/enquiries", subject)
    return True
