"""A plugin's life as its administrator sees it, in the browser, with every web process of one mind."""

from __future__ import annotations

import csv
import http.client
import io
import json
import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from portal import db
from portal.app import create_app
from portal.config import Config
from portal.context import SITE_ADMIN
from tests import examples
from tests.browser.conftest import press, sign_in
from tests.conftest import prepare
from tests.factories import PASSWORD, make_account
from tests.plugins.operation.test_serving import children_of, web_of
from tests.reliability.storm import Portal

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

ADMIN = "admin@demo.example"
NOTICE = "Bench free in May"
State = tuple[str, str, str]


class Site(Portal):
    """A served portal, the folder where its operator installs packages, and a way to ask each process."""

    def __init__(self, folder: Path, url: str, processes: int) -> None:
        super().__init__(folder / "instance", url, processes)
        self.folder.mkdir()
        self.packages, self.sources = folder / "packages", folder / "sources"
        self.packages.mkdir()
        self.log = folder / "log.txt"
        self.environment["PYTHONPATH"] += os.pathsep + str(self.packages)
        self.cookie = ""

    def fill(self, plugins: list[str] | None = None) -> None:
        """Make the tables and the administrator's account."""
        app = create_app(Config(instance=str(self.folder), database_url=self.url, testing=True))
        with app.app_context():
            prepare(app.extensions["portal"].registry, plugins)
        make_account(app, email=ADMIN, role=SITE_ADMIN, name="Administrator (demonstration)")
        db.database.close()

    def install(self, version: str) -> None:
        """Put the package of a version in its place, as pip does; wait until it was taken up."""
        examples.install(examples.write(self.sources / version, version), self.packages)
        eventually(lambda: {state[0] for state in self.states()} == {version})

    def web_processes(self) -> list[int]:
        """Return the numbers of the processes that answer."""
        assert self.running is not None
        server = web_of(self.running.pid)
        return [int(path.name) for path in children_of(server)] if server else []

    def ask(self, path: str) -> tuple[int, str]:
        """Ask for a page over a connection of its own, as the administrator."""
        visit = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            visit.request("GET", path, headers={"Connection": "close", "Cookie": self.cookie})
            answer = visit.getresponse()
            return answer.status, answer.read().decode()
        finally:
            visit.close()

    def statuses(self, path: str) -> set[int]:
        """Ask every web process for a page; return the statuses of their answers."""
        return {status for status, _text in self._answers(path)}

    def shows(self, path: str, words: str) -> set[bool]:
        """Ask every web process for a page that all is well with; say whether the words are there."""
        answers = self._answers(path)
        assert {status for status, _text in answers} == {200}
        return {words in text for _status, text in answers}

    def states(self) -> set[State]:
        """Return version, state and reason as Site Setup tells them in every web process."""
        found = set[State]()
        for status, text in self._answers("/setup/add-ons?format=csv"):
            assert status == 200
            rows = csv.reader(io.StringIO(text))
            found.add(next((tuple(row[1:4]) for row in rows if row[0] == "pinboard"), ("", "", "")))  # type: ignore[arg-type]
        return found

    def _answers(self, path: str) -> list[tuple[int, str]]:
        """Ask each process, the others held meanwhile; again where they are just being exchanged."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            own = self.web_processes()
            if len(own) == self.processes:
                with suppress(OSError, http.client.HTTPException):
                    return [answer for one in own for answer in self._from(one, own, path)]
            time.sleep(0.1)
        raise AssertionError(f"not every process answered for {path}")

    def _from(self, one: int, own: list[int], path: str) -> list[tuple[int, str]]:
        with held([other for other in own if other != one]):
            return [self.ask(path), self.ask(path)]


@contextmanager
def held(processes: list[int]) -> Iterator[None]:
    """Let processes stand still, so that none of them takes a connection."""
    for one in processes:
        os.kill(one, signal.SIGSTOP)
    try:
        yield
    finally:
        for one in processes:
            with suppress(ProcessLookupError):
                os.kill(one, signal.SIGCONT)


def eventually(is_so: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.2)


def plan(page: Page, act: str) -> None:
    """Let Site Setup show what an act would do to the notice board."""
    page.goto("/setup/add-ons")
    line = page.locator("li.addon", has_text="Notice board")
    if not line.get_by_role("link", name=act).first.is_visible():
        line.locator("summary").click()
    line.get_by_role("link", name=act).first.click()
    expect(page.locator("#plan")).to_contain_text("nothing done yet")


def do(page: Page, act: str, button: str, typed: str = "") -> None:
    """Look at the plan of an act, press its button, and wait until the worker is through."""
    plan(page, act)
    if typed:
        page.locator("#confirmation").fill(typed)
    press(page, button)
    page.wait_for_url(re.compile(r"/setup/add-ons($|\?)"))
    if "watch=" in page.url:
        expect(page.locator("#act-progress")).to_contain_text("It is done.", timeout=60_000)


@pytest.mark.full
@pytest.mark.timeout(900)  # each new version exchanges every process, one after another
def test_an_administrator_sees_a_plugin_live_break_mend_and_leave(
    any_url: str, tmp_path: Path, browser: Browser
) -> None:
    site = Site(tmp_path, any_url, processes=2)
    site.fill()
    try:
        site.start()
        context = browser.new_context(base_url=f"http://127.0.0.1:{site.port}", locale="en-GB")
        page = context.new_page()
        page.set_default_timeout(20_000)
        sign_in(page, ADMIN, PASSWORD)
        site.cookie = "; ".join(f"{one['name']}={one['value']}" for one in context.cookies())
        the_life(site, page)
        context.close()
    finally:
        site.stop()


def the_life(site: Site, page: Page) -> None:
    # The operator installs a package; it is there without a restart, and takes no part.
    assert site.states() == {("", "", "")}
    site.install(examples.BEFORE)
    assert site.states() == {("0.1.0", "available", "")}
    assert site.statuses("/pinboard/") == {404}

    # Switch on and use.
    plan(page, "Switch on")
    expect(page.locator("#plan")).to_contain_text("pinboard/0001_create_notices")
    assert site.states() == {("0.1.0", "available", "")}
    do(page, "Switch on", "Switch on Notice board")
    assert site.states() == {("0.1.0", "active", "")}
    page.goto("/")
    page.get_by_role("link", name="Notice board").first.click()
    page.get_by_role("link", name="Pin a notice").click()
    page.get_by_label("Offered").check()
    page.locator("[name=title]").fill(NOTICE)
    page.locator("[name=text]").fill("For two joiners.")
    press(page, "Pin the notice")
    expect(page.get_by_text("Your notice hangs on the board.")).to_be_visible()
    assert site.shows("/pinboard/", NOTICE) == {True}
    assert site.shows("/", NOTICE) == {True}

    # A version that is worse: its page fails, its part of the first page too, the site never.
    site.install(examples.BROKEN)
    answer = page.goto("/pinboard/")
    assert answer is not None
    assert answer.status == 500
    for _visit in range(5):
        answer = page.goto("/")
        assert answer is not None
        assert answer.status == 200
    [(version, state, reason)] = site.states()
    assert (version, state) == ("0.1.1", "suspended")
    assert "home_show" in reason
    assert "name_of_kind" in reason
    assert site.statuses("/pinboard/") == {503}
    assert site.shows("/", 'href="/pinboard/"') == {False}
    assert site.statuses("/partners") == site.statuses("/access") == {200}
    page.goto("/setup/add-ons")
    line = page.locator("li.addon", has_text="Notice board")
    expect(line).to_contain_text("suspended")
    expect(line.locator(".addon-reason")).to_contain_text("name_of_kind")

    # A mended version waits for its step; then the board is back with what was on it.
    site.install(examples.NOW)
    assert site.statuses("/pinboard/") == {503}
    plan(page, "See the plan")
    expect(page.locator("#plan")).to_contain_text("pinboard/0002_add_town")
    do(page, "See the plan", "Upgrade Notice board")
    if site.states() != {("0.2.0", "active", "")}:
        do(page, "Resume", "Resume Notice board")
    assert site.states() == {("0.2.0", "active", "")}
    assert site.shows("/pinboard/", NOTICE) == {True}
    assert site.shows("/", NOTICE) == {True}

    # Uninstall keeping data, then switch on again: nothing was lost.
    do(page, "Uninstall", "Uninstall Notice board, keep its data")
    assert site.states() == {("0.2.0", "uninstalled", "")}
    assert site.statuses("/pinboard/") == {404}
    assert site.shows("/", NOTICE) == {False}
    do(page, "Switch on", "Switch on Notice board")
    assert site.states() == {("0.2.0", "active", "")}
    assert site.shows("/pinboard/", NOTICE) == {True}

    # Purge: not without its name, never without a file.
    plan(page, "Delete its data")
    page.locator("#confirmation").fill("notice board")
    press(page, "Delete all data of Notice board")
    expect(page.locator("#plan")).to_contain_text("It was not done")
    assert site.shows("/pinboard/", NOTICE) == {True}
    do(page, "Delete its data", "Delete all data of Notice board", "pinboard")
    said = page.locator("#act-progress").inner_text()
    found = re.search(r"\S+/exports/pinboard-\S+?\.json", said)
    assert found, said
    assert NOTICE in json.dumps(json.loads(Path(found[0]).read_text(encoding="utf-8")))
    assert site.statuses("/pinboard/") == {404}
    assert {state[1] for state in site.states()} == {"uninstalled"}

    # And it can begin anew.
    do(page, "Switch on", "Switch on Notice board")
    assert site.shows("/pinboard/", "Nothing hangs on the board yet.") == {True}
    assert site.shows("/pinboard/", NOTICE) == {False}
