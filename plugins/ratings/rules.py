"""Who is asked what about whom, until when it stays sealed: plain values, no database."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from plugins.ratings.models import HOST, LEARNER, SENDING, SIDES, SUPPORTING

FILE = Path(__file__).parent / "data" / "criteria.toml"
LEAST_DAYS = 14
"""For so many days somebody who is asked has time, however late the end was reported."""
REMIND_BEFORE = timedelta(days=7)
LINK_AFTER = timedelta(days=60)
"""For so long after the release a participant's link still shows what was sent, to withdraw it."""
DECIDED_WITHIN = 10
"""Days within which a dispute is decided. Source: ISO 20488:2018, as summed up by standards bodies."""
DISPUTED_WITHIN = timedelta(days=90)
"""For so long after its release a rating can be replied to and disputed."""
LONGEST_TEXT = 1_500
STARS = (1, 2, 3, 4, 5)
BANDS = (45, 40, 35, 30, 10)
"""From how many tenths on a score belongs to a band of the search."""


@dataclass(frozen=True)
class Criterion:
    """What is rated: the quality promise it belongs to, and which words its steps have."""

    name: str
    promise: str
    scale: str


@dataclass(frozen=True)
class Part:
    """What one side is asked about one organisation."""

    rated_role: str
    rated_id: int
    criteria: tuple[str, ...]


@cache
def _read() -> Mapping[str, Any]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


@cache
def criteria() -> Mapping[str, Criterion]:
    """Return all criteria by name."""
    return {
        name: Criterion(name, item["promise"], item["scale"])
        for name, item in _read()["criteria"].items()
    }


def newest() -> int:
    """Return the version of the criteria with which somebody is asked now."""
    return max(int(item["number"]) for item in _read()["version"])


def asked(version: int, outcome: str, role: str) -> Mapping[str, Sequence[str]]:
    """Return what a side is asked about whom; empty when it is not asked at all."""
    found = next(item for item in _read()["version"] if item["number"] == version)
    rows: Mapping[str, Sequence[str]] = found.get(outcome, {}).get(role, {})
    return rows


def sides(sending: int, host: int, supporting: int | None) -> dict[str, int]:
    """Return the organisations of a placement by their role; each is there once."""
    found = {SENDING: sending, HOST: host}
    if supporting is not None and supporting not in found.values():
        found[SUPPORTING] = supporting
    return found


def parts(
    version: int, outcome: str, role: str, organisations: Mapping[str, int]
) -> tuple[Part, ...]:
    """Return what a side rates: each organisation that has a part in it, never itself."""
    questions = asked(version, outcome, role)
    own = organisations[SENDING] if role == LEARNER else organisations.get(role)
    return tuple(
        Part(rated, organisations[rated], tuple(questions[rated]))
        for rated in SIDES
        if rated in questions and rated in organisations and organisations[rated] != own
    )


def opens_at(ended_on: date, asked_at: datetime, days: int) -> datetime:
    """Return when at the latest everything said about a placement is released.

    So many days after its end, and never before those who are asked had `LEAST_DAYS`.
    """
    end = datetime.combine(ended_on, time(), UTC) + timedelta(days=days + 1)
    return max(end, asked_at + timedelta(days=LEAST_DAYS))


def band(score: float) -> str:
    """Return the band of a score, as the search names it."""
    tenths = round(score * 10)
    return str(next((least for least in BANDS if tenths >= least), BANDS[-1]))


def bucket(rank_value: float) -> int:
    """Return the place of a score in the order of the search, 0 to 100."""
    return max(0, min(100, round((rank_value - 1) * 25)))
