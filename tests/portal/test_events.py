"""Events: noted with the deed, told to every plugin that wants to know, at least once."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from portal import db, events, jobs, worker
from portal.clock import FixedClock
from portal.context import Actor, Context
from portal.events import EventRow
from portal.jobs import DONE, WAITING, Job
from portal.organisations import service
from tests.factories import make_account, make_organisation
from tests.throwaway import write_plugin

LISTENER = (Path(__file__).parent / "listener.py").read_text(encoding="utf-8")


@pytest.fixture
def listening(any_url: str, plugin_folder: Path, make_portal: Any) -> Any:
    """A portal with a plugin that hears of everything: (app, what its module holds)."""
    write_plugin(plugin_folder, "ear", LISTENER)
    app = make_portal(any_url)
    db.execute("DELETE FROM event")
    with app.app_context():
        yield app, app.extensions["portal"].registry.modules["ear"]


def work(app: Flask, ctx: Context) -> None:
    worker.Worker(app, threading.Event()).do_jobs(ctx)


def test_an_event_is_noted_with_the_deed_or_not_at_all(any_database: None, ctx: Context) -> None:
    with pytest.raises(RuntimeError), db.transaction():
        events.emit(ctx, "sheep.shorn", "sheep", 7)
        raise RuntimeError
    assert EventRow.select().count() == 0


@pytest.mark.parametrize("name", ["shorn", "Sheep.Shorn", "sheep.", "sheep shorn"])
def test_an_event_with_another_kind_of_name_is_refused(
    database: None, ctx: Context, name: str
) -> None:
    with pytest.raises(ValueError, match=r"noun\.verb_past"):
        events.emit(ctx, name, "sheep", 7)


def test_a_plugin_hears_of_an_event_once(listening: Any, ctx: Context) -> None:
    app, ear = listening
    account = make_account(app)
    db.execute("DELETE FROM event")
    events.emit(ctx.as_actor(Actor(account.id)), "sheep.shorn", "sheep", 7, wool=3)
    work(app, ctx)
    work(app, ctx)
    assert ear.seen == [("sheep.shorn", 7, {"wool": 3}, account.id)]


def test_a_plugin_that_fails_hears_of_it_again(
    listening: Any, ctx: Context, clock: FixedClock
) -> None:
    app, ear = listening
    events.emit(ctx, "sheep.shorn", "sheep", 7)
    ear.failing.append(1)
    work(app, ctx)
    assert Job.get(Job.plugin == "ear").state == WAITING
    ear.failing.clear()
    clock.moment += timedelta(minutes=1)
    work(app, ctx)
    assert [name for name, *_rest in ear.seen] == ["sheep.shorn"]
    assert Job.get(Job.plugin == "ear").state == DONE


def test_what_was_queued_for_a_plugin_waits_while_it_is_off(listening: Any, ctx: Context) -> None:
    app, ear = listening
    registry = app.extensions["portal"].registry
    events.emit(ctx, "sheep.shorn", "sheep", 7)
    events.deliver(ctx)
    registry.deactivate(ctx, "ear")
    work(app, ctx)
    assert ear.seen == [] and Job.get(Job.plugin == "ear").state == WAITING
    registry.activate(ctx, "ear")
    work(app, ctx)
    assert ("sheep.shorn", 7, {}, None) in ear.seen


def test_jobs_are_queued_and_the_event_marked_together(
    listening: Any, ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    events.emit(ctx, "sheep.shorn", "sheep", 7)
    monkeypatch.setattr(events, "EventRow", Unwritable)
    with pytest.raises(OSError, match="disk"):
        events.deliver(ctx)
    monkeypatch.undo()
    assert Job.select().where(Job.plugin == "ear").count() == 0
    assert events.deliver(ctx) == 1
    assert Job.select().where(Job.plugin == "ear").count() == 1


class Unwritable(EventRow):
    """Events that cannot be marked as delivered."""

    class Meta:
        table_name = "event"

    @classmethod
    def update(cls, *_args: Any, **_more: Any) -> Any:
        raise OSError("disk full")


def test_a_job_of_a_plugin_is_done(listening: Any, ctx: Context) -> None:
    app, ear = listening
    jobs.enqueue(ctx, "ear.count_sheep", {"n": 3})
    work(app, ctx)
    assert ear.seen == [3]


def test_events_that_a_plugin_declares_stand_beside_the_cores(listening: Any, ctx: Context) -> None:
    declared = events.types(ctx)
    assert {"sheep.shorn", "organisation.changed", "plugin.switched"} <= set(declared)


def test_delivered_events_are_deleted_after_a_while(
    any_database: None, ctx: Context, clock: FixedClock
) -> None:
    for number in range(2):
        events.emit(ctx, "sheep.shorn", "sheep", number)
    EventRow.update(delivered_at=clock.now()).where(EventRow.subject_id == 0).execute()
    clock.moment += timedelta(days=31)
    events.expire(ctx, 30)
    assert [row.subject_id for row in EventRow.select()] == [1]


# What the core tells


def names() -> list[str]:
    return [row.name for row in EventRow.select().order_by(EventRow.id)]


def test_deeds_of_the_core_are_told(app: Flask, ctx: Context) -> None:
    db.execute("DELETE FROM event")
    with app.app_context():
        account = make_account(app)
        assert names() == ["account.registered"]
        school = make_organisation()
        service.add_member(ctx, school, account.id, "OrgEditor")
        service.hide(ctx, school)
        app.extensions["portal"].registry.deactivate(ctx, "claims")
    assert names()[1:] == ["member.added", "organisation.changed", "plugin.switched"]
    assert [row.subject_id for row in EventRow.select().order_by(EventRow.id)][1] == school.id


def test_each_event_of_the_core_is_declared(app: Flask, ctx: Context) -> None:
    declared = {kind.name for kind in events.CORE_TYPES}
    with app.app_context():
        service.create_organisation(ctx, name="A", country="DE")
    assert set(names()) <= declared


def test_many_at_once_are_told_as_one(database: None, ctx: Context) -> None:
    events.emit_each(ctx, "organisation.changed", "organisation", range(101))
    assert [(row.name, row.payload) for row in EventRow.select()] == [
        ("organisation.changed_many", {"count": 101})
    ]
