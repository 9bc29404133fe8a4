"""The worker beside the web: what it does in a turn, and how it ends."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from portal import db, mail, worker
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


def test_a_turn_delivers_mail(app: Flask, ctx: Context, stop: threading.Event) -> None:
    make_account(app, verified=False)
    worker.turn(app, stop, with_upkeep=False)
    assert mail.Outbox.get().sent_at


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


def test_a_worker_in_the_middle_of_something_slow_ends_within_a_second(
    app: Flask, stop: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy, free = threading.Event(), threading.Event()

    def slow(*_args: Any) -> int:
        busy.set()
        free.wait(10)
        return 0

    monkeypatch.setattr(mail, "deliver_due", slow)
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
    turns: list[bool] = []

    def turn(_app: Flask, _stop: threading.Event, with_upkeep: bool) -> None:
        turns.append(with_upkeep)
        raise RuntimeError("the database went away")

    monkeypatch.setattr(worker, "turn", turn)
    monkeypatch.setattr(worker, "MAIL_EVERY", 0.01)
    thread = start(app, stop)
    wait_for(lambda: len(turns) >= 3)
    stop.set()
    thread.join(5)
    assert turns[:3] == [True, False, False]


def test_upkeep_asks_plugins_and_deletes_what_is_over(
    app: Flask, ctx: Context, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    hooks = app.extensions["portal"].registry.hooks
    monkeypatch.setattr(hooks, "call", lambda hook, _ctx: asked.append(hook))
    make_account(app, verified=False)
    clock.moment += timedelta(days=4)
    with app.app_context():
        worker.upkeep(app, ctx)
    assert asked == ["upkeep_run"]
    assert AccountToken.select().count() == 0


def test_upkeep_follows_plugins_switched_elsewhere(app: Flask, ctx: Context) -> None:
    registry = app.extensions["portal"].registry
    db.execute("UPDATE heartbeat SET plugin_generation = plugin_generation + 1")
    with app.app_context():
        worker.upkeep(app, ctx)
    assert db.query("SELECT plugin_generation FROM heartbeat") == [(registry.generation,)]


def test_a_worker_stops_between_two_mails(app: Flask, ctx: Context, clock: FixedClock) -> None:
    for _account in range(3):
        make_account(app, verified=False)
    asked = iter([False, True, True])
    with app.app_context():
        assert mail.deliver_due(app.config["PORTAL"], clock, lambda: next(asked)) == 1
