"""What it takes to name the organisations that fit a partner request, with reasons."""

from __future__ import annotations

import random
import time
from pathlib import Path

from bench.data import COUNTRIES, FIELDS, LANGUAGES
from bench.gates import Gate
from plugins.requests import ranking
from plugins.requests.models import PartnerRequest
from plugins.search.interface import Index
from portal import db
from portal.app import create_app
from portal.config import Config
from portal.organisations.models import Organisation

TRIES, SEED, MOST = 60, 7, 30


def slowest(instance: Path) -> float:
    """Return the milliseconds of the processor that the slowest of some requests took."""
    chance, spent = random.Random(SEED), []
    app = create_app(Config(instance=str(instance)))
    with app.app_context():
        db.database.connect(reuse_if_open=True)
        partners = ranking.catalogue(0)
        for _try in range(TRIES):
            request = _some_request(chance)
            spent.append(min(_seconds(partners, request) for _time in range(2)))
        db.database.close()
    return 1000 * max(spent)


def _seconds(partners: Index, request: PartnerRequest) -> float:
    """Time one ranking; asked twice, so that a pass of the garbage collector is not measured."""
    began = time.process_time()
    found = ranking.rank(partners, request, is_claimed=False, day=5, most=MOST)
    assert found.total
    return time.process_time() - began


def _some_request(chance: random.Random) -> PartnerRequest:
    return PartnerRequest(
        organisation=Organisation(id=0, is_fictional=False),
        fields=chance.sample(FIELDS[:12], chance.randint(1, 4)),
        occupations=[],
        role="host",
        languages=chance.sample(LANGUAGES[:8], chance.randint(0, 2)),
        modes=chance.sample(["physical", "blended", "virtual"], chance.randint(0, 2)),
        inclusion=[],
        countries=chance.sample(list(COUNTRIES), chance.randint(0, 4)),
        starts_on="2027-05-03",
        ends_on="2027-05-14",
        places=chance.choice([None, 1, 6, 30]),
        youngest_age=chance.choice([None, 15, 17]),
    )


def gate(size: int, instance: Path) -> Gate:
    """Return the row of the report."""
    what = f"Ranking of a partner request among {size:,} organisations, slowest of {TRIES}"
    return Gate(what, slowest(instance), 50, 10, unit=" ms", at_least=False)
