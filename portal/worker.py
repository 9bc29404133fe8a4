"""What happens beside the web: mails go out, jobs are done, plugins are told of events.

Any number of workers may run, on one machine or several: mails and jobs are leased.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Callable
from dataclasses import replace

from flask import Flask

from portal import db, events, jobs, mail
from portal.config import Config
from portal.context import Context, system_context
from portal.i18n import SOURCE, set_locale

log = logging.getLogger("portal.worker")

MAIL_EVERY = 2.0
JOBS_EVERY = 1.0
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
        return replace(system_context(), clock=self.app.extensions["portal"].clock)

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
