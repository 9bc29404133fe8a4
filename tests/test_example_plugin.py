"""The example of docs/examples, installed as somebody else's package: its whole life, seen by two workers."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask

from portal import cli, db
from portal.app import create_app
from portal.config import Config
from portal.i18n import catalogues
from portal.people.models import Account
from tests import examples
from tests.factories import make_account, post, sign_in
from tests.test_promises import ROOT, required


class Site:
    """A site with two workers over one database, and the commands of its operator."""

    def __init__(self, folder: Path, url: str) -> None:
        self.packages, self.instance, self.url = folder / "packages", folder / "instance", url
        self.packages.mkdir()
        self.sources = folder / "sources"
        self.workers: list[Flask] = []

    def install(self, version: str) -> None:
        """Put the code of a version in its place and let both workers take it up."""
        examples.install(examples.write(self.sources / version, version), self.packages)
        self.restart()

    def restart(self) -> None:
        """Forget the code that was imported; make both workers anew."""
        for name in [name for name in sys.modules if name.split(".")[0] == examples.PACKAGE]:
            del sys.modules[name]
        importlib.invalidate_caches()
        config = Config(instance=str(self.instance), database_url=self.url, testing=True)
        self.workers = [create_app(config), create_app(config)]

    def portal(self, *arguments: str) -> str:
        """Run a command as in a process of its own; return what it says."""
        cli.load_app.cache_clear()
        cli._plugin_commands.cache_clear()
        result = CliRunner().invoke(cli.cli, arguments)
        assert result.exit_code == 0, (arguments, result.output, result.exception)
        return result.output

    def how(self) -> dict[str, str]:
        """Say how the notice board is, as the list of plugins does."""
        listed = json.loads(self.portal("plugin", "list", "--json"))
        found: dict[str, str] = next(item for item in listed if item["id"] == "pinboard")
        return found

    def status(self, path: str) -> int:
        """Ask both workers for a page: they must agree."""
        answers = {worker.test_client().get(path).status_code for worker in self.workers}
        assert len(answers) == 1, answers
        return answers.pop()

    def texts(self, path: str) -> list[str]:
        """Return a page as both workers give it, all is well with it."""
        answers = [worker.test_client().get(path) for worker in self.workers]
        assert [answer.status_code for answer in answers] == [200, 200]
        return [answer.text for answer in answers]

    def shows(self, path: str, words: str) -> bool:
        """Whether both workers show these words on a page: they must agree."""
        seen = {words in text for text in self.texts(path)}
        assert len(seen) == 1
        return seen.pop()


@pytest.fixture
def site(
    tmp_path: Path, any_url: str, plugin_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Site]:
    """A site with Site Setup and what that needs, once on each engine."""
    for plugin in required("setup"):
        (plugin_folder / plugin).symlink_to(ROOT / "plugins" / plugin)
    site = Site(tmp_path, any_url)
    folders = list(catalogues.folders)
    monkeypatch.syspath_prepend(str(site.packages))
    monkeypatch.setenv("PORTAL_INSTANCE", str(site.instance))
    monkeypatch.setenv("PORTAL_DATABASE_URL", any_url)
    yield site
    catalogues.folders[:] = folders
    catalogues._merged.clear()
    cli.load_app.cache_clear()
    cli._plugin_commands.cache_clear()
    for name in [name for name in sys.modules if name.split(".")[0] == examples.PACKAGE]:
        del sys.modules[name]
    if db.database.obj is not None and not db.database.is_closed():
        db.database.close()


def rows_of(table: str) -> list[tuple[Any, ...]]:
    return db.query(f"SELECT * FROM {table} ORDER BY id")


def test_a_plugin_lives_and_dies_well_and_all_workers_agree(site: Site) -> None:
    site.install(examples.BEFORE)
    site.portal("init")

    # It is there, and takes no part.
    assert site.how()["state"] == "discovered"
    assert site.status("/pinboard/") == 404

    # Install and use.
    plan = site.portal("plugin", "activate", "pinboard", "--plan")
    assert "pinboard/0001_create_notices" in plan
    assert "pinboard_notice, account_id" in plan
    assert site.status("/pinboard/") == 404
    site.portal("plugin", "activate", "pinboard")
    assert site.how()["version"] == "0.1.0"
    assert site.shows("/", 'href="/pinboard/"')
    assert site.shows("/pinboard/?lang=de", "Am Brett hängt noch nichts.")
    anna = make_account(site.workers[0], name="Anna")
    client = sign_in(site.workers[0].test_client(), anna)
    notice = {"kind": "offer", "title": "Bench free in May", "text": "For two joiners."}
    answer = post(client, "/pinboard/new", **notice)
    assert answer.status_code == 303
    assert site.shows(answer.location, "For two joiners.")
    assert site.shows("/", "Bench free in May")

    # Break: the first version trips over a writer whose account is gone.
    Account.delete().where(Account.id == anna.id).execute()
    for _visit in range(3):
        assert not site.shows("/", "Bench free in May")
    found = site.how()
    assert found["state"] == "suspended"
    assert "home_show" in found["reason"]
    assert "NoneType" in found["reason"]
    assert site.status("/pinboard/") == 503
    assert [site.status(path) for path in ("/", "/account/sign-in", "/access")] == [200] * 3
    assert not site.shows("/", 'href="/pinboard/"')

    # Upgrade: new code waits for its step; then the board is back with all that was on it.
    before = rows_of("pinboard_notice")
    site.install(examples.NOW)
    assert site.status("/pinboard/") == 503
    assert site.status("/") == 200
    assert "pinboard/0002_add_town" in site.portal("plugin", "upgrade", "pinboard", "--plan")
    site.portal("plugin", "upgrade", "pinboard")
    if site.how()["state"] == "suspended":
        site.portal("plugin", "resume", "pinboard")
    assert site.how()["state"] == "active"
    assert site.how()["version"] == "0.2.0"
    assert site.shows("/", "Bench free in May")
    assert site.shows("/pinboard/", "somebody whose account is gone")
    assert [row[: len(before[0])] for row in rows_of("pinboard_notice")] == before

    # Uninstall keeping data, then install again: nothing was lost.
    kept = rows_of("pinboard_notice")
    site.portal("plugin", "uninstall", "pinboard", "--confirm", "pinboard")
    assert site.how()["state"] == "uninstalled"
    assert site.status("/pinboard/") == 404
    assert rows_of("pinboard_notice") == kept
    site.portal("plugin", "activate", "pinboard")
    assert site.shows("/pinboard/", "Bench free in May")

    # Purge: written to a file first, then gone.
    said = site.portal("plugin", "uninstall", "pinboard", "--purge", "--confirm", "pinboard")
    exported = next(line for line in said.splitlines() if line.startswith("Written to "))
    path = Path(exported.removeprefix("Written to ").rstrip("."))
    assert "Bench free in May" in path.read_text(encoding="utf-8")
    assert site.status("/pinboard/") == 404
    assert [name for name in db.database.get_tables() if name.startswith("pinboard")] == []
    assert db.query("SELECT 1 FROM setting WHERE scope = 'pinboard'") == []
    assert site.status("/") == 200

    # And it can begin anew.
    site.portal("plugin", "activate", "pinboard")
    assert site.shows("/pinboard/", "Nothing hangs on the board yet.")
    site.portal("plugin", "deactivate", "pinboard")
    assert site.status("/pinboard/") == 404


def test_a_plugin_whose_package_was_removed_takes_nothing_down_and_comes_back(site: Site) -> None:
    site.install(examples.NOW)
    site.portal("init")
    site.portal("plugin", "activate", "pinboard")
    hidden = site.packages.rename(site.packages.with_name("hidden"))

    site.restart()

    assert site.how()["state"] == "missing"
    assert site.status("/") == 200
    hidden.rename(site.packages)
    site.restart()
    assert site.status("/pinboard/") == 200


@pytest.mark.parametrize("version", [examples.BEFORE, examples.NOW])
def test_the_example_has_nothing_to_mend(version: str, tmp_path: Path) -> None:
    home = examples.write(tmp_path, version) / examples.PACKAGE
    check = [sys.executable, "-m", "portal", "plugin", "check", str(home)]
    env = {**os.environ, "PORTAL_INSTANCE": str(tmp_path / "instance")}

    done = subprocess.run(check, cwd=ROOT, env=env, capture_output=True, text=True)

    assert (done.returncode, done.stdout) == (0, "Nothing to mend in pinboard.\n"), done.stderr


def test_the_examples_own_tests_pass_where_it_is_installed(tmp_path: Path) -> None:
    home = examples.write(tmp_path)
    target = tmp_path / "packages"
    target.mkdir()
    examples.install(home, target)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(home / "tests")]

    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(target)},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stdout
    assert "12 passed" in done.stdout
