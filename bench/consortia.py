"""What importing a whole programme's consortia takes, and what pages cost on that network."""

from __future__ import annotations

import csv
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient

from bench.areas import Missing
from bench.gates import Gate
from bench.pages import bare, milliseconds
from bench.servers import ROOT
from plugins.consortia import showing
from plugins.consortia.models import Consortium, Membership
from plugins.introductions import ties
from plugins.partners.pieces import pieces
from portal import db
from portal.app import create_app
from portal.config import Config
from portal.context import system_context
from portal.organisations.models import Organisation, OrganisationMember
from portal.organisations.service import new_public_id
from portal.people import service as people
from portal.people import sessions
from portal.web.heartbeat import cookie_name

SOURCE = "BENCH_NETWORK"
PATHS, SEED = 200, 5
BASE = "http://127.0.0.1:8000"
"""The address that a new site answers to."""
TITLE = "Consortia"
ABOUT = (
    "All participations of Horizon 2020 to 2021 (zambujo/eunets, CORDIS data, CC BY 4.0; the file that "
    "the variable BENCH_NETWORK names), imported with `portal import consortia`: seconds by the clock, "
    "and the most memory the process held. Then pages of a visitor without an account, in processor "
    "time over that of a bare page of 20 rows and 100 links, nothing taken off: a consortium of the "
    "186 members of the largest project, the profile and the network of the organisation in most "
    "projects. What these pages keep for the next visitor (tables of members and projects, the "
    "picture with its table) is stated beside, when it is read and drawn anew. Ways of introduction "
    "between 200 random pairs. Undoing is set against the import by processor time. SQLite."
)


@dataclass(frozen=True)
class Ran:
    """What a command took, and what it reported."""

    seconds: float
    processor: float
    mebibytes: float
    report: dict[str, object]


def gates() -> list[Gate]:
    """Measure what the page of figures says of consortia. Raises Missing without its data."""
    source = os.environ.get(SOURCE, "")
    if not Path(source).is_file():
        raise Missing(f"set {SOURCE} to the participations.csv of zambujo/eunets")
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder) / "site"
        files = written(Path(source), Path(folder))
        _portal(site, "init")
        imported = _portal(site, "import", "consortia", *map(str, files), "--json")
        found = [
            Gate("Import of 114,910 participations", imported.seconds, 120, 60, " s", False),
            Gate("Memory of that import", imported.mebibytes, 1_024, 512, " MiB", False),
            *_pages(site),
        ]
        with _opened(site):  # who leads a consortium or is acted for would stay
            Consortium.delete().execute()
            OrganisationMember.delete().execute()
        undone = _portal(site, "import", "undo", str(imported.report["batch"]), "--json")
        left = _left(site)
        return [
            *found,
            Gate("Undo of that import", undone.seconds, 120, None, " s", False),
            Gate(
                "Undo against import, processor time",
                undone.processor / imported.processor,
                1.5,
                1,
                "x",
                False,
            ),
            Gate("Organisations and participations left after it", left, 0, None, "", False),
        ]


def written(source: Path, folder: Path) -> tuple[Path, Path]:
    """Write the two files of the import; organisations are called by their number."""
    projects: dict[str, str] = {}
    parts = folder / "participations.csv"
    with source.open(encoding="utf-8", newline="") as file, parts.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["project", "role", "organisation", "country", "pic"])
        for row in csv.DictReader(file):
            projects.setdefault(row["project_rcn"], row["start"][:4])
            name = f"Organisation {row['pic']}"
            writer.writerow([row["project_rcn"], row["role"], name, row["country"], row["pic"]])
    listed = folder / "projects.csv"
    with listed.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["project", "acronym", "title", "call_year"])
        writer.writerows((key, f"RCN {key}", "", year) for key, year in projects.items())
    return listed, parts


def _portal(site: Path, *words: str) -> Ran:
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "portal", *words],
        cwd=ROOT,
        env={**os.environ, "PORTAL_INSTANCE": str(site)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    told = process.stdout.read() if process.stdout else b""
    _pid, status, used = os.wait4(process.pid, 0)
    process.returncode = status
    if status:
        raise RuntimeError(f"portal {' '.join(words)} failed.")
    report = json.loads(told) if told.lstrip().startswith(b"{") else {}
    seconds = time.perf_counter() - began
    return Ran(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, report)


@contextmanager
def _opened(site: Path) -> Iterator[Flask]:
    app = create_app(Config(instance=str(site)))
    with app.app_context():
        db.database.connect(reuse_if_open=True)
        yield app
        db.database.close()


def _left(site: Path) -> int:
    with _opened(site):
        asked = "SELECT (SELECT COUNT(*) FROM organisation), (SELECT COUNT(*) FROM projects_participation)"
        return sum(db.query(asked)[0])


def _pages(site: Path) -> list[Gate]:
    with _opened(site) as app:
        slug = _largest()
        ((most,),) = db.query(
            "SELECT organisation_id FROM projects_participation GROUP BY organisation_id "
            "ORDER BY COUNT(*) DESC, organisation_id LIMIT 1"
        )
        name = Organisation.get_by_id(most).slug
        member = _member(app, slug)
    guest, floor = app.test_client(), bare()
    pages = (
        ("Page of a consortium of 186 members", f"/consortia/{slug}"),
        ("Profile of the organisation in most consortia", f"/partners/{name}"),
        ("Network of that organisation", f"/introductions/{name}"),
    )
    found = []
    for what, address in pages:
        new = _cost(guest, address, lambda: _forget(app))
        kept = _cost(guest, address)
        found.append(Gate(what, kept / floor, 4, 2, "x", False))
        found.append(Gate(f"{what}: what drawing it anew adds", new - kept, 200, 20, " ms", False))
    for what, address in pages[:2]:
        own = _cost(member, address) / floor
        found.append(Gate(f"{what}, for people of a member", own, 20, 8, "x", False))
    with app.app_context():
        ways = sorted(_ways())
        db.database.close()
    at = ways[min(len(ways) - 1, int(0.95 * len(ways)))]
    return [*found, Gate(f"Way of introduction, p95 of {PATHS}", at, 50, 20, " ms", False)]


def _largest() -> str:
    """Make a living consortium of the members of the largest project."""
    ((project, _size),) = db.query(
        "SELECT project_id, COUNT(DISTINCT organisation_id) FROM projects_participation "
        "GROUP BY project_id ORDER BY 2 DESC, 1 LIMIT 1"
    )
    ids = [
        number
        for (number,) in db.query(
            "SELECT DISTINCT organisation_id FROM projects_participation WHERE project_id = ?",
            (project,),
        )
    ]
    now = system_context().clock.now()
    with db.transaction():
        made = Consortium.create(
            public_id=new_public_id(), slug="largest", lead=ids[0], name="Largest", purpose="All",
            lang="en", kind="excellence", state="active", created_at=now,
        )  # fmt: skip
        for number in ids:
            Membership.create(
                public_id=new_public_id(), consortium=made, organisation=number, state="active",
                parts=["host"], asked_at=now, joined_on="2026-01-01",
            )  # fmt: skip
    return "largest"


def _member(app: Flask, slug: str) -> FlaskClient:
    """Return the browser of somebody who acts for a member of the consortium."""
    ctx = system_context()
    account = people.create_account(
        ctx,
        email="member@bench.example",
        name="Member",
        password=new_public_id(),
        verified=True,
    )
    member = list(Membership.select().join(Consortium).where(Consortium.slug == slug))[-1]
    with db.transaction():
        OrganisationMember.create(
            organisation=member.organisation_id, account=account.id, role="OrgAdmin",
            joined_at=ctx.clock.now(),
        )  # fmt: skip
        token = sessions.start(ctx, account.id, 1, "bench", "")
    client = app.test_client()
    client.set_cookie(cookie_name(app), token, domain="127.0.0.1")
    return client


def _forget(app: Flask) -> None:
    """Forget what is kept of these pages."""
    showing.forget()
    ties.forget()
    with app.app_context():
        pieces().clear()


def _cost(client: FlaskClient, address: str, before: Callable[[], None] | None = None) -> float:
    """Return what a page takes, all of it, in processor milliseconds."""
    answer = client.get(address, base_url=BASE)
    assert answer.status_code == 200, address
    if before is None:
        return milliseconds(lambda: client.get(address, base_url=BASE).get_data(), times=10)
    spent = []
    for _time in range(5):
        before()
        began = time.process_time()
        client.get(address, base_url=BASE).get_data()
        spent.append(1000 * (time.process_time() - began))
    return min(spent)


def _ways() -> list[float]:
    chance, ctx = random.Random(SEED), system_context()
    ids = [
        number
        for (number,) in db.query(
            "SELECT DISTINCT organisation_id FROM projects_participation ORDER BY organisation_id"
        )
    ]
    spent = []
    for _pair in range(PATHS):
        one, other = chance.sample(ids, 2)
        began = time.process_time()
        ties.path(ctx, one, other)
        spent.append(1000 * (time.process_time() - began))
    return spent
