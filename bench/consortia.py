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
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import jinja2
from flask import Flask
from flask.testing import FlaskClient

from bench.areas import Missing
from bench.gates import Gate
from bench.pages import bare, milliseconds
from bench.servers import ROOT
from plugins.consortia.models import Consortium, Membership
from plugins.introductions import ties
from portal import db
from portal.app import create_app
from portal.config import Config
from portal.context import system_context
from portal.organisations.models import Organisation
from portal.organisations.service import new_public_id

SOURCE = "BENCH_NETWORK"
PATHS, SEED = 200, 5
BASE = "http://127.0.0.1:8000"
"""The address that a new site answers to."""
TITLE = "Consortia"
ABOUT = (
    "All participations of Horizon 2020 to 2021 (zambujo/eunets, CORDIS data, CC BY 4.0; the file that "
    "the variable BENCH_NETWORK names), imported with `portal import consortia`: seconds by the clock, "
    "and the most memory the process held. Then pages of a visitor without an account, in processor "
    "time over that of a bare page of 20 rows and 100 links: a consortium of the 186 members of the "
    "largest project, the profile and the network of the organisation with most partners. Drawing "
    "their own rows and pictures (the templates) is stated beside and taken off. Ways of introduction "
    "between 200 random pairs. SQLite."
)


@dataclass(frozen=True)
class Ran:
    """What a command took, and what it reported."""

    seconds: float
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
        with _opened(site):  # who leads a consortium would stay
            Consortium.delete().execute()
        undone = _portal(site, "import", "undo", str(imported.report["batch"]), "--json")
        left = _left(site)
        return [
            *found,
            Gate("Undo of that import", undone.seconds, 120, None, " s", False),
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
    return Ran(time.perf_counter() - began, used.ru_maxrss / 1024, report)


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
    client, floor = app.test_client(), bare()
    pages = (
        ("Page of a consortium of 186 members", f"/consortia/{slug}"),
        ("Profile of the organisation in most consortia", f"/partners/{name}"),
        ("Network of that organisation", f"/introductions/{name}"),
    )
    found = []
    for what, address in pages:
        whole, drawn = _cost(client, address)
        found.append(Gate(f"{what}, without drawing", (whole - drawn) / floor, 4, 2, "x", False))
        found.append(Gate(f"{what}: drawing", drawn, 100, 20, " ms", False))
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


def _cost(client: FlaskClient, address: str) -> tuple[float, float]:
    """Return what a page takes and what of that is drawing, in processor milliseconds."""
    assert client.get(address, base_url=BASE).status_code == 200, address
    whole = milliseconds(lambda: client.get(address, base_url=BASE).get_data(), times=10)
    spent: list[float] = []
    render = jinja2.Template.render

    def timed(self: jinja2.Template, *args: object, **more: object) -> str:
        began = time.process_time()
        text = render(self, *args, **more)
        spent.append(time.process_time() - began)
        return text

    jinja2.Template.render = timed  # type: ignore[method-assign]
    try:
        for _time in range(10):
            client.get(address, base_url=BASE)
    finally:
        jinja2.Template.render = render  # type: ignore[method-assign]
    return whole, min(1000 * sum(spent) / 10, whole)


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
