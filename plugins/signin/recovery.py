"""Lost second steps: a request that waits, that its account can stop, and that somebody else decides.

Whoever asks has written the right password and nothing more: that may be a thief. So nothing happens
for three days, the account is told at once and again the day before, and a link in each mail, or
signing in with the second step, stops it. Then an administrator decides who has spoken with the person.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from flask import current_app
from itsdangerous import BadData, URLSafeSerializer

from plugins.signin import factors, rules, second_step
from plugins.signin.models import Recovery
from portal import audit, db, mail
from portal.context import Context
from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from portal.i18n import _
from portal.people import sessions, throttle
from portal.people.models import Account

WAITS = timedelta(days=3)
REMINDED_AFTER = timedelta(days=2)
OVER_AFTER = timedelta(days=30)
GRANTED, DECLINED, STOPPED, OVER = "granted", "declined", "stopped", "over"


def ask(ctx: Context) -> Recovery:
    """Ask for the second steps of the sign-in that waits in this browser to be taken away.

    Asking again while a request is open changes nothing. Raises NotFound, TooMany.
    """
    _step, account = second_step.waiting(ctx)
    if not factors.has_any(account.id):
        raise NotFound(_("This account has no second step."))
    throttle.spend(ctx, rules.RECOVERIES, str(account.id))
    with db.transaction():
        found = open_of(account.id)
        if found is None:
            found = Recovery.create(
                public_id=secrets.token_hex(8), account=account.id, asked_at=ctx.clock.now()
            )
            audit.record(ctx, "second_step.recovery_asked", "account", account.id)
            _tell(ctx, found, account, "signin/recovery-asked")
    return found


def open_of(account_id: int) -> Recovery | None:
    """Return the open request of an account."""
    found: Recovery | None = Recovery.get_or_none(
        Recovery.account == account_id, Recovery.outcome == ""
    )
    return found


def may_be_decided_at(request: Recovery) -> Any:
    """Return when the waiting is over."""
    return request.asked_at + WAITS


def linked(token: str) -> Recovery:
    """Return the request whose mail holds a link. Raises NotFound unless it is open."""
    try:
        public_id = _serializer().loads(token)
    except BadData:
        raise NotFound from None
    found: Recovery | None = None
    if _serializer().dumps(public_id) == token:  # one spelling only
        found = Recovery.get_or_none(Recovery.public_id == public_id, Recovery.outcome == "")
    if found is None:
        raise NotFound
    return found


def link(request: Recovery) -> str:
    """Return what the link that stops a request ends with."""
    return str(_serializer().dumps(request.public_id))


def stop(ctx: Context, request: Recovery) -> None:
    """Stop a request: the account's owner says that it was not theirs, or found what was lost."""
    with db.transaction():
        if _close(ctx, request, STOPPED):
            audit.record(ctx, "second_step.recovery_stopped", "account", request.account_id)


def stop_for(ctx: Context, account_id: int) -> None:
    """Stop the open request of somebody who has just used their second step."""
    request = open_of(account_id)
    if request is not None:
        stop(ctx, request)


def waiting_requests(ctx: Context) -> list[Recovery]:
    """List the open requests, oldest first. Raises NotAllowed for others than administrators."""
    _check_admin(ctx)
    query: Any = Recovery.select(Recovery, Account).join(
        Account, on=(Recovery.account == Account.id)
    )
    return list(query.where(Recovery.outcome == "").order_by(Recovery.id))


def find(ctx: Context, public_id: str) -> Recovery:
    """Return an open request for an administrator. Raises NotFound, NotAllowed."""
    _check_admin(ctx)
    found: Recovery | None = Recovery.get_or_none(
        Recovery.public_id == public_id, Recovery.outcome == ""
    )
    if found is None:
        raise NotFound
    return found


def decide(ctx: Context, public_id: str, is_granted: bool, has_spoken: bool) -> Account:
    """Grant or decline a request; granting takes all second steps away and signs the account out.

    Raises NotAllowed to the person concerned, Conflict before the waiting is over, Invalid when
    nobody has spoken with the person.
    """
    request = find(ctx, public_id)
    if request.account_id == ctx.actor.account_id:
        raise NotAllowed(_("This is about your own account: another administrator decides."))
    if is_granted and ctx.clock.now() < may_be_decided_at(request):
        raise Conflict(_("The waiting is not over yet. The person may still stop it."))
    if is_granted and not has_spoken:
        raise Invalid(_("Speak with the person first, in another way than by mail."), "has_spoken")
    account: Account = Account.get_by_id(request.account_id)
    with db.transaction():
        if not _close(ctx, request, GRANTED if is_granted else DECLINED):
            raise NotFound
        if is_granted:
            factors.remove_all(ctx, account.id)
            sessions.end_all(account.id)
        act = "granted" if is_granted else "declined"
        audit.record(ctx, f"second_step.recovery_{act}", "account", account.id)
        mail.enqueue(ctx, account.email, f"signin/recovery-{act}")
    return account


def remind(ctx: Context) -> None:
    """Tell people the day before, and end requests that nobody decided."""
    now = ctx.clock.now()
    waiting = Recovery.select().where(Recovery.outcome == "")
    for request in waiting.where(
        Recovery.reminded_at.is_null(), Recovery.asked_at <= now - REMINDED_AFTER
    ):
        with db.transaction():
            told = Recovery.update(reminded_at=now).where(
                Recovery.id == request.id, Recovery.reminded_at.is_null(), Recovery.outcome == ""
            )
            if told.execute():
                account = Account.get_by_id(request.account_id)
                _tell(ctx, request, account, "signin/recovery-soon")
    for request in waiting.where(Recovery.asked_at <= now - OVER_AFTER):
        with db.transaction():
            _close(ctx, request, OVER)


def _close(ctx: Context, request: Recovery, outcome: str) -> bool:
    closed = Recovery.update(
        outcome=outcome, closed_at=ctx.clock.now(), decided_by=ctx.actor.account_id
    ).where(Recovery.id == request.id, Recovery.outcome == "")
    return bool(closed.execute())


def _tell(ctx: Context, request: Recovery, account: Account, kind: str) -> None:
    at = may_be_decided_at(request)
    mail.enqueue(ctx, account.email, kind, token=link(request), at=at)


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.secret_key or "", salt="signin recovery")


def _check_admin(ctx: Context) -> None:
    if not ctx.actor.is_admin:
        raise NotAllowed(_("Only administrators decide this."))
