"""The demonstration set: real organisations with sourced facts only, made-up ones marked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask

from plugins.partners import demo
from portal import db
from portal.app import create_app
from portal.clock import FixedClock
from portal.config import Config
from tests.conftest import prepare
from tests.factories import clocked
from tests.plugins.partners.conftest import found

pytestmark = pytest.mark.xdist_group("demo")  # loaded once, not in each worker

TABLES = (
    "organisation",
    "organisation_fact",
    "organisation_identifier",
    "organisation_name",
    "partners_profile",
    "partners_commitment",
    "projects_project",
    "projects_participation",
    "search_document",
    "source",
)
CONCEALED = ("draft", "pending")
"""The states of those made-up organisations that are not published."""


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """A portal with the demonstration set, loaded once for all of these tests."""
    folder: Path = tmp_path_factory.mktemp("demo")
    app = create_app(
        Config(instance=str(folder), testing=True),
        [],
        FixedClock(datetime(2026, 11, 20, 12, tzinfo=UTC)),
    )
    prepare(app.extensions["portal"].registry, ["imports", "search", "partners", "projects"])
    with app.app_context():
        demo.load(clocked(app))
    yield app
    db.database.close()


def count(sql: str) -> int:
    return int(db.query(f"SELECT count(*) FROM {sql}")[0][0])


def contents() -> list[int]:
    return [count(table) for table in TABLES]


def test_both_kinds_are_there(shown: Flask) -> None:
    assert count("organisation WHERE is_fictional") >= 40
    assert count("organisation WHERE NOT is_fictional") >= 200


@pytest.mark.parametrize("table", ["partners_profile", "partners_commitment"])
def test_real_organisations_say_nothing_of_themselves(shown: Flask, table: str) -> None:
    real = f"{table} t JOIN organisation o ON o.id = t.organisation_id WHERE NOT o.is_fictional"
    assert count(real) == 0


def test_real_organisations_are_unclaimed(shown: Flask) -> None:
    assert count("organisation WHERE NOT is_fictional AND state <> 'unclaimed'") == 0


def test_every_real_organisation_has_a_sourced_fact(shown: Flask) -> None:
    bare = (
        "organisation o WHERE NOT o.is_fictional AND NOT EXISTS "
        "(SELECT 1 FROM organisation_fact f WHERE f.organisation_id = o.id)"
    )
    assert count(bare) == 0


def test_every_source_has_a_title_and_a_licence(shown: Flask) -> None:
    assert count("source") > 0
    assert count("source WHERE title = '' OR licence = ''") == 0


@pytest.mark.parametrize(
    "table", ["organisation_fact", "organisation_identifier", "projects_participation"]
)
def test_made_up_organisations_have_no_facts(shown: Flask, table: str) -> None:
    made_up = f"{table} t JOIN organisation o ON o.id = t.organisation_id WHERE o.is_fictional"
    assert count(made_up) == 0


def test_every_published_organisation_can_be_found(shown: Flask) -> None:
    body = shown.test_client().get("/api/v1/partners?page_size=1").json
    assert body["total"] == count("organisation") - len(CONCEALED)


def test_made_up_results_are_marked_real_ones_are_not(shown: Flask) -> None:
    made_up = {row[0] for row in db.query("SELECT id FROM organisation WHERE is_fictional")}
    client = shown.test_client()
    items = [
        item
        for page in range(1, 5)
        for item in client.get(f"/api/v1/partners?page_size=100&page={page}").json["items"]
    ]
    marked = {item["id"] for item in items if item["demonstration"]}
    assert marked < made_up
    assert len(made_up - marked) == len(CONCEALED)


def test_every_profile_opens(shown: Flask) -> None:
    client = shown.test_client()
    rows = db.query(
        "SELECT o.slug, o.is_fictional FROM organisation o LEFT JOIN partners_publication b "
        "ON b.organisation_id = o.id WHERE COALESCE(b.state, 'published') = 'published' "
        "ORDER BY o.is_fictional DESC, o.id"
    )
    for slug, is_fictional in rows[:60]:
        page = client.get(f"/partners/{slug}")
        assert page.status_code == 200
        assert ("this organisation and its texts are made up." in page.text) == bool(is_fictional)


def test_reviewers_have_something_to_do(shown: Flask) -> None:
    waiting = db.query("SELECT object_type FROM review_task ORDER BY object_type")
    assert [kind for (kind,) in waiting] == ["partners_change", "partners_profile"]
    states = db.query("SELECT state FROM partners_publication WHERE state <> 'published'")
    assert sorted(state for (state,) in states) == list(CONCEALED)


def test_inferred_country_is_marked(shown: Flask) -> None:
    assert count("organisation_fact WHERE name = 'country_inferred'") > 0


def test_home_shows_the_consortia(shown: Flask) -> None:
    page = shown.test_client().get("/").text
    assert page.count("/partners?q=%22") >= 8


def test_consortium_on_home_finds_its_members(shown: Flask) -> None:
    acronym, members = db.query(
        "SELECT p.acronym, count(DISTINCT a.organisation_id) FROM projects_project p "
        "JOIN projects_participation a ON a.project_id = p.id WHERE p.acronym <> '' "
        "GROUP BY p.acronym ORDER BY p.acronym LIMIT 1"
    )[0]
    names = found(shown.test_client(), q=f'"{acronym}"', page_size=100)
    assert len(names) == members


def test_loading_again_changes_nothing(shown: Flask) -> None:
    before = contents()
    with shown.app_context():
        demo.load(clocked(shown))
    assert contents() == before
