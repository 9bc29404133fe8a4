"""Jobs: work for later, kept in one table and done at least once.

A job is queued inside the transaction of the deed that needs it, so that both happen or neither.
A worker leases it, runs it and renews the lease; when the worker dies, the lease runs out and
another takes over. What fails is tried again later and later, then waits for a person ("failed").
Payloads hold numbers and short codes, not personal data.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from difflib import get_close_matches
from secrets import token_hex
from typing import Any

from flask import current_app
from peewee import AutoField, FloatField, IntegerField, TextField

from portal import db
from portal.clock import Clock
from portal.context import Context
from portal.hookspecs import JobKind, Progress

__all__ = ["Job", "JobKind", "Progress", "enqueue", "kinds", "register"]

log = logging.getLogger("portal.jobs")

WAITING = "waiting"
RUNNING = "running"
DONE = "done"
FAILED = "failed"
CANCELLED = "cancelled"

CORE = "portal"
PERIOD = "@"
LEASE = timedelta(seconds=30)
FIRST_PAUSE = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(hours=1)
REGULAR_KEPT = timedelta(days=1)
ERROR_LENGTH = 500


class Job(db.Model):
    """A piece of work. `plugin` owns it ("" is the core); `account_id` is the person who asked."""

    id = AutoField()
    name = TextField()
    plugin = TextField(default="")
    payload = db.JsonField(default=dict)
    key = TextField(default="")
    state = TextField(default=WAITING)
    attempts = IntegerField(default=0)
    due_at = db.UtcDateTime()
    leased_until = db.UtcDateTime(null=True)
    leased_by = TextField(default="")
    progress = FloatField(default=0.0)
    note = TextField(default="")
    error = TextField(default="")
    created_at = db.UtcDateTime()
    finished_at = db.UtcDateTime(null=True)
    account_id = IntegerField(null=True)

    class Meta:
        table_name = "job"


class Cancelled(Exception):
    """Somebody cancelled the job while it ran, or another worker has it now."""


class Stopped(Exception):
    """The worker stops; the job goes back to those that wait."""


# Kinds

_core_kinds: dict[str, JobKind] = {}


def register(*offered: JobKind) -> None:
    """Add kinds of the core's own; plugins offer theirs by the hook `job_list`."""
    _core_kinds.update({kind.name: kind for kind in offered})


def kinds(ctx: Context) -> dict[str, JobKind]:
    """Return the kinds of the core and of the active plugins, by name."""
    hooks = current_app.extensions["portal"].registry.hooks
    found = dict(_core_kinds)
    for plugin, offered in hooks.call("job_list", ctx):
        for kind in offered:
            if kind.name.startswith(f"{plugin}."):
                found[kind.name] = kind
            else:
                wrong = ValueError(f"Job {kind.name!r} must be named {plugin}.<verb_noun>.")
                hooks.failed(plugin, "job_list", wrong)
    return found


# What services do

_INSERT = (
    "INSERT INTO job (name, plugin, payload, key, state, attempts, due_at, leased_by, progress, "
    "note, error, created_at, account_id) VALUES (?, ?, ?, ?, 'waiting', 0, ?, '', 0, '', '', ?, ?) "
    "ON CONFLICT DO NOTHING RETURNING id"
)
_SAME = (
    "SELECT id FROM job WHERE name = ? AND key = ? "
    "AND (state IN ('waiting', 'running') OR key >= '@' AND key < 'A')"
)


def enqueue(
    ctx: Context,
    name: str,
    payload: Mapping[str, Any] | None = None,
    *,
    key: str = "",
    not_before: datetime | None = None,
    plugin: str | None = None,
) -> int:
    """Queue a job, inside the caller's transaction; returns its number.

    While a job of that name with the same non-empty key is unfinished, that is the job. It belongs
    to the plugin its name begins with unless `plugin` says otherwise.
    """
    owner = name.split(".")[0] if plugin is None else plugin
    now = ctx.clock.now()
    times = db.utc_text(not_before or now), db.utc_text(now)
    given = db.dump_json(dict(payload or {}))
    values = (name, "" if owner == CORE else owner, given, key, *times, ctx.actor.account_id)
    with db.transaction():
        while True:  # the job with the same key may end between the two statements
            found = db.query(_INSERT, values) or db.query(_SAME, (name, key))
            if found:
                return int(found[0][0])


# What the worker does

_DUE = (
    "SELECT id FROM job WHERE (state = 'waiting' AND due_at <= ? "
    "OR state = 'running' AND leased_until <= ?) AND plugin IN ({}) ORDER BY due_at, id LIMIT 1"
)


def claim(worker: str, now: datetime, active: Collection[str]) -> Job | None:
    """Lease the job that is due for longest, of the core or an active plugin; None without one."""
    sql = _DUE.format(",".join("?" * (len(active) + 1)))
    params = (db.utc_text(now), db.utc_text(now), "", *active)
    if not db.query(sql, params):
        return None  # seen without taking the write lock
    with db.transaction():
        rows = db.query(sql + (" FOR UPDATE SKIP LOCKED" if db.is_postgres() else ""), params)
        if not rows:
            return None
        Job.update(
            state=RUNNING,
            attempts=Job.attempts + 1,
            leased_until=now + LEASE,
            leased_by=f"{worker} {token_hex(4)}",
            progress=0.0,
            note="",
        ).where(Job.id == rows[0][0]).execute()
        found: Job = Job.get_by_id(rows[0][0])
        return found


class Lease:
    """A worker's hold on a running job; the job reports its progress to it."""

    def __init__(self, job: Job, clock: Clock, is_stopping: Callable[[], bool]) -> None:
        self.job = job
        self._clock = clock
        self._is_stopping = is_stopping

    def report(self, share: float, note: str = "") -> None:
        """Renew the lease and show how far the job is. Raises Cancelled or Stopped."""
        if self._is_stopping():
            raise Stopped
        if not self.renew(progress=min(max(share, 0.0), 1.0), note=note[:ERROR_LENGTH]):
            raise Cancelled

    def renew(self, **values: Any) -> bool:
        """Hold the job for another while; False when it is not ours any more."""
        return self._write(leased_until=self._clock.now() + LEASE, **values)

    def end(self, state: str, **values: Any) -> bool:
        """Let go of the job; False when it was not ours any more."""
        finished_at = None if state == WAITING else self._clock.now()
        nobody = {"leased_until": None, "leased_by": ""}
        return self._write(state=state, finished_at=finished_at, **nobody, **values)

    def _write(self, **values: Any) -> bool:
        mine = (Job.id == self.job.id, Job.state == RUNNING, Job.leased_by == self.job.leased_by)
        with db.transaction():
            return bool(Job.update(**values).where(*mine).execute())


def run(ctx: Context, lease: Lease, kind: JobKind | None, known: Collection[str]) -> None:
    """Run a leased job and note how it ended; only what must end the process is raised."""
    job = lease.job
    try:
        if kind is None:
            near = get_close_matches(job.name, known, 1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise LookupError(f"There is no job {job.name!r}.{hint}")
        if job.attempts > kind.attempts:
            raise RuntimeError("The worker died in it each time.")
        kind.run(replace(ctx, request_id=f"job-{job.id}"), job.payload, lease)
    except Cancelled:
        log.info("Job %s %s was cancelled", job.id, job.name)
    except Stopped:
        lease.end(WAITING, attempts=job.attempts - 1)
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:  # a library's SystemExit must not end the worker
        _note_failure(ctx, lease, kind, error)
    else:
        lease.end(DONE, progress=1.0, error="")


def _note_failure(ctx: Context, lease: Lease, kind: JobKind | None, error: BaseException) -> None:
    """Try again later and later, until the attempts are used up."""
    job = lease.job
    log.warning("Job %s %s failed (attempt %s)", job.id, job.name, job.attempts, exc_info=error)
    said = f"{type(error).__name__}: {error}"[:ERROR_LENGTH]
    if kind is None or job.attempts >= kind.attempts:
        lease.end(FAILED, error=said)
        return
    pause = min(FIRST_PAUSE * 2 ** (job.attempts - 1), LONGEST_PAUSE)
    lease.end(WAITING, error=said, due_at=ctx.clock.now() + pause)


def schedule(ctx: Context, known: Collection[JobKind], queued: dict[str, str]) -> None:
    """Queue regular work, once in each period; `queued` remembers what this worker queued."""
    now = int(ctx.clock.now().timestamp())
    for kind in known:
        if kind.every:
            key = f"{PERIOD}{now - now % kind.every}"
            if queued.get(kind.name) != key:
                enqueue(ctx, kind.name, key=key)
                queued[kind.name] = key


_DELETE_OLD = (
    "DELETE FROM job WHERE state IN ('done', 'cancelled') AND finished_at < ? "
    "AND NOT (key >= '@' AND key < 'A')"
)
_DELETE_REGULAR = (
    "DELETE FROM job WHERE key >= '@' AND key < 'A' AND finished_at < ? AND EXISTS (SELECT 1 "
    "FROM job later WHERE later.name = job.name AND later.key > job.key AND later.key < 'A')"
)


def expire(ctx: Context, days: int) -> None:
    """Delete what was done so many days ago; of regular work, all but the last of a day ago."""
    now = ctx.clock.now()
    with db.transaction():
        db.execute(_DELETE_OLD, (db.utc_text(now - timedelta(days=days)),))
        db.execute(_DELETE_REGULAR, (db.utc_text(now - REGULAR_KEPT),))
