"""What it takes to compute scores from a large file, and to write a rating beside its bare rows."""

from __future__ import annotations

import csv
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from bench.gates import Gate
from bench.servers import ROOT
from plugins.mobilities import interface as mobilities
from plugins.ratings import giving, inviting, queries
from plugins.ratings.models import Invitation
from plugins.ratings.rowsfile import COLUMNS
from portal import db
from portal.app import create_app
from portal.config import Config
from portal.context import Actor, Context, system_context
from portal.organisations.models import Organisation, OrganisationMember
from portal.organisations.service import new_public_id
from portal.people import service as people

ROWS, SEED = 1_000_000, 11
ORGANISATIONS, CRITERIA = 20_000, ("documents", "assessment", "communication", "again")
WRITES = 200
WRITING = ("INSERT", "UPDATE", "DELETE")


TITLE = "Ratings"
ABOUT = (
    "`portal ratings score` reads a file of invented rows (four questions a rating, some rate "
    "again and again) and computes all scores; processor time and the most memory its process "
    "held, then the time by that for half as many rows. A rating is written by somebody who may, "
    "through the portal's service; beside it the same statements into a copy of the database, in "
    "one transaction with the same sync, one rating after the other in turn; the medians of both "
    "are compared, since a busy disk makes single writes wait. SQLite."
)


def gates() -> list[Gate]:
    """Measure what the page of figures says of ratings."""
    with tempfile.TemporaryDirectory() as folder:
        half, whole = (
            scored(_rows_file(Path(folder), count), count) for count in (ROWS // 2, ROWS)
        )
    label = f"`portal ratings score`, {ROWS:,} rows"
    growth = whole.seconds / half.seconds
    write = "A rating: the database's time against the same rows written bare"
    return [
        Gate(f"{label}: processor time", whole.seconds, 60, 20, " s", at_least=False),
        Gate(f"{label}: memory", whole.mebibytes, 1_024, 512, " MiB", at_least=False),
        Gate(f"{label} against half as many: growth", growth, 2.4, 2.1, at_least=False),
        Gate(write, writing(), 2.0, 1.5, at_least=False),
    ]


@dataclass(frozen=True)
class Scored:
    """What a run of the command took."""

    seconds: float
    mebibytes: float


def scored(file: Path, count: int) -> Scored:
    """Run the command on a file and give processor time and the most memory it held."""
    command = [sys.executable, "-m", "portal", "ratings", "score", str(file), "--json"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    _pid, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{count} rows: the command ended with {process.returncode}.")
    return Scored(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def _rows_file(folder: Path, count: int) -> Path:
    """Write invented rows: each rating answers four questions; some rate again and again."""
    chance, path = random.Random(SEED), folder / f"{count}.csv"
    first = date(2024, 1, 1)
    with path.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(COLUMNS)
        size = ORGANISATIONS * count // ROWS
        for number in range(count // len(CRITERIA)):
            rated = int(size * chance.random() ** 1.5)
            rater = (rated + 1 + int((size - 1) * chance.random() ** 2)) % size
            ended = (first + timedelta(days=chance.randrange(800))).replace(day=1)
            released = (ended + timedelta(days=45)).replace(day=1)
            for criterion in CRITERIA:
                stars = min(5, max(1, round(chance.gauss(3.8, 0.9))))
                writer.writerow(
                    (f"r{number}", f"o{rater}", f"o{rated}", "sending", criterion, stars,
                     ended, released, "live")
                )  # fmt: skip
    return path


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


def writing() -> float:
    """Return the database's time for ratings by that for the same statements alone."""
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder) / "site"
        environment = {**os.environ, "PORTAL_INSTANCE": str(site), "PORTAL_DATABASE_URL": ""}
        command = [sys.executable, "-m", "portal", "init"]
        subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
        app = create_app(Config(instance=str(site)))
        with app.app_context():
            db.database.connect(reuse_if_open=True)
            acting, asked = _asked(WRITES)
            db.query("PRAGMA wal_checkpoint(TRUNCATE)")
            bare = Path(folder) / "bare.db"
            shutil.copy(db.database.obj.database, bare)
            try:
                return _written_twice(acting, asked, bare)
            finally:
                db.database.close()


def _asked(count: int) -> tuple[Context, list[Invitation]]:
    """Make stays that are over between made-up organisations; give who rates and what was asked."""
    ctx, last = system_context(), date.today() - timedelta(days=3)
    account = people.create_account(
        ctx,
        email="bench@school.example",
        name="Bench",
        password="a long enough word",
        verified=True,
    )
    both = [_organisation(f"Bench {name}") for name in ("school", "bakery")]
    OrganisationMember.create(
        organisation=both[0].id, account=account.id, role="OrgAdmin", joined_at=ctx.clock.now()
    )
    found = []
    for _number in range(count):
        stay = mobilities.record(
            ctx, sending=both[0], host=both[1], starts_on=last - timedelta(days=30), ends_on=last,
            announce=False,
        )  # fmt: skip
        ending = inviting.ask(ctx, stay.id, silently=True)
        assert ending
        found.append(
            Invitation.get(Invitation.ending == ending.id, Invitation.organisation == both[0].id)
        )
    return ctx.as_actor(Actor(account.id, account.name, frozenset({"Member"}))), found


def _organisation(name: str) -> Organisation:
    now = system_context().clock.now()
    made: Organisation = Organisation.create(
        name=name, folded_name=name.lower(), country="DE", public_id=new_public_id(),
        slug=name.lower().replace(" ", "-"), state="claimed", is_fictional=True,
        created_at=now, updated_at=now,
    )  # fmt: skip
    return made


def _written_twice(acting: Context, asked: Sequence[Invitation], bare: Path) -> float:
    """Write each rating through the portal, then the same statements into a copy, in turn."""
    there = sqlite3.connect(bare, isolation_level=None)
    pragmas = ("journal_mode", "synchronous", "foreign_keys")
    for name in pragmas:
        ((value,),) = db.query(f"PRAGMA {name}")
        there.execute(f"PRAGMA {name} = {value}")
    ours, theirs = [], []
    for invitation in asked:
        stars = {
            part.rated_role: dict.fromkeys(part.criteria, 4) for part in queries.parts(invitation)
        }
        watch = Watch()
        with watch.over(db.database.obj):
            giving.rate(acting, invitation, stars, {})
        ours.append(watch.seconds)
        began = time.perf_counter()
        there.execute("BEGIN IMMEDIATE")
        for sql, params in watch.written:
            there.execute(sql, params)
        there.execute("COMMIT")
        theirs.append(time.perf_counter() - began)
    count = "SELECT COUNT(*), SUM(stars) FROM ratings_answer"
    assert there.execute(count).fetchall() == list(map(tuple, db.query(count)))
    there.close()
    return median(ours) / median(theirs)
