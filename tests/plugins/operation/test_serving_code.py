"""New code is taken up while people use the portal: nobody is refused, nothing is started by hand."""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from plugins.operation import serving
from portal import db, migrate
from portal.kernel import discovery
from portal.kernel.registry import next_generation
from tests.throwaway import write_pages

ROOT = Path(__file__).parents[3]
DISTRIBUTION = {
    "METADATA": "Metadata-Version: 2.1\nName: visitor\nVersion: 1\n",
    "entry_points.txt": "[tessera.plugins]\nvisitor = visitor_plugin\n",
}


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


class Visitors:
    """People who ask for a page again and again, over connections of their own."""

    def __init__(self, port: int) -> None:
        self.port, self.seen, self.stop = port, Counter[object](), threading.Event()
        self.threads = [threading.Thread(target=self._visit) for _visitor in range(3)]
        for thread in self.threads:
            thread.start()

    def ask(self, path: str) -> int:
        visit = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            visit.request("GET", path, headers={"Connection": "close"})
            answer = visit.getresponse()
            answer.read()
            return answer.status
        finally:
            visit.close()

    def _visit(self) -> None:
        while not self.stop.is_set():
            try:
                self.seen[self.ask("/access")] += 1
            except OSError as error:
                self.seen[type(error).__name__] += 1
            time.sleep(0.005)

    def leave(self) -> Counter[object]:
        self.stop.set()
        for thread in self.threads:
            thread.join()
        return self.seen


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[int, Path, dict[str, str]]]:
    """A served portal with two web processes; port, folder of packages, environment."""
    packages = tmp_path / "packages"
    packages.mkdir()
    environment = {
        **os.environ,
        "PORTAL_INSTANCE": str(tmp_path / "instance"),
        "PYTHONPATH": str(packages),
    }
    command = [sys.executable, "-m", "portal"]
    subprocess.run([*command, "init"], cwd=ROOT, env=environment, check=True, capture_output=True)
    port = free_port()
    served = subprocess.Popen(
        [*command, "serve", "--port", str(port), "--processes", "2"], cwd=ROOT, env=environment
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with socket.socket() as attempt:
            if attempt.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.2)
    time.sleep(4)
    yield port, packages, environment
    served.send_signal(signal.SIGTERM)
    served.wait(30)


@pytest.mark.full
def test_a_plugin_that_is_new_answers_without_a_restart_and_nobody_is_refused(
    site: tuple[int, Path, dict[str, str]],
) -> None:
    port, packages, environment = site
    visitors = Visitors(port)
    assert visitors.ask("/visitor") == 404
    write_pages(packages, "visitor", place="visitor_plugin")
    (packages / "visitor-1.dist-info").mkdir()
    for name, text in DISTRIBUTION.items():
        (packages / "visitor-1.dist-info" / name).write_text(text, encoding="utf-8")

    command = [sys.executable, "-m", "portal", "plugin", "activate", "visitor"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
    deadline = time.monotonic() + 60
    in_a_row = 0
    while in_a_row < 20 and time.monotonic() < deadline:
        in_a_row = in_a_row + 1 if visitors.ask("/visitor") == 200 else 0
        time.sleep(0.2)
    seen = visitors.leave()

    assert in_a_row == 20
    assert set(seen) == {200}, seen
    assert seen[200] > 200


@pytest.mark.usefixtures("database")
def test_new_code_is_seen_once_and_only_when_it_lies_still(
    plugin_folder: Path, sqlite_url: str
) -> None:
    watch = serving.CodeWatch(sqlite_url)
    assert [watch.changed(), watch.changed()] == [False, False]

    write_pages(plugin_folder, "shop")
    assert [watch.changed(), watch.changed(), watch.changed()] == [False, True, False]

    next_generation()
    assert [watch.changed(), watch.changed()] == [False, False]
    next_generation(new_code=True)
    assert [watch.changed(), watch.changed(), watch.changed()] == [False, True, False]


@pytest.mark.usefixtures("database")
def test_a_package_that_is_installed_renewed_or_taken_away_is_seen(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    watch = serving.CodeWatch(sqlite_url)
    notes = tmp_path / "visitor-1.dist-info"
    notes.mkdir()
    for name, text in DISTRIBUTION.items():
        (notes / name).write_text(text, encoding="utf-8")
    assert [watch.changed(), watch.changed(), watch.changed()] == [False, True, False]

    text = DISTRIBUTION["METADATA"].replace("Version: 1", "Version: 2")
    (notes / "METADATA").write_text(text, encoding="utf-8")
    assert [watch.changed(), watch.changed(), watch.changed()] == [False, True, False]

    shutil.rmtree(notes)
    assert [watch.changed(), watch.changed(), watch.changed()] == [False, True, False]


def test_a_database_that_is_away_changes_nothing(plugin_folder: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'portal.db'}"
    watch = serving.CodeWatch(url)

    assert [watch.changed(), watch.changed()] == [False, False]
    db.database.connect(reuse_if_open=True)
    migrate.run([migrate.CORE_NAMESPACE], backup=False)
    assert [watch.changed(), watch.changed()] == [False, False]
    db.database.close()


def test_looking_for_new_code_imports_nothing(plugin_folder: Path) -> None:
    home = write_pages(plugin_folder, "shop")
    (home / "plugin.py").write_text("raise AssertionError('was imported')", encoding="utf-8")

    assert [name for name, _time in discovery.fingerprint()] == [str(home / "plugin.toml")]
