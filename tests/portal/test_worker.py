"""The worker beside the web: what it does in a turn, and how it ends."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from portal import db, jobs, mail, upkeep, worker
from portal.clock import FixedClock
from portal.context import Context
from portal.people.models import AccountToken
from tests.factories import make_account


@pytest.fixture
def stop() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def start(app: Flask, stop: threading.Event) -> threading.Thread:
    thread = threading.Thread(target=worker.run, args=(app, stop))
    thread.start()
    return thread


def wait_for(claim: Any) -> None:
    deadline = time.monotonic() + 10
    while not claim():
        assert time.monotonic() < deadline, "it did not happen within ten seconds"
        time.sleep(0.02)


def idle(*_: Any) -> None:
    """Take the place of a part of the worker that is not looked at."""


def test_a_running_worker_sends_what_comes_and_ends_within_a_second(
    app: Flask, stop: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "MAIL_EVERY", 0.05)
    thread = start(app, stop)
    make_account(app, verified=False)
    wait_for(lambda: db.query("SELECT count(*) FROM outbox WHERE sent_at IS NOT NULL") == [(1,)])
    stop.set()
    began = time.monotonic()
    thread.join(5)
    assert not thread.is_alive() and time.monotonic() - began < 1


@pytest.mark.parametrize("part", ["send_mails", "do_jobs", "renew"])
def test_a_worker_in_the_middle_of_something_slow_ends_within_a_second(
    app: Flask, stop: threading.Event, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    busy, free = threading.Event(), threading.Event()

    def slow(*_args: Any) -> None:
        busy.set()
        free.wait(10)

    slow.__name__ = part
    monkeypatch.setattr(worker.Worker, part, slow)
    thread = start(app, stop)
    assert busy.wait(5)
    stop.set()
    began = time.monotonic()
    thread.join(5)
    assert not thread.is_alive() and time.monotonic() - began < 1
    free.set()


def test_a_failed_turn_does_not_end_the_worker(
    app: Flask, stop: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns: list[int] = []

    def send_mails(*_: Any) -> None:
        turns.append(1)
        raise RuntimeError("the database went away")

    monkeypatch.setattr(worker.Worker, "send_mails", send_mails)
    monkeypatch.setattr(worker.Worker, "do_jobs", idle)
    monkeypatch.setattr(worker, "MAIL_EVERY", 0.01)
    thread = start(app, stop)
    wait_for(lambda: len(turns) >= 3)
    stop.set()
    thread.join(5)


# Jobs


class Herd:
    """A kind of job that notes who works on what, and how many at once."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, pause: float = 0.0) -> None:
        self.done: list[int] = []
        self.most = self.now = 0
        self.pause = pause
        self._lock = threading.Lock()
        known = dict(
            jobs._core_kinds, **{"portal.count": jobs.JobKind("portal.count", self.run, "")}
        )
        monkeypatch.setattr(jobs, "_core_kinds", known)

    def run(self, _ctx: Context, payload: Mapping[str, Any], _progress: jobs.Progress) -> None:
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        time.sleep(self.pause)
        with self._lock:
            self.now -= 1
            self.done.append(payload["n"])


def test_two_workers_never_do_the_same_job(
    any_app: Flask, ctx: Context, monkeypatch: pytest.MonkeyPatch, stop: threading.Event
) -> None:
    herd = Herd(monkeypatch)
    monkeypatch.setattr(worker, "JOBS_EVERY", 0.01)
    with db.transaction():
        for number in range(30):
            jobs.enqueue(ctx, "portal.count", {"n": number})
    threads = [start(any_app, stop), start(any_app, stop)]
    wait_for(lambda: len(herd.done) >= 30)
    stop.set()
    for thread in threads:
        thread.join(5)
    assert sorted(herd.done) == list(range(30))


def test_the_lease_of_a_silent_job_is_renewed(
    app: Flask, ctx: Context, monkeypatch: pytest.MonkeyPatch, clock: FixedClock
) -> None:
    monkeypatch.setattr(worker, "JOBS_EVERY", 0.01)
    one = worker.Worker(app, threading.Event())
    jobs.enqueue(ctx, "portal.count", {"n": 1})
    job = jobs.claim("one", clock.now(), [])
    assert job is not None
    one.lease = jobs.Lease(job, clock, lambda: False)
    clock.moment += jobs.LEASE / 2
    one.renew(ctx)
    clock.moment += jobs.LEASE / 2
    assert jobs.claim("two", clock.now(), []) is None


def test_a_job_that_fails_holds_up_no_other(
    app: Flask, ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    herd = Herd(monkeypatch)
    jobs.enqueue(ctx, "portal.count", {"wrong": 1})
    jobs.enqueue(ctx, "portal.count", {"n": 2})
    with app.app_context():
        worker.Worker(app, threading.Event()).do_jobs(ctx)
    assert herd.done == [2]


# Upkeep


def tidy(app: Flask, ctx: Context) -> None:
    with app.app_context():
        upkeep.tidy(ctx, {}, jobs.Lease(jobs.Job(), ctx.clock, lambda: False))


def test_upkeep_is_regular_work(app: Flask, ctx: Context) -> None:
    with app.app_context():
        worker.Worker(app, threading.Event()).do_jobs(ctx)
    assert jobs.Job.get(jobs.Job.name == "portal.tidy_up").state == jobs.DONE


def test_upkeep_asks_plugins_and_deletes_what_is_over(
    app: Flask, ctx: Context, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    hooks = app.extensions["portal"].registry.hooks
    make_account(app, verified=False)
    monkeypatch.setattr(hooks, "call", lambda hook, _ctx: asked.append(hook))
    clock.moment += timedelta(days=4)
    tidy(app, ctx)
    assert asked == ["upkeep_run"]
    assert AccountToken.select().count() == 0


def test_a_worker_follows_plugins_switched_elsewhere(app: Flask, ctx: Context) -> None:
    registry = app.extensions["portal"].registry
    db.execute("UPDATE heartbeat SET plugin_generation = plugin_generation + 1")
    with app.app_context():
        worker.Worker(app, threading.Event()).do_jobs(ctx)
    assert db.query("SELECT plugin_generation FROM heartbeat") == [(registry.generation,)]


def test_a_worker_stops_between_two_mails(app: Flask, ctx: Context, clock: FixedClock) -> None:
    for _account in range(3):
        make_account(app, verified=False)
    asked = iter([False, True, True])
    with app.app_context():
        assert mail.deliver_due(app.config["PORTAL"], clock, lambda: next(asked)) == 1
