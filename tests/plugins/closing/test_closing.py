"""What is open before a consortium closes, its archive, and what is forgotten in the end."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from flask import Flask

from plugins.closing import archive, rules, service
from plugins.closing import plugin as answers
from plugins.consortia.interface import Seen, find, of_ids
from plugins.consortia.models import Consortium, Entry
from portal import workflow
from portal.clock import FixedClock
from portal.context import Context
from portal.errors import Invalid, NotAllowed, NotFound
from tests.factories import post, sign_in
from tests.plugins.consortia.conftest import Side, found, join
from tests.visiting import Visitor


@pytest.fixture
def one(make_portal: Callable[..., Flask], any_url: str) -> Flask:
    """A portal with its app context open, once on each engine; others answer what is open."""
    app = make_portal(any_url, plugins=["closing", "mobilities", "ratings", "reliance"])
    with app.test_request_context():
        yield app


def seen(side: Side, row: Consortium) -> Seen:
    return find(side.ctx, row.slug)


def test_points_go_from_open_to_done_and_records_end(
    one: Flask, ctx: Context, clock: FixedClock
) -> None:
    lead, member, stranger = (Side(one, ctx, name) for name in ("Lead", "=Member", "Stranger"))
    row = found(lead)
    join(row, lead, member)
    here, today = seen(lead, row), ctx.clock.now().date()
    told = service.points(lead.ctx, here)
    assert [point.text for point in told if not point.open] == [
        "No mobility between members is open",
        "All ratings between members are released",
        "Every promised recognition is delivered",
    ]
    assert rules.open_points(told) == 3
    with pytest.raises(Invalid, match="still to come"):
        service.report(lead.ctx, here, "Final", today + timedelta(days=1))
    with pytest.raises(Invalid, match="still to come"):
        service.keep(lead.ctx, here, today)
    with pytest.raises(NotAllowed):
        service.report(member.ctx, seen(member, row), "Final", today)
    with pytest.raises(NotFound):
        service.keep(stranger.ctx, here, today + timedelta(days=9))
    service.report(lead.ctx, here, "Final report 7", today)
    service.keep(lead.ctx, here, today + timedelta(days=9))
    made = service.make_archive(lead.ctx, here)
    assert rules.open_points(service.points(lead.ctx, here)) == 0
    with zipfile.ZipFile(io.BytesIO(made)) as files:
        names = set(files.namelist())
        assert {"consortium.json", "members.csv", "places.csv", "dates.csv", "history.csv"} < names
        for line in files.read("SHA256SUMS").decode().splitlines():
            digest, name = line.split("  ")
            assert hashlib.sha256(files.read(name)).hexdigest() == digest
        members = files.read("members.csv").decode("utf-8-sig")
        history = files.read("history.csv").decode("utf-8-sig")
    assert "'=Member" in members, "no spreadsheet takes it for a formula"
    assert "Final report 7" in history
    assert lead.account.name not in history, "the archive names no persons"
    clock.moment += timedelta(days=20)
    assert service.forget_due(ctx) == 0, "it is not closed"
    workflow.move(lead.ctx, Consortium.get_by_id(row.id), "close", "Over")
    assert service.forget_due(ctx) == 1
    assert not Entry.select().where(Entry.account.is_null(False)).exists()
    assert service.forget_due(ctx) == 0
    assert archive.bundle(member.ctx, of_ids(ctx, [row.id])[row.id])


def test_the_page_leads_to_what_is_open_and_members_get_the_archive(
    make_portal: Callable[..., Flask], ctx: Context
) -> None:
    app = make_portal(plugins=["closing", "mobilities"])
    with app.app_context():
        lead, member, stranger = (Side(app, ctx, name) for name in ("Lead", "Member", "Stranger"))
        row = found(lead)
        join(row, lead, member)
        base = f"/consortia/{row.slug}/closing"
    person = sign_in(app.test_client(), lead.account)
    look = Visitor(person)
    assert "See what is open before you close" in look(f"/consortia/{row.slug}").text
    assert "3 points are open" in look(base).text
    wrong = post(person, f"{base}/report", page=base, report="Final", reported_on="2099-01-01")
    assert wrong.status_code == 422 and 'value="Final"' in wrong.text
    right = post(person, f"{base}/report", page=base, report="F", reported_on="2026-11-01")
    assert right.status_code == 303
    assert post(person, f"{base}/keep", page=base, keep_until="soon").status_code == 422
    assert post(person, f"{base}/keep", page=base, keep_until="2031-01-01").status_code == 303
    assert post(person, f"{base}/archive", page=base).mimetype == "application/zip"
    assert "Nothing is open" in look(base).text
    for side, page, deed in ((member, 200, 403), (stranger, 404, 404)):
        client = sign_in(app.test_client(), side.account)
        assert client.get(base).status_code == page
        assert client.get(f"{base}/archive.zip").status_code == page
        for name in ("report", "keep", "archive"):
            answer = post(client, f"{base}/{name}", page="/consortia/new", report="X",
                          reported_on="2026-11-01", keep_until="2031-01-01")  # fmt: skip
            assert answer.status_code == deed


@pytest.mark.parametrize(
    ("state", "ends_on", "near"),
    [
        ("active", "", False),
        ("active", "2027-12-31", False),
        ("active", "2027-01-31", True),
        ("active", "2026-01-31", True),
        ("closed", "", True),
    ],
)
def test_the_closing_stands_in_the_menu_near_the_end(state: str, ends_on: str, near: bool) -> None:
    assert rules.is_near(state, ends_on, date(2026, 11, 20)) is near
    assert rules.years_after(date(2028, 2, 29), 1) == date(2029, 2, 28)


def test_the_job_is_known(ctx: Context) -> None:
    assert [job.name for job in answers.job_list(ctx)] == ["closing.forget"]
