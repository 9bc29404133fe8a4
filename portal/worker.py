"""What happens beside the web: mails go out, plugins do their upkeep, old rows are deleted."""

from __future__ import annotations

import logging
import threading
import time

from flask import Flask

from portal import db, mail
from portal.config import Config
from portal.context import Context, system_context
from portal.people import sessions, throttle
from portal.web import idempotency

log = logging.getLogger("portal.worker")

MAIL_EVERY = 2.0
UPKEEP_EVERY = 60.0
GRACE = 0.7


def run(app: Flask, stop: threading.Event) -> None:
    """Work until told to stop, then return within a second.

    Work in progress that takes longer is left: a mail has its lease, a transaction rolls back.
    """
    thread = threading.Thread(target=_work, args=(app, stop), name="worker", daemon=True)
    thread.start()
    stop.wait()
    thread.join(GRACE)


def _work(app: Flask, stop: threading.Event) -> None:
    next_upkeep = 0.0
    while not stop.is_set():
        is_upkeep_due = time.monotonic() >= next_upkeep
        if is_upkeep_due:
            next_upkeep = time.monotonic() + UPKEEP_EVERY
        try:
            turn(app, stop, is_upkeep_due)
        except Exception:  # the next turn may find the database or the mail server back
            log.exception("The worker's turn failed; it goes on")
        finally:
            db.database.close()
        stop.wait(MAIL_EVERY)


def turn(app: Flask, stop: threading.Event, with_upkeep: bool) -> None:
    """Deliver what is due and, about once a minute, tidy up."""
    config: Config = app.config["PORTAL"]
    with app.app_context():
        db.database.connect(reuse_if_open=True)
        mail.deliver_due(config, app.extensions["portal"].clock, stop.is_set)
        if with_upkeep and not stop.is_set():
            upkeep(app, system_context())


def upkeep(app: Flask, ctx: Context) -> None:
    """Let plugins do their regular work, delete what is over."""
    registry = app.extensions["portal"].registry
    registry.follow(db.query("SELECT plugin_generation FROM heartbeat WHERE id = 1")[0][0])
    registry.hooks.call("upkeep_run", ctx)
    sessions.expire(ctx)
    throttle.expire(ctx)
    mail.expire(ctx.clock)
    idempotency.expire(ctx)
