"""Addresses that send mails back: counted, spared further mails, and told of on the next visit."""

from __future__ import annotations

from flask import current_app

from plugins.notices import queries, reports
from plugins.notices.models import Bounce
from portal import audit, db, mail, settings
from portal.context import Context
from portal.errors import NotAllowed
from portal.mail import Outbox
from portal.people import throttle

NOTHING, UNKNOWN, TEMPORARY, STOPPED = "nothing", "unknown", "temporary", "stopped"
SIGN_IN = ("signin/", "password-changed")
"""Mails that go out all the same: people who can't sign in can't mend their address either."""
TRY_AGAIN = throttle.Limit("bounce-cleared", 3, 3_600)
_COUNT = (
    "INSERT INTO notices_bounce (address, first_at, last_at, last_mail, temporary, stopped_at, "
    "status, said) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (address) DO UPDATE SET "
    "temporary = notices_bounce.temporary + CASE WHEN notices_bounce.last_mail = excluded.last_mail "
    "THEN 0 ELSE excluded.temporary END, last_at = excluded.last_at, last_mail = excluded.last_mail, "
    "stopped_at = COALESCE(notices_bounce.stopped_at, excluded.stopped_at), "
    "status = excluded.status, said = excluded.said"
)


def take(ctx: Context, raw: bytes) -> tuple[str, str]:
    """Take a message from the mailbox for bounces; returns what came of it, and for which address.

    That is nothing (no report of a failure), unknown (about no mail of ours), temporary or stopped.
    Taking the same report twice is harmless.
    """
    report = reports.read(raw)
    if report is None:
        return NOTHING, ""
    row = next(filter(None, (_mail(number, name) for number, name in report.mails)), None)
    if row is None:
        return UNKNOWN, ""
    address, now = str(row.recipient).lower(), db.utc_text(ctx.clock.now())
    is_temporary, stopped_at = not report.is_permanent, now if report.is_permanent else None
    with db.transaction():
        told = (int(is_temporary), stopped_at, report.status, report.said)
        db.execute(_COUNT, (address, now, now, row.id, *told))
        most = settings.of(ctx, "notices")["most_temporary"]
        here = (Bounce.address == address, Bounce.stopped_at.is_null(), Bounce.temporary >= most)
        Bounce.update(stopped_at=now).where(*here).execute()
        bounce: Bounce = Bounce.get(Bounce.address == address)
        if bounce.stopped_at == db.parse_utc(now):
            _record(ctx, "mail.stopped", bounce)
    return (TEMPORARY if bounce.stopped_at is None else STOPPED), address


def _mail(number: int, message_id: str) -> Outbox | None:
    """Return the mail with that Message-ID; its number alone proves nothing."""
    row: Outbox | None = Outbox.get_or_none(Outbox.id == number)
    if row is None or mail.build(row, current_app.config["PORTAL"])["Message-ID"] != message_id:
        return None
    return row


def objection(to: str, kind: str) -> str:
    """Say why a mail is not sent; nothing where it may be."""
    if kind.startswith(SIGN_IN):
        return ""
    here = (Bounce.address == to.lower(), Bounce.stopped_at.is_null(False))
    found: Bounce | None = Bounce.get_or_none(*here)
    return f"Mails to this address came back ({found.status}); see Bounces." if found else ""


def clear(ctx: Context, number: int) -> str:
    """Let mails go to an address again and return it, for administrators. Raises NotFound."""
    if not ctx.actor.is_admin:
        raise NotAllowed
    bounce = queries.bounce(number)
    _clear(ctx, bounce)
    return str(bounce.address)


def clear_own(ctx: Context) -> None:
    """Let mails go to the actor's own address again. Raises TooMany."""
    account_id = ctx.actor.account_id or 0
    throttle.spend(ctx, TRY_AGAIN, str(account_id))
    bounce = queries.own_bounce(account_id)
    if bounce is not None:
        _clear(ctx, bounce)


def _clear(ctx: Context, bounce: Bounce) -> None:
    with db.transaction():
        Bounce.delete().where(Bounce.id == bounce.id).execute()
        _record(ctx, "mail.resumed", bounce)


def _record(ctx: Context, action: str, bounce: Bounce) -> None:
    audit.record(ctx, action, "address", bounce.id, personal={"address": bounce.address})
