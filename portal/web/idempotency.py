"""What is sent twice is done once: forms carry a hidden key, programs an `Idempotency-Key`.

The key is written in the same transaction as the change and its answer. So whatever stops the
server, a retry either does everything or gets the answer of the first try.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import peewee
from flask import Flask, Response, flash, g, request, session
from peewee import BlobField, ForeignKeyField, IntegerField, TextField
from werkzeug.exceptions import HTTPException

from portal import db
from portal.context import Context
from portal.db import Model, UtcDateTime
from portal.errors import Conflict, Invalid
from portal.i18n import _
from portal.people.models import Account
from portal.people.throttle import network
from portal.web.errors import wants_json

FIELD = "_key"
HEADER = "Idempotency-Key"
KEPT = timedelta(hours=24)
LONGEST_WAIT = 8
"""Seconds that a second try waits for the first."""


class Answered(Model):
    """A key with the answer that it got."""

    key_hash = TextField(primary_key=True)
    body_hash = TextField()
    account = ForeignKeyField(Account, null=True, on_delete="CASCADE")
    status = IntegerField(default=0)
    location = TextField(default="")
    kind = TextField(default="")
    body = BlobField(default=b"")
    created_at = UtcDateTime()

    class Meta:
        table_name = "idempotency_key"


def init_app(app: Flask) -> None:
    """Watch over the keys of all requests that change something."""
    app.before_request(_begin)
    app.after_request(_end)
    app.teardown_request(_leave)


def expire(ctx: Context) -> None:
    """Delete keys that are older than a day."""
    with db.transaction():
        Answered.delete().where(Answered.created_at < ctx.clock.now() - KEPT).execute()


def _begin() -> Response | None:
    """Give the answer of the first try, or let the change carry the key."""
    if request.method in {"GET", "HEAD", "OPTIONS"}:
        return None
    key = request.headers.get(HEADER) or request.form.get(FIELD, "")
    # What carries a password leaves no trace here, and its answer sets a cookie.
    if not key or any("password" in name for name in request.form):
        return None
    actor = g.ctx.actor.account_id or session.get("csrf_token") or network(request.remote_addr)
    names = _hash(actor, request.method, request.path, key), _body_hash()
    answer = _answer(*names)
    if answer is None:
        g.keyed = names, db.Enclosure(lambda: _claim(*names))
    return answer


def _hash(*parts: Any) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _body_hash() -> str:
    if not request.form and not request.files:
        return _hash(request.get_data())
    files = []
    for name, file in request.files.items(multi=True):
        files.append((name, file.filename, _hash(file.stream.read())))
        file.stream.seek(0)
    typed = request.form.items(multi=True)
    return _hash([pair for pair in typed if pair[0] not in {FIELD, "csrf_token"}], files)


def _answer(key_hash: str, body_hash: str) -> Response | None:
    """Return what the first try was answered, None when there was none."""
    row = Answered.get_or_none(Answered.key_hash == key_hash)
    if row is None:
        return None
    if row.body_hash != body_hash:
        raise Invalid(
            _("This form was sent before with other text. Open the page again to send this too."),
            code="key_reused",
        )
    response = Response(bytes(row.body), row.status, content_type=row.kind)
    response.headers["Idempotency-Replayed"] = "true"
    if row.location:
        response.headers["Location"] = row.location
        if not wants_json():
            flash(_("This was done already; nothing was done twice."))
    return response


def claim(ctx: Context, key: str, body_hash: str = "") -> bool:
    """Write a key down inside the transaction of what is done once; False when it was there."""
    made = Answered.insert(
        key_hash=key if body_hash else _hash(key),
        body_hash=body_hash,
        account=ctx.actor.account_id,
        created_at=ctx.clock.now(),
    )
    return bool(made.on_conflict_ignore().as_rowcount().execute())


def _claim(key_hash: str, body_hash: str) -> None:
    """Write the key down first thing in the transaction of the change."""
    if db.is_postgres():  # SQLite lets one write at a time anyway
        db.execute(f"SET LOCAL lock_timeout = '{LONGEST_WAIT}s'")
    try:
        is_new = claim(g.ctx, key_hash, body_hash)
    except peewee.OperationalError:
        raise Conflict(
            _("This is still being worked on. Try again in a moment; nothing is done twice."),
            retry_after=LONGEST_WAIT,
        ) from None
    if db.is_postgres():
        db.execute("SET LOCAL lock_timeout = DEFAULT")
    if not is_new:
        raise HTTPException(response=_answer(key_hash, body_hash))


def _end(response: Response) -> Response:
    """Keep the answer with the change; after an error of ours nothing stays."""
    if "keyed" not in g:
        return response
    names, whole = g.keyed
    status, mine = response.status_code, Answered.key_hash == names[0]
    if not whole.has_begun:
        whole.end(keep=True)
        return (status >= 400 and _answer(*names)) or response  # the first try may be done now
    if status < 400:
        is_private = response.is_streamed or "no-store" in response.headers.get("Cache-Control", "")
        Answered.update(
            status=status,
            location=response.headers.get("Location", ""),
            kind=response.content_type or "",
            body=b"" if is_private else response.get_data(),
        ).where(mine).execute()
    else:
        Answered.delete().where(mine).execute()
    whole.end(keep=status < 500)
    return response


def _leave(_error: BaseException | None) -> None:
    if "keyed" in g:
        g.keyed[1].end(keep=False)
