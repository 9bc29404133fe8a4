"""Reads about accounts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.context import Context
from portal.people.models import Account, Session
from portal.web.heartbeat import token_hash


@dataclass(frozen=True)
class Device:
    """A sign-in as its owner sees it."""

    name: str
    since: datetime
    seen_at: datetime
    is_this: bool


def own_account(ctx: Context) -> Account:
    """Return the actor's account; the view's access row made sure that there is one."""
    account: Account = Account.get_by_id(ctx.actor.account_id)
    return account


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


def accounts() -> list[dict[str, Any]]:
    """List every account for the command line."""
    shown = (Account.email, Account.name, Account.role, Account.verified_at, Account.disabled_at)
    rows: Any = Account.select(*shown, Account.created_at).order_by(Account.email).dicts()
    return list(rows)
