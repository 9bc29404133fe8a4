"""A storm of writes over HTTP against a portal in processes of its own, and what is left of them.

An acknowledged write must be there exactly once, whatever died meanwhile; one that was cut off is
sent again with the same key, and must then be there exactly once too.
"""

from __future__ import annotations

import http.client
import os
import random
import re
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from plugins.trust import checking
from portal import db
from portal.app import create_app
from portal.config import Config
from tests.conftest import prepare
from tests.factories import PASSWORD, make_account

ROOT = Path(__file__).parent.parent.parent
SEEDED = Path(__file__).parent / "seeded"
ADDRESS = "writer@school.example"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Portal:
    """A portal that runs apart: `portal serve`, or the web processes alone on a held socket."""

    def __init__(self, folder: Path, url: str, processes: int, seeded: str = "") -> None:
        self.folder, self.url, self.processes = folder, url, processes
        self.port = free_port()
        self.log = folder / "log.txt"
        self.environment = {
            **{name: text for name, text in os.environ.items() if not name.startswith("PORTAL_")},
            "PORTAL_INSTANCE": str(folder),
            "PORTAL_DATABASE_URL": url,
            "PORTAL_BASE_URL": f"http://127.0.0.1:{self.port}",
            "PYTHONPATH": os.pathsep.join(
                filter(None, [seeded and str(SEEDED / seeded), str(ROOT)])
            ),
        }
        self.running: subprocess.Popen[bytes] | None = None
        self.socket: socket.socket | None = None
        self.ready: list[float] = []

    def fill(self, plugins: list[str] | None) -> None:
        """Make the tables and the account that writes; all plugins take part when None."""
        app = create_app(Config(instance=str(self.folder), database_url=self.url, testing=True))
        prepare(app.extensions["portal"].registry, plugins)
        make_account(app, email=ADDRESS)
        db.database.close()

    def hold_socket(self) -> None:
        """Listen here, so that visitors wait while the web processes are restarted."""
        self.socket = socket.create_server(("127.0.0.1", self.port), backlog=1024)
        self.socket.setblocking(False)

    def start(self, wait: bool = True) -> None:
        """Start; the seconds until it was ready go into `ready`."""
        command = [sys.executable, "-m", "portal", "serve", "--port", str(self.port)]
        command += ["--processes", str(self.processes)]
        descriptors = []
        if self.socket is not None:
            descriptors = [self.socket.fileno()]
            server = ["-m", "plugins.operation.server", str(descriptors[0])]
            command = [sys.executable, *server, str(self.processes), "4"]
        began = time.monotonic()
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=log, stderr=log,
                start_new_session=True, pass_fds=descriptors,
            )  # fmt: skip
        while wait:
            assert self.running.poll() is None, self.log.read_text()[-2_000:]
            assert time.monotonic() - began < 60, "not ready within a minute"
            with suppress(OSError, http.client.HTTPException):
                if ask(self.port, "GET", "/readyz", timeout=5)[0] == 200:
                    self.ready.append(time.monotonic() - began)
                    return
            time.sleep(0.02)

    def kill(self) -> None:
        """Kill every process of it at once, as a power switch would."""
        assert self.running is not None
        for pid in descendants(self.running.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.running.wait()

    def stop(self) -> None:
        """Ask it to end, as a service manager would, and wait."""
        if self.running is not None and self.running.poll() is None:
            self.running.terminate()
            try:
                self.running.wait(30)
            except subprocess.TimeoutExpired:
                self.kill()


def descendants(pid: int) -> list[int]:
    """Return a process and all that it started, however deep."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, IndexError):
            fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            parents.setdefault(int(fields[1]), []).append(int(entry.name))
    found = [pid]
    for one in found:
        found += parents.get(one, [])
    return found


def ask(
    port: int, method: str, path: str, body: str = "", cookie: str = "", timeout: float = 30
) -> tuple[int, http.client.HTTPMessage, str]:
    """Ask once over a connection of its own; raises OSError or HTTPException when cut off."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    headers = {"Cookie": cookie} if cookie else {}
    if body:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    try:
        connection.request(method, path, body=body or None, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode("utf-8", "replace")
    finally:
        connection.close()


@dataclass
class Storm:
    """Writers who never rest, and what they were told."""

    port: int
    writers: int = 8
    acknowledged: set[str] = field(default_factory=set)
    cut_off: set[str] = field(default_factory=set)
    refused: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    longest: float = 0.0
    cookie: str = ""
    token: str = ""
    _number: int = 0

    def sign_in(self) -> None:
        """Begin the session that all writers share."""
        cookie: dict[str, str] = {}
        self._take(cookie, ask(self.port, "GET", "/account/sign-in"))
        form = {"csrf_token": self.token, "email": ADDRESS, "password": PASSWORD}
        answer = ask(self.port, "POST", "/account/sign-in", urlencode(form), self.cookie)
        assert answer[0] == 303, answer
        self._take(cookie, answer)
        self._take(cookie, ask(self.port, "GET", "/organisations/new", cookie=self.cookie))

    def _take(self, jar: dict[str, str], answer: tuple[int, http.client.HTTPMessage, str]) -> None:
        for line in answer[1].get_all("Set-Cookie") or []:
            name, _, rest = line.partition("=")
            jar[name] = rest.split(";", 1)[0]
        self.cookie = "; ".join(f"{name}={value}" for name, value in jar.items())
        found = re.search(r'name="csrf_token" value="([^"]+)"', answer[2])
        self.token = found[1] if found else self.token

    @contextmanager
    def blowing(self) -> Iterator[None]:
        """Write from all sides while the block runs."""
        stop = threading.Event()
        threads = [
            threading.Thread(target=self._write_on, args=(stop,)) for _ in range(self.writers)
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            stop.set()
            for thread in threads:
                thread.join()

    def _write_on(self, stop: threading.Event) -> None:
        while not stop.is_set():
            self._number += 1
            name = f"Storm {threading.get_ident()} {self._number} {random.getrandbits(48):x}"
            if self.write(name) == 303 and random.random() < 0.1:
                self.write(name)  # somebody pressed the button twice

    def write(self, name: str) -> int:
        """Add an organisation; returns the status, 0 when the answer never came."""
        form = {"csrf_token": self.token, "_key": f"key of {name}", "name": name, "country": "DE"}
        began = time.monotonic()
        try:
            status = ask(self.port, "POST", "/organisations/new", urlencode(form), self.cookie)[0]
        except ConnectionRefusedError:
            self.refused += 1
            time.sleep(0.02)
            return 0
        except (OSError, http.client.HTTPException) as error:
            self.cut_off.add(name)
            self.reasons[type(error).__name__] += 1
            return 0
        self.longest = max(self.longest, time.monotonic() - began)
        self.statuses[status] += 1
        if status == 303:
            self.acknowledged.add(name)
            self.cut_off.discard(name)
        elif status >= 500:
            self.cut_off.add(name)
        return status

    def wait_for_an_answer(self) -> None:
        """Wait until somebody who writes from now on was answered; fails after a minute."""
        before, deadline = self.statuses.total(), time.monotonic() + 60
        while self.statuses.total() < before + self.writers:
            assert time.monotonic() < deadline, "nobody was answered for a minute"
            time.sleep(0.02)

    def send_again(self) -> None:
        """Send what was cut off once more, with the same keys."""
        for name in sorted(self.cut_off):
            self.write(name)


def counted(url: str, storm: Storm) -> dict[str, int]:
    """Look into the database: what is lost, doubled, or half there."""
    db.open_database(url)
    db.database.connect(reuse_if_open=True)
    there = Counter(
        name for (name,) in db.query("SELECT name FROM organisation WHERE name LIKE 'Storm %'")
    )
    alone = db.query(
        "SELECT count(*) FROM organisation o WHERE o.name LIKE 'Storm %' AND "
        "(SELECT count(*) FROM organisation_member m WHERE m.organisation_id = o.id) <> 1"
    )[0][0]
    heard = Counter(
        number
        for (number,) in db.query(
            "SELECT subject_id FROM audit_entry WHERE action = 'organisation.created'"
        )
    )
    ids = [n for (n,) in db.query("SELECT id FROM organisation WHERE name LIKE 'Storm %'")]
    found = {
        "written": len(storm.acknowledged),
        "lost": len(storm.acknowledged - there.keys()),
        "doubled": sum(count > 1 for count in there.values()),
        "without exactly one member": alone,
        "without exactly one audit entry": sum(heard[number] != 1 for number in ids),
        "faults in the audit log": len(checking.verify()),
    }
    if not db.is_postgres():
        found["unsound"] = int(db.query("PRAGMA integrity_check")[0][0] != "ok")
    db.database.close()
    return found


def median(values: list[float]) -> float:
    return statistics.median(values)
