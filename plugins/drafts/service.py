"""Drafts: what was typed and not sent yet, or could not be taken because a sign-in had ended.

Secrets are never kept, nor forms that ask for one.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from flask import Response, after_this_request, current_app, request

from plugins.drafts.models import Draft
from portal import db
from portal.context import Context
from portal.errors import NotFound, TooMany
from portal.people import throttle
from portal.web.errors import SECRET_FIELDS
from portal.web.heartbeat import token_hash

COOKIE = "portal_draft"
KEPT = timedelta(days=14)
KEPT_FOR_GUESTS = timedelta(hours=1)
KEPT_DISCARDED = timedelta(minutes=30)
MOST_CHARACTERS = 100_000
MOST_DRAFTS = 30
"""Drafts of one person; the oldest make room."""
RESCUED = throttle.Limit("draft-network", 60, 3_600)
"""Texts kept for people who are not signed in, from one network."""


def typed() -> list[tuple[str, str]]:
    """Return what the request's form holds; nothing when it is too long or asks for a secret."""
    pairs = [(name, text) for name, text in request.form.items(multi=True) if name[:1] != "_"]
    pairs = [pair for pair in pairs if pair[0] != "csrf_token"]
    has_secret = any(word in name.lower() for name, _text in pairs for word in SECRET_FIELDS)
    length = sum(len(name) + len(text) for name, text in pairs)
    return [] if has_secret or length > MOST_CHARACTERS else pairs


def save(
    ctx: Context, key: str, path: str, fields: list[tuple[str, str]], holder: str = ""
) -> Draft:
    """Keep what was typed. `key` names the form: a person has one draft of it at a time.

    Without an account it belongs to the browser with the cookie `holder`, for an hour.
    """
    now, account_id = ctx.clock.now(), ctx.actor.account_id
    with db.transaction():
        if account_id is not None:
            mine: Any = Draft.select(Draft.id).where(Draft.account == account_id)
            newest = mine.order_by(Draft.saved_at.desc()).limit(MOST_DRAFTS - 1)
            same = Draft.id.in_(mine.where(Draft.key == key))
            Draft.delete().where(
                Draft.account == account_id, same | Draft.id.not_in([row.id for row in newest])
            ).execute()
        found: Draft = Draft.create(
            public_id=secrets.token_hex(12),
            account=account_id,
            holder_hash=token_hash(holder) if account_id is None else "",
            key=key[:200],
            path=path,
            fields=fields,
            saved_at=now,
            expires_at=now + (KEPT_FOR_GUESTS if account_id is None else KEPT),
        )
    return found


def find(ctx: Context, public_id: str) -> Draft:
    """Return a draft to whom it belongs: its account, or the browser with its cookie."""
    is_own = _held()
    if ctx.actor.signed_in:
        is_own |= Draft.account == ctx.actor.account_id
    found: Draft | None = Draft.get_or_none(Draft.public_id == public_id, is_own, *_is_alive(ctx))
    if found is None:
        raise NotFound
    return found


def fields(ctx: Context, public_id: str) -> list[tuple[str, str]]:
    """Return the fields of a draft; none when it was sent meanwhile or is somebody else's."""
    with suppress(NotFound):
        return [(name, text) for name, text in find(ctx, public_id).fields]
    return []


def waiting(ctx: Context, key: str) -> Draft | None:
    """Return the person's draft of a form."""
    if not ctx.actor.signed_in:
        return None
    own = (Draft.account == ctx.actor.account_id, Draft.key == key)
    return Draft.get_or_none(*own, *_is_alive(ctx))  # type: ignore[no-any-return]


def discard(ctx: Context, public_id: str, is_over: bool = True) -> None:
    """Put a draft of the actor's away, or bring it back; it is deleted half an hour later."""
    own = (Draft.public_id == public_id, Draft.account == ctx.actor.account_id)
    with db.transaction():
        Draft.update(discarded_at=ctx.clock.now() if is_over else None).where(*own).execute()


def expire(ctx: Context) -> None:
    """Delete drafts whose time is over."""
    now = ctx.clock.now()
    with db.transaction():
        Draft.delete().where(
            (Draft.expires_at <= now) | (Draft.discarded_at < now - KEPT_DISCARDED)
        ).execute()


def rescue(ctx: Context) -> Draft | None:
    """Keep what was typed into a form that can't be taken now; its browser gets a cookie for it.

    None when there is nothing to keep or another site sent the form.
    """
    origin = request.headers.get("Origin") or request.referrer or ""
    fields = typed()
    if not fields or urlsplit(origin).netloc != request.host:
        return None
    try:
        throttle.spend(ctx, RESCUED, throttle.network(request.remote_addr))
    except TooMany:
        return None
    holder = request.cookies.get(COOKIE) or secrets.token_urlsafe(24)
    key = request.form.get("_form") or request.path
    after_this_request(partial(_give_cookie, holder))
    return save(ctx, key, request.full_path.rstrip("?"), fields, holder)


def _give_cookie(holder: str, response: Response) -> Response:
    is_secure = current_app.config["SESSION_COOKIE_SECURE"]
    options: Any = {"httponly": True, "samesite": "Lax", "secure": is_secure}
    response.set_cookie(COOKIE, holder, int(KEPT_FOR_GUESTS.total_seconds()), **options)
    return response


def forget(ctx: Context, key: str, number: str) -> None:
    """Delete the draft of a form that was taken."""
    whose = _held()
    if ctx.actor.signed_in:
        whose |= Draft.account == ctx.actor.account_id
    with db.transaction():
        Draft.delete().where(whose & ((Draft.public_id == number) | (Draft.key == key))).execute()


def _held() -> Any:
    """Return the condition for drafts of the browser that asks."""
    holder = request.cookies.get(COOKIE, "")
    return Draft.account.is_null() & (Draft.holder_hash == token_hash(holder))


def _is_alive(ctx: Context) -> tuple[Any, ...]:
    return Draft.discarded_at.is_null(), Draft.expires_at > ctx.clock.now()
