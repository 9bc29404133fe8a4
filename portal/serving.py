"""Runs the portal: one web server and one worker under one supervisor, and the demonstration."""

from __future__ import annotations

import importlib.util
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from types import FrameType

import peewee
from flask import Flask

from portal import db, worker
from portal.config import Config
from portal.context import MEMBER, REVIEWER, SITE_ADMIN, Context, system_context
from portal.errors import ConfigError
from portal.kernel import discovery
from portal.organisations.models import Organisation, OrganisationMember
from portal.organisations.service import add_member
from portal.people.models import Account
from portal.people.service import create_account

GRACE_SECONDS = 10
LOOK_SECONDS = 1.0
DEMO_ACCOUNTS = (
    ("member@demo.example", MEMBER, "Coordinator (demonstration)", "looks after a made-up school"),
    ("reviewer@demo.example", REVIEWER, "Reviewer (demonstration)", "decides claims and removals"),
    ("admin@demo.example", SITE_ADMIN, "Administrator (demonstration)", "runs the site"),
)
PASSWORD_FILE = "demo-password"  # noqa: S105  a name, no secret


def load_demo(app: Flask) -> list[tuple[str, str, str]]:
    """Fill an empty site; returns address, password and purpose of each demonstration account."""
    ctx = system_context()
    portal = app.extensions["portal"]
    portal.registry.hooks.call("demo_load", ctx)
    password = _demo_password(portal.config)
    made = []
    for email, role, name, what in DEMO_ACCOUNTS:
        if not Account.select().where(Account.email == email).exists():
            create_account(ctx, email=email, name=name, password=password, role=role, verified=True)
        made.append((email, password, what))
    _give_school(ctx)
    return made


def _demo_password(config: Config) -> str:
    """Return the password of the demonstration accounts, made once for each site."""
    path = config.instance_path / PASSWORD_FILE
    if not path.exists():
        path.write_text(f"demo-{secrets.token_hex(5)}", encoding="ascii")
        path.chmod(0o600)
    return path.read_text(encoding="ascii").strip()


def _give_school(ctx: Context) -> None:
    """Let the demonstration member look after the first made-up organisation."""
    account = Account.get(Account.email == DEMO_ACCOUNTS[0][0])
    school = (
        Organisation.select().where(Organisation.is_fictional).order_by(Organisation.id).first()
    )
    if school is not None and not _is_member(account):
        add_member(ctx, school, account.id, "OrgAdmin")


def _is_member(account: Account) -> bool:
    return bool(OrganisationMember.select().where(OrganisationMember.account == account).exists())


def serve(host: str, port: int, processes: int, with_worker: bool) -> int:
    """Serve until stopped; returns the exit status. A part that dies takes the other with it."""
    if importlib.util.find_spec("granian") is None:
        raise ConfigError("granian is missing. Install it: pip install 'tessera-portal[server]'")
    config = Config.from_environment()
    commands = [
        [
            sys.executable, "-m", "portal.holding", "--interface", "wsgi", "--host", host,
            "--port", str(port), "--workers", str(processes),
            "--blocking-threads", str(config.threads), "--no-ws", "--log-level", "warning",
            "--respawn-failed-workers", "--respawn-interval", "2", "--workers-kill-timeout", "5",
            "--factory", "portal.app:create_app",
        ]
    ]  # fmt: skip
    if with_worker:
        commands.append([sys.executable, "-m", "portal", "worker"])
    return Supervisor(commands, CodeWatch(config.database)).run()


class CodeWatch:
    """Sees that plugins have new code: put into a folder here, or installed by anybody."""

    def __init__(self, url: str) -> None:
        db.open_database(url)
        self._generation = 0
        self._known = self._mark()
        self._last = self._known

    def changed(self) -> bool:
        """Whether there is something new, and has been still since the last look."""
        mark, last = self._mark(), self._last
        self._last = mark
        if mark == self._known or mark != last:
            return False
        self._known = mark
        return True

    def _mark(self) -> object:
        try:
            db.database.connect(reuse_if_open=True)
            self._generation = db.query("SELECT code_generation FROM heartbeat")[0][0]
        except peewee.PeeweeException:  # not there yet, or away for a while
            db.database.close()
        return self._generation, discovery.fingerprint()


class Supervisor:
    """Keeps child processes together: they start together and end together.

    The first is the web server; when there is new code its workers are replaced one by one, then
    the other children.
    """

    def __init__(self, commands: list[list[str]], code: CodeWatch | None = None) -> None:
        self.commands = commands
        self.code = code
        self.children: list[subprocess.Popen[bytes]] = []
        self.stopping = False

    def run(self) -> int:
        """Start everything and wait; a signal or the death of one ends all."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._asked_to_stop)
        self.children = [self._start(command) for command in self.commands]
        next_look = time.monotonic() + LOOK_SECONDS
        while not self.stopping and all(child.poll() is None for child in self.children):
            time.sleep(0.2)
            if self.code and time.monotonic() >= next_look:
                next_look = time.monotonic() + LOOK_SECONDS
                if self.code.changed():
                    self._take_up_code()
        failed = [child.returncode for child in self.children if child.returncode]
        self._stop_children()
        return 0 if self.stopping else (failed[0] if failed else 1)

    @staticmethod
    def _start(command: list[str]) -> subprocess.Popen[bytes]:
        # A session of their own: Ctrl-C reaches the supervisor alone, which stops them in order.
        return subprocess.Popen(command, start_new_session=True)  # noqa: S603

    def _take_up_code(self) -> None:
        self.children[0].send_signal(signal.SIGHUP)
        for number, child in enumerate(self.children[1:], 1):
            child.send_signal(signal.SIGTERM)
            try:
                child.wait(GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
            self.children[number] = self._start(self.commands[number])

    def _asked_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping = True

    def _stop_children(self) -> None:
        for child in self.children:
            if child.poll() is None:
                child.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + GRACE_SECONDS
        for child in self.children:
            try:
                child.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)


def run_worker(app: Flask) -> None:
    """Work until TERM or Ctrl-C."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    worker.run(app, stop)
