"""Reads about tokens."""

from __future__ import annotations

from typing import Any

from peewee import JOIN

from plugins.tokens.models import Token
from portal.context import Context
from portal.errors import NotFound
from portal.organisations import policy
from portal.organisations.models import Organisation
from portal.people.models import Account


def own(ctx: Context) -> list[Token]:
    """Return the actor's tokens with their organisations, newest first; ended ones too."""
    return list(_all().where(Token.account == (ctx.actor.account_id or 0)))


def own_good(ctx: Context, public_id: str) -> Token:
    """Return a token of the actor that is good still. Raises NotFound, also for those of others."""
    mine = _all().where(Token.account == (ctx.actor.account_id or 0))
    found: Token | None = mine.where(Token.public_id == public_id, is_good(ctx)).get_or_none()
    if found is None:
        raise NotFound
    return found


def everybodys(email: str = "") -> list[Token]:
    """Return the tokens of one person, or of all, newest first."""
    query = _all()
    return list(query.where(Account.email == email.strip().lower()) if email else query)


def is_good(ctx: Context) -> Any:
    """Return the condition for tokens that have not ended."""
    return Token.expires_at > ctx.clock.now()


def organisation(ctx: Context, public_id: str) -> Organisation:
    """Return an organisation whose inside the actor may see; raises NotFound for all others."""
    found: Organisation | None = Organisation.get_or_none(Organisation.public_id == public_id)
    if found is None or not policy.may_see_inside(ctx.actor, found):
        raise NotFound
    return found


def _all() -> Any:
    query = Token.select(Token, Organisation, Account).join(Organisation, JOIN.LEFT_OUTER)
    return query.switch(Token).join(Account).order_by(Token.id.desc())
