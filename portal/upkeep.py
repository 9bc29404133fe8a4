"""The portal's regular work: tidying up every minute, a backup once a day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import current_app

from portal import db, events, jobs, mail, storage
from portal.context import Context
from portal.i18n import lazy_gettext
from portal.people import sessions, throttle
from portal.web import idempotency

TIMELY = timedelta(minutes=30)
"""A backup is due a little early, so that once a day stays the same time of day."""


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


def back_up(ctx: Context, _payload: Mapping[str, Any], _progress: jobs.Progress) -> None:
    """Make a backup when the last one is old enough, and delete those that are too many."""
    config = current_app.extensions["portal"].config
    now = ctx.clock.now()
    oldest = now - timedelta(hours=config.backup_hours) + TIMELY
    made = storage.backups(config)
    if not config.backup_hours or (made and storage.made_at(made[-1]) > oldest):
        return
    db.database.connect(reuse_if_open=True)
    made.append(storage.backup(config, now=now))
    for copy in made[: -max(config.backup_keep, 1)]:
        storage.delete(copy)


KINDS = (
    jobs.JobKind("portal.tidy_up", tidy, lazy_gettext("Tidy up"), 60, 1),
    jobs.JobKind("portal.back_up", back_up, lazy_gettext("Back the database up"), 3600, 3),
)
