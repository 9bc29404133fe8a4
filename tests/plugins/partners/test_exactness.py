"""Totals and counts are exact: compared with a plain reading of the tables, also after writes.

The plain reading shares with the product how a word is folded and what the codes of fields mean,
and nothing else: no documents, no sets, no index.
"""

from __future__ import annotations

import io
import json
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import pytest
from flask import Flask
from flask.testing import FlaskClient

from bench.data import HEADINGS, Network, Row, import_row
from plugins.imports.service import import_organisations
from plugins.partners import codes, service
from plugins.search import interface as search
from plugins.search.spelling import spellings
from portal import db
from portal.organisations.models import Organisation, Source
from portal.organisations.service import (
    bring_back,
    create_organisation,
    hide,
    update_organisation,
)
from portal.text import words
from tests.factories import clocked

COUNTED = ("country", "role", "field", "type", "language", "claimed")
SIZES = [
    pytest.param(300, 120, 80, id="300"),
    pytest.param(3_000, 1_000, 240, id="3000", marks=pytest.mark.full),
]


@dataclass(frozen=True)
class Plain:
    """An organisation as the tables have it: its words, and its values by facet."""

    words: frozenset[str]
    facets: Mapping[str, frozenset[str]]


def read_tables() -> list[Plain]:
    """Read everything that is not hidden."""
    other: dict[int, list[str]] = {}
    for sql in (
        "SELECT organisation_id, name FROM organisation_name",
        "SELECT organisation_id, value FROM organisation_identifier",
    ):
        for owner, text in db.query(sql):
            other.setdefault(owner, []).append(text)
    rows = db.query(
        "SELECT o.id, o.name, o.registered_name, o.city, o.country, o.type, o.state, p.roles, "
        "p.fields, p.languages, p.summaries FROM organisation o "
        "LEFT JOIN partners_profile p ON p.organisation_id = o.id WHERE o.hidden_at IS NULL"
    )
    return [plain(row[1:], other.get(row[0], [])) for row in rows]


def plain(row: Sequence[str], other: Sequence[str]) -> Plain:
    name, registered, city, country, kind, state, *profile = row
    roles, fields, languages, summaries = (json.loads(text) if text else [] for text in profile)
    holding = {code[:length] for code in fields for length in (2, 3, 4)} & set(all_fields())
    texts = [name, registered, city, *other, *dict(summaries).values()]
    texts += [all_fields()[code] for code in holding]
    found = {form for text in texts for word in words(text) for form in spellings(word)}
    return Plain(
        frozenset(found | {f"isced{code}" for code in fields}),
        {
            "country": frozenset([country]),
            "type": frozenset([kind]),
            "role": frozenset(roles),
            "field": frozenset(holding),
            "language": frozenset(tag for tag, _level in languages),
            "claimed": frozenset(["no" if state == "unclaimed" else "yes"]),
        },
    )


def all_fields() -> dict[str, str]:
    return {
        code: codes.field_name(code) for length in (2, 3, 4) for code in codes.field_codes(length)
    }


def has_words(item: Plain, text: str, last_is_open: bool) -> bool:
    asked = text.split()
    for at, typed in enumerate(asked):
        is_open = typed.endswith("*") or (last_is_open and at == len(asked) - 1)
        forms = [form for word in words(typed) for form in spellings(word)]
        if is_open:
            if not any(word.startswith(form) for form in forms for word in item.words):
                return False
        elif not item.words & set(forms):
            return False
    return True


def plain_answer(
    items: Sequence[Plain], params: Mapping[str, str]
) -> tuple[int, dict[str, dict[str, int]]]:
    """Answer a query of the workload; without a match the last word is taken as unfinished."""
    chosen = {name: value for name, value in params.items() if name in COUNTED}
    text = params.get("q", "")
    for last_is_open in (False, True):
        worded = [item for item in items if has_words(item, text, last_is_open)]
        total = sum(fits(item, chosen) for item in worded)
        if total or not text:
            break
    counts = {}
    for name in COUNTED:
        others = {other: value for other, value in chosen.items() if other != name}
        found = Counter(
            value for item in worded if fits(item, others) for value in item.facets[name]
        )
        counts[name] = dict(found) | {v: found[v] for n, v in chosen.items() if n == name}
    return total, counts


def fits(item: Plain, chosen: Mapping[str, str]) -> bool:
    return all(value in item.facets[name] for name, value in chosen.items())


def check(client: FlaskClient, queries: Sequence[tuple[str, dict[str, str]]]) -> None:
    items = read_tables()
    assert items
    for _kind, params in queries:
        answer = client.get("/api/v1/partners", query_string=params).json
        counts = {
            name: {entry["value"]: entry["count"] for entry in answer["facets"].get(name, ())}
            for name in COUNTED
        }
        assert (answer["total"], counts) == plain_answer(items, params), params


def import_some(app: Flask, rows: Sequence[Row]) -> None:
    text = "\n".join(",".join(f'"{cell}"' for cell in import_row(row)) for row in rows)
    file = io.BytesIO(f"{','.join(HEADINGS)}\n{text}\n".encode())
    # A list of its own: equal names and towns from one source would be one organisation.
    source = Source(key=f"list-{rows[0].id}", title="List", licence="CC0-1.0")
    report = import_organisations(clocked(app), file, source=source)
    assert report.accepted == len(rows)


def write_some(app: Flask, rows: Iterator[Row], amount: int, draw: random.Random) -> None:
    """Create, change, hide and bring back, edit profiles and import, mixed."""
    ctx = clocked(app)
    done = 0
    while done < amount:
        kind = draw.choice(["create", "change", "change", "profile", "hide", "back", "import"])
        row = next(rows)
        if kind == "create":
            create_organisation(ctx, name=row.name, country=row.country, type=row.type)
        elif kind == "import":
            some = [row, *islice(rows, 4)]
            import_some(app, some)
            done += len(some) - 1
        else:
            hidden = Organisation.hidden_at.is_null(kind != "back")
            known = list(Organisation.select().where(hidden).order_by(Organisation.id))
            if not known:
                continue
            one = draw.choice(known)
            if kind == "change":
                update_organisation(
                    ctx, one, one.version, name=row.name, country=row.country, city=row.city
                )
            elif kind == "profile":
                service.save_profile(ctx, one.id, profile_of(row), None)
            else:
                (hide if kind == "hide" else bring_back)(ctx, one)
        done += 1


def profile_of(row: Row) -> dict[str, object]:
    return {
        "roles": row.roles,
        "fields": row.fields,
        "languages": [[tag, ""] for tag in row.languages],
        "summaries": {row.language: row.description},
        "original": row.language,
    }


@pytest.mark.parametrize(("size", "writes", "asked"), SIZES)
def test_totals_and_counts_are_exact_and_stay_so(
    any_app: Flask, size: int, writes: int, asked: int
) -> None:
    network = Network(size + 5 * writes)
    queries = network.queries(asked)
    rows = network.rows()
    client = any_app.test_client()
    draw = random.Random(5)
    with any_app.app_context():
        import_some(any_app, list(islice(rows, size)))
    check(client, queries)  # laid over sets that are empty
    merge(any_app)
    check(client, queries)
    for part in range(4):
        with any_app.app_context():
            write_some(any_app, rows, writes // 4, draw)
        check(client, queries)
        if part == 1:
            merge(any_app)
            check(client, queries)


def merge(app: Flask) -> None:
    with app.app_context():
        assert search.merge("partner") > 0
