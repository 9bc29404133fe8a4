"""Sign-ins on devices: rows of the server's own table, behind a random token in a cookie."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from flask import abort, current_app, redirect

from portal import db
from portal.context import SYSTEM, Context
from portal.people.models import AccountToken, Session
from portal.people.rules import SESSION_LONGEST, device_name
from portal.web.heartbeat import token_hash


def start(ctx: Context, account_id: int, days: int, agent: str = "", former: str = "") -> str:
    """Begin a session and return its token; the one the browser had before ends."""
    token = secrets.token_urlsafe(32)
    now = ctx.clock.now()
    with db.transaction():
        end(former)
        Session.create(
            token_hash=token_hash(token),
            account=account_id,
            created_at=now,
            seen_at=now,
            expires_at=now + timedelta(days=days),
            agent=device_name(agent),
        )
        hooks = current_app.extensions["portal"].registry.hooks
        hooks.call("session_started", ctx, account_id=account_id, session=token_hash(token))
    return token


def check_further(hook: str, ctx: Context, **values: Any) -> None:
    """Leave for the page that a plugin says comes first, if one does."""
    for _plugin, page in current_app.extensions["portal"].registry.hooks.call(hook, ctx, **values):
        abort(redirect(page, 303))


def touch(ctx: Context, token: str, days: int) -> bool:
    """Note that a session is in use and let it last longer; False when it has ended."""
    now = ctx.clock.now()
    with db.transaction():
        session = Session.get_or_none(Session.token_hash == token_hash(token))
        if session is None:
            return False
        session.seen_at = now
        session.expires_at = min(now + timedelta(days=days), session.created_at + SESSION_LONGEST)
        session.save()
    return True


def end(token: str) -> None:
    """End the session of one token; none is fine."""
    if token:
        with db.transaction():
            Session.delete().where(Session.token_hash == token_hash(token)).execute()


def end_all(account_id: int) -> None:
    """End every session of an account, and what plugins let it in by besides."""
    portal = current_app.extensions["portal"]
    with db.transaction():
        Session.delete().where(Session.account == account_id).execute()
        ctx = Context(SYSTEM, clock=portal.clock)
        portal.registry.hooks.call("sessions_ended", ctx, account_id=account_id)


def expire(ctx: Context) -> None:
    """Delete sessions and mailed links whose time is over."""
    now = ctx.clock.now()
    with db.transaction():
        Session.delete().where(Session.expires_at <= now).execute()
        AccountToken.delete().where(AccountToken.expires_at <= now).execute()
