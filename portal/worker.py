"""What happens beside the web: mails go out, jobs are done, plugins are told of events.

Any number of workers may run, on one machine or several: mails and jobs are leased.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask, current_app

from portal import db, drafts, events, jobs, mail
from portal.config import Config
from portal.context import Context, system_context
from portal.i18n import SOURCE, lazy_gettext, set_locale
from portal.people import sessions, throttle
from portal.web import idempotency

log = logging.getLogger("portal.worker")

MAIL_EVERY = 2.0
JOBS_EVERY = 1.0
UPKEEP_EVERY = 60
GRACE = 0.7


def run(app: Flask, stop: threading.Event) -> None:
    """Work until told to stop, then return within a second."""
    Worker(app, stop).run()


class Worker:
    """Works until told to stop: one thread for mails, one for jobs, one that renews the lease."""

    def __init__(self, app: Flask, stop: threading.Event) -> None:
        self.app = app
        self.stop = stop
        self.name = f"{socket.gethostname()}:{os.getpid()}:{id(self):x}"
        self.lease: jobs.Lease | None = None
        self._queued: dict[str, str] = {}

    def run(self) -> None:
        """Work, and return within a second after being told to stop.

        What takes longer is left: a transaction rolls back, mail and job have their lease.
        """
        parts: list[tuple[Callable[[Context], None], float]] = [
            (self.send_mails, MAIL_EVERY),
            (self.do_jobs, JOBS_EVERY),
            (self.renew, jobs.LEASE.total_seconds() / 3),
        ]
        threads = [
            threading.Thread(target=self._repeat, args=part, name=part[0].__name__, daemon=True)
            for part in parts
        ]
        for thread in threads:
            thread.start()
        self.stop.wait()
        for thread in threads[:2]:
            thread.join(GRACE / 2)

    def _repeat(self, part: Callable[[Context], None], pause: float) -> None:
        while not self.stop.is_set():
            try:
                with self.app.app_context():
                    db.database.connect(reuse_if_open=True)
                    part(self.context())
            except Exception:  # the next turn may find the database or the mail server back
                log.exception("The worker's turn failed; it goes on")
            finally:
                db.database.close()
            self.stop.wait(pause)

    def context(self) -> Context:
        """Return a context of the system with the clock of the app."""
        set_locale(SOURCE)
        system = system_context()
        clock = self.app.extensions["portal"].clock
        return Context(system.actor, system.locale, {}, system.request_id, clock)

    def send_mails(self, ctx: Context) -> None:
        """Deliver the mails that are due."""
        config: Config = self.app.config["PORTAL"]
        mail.deliver_due(config, ctx.clock, self.stop.is_set)

    def do_jobs(self, ctx: Context) -> None:
        """Queue what is regular or was waiting for an event, then do what is due."""
        registry = self.app.extensions["portal"].registry
        while not self.stop.is_set():
            registry.follow(db.query("SELECT plugin_generation FROM heartbeat WHERE id = 1")[0][0])
            known = jobs.kinds(ctx)
            jobs.schedule(ctx, known.values(), self._queued)
            events.deliver(ctx)
            active = [plugin for plugin in registry.statuses() if registry.is_active(plugin)]
            job = jobs.claim(self.name, ctx.clock.now(), active)
            if job is None:
                return
            self.lease = jobs.Lease(job, ctx.clock, self.stop.is_set)
            try:
                jobs.run(ctx, self.lease, known.get(job.name), known)
            finally:
                self.lease = None
            ctx = self.context()

    def renew(self, _ctx: Context) -> None:
        """Keep the job that runs in the other thread, however long it is silent."""
        lease = self.lease
        if lease is not None:
            lease.renew()


def upkeep(ctx: Context, _payload: Mapping[str, Any], _progress: jobs.Progress) -> None:
    """Let plugins do their regular work, delete what is over."""
    portal = current_app.extensions["portal"]
    portal.registry.hooks.call("upkeep_run", ctx)
    sessions.expire(ctx)
    throttle.expire(ctx)
    mail.expire(ctx.clock)
    idempotency.expire(ctx)
    drafts.expire(ctx)
    jobs.expire(ctx, portal.config.kept_days)
    events.expire(ctx, portal.config.kept_days)


jobs.register(jobs.JobKind("portal.do_upkeep", upkeep, lazy_gettext("Tidy up"), UPKEEP_EVERY, 1))
