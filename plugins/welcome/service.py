"""Saying what one came for; putting the steps away and taking them out again."""

from __future__ import annotations

from plugins.welcome import queries
from plugins.welcome.models import Choice
from portal import db
from portal.context import Context
from portal.errors import Invalid
from portal.i18n import _

_BEGIN = (
    "INSERT INTO welcome_choice (account_id, aim, begun_at) VALUES (?, '', ?) "
    "ON CONFLICT DO NOTHING RETURNING account_id"
)


def begin(ctx: Context, account_id: int) -> bool:
    """Note the first sign-in of a person; False for every later one."""
    with db.transaction():
        return bool(db.query(_BEGIN, (account_id, db.utc_text(ctx.clock.now()))))


def choose(ctx: Context, aim: str) -> None:
    """Keep what the actor came for, and show its steps again. Raises Invalid for what is not offered."""
    if aim not in queries.aims(ctx):
        raise Invalid(_("Choose one of those listed."), field="aim")
    _change(ctx, aim=aim, dismissed_at=None)


def dismiss(ctx: Context) -> None:
    """Put the steps away: the home page does not show them any more."""
    _change(ctx, dismissed_at=ctx.clock.now())


def resume(ctx: Context) -> None:
    """Show the steps on the home page again."""
    _change(ctx, dismissed_at=None)


def _change(ctx: Context, **values: object) -> None:
    with db.transaction():
        begin(ctx, ctx.actor.account_id or 0)
        Choice.update(**values).where(Choice.account == ctx.actor.account_id).execute()
