"""Where somebody is signed in, and the browsers from which they did before."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Response, after_this_request, current_app, has_request_context, request
from peewee import JOIN

from plugins.signin import second_step
from plugins.signin.models import Device, Proof
from portal import audit, db, mail
from portal.context import Context
from portal.errors import NotFound
from portal.people.models import Account, Session
from portal.web.heartbeat import token_hash

COOKIE = "portal_device"
COOKIE_LASTS = timedelta(days=400)
MOST_SHOWN = 50


@dataclass(frozen=True)
class SignIn:
    """A sign-in as its owner sees it; `number` ends it."""

    number: str
    name: str
    first_seen_at: datetime
    since: datetime
    seen_at: datetime
    is_this: bool


def note_session(ctx: Context, account_id: int, session: str) -> None:
    """Take note of a new session; a browser that is new to the account is told by mail."""
    if not has_request_context():
        return
    row = Session.get_by_id(session)
    with db.transaction():
        device, is_news = _device(ctx, account_id, row.agent)
        second_step.note_proof(ctx, session, device.id)
        second_step.note_duty(ctx, account_id)
        if is_news:
            account = Account.get_by_id(account_id)
            mail.enqueue(ctx, account.email, "signin/new-device", name=row.agent, at=row.created_at)


def _device(ctx: Context, account_id: int, name: str) -> tuple[Device, bool]:
    """Return the browser's row, and whether it is new to an account that had others."""
    now, token = ctx.clock.now(), request.cookies.get(COOKIE, "")[:100]
    mine = Device.account == account_id
    known: Device | None = Device.get_or_none(mine, Device.cookie_hash == token_hash(token))
    if known:
        known.last_seen_at, known.name = now, name
        known.save()
        _remember(token)
        return known, False
    had_others = Device.select().where(mine).exists()
    token = token if len(token) == 43 else secrets.token_urlsafe(32)
    device: Device = Device.create(
        account=account_id,
        cookie_hash=token_hash(token),
        name=name,
        first_seen_at=now,
        last_seen_at=now,
    )
    _remember(token)
    return device, had_others


def _remember(token: str) -> None:
    @after_this_request
    def keep(response: Response) -> Response:
        response.set_cookie(
            COOKIE,
            token,
            max_age=COOKIE_LASTS,
            path="/account",
            httponly=True,
            samesite="Lax",
            secure=current_app.config["SESSION_COOKIE_SECURE"],
        )
        return response


def sign_ins(ctx: Context, token: str) -> list[SignIn]:
    """List where the actor is signed in, last used first."""
    rows: Any = (
        Session.select(Session, Device.first_seen_at)
        .join(Proof, JOIN.LEFT_OUTER, on=(Proof.session == Session.token_hash))
        .join(Device, JOIN.LEFT_OUTER, on=(Proof.device == Device.id))
        .where(Session.account == ctx.actor.account_id, Session.expires_at > ctx.clock.now())
        .order_by(Session.seen_at.desc(), Session.token_hash)
        .limit(MOST_SHOWN)
        .namedtuples()
    )
    here = token_hash(token)
    return [
        SignIn(
            _number(row.token_hash),
            row.agent,
            row.first_seen_at or row.created_at,
            row.created_at,
            row.seen_at,
            row.token_hash == here,
        )
        for row in rows
    ]


def sign_out(ctx: Context, number: str) -> str:
    """End one sign-in of the actor; returns what its device is called. Raises NotFound."""
    mine = Session.select().where(Session.account == (ctx.actor.account_id or 0))
    found = next((row for row in mine if _number(row.token_hash) == number), None)
    if found is None:
        raise NotFound
    with db.transaction():
        Session.delete().where(Session.token_hash == found.token_hash).execute()
        audit.record(ctx, "account.device_signed_out", "account", ctx.actor.account_id)
    return str(found.agent)


def _number(session: str) -> str:
    """Return a number for addresses, from which the key of the session's row can't be told."""
    return hashlib.sha256(f"device {session}".encode()).hexdigest()[:20]
