"""What takes longer than a page: recomputing the audit log, backing up."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from plugins.operation import storage
from plugins.setup import service
from portal import audit, db, mail
from portal.clock import FixedClock
from portal.context import ANONYMOUS, Context
from portal.errors import Conflict, NotAllowed, NotFound
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
        kind.run(ctx, {"asked": True}, reports)
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


# Regular backups


def back_up(app: Flask, ctx: Context) -> list[str]:
    with app.app_context():
        kind = next(kind for kind in service.JOBS if kind.name == service.BACK_UP)
        kind.run(ctx, {}, Reports())
        return [path.name for path in storage.backups(app.config["PORTAL"])]


def test_a_backup_is_made_once_a_day(app: Flask, ctx: Context, clock: FixedClock) -> None:
    assert back_up(app, ctx) == ["portal-20261120T120000Z.db"]
    clock.moment += timedelta(hours=23)
    assert len(back_up(app, ctx)) == 1
    clock.moment += timedelta(hours=1)
    assert len(back_up(app, ctx)) == 2


def test_only_the_last_backups_are_kept(app: Flask, ctx: Context, clock: FixedClock) -> None:
    for _day in range(9):
        made = back_up(app, ctx)
        clock.moment += timedelta(days=1)
    assert made == [f"portal-202611{day}T120000Z.db" for day in range(22, 29)]
    left = {path.name.split(".")[0] for path in storage.folder(app.config["PORTAL"]).iterdir()}
    assert left == {name.split(".")[0] for name in made}


def test_without_hours_there_are_no_regular_backups(app: Flask, ctx: Context) -> None:
    portal = app.extensions["portal"]
    portal.config = replace(portal.config, backup_hours=0)
    assert back_up(app, ctx) == []


# Mail


@pytest.fixture
def given_up(app: Flask, ctx: Context) -> int:
    """The number of a mail that was tried too often."""
    with app.app_context():
        number = mail.enqueue(ctx, "lead@school.example", "signin/reset", token="t0ken")
    mail.Outbox.update(attempts=mail.MOST_ATTEMPTS).execute()
    return number


def test_only_administrators_try_mails_again(app: Flask, ctx: Context, given_up: int) -> None:
    with pytest.raises(NotAllowed):
        service.retry_mail(ctx.as_actor(ANONYMOUS), given_up)
    with pytest.raises(NotFound):
        service.retry_mail(ctx, given_up + 1)

    assert mail.Outbox.get().attempts == mail.MOST_ATTEMPTS


def test_a_mail_that_was_sent_is_not_sent_again(app: Flask, ctx: Context, given_up: int) -> None:
    mail.Outbox.update(sent_at=ctx.clock.now()).execute()

    with pytest.raises(Conflict):
        service.retry_mail(ctx, given_up)


def test_the_shortest_link_opens_nobodys_account(
    app: Flask, admin: FlaskClient, given_up: int
) -> None:
    page = admin.get(f"/setup/mail/{given_up}").text

    assert "/account/reset/…" in page
    assert "t0ken" not in page
