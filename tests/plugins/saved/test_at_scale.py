"""Saved searches after an import: each alert right and once, held against reading every document."""

from __future__ import annotations

import json
import random
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs

import pytest
from flask import Flask

from bench.data import HEADINGS, Network, import_row
from plugins.imports.service import import_organisations
from plugins.notices.models import Notice
from plugins.saved import looking, queries, rules, service
from plugins.saved.models import SavedSearch
from plugins.search import interface as search
from portal import db
from portal.mail import Outbox
from portal.people.models import Account
from tests.factories import NOON, clocked
from tests.plugins.saved.conftest import acting

SECONDS = 60
"""Worker time that 10,000 searches may take after an import of 1,000 organisations."""


@dataclass(frozen=True)
class Read:
    """A document as it lies in its row."""

    object_id: int
    words: frozenset[str]
    facets: dict[str, list[str]]


def take_in(app: Flask, rows: Sequence[Any]) -> None:
    """Import organisations as an administrator does."""
    lines = [HEADINGS, *(import_row(row) for row in rows)]
    text = "\n".join(
        ",".join('"' + cell.replace('"', '""') + '"' for cell in line) for line in lines
    )
    with app.app_context():
        report = import_organisations(clocked(app), BytesIO(text.encode()))
        assert report.rejected == []


def documents() -> list[Read]:
    found = db.query("SELECT object_id, words, facets FROM search_document WHERE kind = 'partner'")
    return [Read(row[0], frozenset(row[1].split()), json.loads(row[2])) for row in found]


def some_states(count: int, read: Sequence[Read], chance: random.Random) -> list[str]:
    """Return searches as people make them, some broad, some that find nothing yet."""
    vocabulary = sorted({word for item in read for word in item.words if word.isascii()})
    states = []
    for _at in range(count):
        item, parts = chance.choice(read), []
        mine = sorted(word for word in item.words if word.isascii())
        if chance.random() < 0.85:
            words = chance.sample(mine, min(len(mine), chance.choice([1, 1, 2])))
            if chance.random() < 0.1:
                words[-1] = words[-1][:4] + "*"
            elif chance.random() < 0.1:
                words.append("-" + chance.choice(vocabulary))
            elif chance.random() < 0.1:
                words.append(chance.choice(vocabulary)[:5])  # often nobody's word: a beginning
            parts.append("q=" + "+".join(words))
        for name in ("country", "role", "field"):
            if item.facets.get(name) and chance.random() < 0.4:
                parts += [f"{name}={value}" for value in item.facets[name][:2]]
        states.append("&".join(parts))
    return states


def reads_as(state: str, prefix_last: bool) -> Callable[[Read], bool]:
    """Return whether a document fits a search, by its words and facets alone."""
    asked = parse_qs(state)
    words = " ".join(asked.pop("q", [""])).split()
    with_, without = [w for w in words if w[0] != "-"], {w[1:] for w in words if w[0] == "-"}
    begins = [w.rstrip("*") for at, w in enumerate(with_) if w[-1] == "*"]
    if prefix_last and words and words[-1] in with_ and words[-1][-1] != "*":
        begins.append(with_.pop())
    whole = frozenset(w for w in with_ if w[-1] != "*")

    def fits(item: Read) -> bool:
        return (
            whole <= item.words
            and all(any(word.startswith(part) for word in item.words) for part in begins)
            and not without & item.words
            and all(set(values) & set(item.facets.get(name, ())) for name, values in asked.items())
        )

    return fits


def expected(state: str, old: Sequence[Read], new: Sequence[Read]) -> list[int]:
    """Return what is new in a search, by reading one document after the other."""
    fits = reads_as(state, False)
    found = [item.object_id for item in new if fits(item)]
    if found or any(map(fits, old)) or "q=" not in state:
        return sorted(found)
    return sorted(item.object_id for item in new if reads_as(state, True)(item))


def keep_all(app: Flask, states: Sequence[str], people: int, chance: random.Random) -> None:
    with app.app_context():
        rows = [
            {
                "id": at, "public_id": f"p{at}", "email": f"person-{at}@school.example", "name": f"Person {at}",
                "password_hash": "", "role": "Member", "created_at": NOON, "verified_at": NOON,
            }
            for at in range(1_001, 1_001 + people)
        ]  # fmt: skip
        with db.transaction():
            for at in range(0, people, 100):
                Account.insert_many(rows[at : at + 100]).execute()
        page = queries.pages(clocked(app))["partner"]
        search.index("partner").catch_up()
        for at, state in enumerate(states):
            ctx = acting(app, Account(id=1_001 + at % people, name="Person"))
            known, seq = looking.known_of(ctx, page, state)
            rhythm = chance.choice(["at_once", "at_once", "at_once", "daily", "weekly", "none"])
            service.keep(ctx, page, state, f"{at}: {state}"[:80], rhythm, known, seq)


def prove(app: Flask, size: int, imported: int, count: int, people: int) -> float:
    """Keep searches, import, look twice, and hold each search against `expected`; gives seconds of CPU."""
    chance, rows = random.Random(4), list(Network(size + imported).rows())
    take_in(app, rows[:size])
    with app.app_context():
        search.merge("partner")
        old = documents()
    everybody = list(dict.fromkeys(some_states(3 * count, old, chance)))
    per_person = -(-count // people)
    states = [everybody[at % len(everybody)] for at in range(people * per_person)][:count]
    keep_all(app, states, people, chance)
    before = {row.id: set(rules.unpacked(bytes(row.known))) for row in SavedSearch.select()}
    take_in(app, rows[size:])

    began = time.process_time()
    with app.app_context():
        looking.run(clocked(app))
    took = time.process_time() - began

    with app.app_context():
        before_it = {item.object_id: item for item in old}
        after = documents()
    same = [item for item in after if before_it.get(item.object_id) == item]
    new = [item for item in after if before_it.get(item.object_id) != item]
    assert len(new) >= 0.9 * imported  # some rows may bring known entries up to date
    right = {state: expected(state, same, new) for state in set(states)}
    wrong, counts = [], dict[int, dict[str, int]]()
    for row in SavedSearch.select():
        fresh = set(rules.unpacked(bytes(row.known))) - before[row.id]
        wanted = [number for number in right[row.state] if number not in before[row.id]]
        if sorted(fresh) != wanted:
            wrong.append((row.state, sorted(fresh), wanted))
        waits = wanted if row.rhythm in {"daily", "weekly"} else []
        assert rules.unpacked(bytes(row.waiting)) == waits
        if row.rhythm == "at_once" and fresh:
            counts.setdefault(row.account_id, {})[row.name] = len(fresh)
    assert wrong == []
    assert sum(map(bool, right.values())) > count / 10

    told = {
        row.account_id: {
            line[: line.rindex(" (")]: int(re.findall(r"\((\d+)\)$", line)[0])
            for line in (text.split("): ")[0] + ")" for text in row.body["text"].splitlines())
        }
        for row in Notice.select()
    }
    assert told == counts
    assert Notice.select().count() == Outbox.select().count() == len(counts)
    with app.app_context():
        looking.run(clocked(app))
    assert Notice.select().count() == len(counts)
    return took


@pytest.fixture
def any_scale_app(make_portal: Callable[..., Flask], any_url: str) -> Flask:
    """A portal with what an import and an alert need, once on each engine."""
    return make_portal(any_url, plugins=["saved", "notices", "imports"])


def test_alerts_after_an_import_are_what_reading_each_document_gives(any_scale_app: Flask) -> None:
    prove(any_scale_app, size=120, imported=60, count=150, people=30)


@pytest.mark.full
@pytest.mark.timeout(1_500)
def test_ten_thousand_searches_after_an_import_of_a_thousand(any_scale_app: Flask) -> None:
    took = prove(any_scale_app, size=10_000, imported=1_000, count=10_000, people=2_000)

    assert took <= SECONDS
