"""Undo: for ten minutes, what was removed is brought back with one button that needs no script.

The button carries a signed token: the name of a registered act, its arguments, whose it is and
until when. The act is an ordinary service, so it checks the actor itself.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import current_app, flash
from itsdangerous import BadSignature, URLSafeSerializer

from portal import db
from portal.context import Context
from portal.errors import Conflict, NotFound
from portal.i18n import _
from portal.web import idempotency

OPEN = timedelta(minutes=10)
_acts: dict[str, Callable[..., Any]] = {}


def register(name: str, act: Callable[..., Any]) -> None:
    """Name an act that brings something back: `act(ctx, **arguments)`. Begin with your plugin's id."""
    _acts[name] = act


def offer(ctx: Context, sentence: str, name: str, **arguments: str | int) -> None:
    """Tell the person on the next page what was removed, with a button that calls `name`.

    Call it in a view. Arguments are few and short: they travel in the page.
    """
    until = (ctx.clock.now() + OPEN).timestamp()
    token = [name, ctx.actor.account_id, until, secrets.token_hex(8), arguments]
    flash(sentence, f"undo {_signer().dumps(token)}")


def take(ctx: Context, token: str) -> None:
    """Do what a button promised, once.

    Raises NotFound for tokens of others and made-up ones, Conflict when it is too late or was
    done, and what the act itself raises.
    """
    try:
        name, account_id, until, _nonce, arguments = _signer().loads(token)
    except BadSignature:
        raise NotFound from None
    if name not in _acts or account_id is None or account_id != ctx.actor.account_id:
        raise NotFound
    if until < ctx.clock.now().timestamp():
        raise Conflict(_("This could be undone for ten minutes, which have passed."))
    with db.transaction():
        if not idempotency.claim(ctx, token):
            raise Conflict(_("This was undone already."))
        _acts[name](ctx, **arguments)


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.config["SECRET_KEY"]), "undo")
