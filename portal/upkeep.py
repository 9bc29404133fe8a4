"""The portal's regular work: tidying up every minute."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import current_app

from portal import events, jobs, mail
from portal.context import Context
from portal.i18n import lazy_gettext
from portal.people import sessions, throttle
from portal.web import idempotency


def tidy(ctx: Context, _payload: Mapping[str, Any], _progress: jobs.Progress) -> None:
    """Let plugins do their regular work, delete what is over."""
    portal = current_app.extensions["portal"]
    portal.registry.hooks.call("upkeep_run", ctx)
    sessions.expire(ctx)
    throttle.expire(ctx)
    mail.expire(ctx.clock)
    idempotency.expire(ctx)
    jobs.expire(ctx, portal.config.kept_days)
    events.expire(ctx, portal.config.kept_days)


KINDS = (jobs.JobKind("portal.tidy_up", tidy, lazy_gettext("Tidy up"), 60, 1),)
