"""Drafts: what was typed and not sent yet, or could not be taken because a sign-in had ended.

A page that is opened with `?draft=` and the number of a draft shows its form filled: on a GET
`request.form` holds what was typed. Secrets are never kept, nor forms that ask for one.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Flask, Response, current_app, g, redirect, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from peewee import AutoField, ForeignKeyField, TextField
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.exceptions import Unauthorized

from portal import db
from portal.context import Context
from portal.db import JsonField, Model, UtcDateTime
from portal.errors import NotFound, TooMany
from portal.people import throttle
from portal.people.models import Account
from portal.web.errors import SECRET_FIELDS, csrf_error, http_error, wants_json
from portal.web.heartbeat import token_hash

COOKIE = "portal_draft"
PAGES = "/drafts"
FORM, NUMBER = "_form", "_draft"
"""Fields of a form: its own name, and the number of the draft with which it was filled."""
KEPT = timedelta(days=14)
KEPT_FOR_GUESTS = timedelta(hours=1)
KEPT_DISCARDED = timedelta(minutes=30)
MOST_CHARACTERS = 100_000
MOST_DRAFTS = 30
"""Drafts of one person; the oldest make room."""
RESCUED = throttle.Limit("draft-network", 60, 3_600)
"""Texts kept for people who are not signed in, from one network."""


class Draft(Model):
    """Fields of a form as pairs of name and value, of an account or of whoever holds a cookie."""

    id = AutoField()
    public_id = TextField(unique=True)
    account = ForeignKeyField(Account, null=True, on_delete="CASCADE")
    holder_hash = TextField(default="")
    key = TextField()
    path = TextField()
    fields = JsonField()
    saved_at = UtcDateTime()
    expires_at = UtcDateTime()
    discarded_at = UtcDateTime(null=True)

    class Meta:
        table_name = "draft"


def init_app(app: Flask) -> None:
    """Fill forms from drafts; keep what is typed when a form can't be taken."""
    app.before_request(_fill)
    app.after_request(_sent)
    app.register_error_handler(CSRFError, lambda error: rescue() or csrf_error(error))
    app.register_error_handler(Unauthorized, lambda error: rescue(True) or http_error(error))


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


def waiting(key: str) -> Draft | None:
    """Return the person's draft of the form that is shown, unless the form holds it already."""
    if not g.ctx.actor.signed_in or request.method != "GET" or "draft" in request.args:
        return None
    own = (Draft.account == g.ctx.actor.account_id, Draft.key == key)
    return Draft.get_or_none(*own, *_is_alive(g.ctx))  # type: ignore[no-any-return]


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


def rescue(with_sign_in: bool = False) -> ResponseReturnValue | None:
    """Keep what was typed into a form that can't be taken now; answer with the way to it.

    None when there is nothing to keep or another site sent the form: then it is shown for copying.
    """
    origin = request.headers.get("Origin") or request.referrer or ""
    fields = typed() if request.method == "POST" else []
    if not fields or wants_json() or urlsplit(origin).netloc != request.host:
        return None
    try:
        throttle.spend(g.ctx, RESCUED, throttle.network(request.remote_addr))
    except TooMany:
        return None
    holder = request.cookies.get(COOKIE) or secrets.token_urlsafe(24)
    key = request.form.get(FORM) or request.path
    draft = save(g.ctx, key, request.full_path.rstrip("?"), fields, holder)
    address = f"{PAGES}/{draft.public_id}"
    if with_sign_in:
        address = f"/account/sign-in?{urlencode({'next': address})}"
    response = redirect(address, 303)
    is_secure = current_app.config["SESSION_COOKIE_SECURE"]
    options: Any = {"httponly": True, "samesite": "Lax", "secure": is_secure}
    response.set_cookie(COOKIE, holder, int(KEPT_FOR_GUESTS.total_seconds()), **options)
    return response


def _fill() -> None:
    if request.method == "GET" and "draft" in request.args:
        with suppress(NotFound):  # it was sent meanwhile: the page shows what is stored
            fields = find(g.ctx, request.args["draft"]).fields
            vars(request)["form"] = ImmutableMultiDict(map(tuple, fields))


def _sent(response: Response) -> Response:
    """Forget the draft of a form that was taken."""
    key, number = request.form.get(FORM), request.form.get(NUMBER)
    is_taken = request.method == "POST" and response.status_code < 400
    if not is_taken or request.path.startswith(PAGES) or not (key or number):
        return response
    whose = _held()
    if g.ctx.actor.signed_in:
        whose |= Draft.account == g.ctx.actor.account_id
    with db.transaction():
        Draft.delete().where(whose & ((Draft.public_id == number) | (Draft.key == key))).execute()
    return response


def _held() -> Any:
    """Return the condition for drafts of the browser that asks."""
    holder = request.cookies.get(COOKIE, "")
    return Draft.account.is_null() & (Draft.holder_hash == token_hash(holder))


def _is_alive(ctx: Context) -> tuple[Any, ...]:
    return Draft.discarded_at.is_null(), Draft.expires_at > ctx.clock.now()
