"""What a large agreement costs: its pages, its hash, its PDF."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flask import Flask

from bench.bare import app as bare_app
from bench.gates import Gate
from bench.pages import milliseconds
from plugins.agreements import exporting, negotiating, queries, rules, service
from plugins.agreements.models import Agreement, Party
from plugins.agreements.workflow import parties
from plugins.evidence.interface import canonical
from plugins.verification import documents
from portal import db
from portal.app import create_app
from portal.config import Config
from tests.conftest import prepare
from tests.factories import sign_in
from tests.plugins.agreements.conftest import World

TITLE = "Agreements"
ABOUT = (
    "One memorandum with 186 parties, each with a name and a field of its own; one with 400 clauses of 2,400 "
    "characters, about 1 MB. Pages are what a writer of the first party sees while it is negotiated, in "
    "processor time of one process against the bare page, both in turns; a page has twenty clauses and twenty "
    "parties. Hash and PDF are those of the largest text. A PDF is the first one of its text, with seal "
    "and text embedded, in processor time of all threads."
)
CLAUSES, LONG, TURNS = 400, 2_400, 8
PLUGINS = ["verification", "drafts", "versions", "tasks"]


def gates() -> list[Gate]:
    """Return the rows of the report."""
    with _portal() as (app, world):
        wide, long = _wide(world), _long(world)
        for row in (wide, long):
            with app.test_request_context():
                negotiating.send(world.ctx(world.writers[0]), world.now(row))
        with app.app_context():
            texts = {row.id: bytes(queries.shown(row).content) for row in (wide, long)}
        content = canonical.read(texts[long.id])
        hashing = milliseconds(lambda: canonical.digest(canonical.document(content)), 3)
        made = [_pdf(app, world, row) for row in (wide, long)]
        return [
            Gate("Page of an agreement of 186 parties", _page(app, world, wide), 6, None,
                 unit=" bare pages", at_least=False),
            Gate("Page of an agreement of 400 clauses", _page(app, world, long), 6, None,
                 unit=" bare pages", at_least=False),
            Gate(f"Canonical text and hash of {len(texts[long.id]) / 1e6:.1f} MB", hashing, 50,
                 None, unit=" ms", at_least=False),
            Gate("PDF of 186 parties", made[0], 3, None, unit=" s", at_least=False),
            Gate("PDF of 400 clauses", made[1], 3, None, unit=" s", at_least=False),
        ]  # fmt: skip


@contextmanager
def _portal() -> Iterator[tuple[Flask, World]]:
    with TemporaryDirectory() as folder:
        _template(Path(folder) / "agreements")
        app = create_app(Config(instance=folder, testing=True))
        prepare(app.extensions["portal"].registry, PLUGINS)
        with app.test_request_context():
            world = World(app, 2)
        yield app, world
        db.database.close()


def _wide(world: World) -> Agreement:
    """Return an agreement with as many parties as there may be."""
    with world.app.test_request_context():
        row = world.begin()
        for number in range(rules.MOST_PARTIES - 2):
            Party.create(
                public_id=f"party{number}", agreement=row.id, place=10 + number, role="partner",
                name=f"Training company {number}", email=f"firm{number}@firms.example",
            )  # fmt: skip
        each = {party.public_id: "Trains bakers." for party in parties(row.id)}
        world.change(row, 0, "organisations", competence=each)
        return world.now(row)


def _template(folder: Path) -> None:
    """Write the template of a site that has many clauses."""
    clause = '[[clauses]]\nid = "c{at}"\nblock = 1\nfields = [{{ id = "v{at}", type = "long" }}]\n'
    words = ["[wording]", *(f'"c{at}" = "Clause {at}"' for at in range(CLAUSES))]
    folder.mkdir()
    (folder / "large-1.toml").write_text(
        'kind = "large"\nversion = 1\nroles = ["partner"]\nneeds = []\n'
        + "".join(clause.format(at=at) for at in range(CLAUSES))
        + "\n".join(words)
    )


def _long(world: World) -> Agreement:
    """Return an agreement with a text of about 1 MB."""
    with world.app.test_request_context():
        ctx, (school, other) = world.ctx(world.writers[0]), world.schools
        known = {
            f"v{at}": f"Value {at}. " + "Bread is baked by hand. " * (LONG // 24)
            for at in range(CLAUSES)
        }
        others = [service.Asked("partner", other)]
        return service.begin(
            ctx, school, "large", "Many clauses", role="partner", others=others, known=known
        )


def _page(app: Flask, world: World, row: Agreement) -> float:
    with app.app_context():
        client = sign_in(app.test_client(), world.writers[0])

    def visit() -> Any:
        answer = client.get(f"/agreements/{row.public_id}")
        assert answer.status_code == 200, answer.status
        return answer.get_data()

    floor = bare_app.test_client()
    works = (visit, lambda: floor.get("/partners").get_data())
    best = [min(found) for found in zip(*([milliseconds(work, 10, 1) for work in works]
                                          for _turn in range(TURNS)), strict=True)]  # fmt: skip
    return best[0] / best[1]


def _pdf(app: Flask, world: World, row: Agreement) -> float:
    with app.test_request_context():
        ctx = world.ctx(world.writers[0])
        record = exporting.of_party(ctx, row.public_id)
        began = time.process_time()
        documents.pdf(ctx, record)
        return time.process_time() - began
