"""Runs the portal: one web server and one worker under one supervisor, and the demonstration."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import FrameType

from flask import Flask

from portal import worker
from portal.config import Config
from portal.context import MEMBER, REVIEWER, SITE_ADMIN, Context, system_context
from portal.errors import ConfigError
from portal.organisations.models import Organisation, OrganisationMember
from portal.organisations.service import add_member
from portal.people.models import Account
from portal.people.service import create_account

GRACE_SECONDS = 10
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
    granian = shutil.which("granian", path=str(Path(sys.executable).parent)) or shutil.which(
        "granian"
    )
    if granian is None:
        raise ConfigError("granian is missing. Install it: pip install 'tessera-portal[server]'")
    threads = str(Config.from_environment().threads)
    commands = [
        [
            granian, "--interface", "wsgi", "--host", host, "--port", str(port),
            "--workers", str(processes), "--blocking-threads", threads, "--no-ws",
            "--log-level", "warning", "--respawn-failed-workers", "--workers-kill-timeout", "5",
            "--factory", "portal.app:create_app",
        ]
    ]  # fmt: skip
    if with_worker:
        commands.append([sys.executable, "-m", "portal", "worker"])
    return Supervisor(commands).run()


class Supervisor:
    """Keeps child processes together: they start together and end together."""

    def __init__(self, commands: list[list[str]]) -> None:
        self.commands = commands
        self.children: list[subprocess.Popen[bytes]] = []
        self.stopping = False

    def run(self) -> int:
        """Start everything and wait; a signal or the death of one ends all."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._asked_to_stop)
        for command in self.commands:
            # A session of their own: Ctrl-C reaches the supervisor alone, which stops them in order.
            self.children.append(subprocess.Popen(command, start_new_session=True))  # noqa: S603
        while not self.stopping and all(child.poll() is None for child in self.children):
            time.sleep(0.2)
        failed = [child.returncode for child in self.children if child.returncode]
        self._stop_children()
        return 0 if self.stopping else (failed[0] if failed else 1)

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
