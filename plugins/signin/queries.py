"""Where somebody is signed in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from portal.context import Context
from portal.people.models import Session
from portal.web.heartbeat import token_hash


@dataclass(frozen=True)
class Device:
    """A sign-in as its owner sees it."""

    name: str
    since: datetime
    seen_at: datetime
    is_this: bool


def devices(ctx: Context, token: str) -> list[Device]:
    """List where the actor is signed in, last used first."""
    rows = (
        Session.select()
        .where(Session.account == ctx.actor.account_id, Session.expires_at > ctx.clock.now())
        .order_by(Session.seen_at.desc(), Session.token_hash)
        .limit(50)
    )
    here = token_hash(token)
    return [Device(row.agent, row.created_at, row.seen_at, row.token_hash == here) for row in rows]
