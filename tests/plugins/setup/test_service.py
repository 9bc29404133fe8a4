"""What takes longer than a page: recomputing the audit log, backing up."""

from __future__ import annotations

import pytest
from flask import Flask

from plugins.setup import service
from portal import audit, db, storage
from portal.context import ANONYMOUS, Context
from portal.errors import NotAllowed
from portal.jobs import Job


class Reports:
    """Collects what a job reports."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def report(self, share: float, note: str = "") -> None:
        """Take a note."""
        self.notes.append(note)


def run(app: Flask, ctx: Context, name: str) -> str:
    """Run a job as the worker does; return its last note."""
    reports = Reports()
    kind = next(kind for kind in service.JOBS if kind.name == name)
    with app.app_context():
        kind.run(ctx, {}, reports)
    return reports.notes[-1]


def test_a_sound_log_is_said_with_its_size(app: Flask, ctx: Context) -> None:
    with app.app_context():
        audit.record(ctx, "thing.done")
        size = db.query("SELECT size FROM audit_tree")[0][0]

    assert run(app, ctx, service.VERIFY_AUDIT) == f"sound {size}"


def test_a_changed_entry_is_found_and_named(app: Flask, ctx: Context) -> None:
    with app.app_context():
        number = audit.record(ctx, "thing.done")
        db.execute("DROP TRIGGER audit_entry_update")
        db.execute("UPDATE audit_entry SET action = 'thing.undone' WHERE id = ?", (number,))

    note = run(app, ctx, service.VERIFY_AUDIT)

    assert note.startswith("faults ")
    assert f"Entry {number} " in note


def test_a_backup_lies_there_with_its_key(app: Flask, ctx: Context) -> None:
    name = run(app, ctx, service.BACK_UP)

    copy = storage.backups(app.config["PORTAL"])[-1]
    assert copy.name == name
    assert copy.with_suffix(".key").exists()


def test_the_same_work_is_queued_once(app: Flask, ctx: Context) -> None:
    with app.app_context():
        first = service.ask_for(ctx, service.BACK_UP)

        assert service.ask_for(ctx, service.BACK_UP) == first
        assert Job.select().where(Job.name == service.BACK_UP).count() == 1


def test_only_administrators_ask_for_it(app: Flask, ctx: Context) -> None:
    with app.app_context(), pytest.raises(NotAllowed):
        service.ask_for(ctx.as_actor(ANONYMOUS), service.BACK_UP)
