"""The one statement at the start of each request: what changed, and who asks.

It tells a worker the plugin generation and the catalogue's sequence number, and turns the session
cookie into an actor, so that neither costs a statement of its own.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import peewee
from flask import Flask, current_app, g, request

from portal import db
from portal.context import ANONYMOUS, Actor, Context

COOKIE = "portal_session"

_SQL = (
    "SELECT h.plugin_generation, h.catalogue_seq, a.id, a.name, a.email, a.role, a.locale, "
    "a.scheme, s.seen_at, s.expires_at FROM heartbeat h "
    "LEFT JOIN session s ON s.token_hash = ? AND s.expires_at > ? "
    "LEFT JOIN account a ON a.id = s.account_id AND a.disabled_at IS NULL WHERE h.id = 1"
)


@dataclass(frozen=True)
class Heartbeat:
    """What the statement said. `email` and the rest are empty for people without a session."""

    plugin_generation: int
    catalogue_seq: int
    account_id: int | None = None
    name: str = ""
    email: str = ""
    role: str = ""
    locale: str = ""
    scheme: str = ""
    seen_at: str = ""
    expires_at: str = ""

    @property
    def actor(self) -> Actor:
        """The actor behind the session."""
        if self.account_id is None:
            return ANONYMOUS
        return Actor(self.account_id, self.name, frozenset({"Member", self.role}))


def token_hash(token: str) -> str:
    """Return what the database keeps of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def cookie_name(app: Flask) -> str:
    """Return the session cookie's name: bound to the host under https."""
    return f"__Host-{COOKIE}" if app.config["SESSION_COOKIE_SECURE"] else COOKIE


def beat() -> Heartbeat:
    """Ask once; later calls in the same request give the same answer."""
    found: Heartbeat | None = g.get("heartbeat")
    if found is None:
        found = g.heartbeat = _ask()
    return found


def bearer() -> str | None:
    """Return the token that a program sent to the API; None for all else: pages know no tokens."""
    sent = request.authorization if request.path.startswith("/api/") else None
    return (sent.token or "") if sent is not None and sent.type == "bearer" else None


def forget() -> None:
    """Ask again on the next call, after signing in or out."""
    g.pop("heartbeat", None)
    g.pop("ctx", None)


def _ask() -> Heartbeat:
    token = None if bearer() is not None else request.cookies.get(cookie_name(current_app))
    clock = current_app.extensions["portal"].clock
    params = (token_hash(token) if token else "", db.utc_text(clock.now()))
    try:
        rows = db.query(_SQL, params)
    except (peewee.OperationalError, peewee.InterfaceError):
        db.database.close()  # the server dropped the connection: one fresh try
        db.database.connect(reuse_if_open=True)
        rows = db.query(_SQL, params)
    values: list[Any] = [*rows[0][:3], *(value or "" for value in rows[0][3:])]
    return Heartbeat(*values)


def context() -> Context:
    """Return the context of the current request."""
    ctx: Context = g.ctx
    return ctx
