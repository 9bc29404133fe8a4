"""What people do with notices."""

from __future__ import annotations

import secrets
from datetime import timedelta

from portal import db, settings
from portal.context import Context
from portal.errors import Invalid, NotAllowed
from portal.i18n import _
from tessera_pinboard import policy
from tessera_pinboard.models import KINDS, Notice

LONGEST = {"title": 80, "text": 2_000, "town": 80}


def pin(ctx: Context, kind: str, title: str, text: str, town: str = "") -> Notice:
    """Hang up a notice; it stays as many days as the setting says. Raises NotAllowed or Invalid."""
    if not ctx.actor.signed_in:
        raise NotAllowed(_("Sign in to pin a notice."))
    if kind not in KINDS:
        raise Invalid(_("Choose what kind of notice it is."), field="kind")
    texts = {"title": title, "text": text, "town": town}
    kept = {name: _checked(name, value) for name, value in texts.items()}
    now = ctx.clock.now()
    with db.transaction():
        notice: Notice = Notice.create(
            public_id=secrets.token_hex(8),
            kind=kind,
            account=ctx.actor.account_id,
            created_at=now,
            expires_at=now + timedelta(days=settings.of(ctx, "pinboard")["days"]),
            **kept,
        )
    return notice


def take_down(ctx: Context, notice: Notice) -> None:
    """Delete a notice for good. Raises NotAllowed."""
    if not policy.may_take_down(ctx.actor, notice):
        raise NotAllowed(_("Only its writer or a reviewer takes a notice down."))
    with db.transaction():
        Notice.delete().where(Notice.id == notice.id).execute()


def _checked(name: str, value: str) -> str:
    value = value.replace("\0", "").strip()
    if not value and name != "town":
        raise Invalid(_("Fill this in."), field=name)
    if len(value) > LONGEST[name]:
        raise Invalid(_("Write at most %(most)s characters.", most=LONGEST[name]), field=name)
    return value
