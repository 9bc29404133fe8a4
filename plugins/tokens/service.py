"""What is done with tokens: make, revoke, let in."""

from __future__ import annotations

import contextlib
from datetime import datetime, timedelta
from typing import Any

import peewee

from plugins.tokens import queries, rules
from plugins.tokens.models import Token
from portal import audit, db, mail
from portal.context import MEMBER, Actor, Context
from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from portal.i18n import _
from portal.organisations import queries as organisations
from portal.people import throttle
from portal.people.models import Account


def make_token(
    ctx: Context, *, name: str, scope: str, organisation: str = "", days: int = rules.DAYS
) -> tuple[Token, str]:
    """Make a token of the actor; returns it with what is shown once. Its owner gets a mail.

    `organisation` is the public id of one for which the person acts, empty for all of theirs. Raises
    Invalid naming the field, Conflict for one too many, NotAllowed for programs with a token.
    """
    if ctx.actor.account_id is None or ctx.actor.scopes is not None:
        raise NotAllowed(_("Sign in to make a token."))
    name = rules.clean_name(name)
    rules.check_days(days)
    if scope not in rules.SCOPES:
        raise Invalid(_("Choose one."), "scope")
    organisation_id = _own_organisation(ctx, organisation)
    throttle.spend(ctx, rules.MADE, str(ctx.actor.account_id))
    now = ctx.clock.now()
    public_id, secret = rules.new_parts()
    with db.transaction():
        account = _locked(ctx.actor.account_id)
        _check_room(ctx, name)
        token: Token = Token.create(
            public_id=public_id,
            token_hash=rules.hashed(secret),
            account=account,
            organisation=organisation_id,
            name=name,
            scopes=" ".join(sorted(rules.SCOPES[scope])),
            created_at=now,
            expires_at=now + timedelta(days=days),
        )
        audit.record(
            ctx, "token.made", "token", token.id, scopes=token.scopes, days=days,
            organisation=organisation_id,
        )  # fmt: skip
        mail.enqueue(ctx, account.email, "tokens/made", name=name, ends_at=token.expires_at)
    return token, rules.written(public_id, secret)


def _locked(account_id: int) -> Account:
    """Return an account; others who make it a token wait until this is done."""
    Account.update(role=Account.role).where(Account.id == account_id).execute()
    return Account.get_by_id(account_id)  # type: ignore[no-any-return]


def _check_room(ctx: Context, name: str) -> None:
    good: Any = Token.select(Token.name).where(
        Token.account == ctx.actor.account_id, queries.is_good(ctx)
    )
    names = [found for (found,) in good.tuples()]
    if name in names:
        raise Invalid(
            _(
                "You have a token of this name. If you have just pressed twice, revoke it and make "
                "another."
            ),
            "name",
        )
    if len(names) >= rules.MOST_TOKENS:
        raise Conflict(
            _(
                "You have %(num)s tokens, and more are not allowed. Revoke one first.",
                num=len(names),
            )
        )


def _own_organisation(ctx: Context, public_id: str) -> int | None:
    if not public_id:
        return None
    for item in organisations.mine(ctx):
        if item.organisation.public_id == public_id:
            return int(item.organisation.id)
    raise Invalid(_("Choose one of your organisations."), "organisation")


def revoke(ctx: Context, public_id: str) -> Token:
    """End a token: of the actor, or anybody's for the command line. Raises NotFound."""
    if ctx.actor.system:
        good = (Token.public_id == public_id, queries.is_good(ctx))
        token: Token | None = Token.get_or_none(*good)
        if token is None:
            raise NotFound(
                _("No token that is still good has the number %(number)s.", number=public_id)
            )
    else:
        token = queries.own_good(ctx, public_id)
    with db.transaction():
        if _end(Token.id == token.id, ctx.clock.now()):
            audit.record(ctx, "token.revoked", "token", token.id)
    return token


def end_all(ctx: Context, account_id: int) -> None:
    """End all tokens of an account, with its sessions."""
    with db.transaction():
        if _end((Token.account == account_id) & queries.is_good(ctx), ctx.clock.now()):
            audit.record(ctx, "token.all_revoked", "account", account_id)


def _end(which: Any, now: datetime) -> int:
    ended = Token.update(expires_at=now, revoked_at=now).where(which, Token.expires_at > now)
    return int(ended.execute())


def holder(ctx: Context, token: str) -> Actor | None:
    """Return who sent a token, as the actor that their program is; None unless it is good.

    With a token for one organisation nobody reviews or runs the site.
    """
    public_id, secret = rules.parts(token)
    found: Any = (
        Token.select(Token, Account)
        .join(Account)
        .where(
            Token.public_id == public_id,
            queries.is_good(ctx),
            Account.disabled_at.is_null(),
            Account.verified_at.is_null(False),
        )
        .get_or_none()
    )
    if not rules.fits(secret, found.token_hash if found else "") or found is None:
        return None
    _note_use(ctx, found)
    roles = {MEMBER} if found.organisation_id else {MEMBER, found.account.role}
    return Actor(
        found.account.id,
        found.account.name,
        frozenset(roles),
        scopes=frozenset(found.scopes.split()),
        organisation_id=found.organisation_id,
    )


def _note_use(ctx: Context, token: Token) -> None:
    """Write down the use of a token now and then; a busy database may miss it."""
    now = ctx.clock.now()
    if token.used_at is not None and now - token.used_at < rules.USE_NOTED:
        return
    with contextlib.suppress(peewee.OperationalError), db.transaction():
        Token.update(used_at=now).where(Token.id == token.id).execute()
