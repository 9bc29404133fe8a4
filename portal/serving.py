"""Runs the portal: one web server and one worker under one supervisor, and the demonstration."""

from __future__ import annotations

import secrets
import signal
import sys
import threading
from importlib.util import find_spec

import peewee
from flask import Flask

from portal import db, logs, storage, worker
from portal.config import Config
from portal.context import MEMBER, REVIEWER, SITE_ADMIN, Context, system_context
from portal.errors import ConfigError
from portal.kernel import discovery
from portal.organisations.models import Organisation, OrganisationMember
from portal.organisations.service import add_member
from portal.people.models import Account
from portal.people.service import create_account
from portal.supervisor import Supervisor, open_socket

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
    """Serve until stopped; returns the exit status. Raises ConfigError where that can't be."""
    if find_spec("granian") is None:
        raise ConfigError("granian is missing. Install it: pip install 'tessera-portal[server]'")
    config = Config.from_environment()
    logs.set_up(config.log_format)
    with open_socket(host, port) as listening, storage.hold_running(config) as running:
        web = [sys.executable, "-m", "portal.web.server"]
        web += map(str, (listening.fileno(), processes, config.threads))
        commands = {"web": web}
        if with_worker:
            commands["worker"] = [sys.executable, "-m", "portal", "worker"]
        held = (listening.fileno(), running.fileno())
        code = CodeWatch(config.database)
        return Supervisor(commands, held, code.changed).run()


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


def run_worker(app: Flask) -> None:
    """Work until TERM or Ctrl-C."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with storage.hold_running(app.config["PORTAL"]):
        worker.run(app, stop)
