"""What the pages ask about notices, each in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from peewee import JOIN

from portal.context import Context
from portal.errors import NotFound
from portal.people.models import Account
from tessera_pinboard.models import Notice

MOST_SHOWN = 100


def on_the_board(ctx: Context, most: int = MOST_SHOWN) -> Sequence[Notice]:
    """Return the notices whose time is not over, newest first, with their writers."""
    return list(_current(ctx).order_by(Notice.id.desc()).limit(most))


def notice(ctx: Context, public_id: str) -> Notice:
    """Return a notice. Raises NotFound when there is none, or its time is over."""
    found = _current(ctx).where(Notice.public_id == public_id).first()
    if found is None:
        raise NotFound
    return found  # type: ignore[no-any-return]


def _current(ctx: Context) -> Any:
    chosen = Notice.select(Notice, Account).join(Account, JOIN.LEFT_OUTER)
    return chosen.where(Notice.expires_at > ctx.clock.now())
