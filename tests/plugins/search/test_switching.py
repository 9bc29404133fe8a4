"""The engine as a plugin: its tables, its upkeep, and what happens to those that build on it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask

from plugins import search as engine
from plugins.search import merging
from plugins.search.interface import Document, Index, Query, merge_if_due, put
from portal import db, migrate
from portal.cli import prepare
from portal.context import Context, system_context
from portal.kernel.life import Plugins
from portal.kernel.models import Plugin
from portal.kernel.registry import Registry

FOLDER = Path(engine.__path__[0])
TABLES = {"search_document", "search_word", "search_facet", "search_state"}
OWN_STEPS = migrate.Namespace("search", FOLDER / "migrations")


def store(number: int = 1, name: str = "Weaver") -> None:
    put([Document("kind", number, name, {}, created_at=datetime(2026, 1, 1, tzinfo=UTC))])


def columns() -> dict[str, set[str]]:
    return {table: {c.name for c in db.database.get_columns(table)} for table in TABLES}


def test_its_own_step_leaves_the_tables_of_the_core_alone(any_database: None) -> None:
    store()

    migrate.run([OWN_STEPS], backup=False)

    assert db.query("SELECT object_id FROM search_document") == [(1,)]


def test_its_own_step_makes_the_same_tables_again(any_database: None) -> None:
    before = columns()
    for table in TABLES:
        db.execute(f"DROP TABLE {table}")

    migrate.run([OWN_STEPS], backup=False)

    assert columns() == before
    store()
    found = Index("kind")
    found.refresh(1)
    assert found.search(Query("weaver")).object_ids == [1]


def test_upkeep_merges_each_kind_that_is_due(
    app: Flask, ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(1)
    store(2)
    monkeypatch.setattr(merging, "merge_if_due", lambda kind: merge_if_due(kind, threshold=2))

    app.extensions["portal"].registry.hooks.call("upkeep_run", ctx)

    assert db.query("SELECT word, documents FROM search_word WHERE kind = 'kind'") == [
        ("weaver", 2)
    ]


def test_an_upgraded_portal_gets_it_and_keeps_those_that_build_on_it(
    make_portal: Callable[..., Flask],
) -> None:
    app = make_portal()
    registry: Plugins = app.extensions["portal"].registry
    Plugin.delete().where(Plugin.id == "search").execute()  # as before it was a plugin
    db.execute("DROP TABLE search_migration")
    db.execute("DELETE FROM migration_checksum WHERE namespace = 'search'")
    db.execute("UPDATE heartbeat SET plugin_generation = plugin_generation + 1")
    registry.follow(db.query("SELECT plugin_generation FROM heartbeat")[0][0])
    before = {status.id: status.state for status in registry.statuses().values()}

    done, failed = prepare(registry, system_context())

    assert before["search"] == "discovered"
    assert before["partners"] == "active"
    assert (done, failed) == (["search/0001_create_search"], [])
    assert {status.state for status in registry.statuses().values()} == {"active"}
    assert app.test_client().get("/partners").status_code == 200


def test_without_it_those_that_build_on_it_say_why(plugin_folder: Path) -> None:
    (plugin_folder / "partners").symlink_to(FOLDER.parent / "partners")
    registry = Registry()

    registry.load()

    assert registry.failures == {
        "partners": ("incompatible", "Needs the plugin search, which is not there.")
    }
