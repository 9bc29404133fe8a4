"""Delivering messages to webhooks: signed, tried again later and later, then left for a person."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import current_app

from plugins.rules import addresses, rules, sending
from plugins.rules.models import FAILED, SENT, WAITING, Delivery, Webhook
from portal import db, settings
from portal.context import Context
from portal.errors import Invalid
from portal.hookspecs import Progress
from portal.i18n import _

ATTEMPTS = 12
"""Tries before a message is given up; with the pauses of jobs between them about three hours."""
OVERLAP = timedelta(hours=24)
"""How long the secret before the newest one signs too."""
AGENT = "Tessera-Webhook/1"
STILL = "The webhook is paused."


def secrets_of(ctx: Context, hook: Webhook) -> list[str]:
    """Return the secrets with which messages are signed: the newest, and the one before for a day."""
    nonces = [hook.nonce]
    if hook.old_nonce and hook.old_until and hook.old_until > ctx.clock.now():
        nonces.append(hook.old_nonce)
    key = str(current_app.config["SECRET_KEY"])
    return [rules.secret(key, hook.public_id, nonce) for nonce in nonces]


def headers(ctx: Context, delivery: Delivery, hook: Webhook) -> dict[str, str]:
    """Return the headers of a message; docs/webhooks.md tells receivers what they mean."""
    timestamp = int(ctx.clock.now().timestamp())
    content = delivery.content.encode()
    return {
        "Content-Type": "application/json",
        "User-Agent": AGENT,
        "Webhook-Id": delivery.public_id,
        "Webhook-Event": delivery.event,
        "Webhook-Timestamp": str(timestamp),
        "Webhook-Signature": rules.signature(secrets_of(ctx, hook), timestamp, content),
    }


def deliver(ctx: Context, payload: Mapping[str, Any], _progress: Progress) -> None:
    """Job: send a message once more, unless it was sent. Raises NotSent, so that the job tries again.

    Nothing is sent inside a transaction. A worker that dies after sending sends again: receivers
    know a message by its id.
    """
    delivery: Delivery | None = Delivery.get_or_none(Delivery.id == payload["delivery"])
    if delivery is None or delivery.state == SENT:
        return
    hook = delivery.webhook
    if not hook.is_active or hook.deleted_at is not None:
        _note(ctx, delivery, FAILED, error=STILL)
        return
    try:
        target = addresses.checked(hook.url, settings.of(ctx, "rules")["allow_http"])
        answer = sending.send(target, delivery.content.encode(), headers(ctx, delivery, hook))
    except (Invalid, sending.Refused) as error:
        _note(ctx, delivery, FAILED, status=None, answer="", error=str(error))
    except Exception as error:
        is_last = delivery.attempts + 1 >= ATTEMPTS
        is_known = isinstance(error, sending.NotSent)
        _note(
            ctx,
            delivery,
            FAILED if is_last else WAITING,
            status=getattr(error, "status", None),
            answer=getattr(error, "answer", ""),
            error=(str(error) if is_known else f"{type(error).__name__}: {error}")[: sending.KEPT],
        )
        if not is_last:
            raise
    else:
        _note(ctx, delivery, SENT, status=answer.status, answer=answer.text, error="")


def _note(ctx: Context, delivery: Delivery, state: str, **values: Any) -> None:
    told = {"state": state, "attempts": Delivery.attempts + 1, "tried_at": ctx.clock.now()}
    with db.transaction():
        Delivery.update(**told, **values).where(
            Delivery.id == delivery.id, Delivery.state != SENT
        ).execute()


def sample(ctx: Context) -> dict[str, Any]:
    """Return the message of a test."""
    return {
        "event": "webhook.tested",
        "event_id": 0,
        "happened_at": db.utc_text(ctx.clock.now()),
        "subject": {"type": "webhook", "id": 0, "url": "", "state": "", "country": ""},
        "payload": {"text": _("This is a test.")},
    }
