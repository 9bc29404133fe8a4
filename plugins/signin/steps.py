"""Things begun in a browser that wait for it to go on: each works once, and only there.

The browser keeps a random token in its signed cookie; the database keeps the hash and all else.
"""

from __future__ import annotations

import secrets
from typing import Any

from flask import session

from plugins.signin.models import Step
from plugins.signin.rules import STEP_LIVES
from portal import db
from portal.context import Context
from portal.errors import NotFound
from portal.i18n import _
from portal.web.heartbeat import token_hash

SIGN_IN = "sign-in"
"""The password was right; a second step is missing."""
APP = "app"
PASSKEY = "passkey"
ANSWER = "answer"
"""The question that a passkey answers: its signature is good for this one alone."""
SIGNATURE = "signature"
"""A text that a passkey is asked to sign."""
OUTSIDE = "outside"


def begin(ctx: Context, purpose: str, account_id: int | None, **data: Any) -> Step:
    """Begin something; what this browser began before for the same purpose is over."""
    token = secrets.token_urlsafe(32)
    with db.transaction():
        drop(purpose)
        step: Step = Step.create(
            token_hash=token_hash(token),
            account=account_id,
            purpose=purpose,
            data=data,
            expires_at=ctx.clock.now() + STEP_LIVES,
        )
    session[_key(purpose)] = token
    return step


def find(ctx: Context, purpose: str, account_id: int | None = None) -> Step | None:
    """Return what this browser began, for one account if asked; None when its time is over."""
    token = str(session.get(_key(purpose), ""))
    if not token:
        return None
    found: Step | None = Step.get_or_none(
        Step.token_hash == token_hash(token),
        Step.purpose == purpose,
        Step.expires_at > ctx.clock.now(),
    )
    if found is None or (account_id is not None and found.account_id != account_id):
        return None
    return found


def take(ctx: Context, purpose: str, account_id: int | None = None) -> Step:
    """Return what this browser began and end it: of many who try at once one gets it.

    Raises NotFound when it is over.
    """
    step = find(ctx, purpose, account_id)
    with db.transaction():
        taken = step and Step.delete().where(Step.token_hash == step.token_hash).execute()
    session.pop(_key(purpose), None)
    if step is None or not taken:
        raise NotFound(_("This took too long, or was done already. Begin again."))
    return step


def drop(purpose: str) -> None:
    """Forget what this browser began."""
    token = str(session.pop(_key(purpose), ""))
    if token:
        with db.transaction():
            Step.delete().where(Step.token_hash == token_hash(token)).execute()


def expire(ctx: Context) -> None:
    """Delete what nobody went on with."""
    with db.transaction():
        Step.delete().where(Step.expires_at <= ctx.clock.now()).execute()


def _key(purpose: str) -> str:
    return f"signin.{purpose}"
