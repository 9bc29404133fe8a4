"""Organisations change the list of their stays' steps, and put files beside steps."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from peewee import PeeweeException

from plugins.checklists import rules, service
from plugins.checklists.models import OwnList, Proof
from plugins.mobilities import tasklist
from plugins.mobilities.interface import seen
from portal import db
from portal.context import Context
from portal.errors import Conflict, Invalid, NotAllowed, NotFound, TooMany
from tests.factories import clocked, csrf_token, make_account
from tests.plugins.mobilities.conftest import Browser, Pair, acting, make_pair

PDF = b"%PDF-1.7 proof"
OWN = {"key": "X1", "title": "Parents' evening", "phase": "before", "lead": "sending",
       "anchor": "start", "days": -40}  # fmt: skip
CHANGES = {**rules.NOTHING, "hidden": ["P5"], "steps": {"B14": {"days": -28, "lead": "host"}},
           "own": [OWN]}  # fmt: skip


@pytest.fixture
def app(make_portal: Callable[..., Flask]) -> Flask:
    return make_portal(plugins=["checklists"])


@pytest.fixture
def pair(app: Flask) -> Iterator[Pair]:
    with app.app_context():
        yield make_pair(app)


@pytest.fixture
def ctx(pair: Pair) -> Context:
    return acting(clocked(pair.app), pair.sender)


@pytest.fixture
def pair_anywhere(make_portal: Callable[..., Flask], any_url: str) -> Iterator[Pair]:
    app = make_portal(any_url, plugins=["checklists"])
    with app.app_context():
        yield make_pair(app)


def keys(pair: Pair, mobility: Any) -> list[str]:
    return [item.row.key for item in tasklist.items(mobility.id)]


def test_a_stay_keeps_the_version_with_which_it_began(pair_anywhere: Pair) -> None:
    pair = pair_anywhere
    ctx = acting(clocked(pair.app), pair.sender)
    before = pair.plan()
    service.save(ctx, pair.school, CHANGES, 0)
    during = pair.plan()
    service.save(ctx, pair.school, {**CHANGES, "own": []}, 1)
    after = pair.plan()
    assert {"P5", "B14"} <= set(keys(pair, before)) and "X1" not in keys(pair, before)
    assert "P5" not in keys(pair, during) and "X1" in keys(pair, during)
    assert "X1" not in keys(pair, after) and "P5" not in keys(pair, after)
    items = {item.row.key: item for item in tasklist.items(during.id)}
    assert items["X1"].due_on == during.first_day - timedelta(days=40) or (
        items["X1"].due_on > during.created_at.date()
    )
    assert items["B14"].step.lead == items["B14"].row.lead == "host"
    assert set(items["B14"].step.helpers) == {"sending", "supporting", "participant"}
    assert str(items["X1"].step.title) == "Parents' evening"


def test_without_the_plugin_steps_of_an_own_list_are_still_steps(pair: Pair, ctx: Context) -> None:
    service.save(ctx, pair.school, CHANGES, 0)
    made = pair.plan()
    pair.app.extensions.pop("mobilities.steps", None)
    OwnList.delete().execute()
    titles = {item.row.key: str(item.step.title) for item in tasklist.items(made.id)}
    assert titles["X1"] == "A step of the organisation's own list"
    assert titles["B14"].startswith("Travel")


def test_only_those_who_write_for_an_organisation_change_its_list(pair: Pair, ctx: Context) -> None:
    for account in (pair.receiver, make_account(pair.app)):
        with pytest.raises(NotFound):
            service.save(acting(clocked(pair.app), account), pair.school, CHANGES, 0)
    with pytest.raises(Invalid):
        service.save(ctx, pair.school, {**CHANGES, "own": [OWN] * 21}, 0)
    service.save(ctx, pair.school, CHANGES, 0)
    with pytest.raises(Conflict):
        service.save(ctx, pair.school, rules.NOTHING, 0)
    assert service.save(ctx, pair.school, CHANGES, 1).number == 1  # type: ignore[union-attr]


def test_what_a_version_says_never_changes(pair: Pair, ctx: Context) -> None:
    service.save(ctx, pair.school, CHANGES, 0)
    with pytest.raises(PeeweeException), db.transaction():
        OwnList.update(changes={}).execute()


def test_the_list_is_changed_on_its_page(pair: Pair) -> None:
    browser, page = Browser(pair.app, pair.sender), f"/organisations/{pair.school.slug}/steps"
    assert "You use the usual list." in browser.see(page).text
    shown = {f"{name}_{step.key}": value for step in rules.usual() for name, value in _typed(step)}
    empty = {"days_new": "30", "when_new": "before", "lead_new": "sending", "phase_new": "before"}
    wrong = browser.post(page, **{**shown, **empty, "shown": "0", "days_B14": "-3"})
    assert wrong.status_code == 422 and "0 to 400" in wrong.text
    more = {"days_B14": "28", "hide_P5": "y", "title_new": "Parents' evening"}
    assert browser.post(page, **{**shown, **empty, "shown": "0", **more}).status_code == 303
    row = service.newest(pair.school.id)
    assert (
        row and row.changes["hidden"] == ["P5"] and row.changes["steps"] == {"B14": {"days": -28}}
    )
    assert row.changes["own"][0]["title"] == "Parents' evening"
    text = browser.see(page).text
    assert "Version 1" in text and "your own" in text and "left out" in text
    assert browser.post(page, **{**shown, **empty, "shown": "0"}).status_code == 409
    assert browser.post(f"{page}/usual", page).status_code == 303
    assert service.newest(pair.school.id).changes == rules.NOTHING  # type: ignore[union-attr]
    assert Browser(pair.app, pair.receiver).get(page).status_code == 404


def _typed(step: Any) -> list[tuple[str, str]]:
    when, days = rules.when_of({"anchor": step.anchor, "days": step.days})
    return [("days", str(days)), ("when", when), ("lead", step.lead)]


def send(browser: Browser, path: str, page: str, content: bytes, name: str = "proof.pdf") -> Any:
    with browser.app.app_context():
        token = csrf_token(browser.client, page)
        values = {"csrf_token": token, "file": (io.BytesIO(content), name)}
        return browser.client.post(path, data=values)


def test_a_file_proves_a_step_and_only_the_sides_read_it(pair: Pair) -> None:
    made = pair.agreed()
    page = f"/mobilities/{made.public_id}/steps"
    school, host = Browser(pair.app, pair.sender), Browser(pair.app, pair.receiver)
    assert "Attach a file" in school.see(page).text
    assert send(school, f"{page}/B11/proofs", page, PDF, "..\\grant <1>.exe").status_code == 303
    row = Proof.get()
    assert (row.file_name, row.kind, row.side) == ("grant _1_.pdf", "application/pdf", "sending")
    path = f"/mobilities/{made.public_id}/proofs/{row.public_id}"
    answer = host.get(path)
    assert answer.data == PDF
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert row.file_name in host.see(page).text
    for stranger in (Browser(pair.app, make_account(pair.app)), Browser(pair.app)):
        assert stranger.get(path).status_code in {302, 303, 404}
    assert host.post(f"{path}/remove", page).status_code == 403
    assert school.post(f"{path}/remove", page).status_code == 303
    assert host.get(path).status_code == 404


def test_other_files_and_other_steps_are_refused(pair: Pair, ctx: Context) -> None:
    here = seen(ctx, pair.agreed().public_id)
    for content in (b"", b"<html>", b"MZ" + PDF, PDF + b"x" * rules.MOST_BYTES):
        with pytest.raises(Invalid):
            service.attach(ctx, here, "B11", "x.pdf", content)
    with pytest.raises(Invalid):
        service.attach(ctx, here, "B7", "x.pdf", PDF)
    with pytest.raises(NotAllowed):
        service.attach(ctx, here, "D7", "x.pdf", PDF)
    with pytest.raises(NotFound):
        service.attach(ctx, here, "Z9", "x.pdf", PDF)
    for _at in range(rules.MOST_OF_STEP):
        service.attach(ctx, here, "B11", "x.pdf", PDF)
    with pytest.raises(TooMany):
        service.attach(ctx, here, "B11", "x.pdf", PDF)


def test_a_refused_file_says_why_on_a_page_that_takes_another(pair: Pair) -> None:
    page = f"/mobilities/{pair.agreed().public_id}/steps"
    answer = send(Browser(pair.app, pair.sender), f"{page}/B11/proofs", page, b"text", "a.txt")
    assert answer.status_code == 422
    assert "Choose a PDF, PNG or JPEG file." in answer.text


def test_files_go_after_three_years(pair: Pair, ctx: Context) -> None:
    here = seen(ctx, pair.agreed().public_id)
    service.attach(ctx, here, "B11", "x.pdf", PDF)
    assert service.forget(ctx) == 0
    pair.app.extensions["portal"].clock.moment += timedelta(days=1_097)
    assert service.forget(clocked(pair.app)) == 1
