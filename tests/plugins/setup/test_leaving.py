"""Leaving: nothing is lost by default, nothing is left after a purge, nothing half done in between."""

from __future__ import annotations

import importlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from peewee import PeeweeException

from plugins.operation import tables
from plugins.setup import acts
from portal import audit, db, jobs
from portal.cli import prepare
from portal.context import system_context
from portal.errors import Conflict, Invalid, Unavailable
from portal.kernel.life import Plan
from portal.kernel.models import Plugin, PluginFailure
from portal.settings import Setting
from tests.portal.test_kernel_steps import FIRST, SECOND, add_steps, plugins_of, stored
from tests.test_promises import required
from tests.throwaway import PAGES, write_pages, write_plugin

MakePortal = Callable[..., Flask]
CTX = system_context()
BLOB = """
from pathlib import Path
from portal.migrate import run_script

def up(migrator, db):
    run_script(db, Path(__file__).with_suffix(".sql"))
"""
SCRIPT = """
CREATE TABLE shop_shelf (id {serial}, body {blob});
CREATE TABLE shop_box (id {serial}, shelf_id INTEGER NOT NULL REFERENCES shop_shelf (id));
INSERT INTO shop_shelf (body) VALUES (NULL);
INSERT INTO shop_box (shelf_id) SELECT id FROM shop_shelf;
"""
HOUSE = Path(__file__).parents[3] / "plugins"


class Site:
    """A portal whose administrator installs and removes plugins."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.plugins = plugins_of(app)

    def plan(self, *wish: str) -> Plan:
        with self.app.app_context():
            return acts.plan(CTX, *wish)

    def act(self, *wish: str) -> str:
        """Act, and return where what was purged lies."""
        with self.app.app_context():
            return str(getattr(acts.act(CTX, *wish), "export", ""))

    def offered(self, plugin: str) -> list[str]:
        with self.app.app_context():
            return acts.offered(plugin)


@pytest.fixture(autouse=True)
def site_setup(plugin_folder: Path) -> None:
    """Put Site Setup and what it builds on beside the plugins of the test."""
    for name in required("setup"):
        (plugin_folder / name).symlink_to(HOUSE / name)


def write_shop(folder: Path, code: str = "", **more: Any) -> Path:
    """Write a plugin with tables of every kind, a text beside them and perhaps more code."""
    home = write_plugin(folder, "shop", PAGES.format(id="shop") + code, **more)
    add_steps(home, FIRST, SECOND, BLOB)
    (home / "migrations" / "0003_change_shop.sql").write_text(SCRIPT, encoding="utf-8")
    return home


def shop(make_portal: MakePortal, folder: Path, url: str = "", code: str = "") -> Site:
    """Return a portal in which a shop is active and has data of every kind."""
    write_shop(folder, code)
    site = Site(make_portal(url, plugins=[]))
    site.act("shop", "activate")
    fill_shop()
    return site


def fill_shop() -> None:
    with db.transaction():
        Setting.insert(scope="shop", key="colour", value="red").execute()
        jobs.enqueue(CTX, "shop.count_items")


def dump() -> dict[str, list[Any]]:
    """Return all rows of the shop, settings included."""
    names = [name for name in db.database.get_tables() if name.startswith("shop_")]
    rows = {name: sorted(db.query(f'SELECT * FROM "{name}"'), key=str) for name in names}
    return rows | {"setting": db.query("SELECT * FROM setting WHERE scope = 'shop'")}


def test_uninstalling_keeps_all_data_and_a_new_installation_goes_on_there(
    plugin_folder: Path, make_portal: MakePortal, any_url: str
) -> None:
    site = shop(make_portal, plugin_folder, any_url)
    before = dump()

    site.act("shop", "uninstall")
    assert site.plugins.statuses()["shop"].state == "uninstalled"
    site.act("shop", "activate")

    assert len(before) == 6
    assert dump() == before
    assert site.plugins.is_active("shop")


def test_what_was_uninstalled_is_not_installed_again_by_itself(
    plugin_folder: Path, make_portal: MakePortal
) -> None:
    home = write_shop(plugin_folder)
    manifest = home / "plugin.toml"
    manifest.write_text(manifest.read_text() + 'on_init = "activate"\n', encoding="utf-8")
    site = Site(make_portal(plugins=[]))
    prepare(site.plugins, CTX)
    assert site.plugins.is_active("shop")

    site.act("shop", "purge", "shop")
    prepare(site.plugins, CTX)

    assert site.plugins.statuses()["shop"].state == "uninstalled"


def test_purging_leaves_the_database_as_it_was_before(
    plugin_folder: Path, make_portal: MakePortal, any_url: str
) -> None:
    write_shop(plugin_folder)
    site = Site(make_portal(any_url, plugins=[]))
    before = stored()
    site.act("shop", "activate")
    fill_shop()
    assert stored() != before

    site.act("shop", "purge", "shop")

    assert stored() == before
    assert dump() == {"setting": []}
    assert jobs.Job.select().where(jobs.Job.plugin == "shop").count() == 0
    site.act("shop", "activate")
    assert db.query("SELECT word FROM shop_item") == [("second",)]


def test_purging_first_writes_everything_to_a_file(
    plugin_folder: Path, make_portal: MakePortal, any_url: str
) -> None:
    site = shop(make_portal, plugin_folder, any_url)
    rows = {name: list(map(list, found)) for name, found in dump().items()}

    done = site.act("shop", "purge", "shop")

    path = Path(done)
    kept = json.loads(path.read_text(encoding="utf-8"))
    assert path.stat().st_mode & 0o077 == 0
    assert kept["tables"].pop("setting, shop")["rows"] == [["shop", "colour", '"red"']]
    assert len(kept["tables"].pop("job, shop")["rows"]) == 1
    assert len(kept["tables"].pop("migration_checksum, shop")["rows"]) == 3
    assert kept["tables"]["shop_item"] == {"columns": ["id", "word"], "rows": [[1, "second"]]}
    assert {name: len(table["rows"]) for name, table in kept["tables"].items()} == {
        name: len(found) for name, found in rows.items() if name != "setting"
    }


def test_purging_takes_histories_shares_and_versions_along(
    plugin_folder: Path, make_portal: MakePortal, any_url: str
) -> None:
    write_shop(plugin_folder)
    site = Site(make_portal(any_url, plugins=[]))
    site.act("shop", "activate")
    history = (
        "INSERT INTO workflow_history (object_type, object_id, seq, transition, source_state, "
        "target_state, role, at, version) VALUES (?, 1, 1, 'a', 'b', 'c', 'd', 'e', 1)"
    )
    for name in ("shop_item", "other_item"):
        db.execute(history, (name,))
        db.execute("INSERT INTO local_role_stop (object_type, object_id) VALUES (?, 1)", (name,))

    done = site.act("shop", "purge", "shop")

    for table in ("workflow_history", "local_role_stop"):
        assert db.query(f"SELECT object_type FROM {table}") == [("other_item",)]
        assert f"{table}, shop_item" in Path(done).read_text(encoding="utf-8")
    with pytest.raises(PeeweeException, match="only ever added"), db.transaction():
        db.execute("DELETE FROM workflow_history")


@pytest.mark.usefixtures("database")
def test_every_table_of_the_core_with_rows_of_plugins_is_known_to_the_purge() -> None:
    columns = {"plugin", "scope", "namespace", "object_type", "subject_type"}
    found = {
        name
        for name in db.database.get_tables()
        if columns & {column.name for column in db.database.get_columns(name)}
    }

    assert found - {"audit_entry"} == set(tables.KEYED)


def test_purging_touches_nothing_of_others(plugin_folder: Path, make_portal: MakePortal) -> None:
    home = write_pages(plugin_folder, "shop_window")
    add_steps(home, FIRST.replace("shop_item", "shop_window_item"))
    site = shop(make_portal, plugin_folder)
    site.act("shop_window", "activate")

    site.act("shop", "purge", "shop")

    assert db.query("SELECT word FROM shop_window_item") == [("first",)]
    assert site.plugins.is_active("shop_window")


@pytest.mark.parametrize("typed", ["", "Shop", "yes"])
def test_purging_needs_the_id_typed(
    typed: str, plugin_folder: Path, make_portal: MakePortal
) -> None:
    site = shop(make_portal, plugin_folder)
    before = dump()

    with pytest.raises(Invalid, match="Type shop") as caught:
        site.act("shop", "purge", typed)

    assert caught.value.field == "confirmation"
    assert dump() == before


@pytest.mark.parametrize("error", ["RuntimeError('not now')", "SystemExit(1)"])
def test_a_plugin_that_raises_while_it_is_purged_stays_whole(
    error: str, plugin_folder: Path, make_portal: MakePortal, tmp_path: Path
) -> None:
    code = f"\n@hookimpl\ndef plugin_purged(ctx, plugin):\n    raise {error}\n"
    site = shop(make_portal, plugin_folder, code=code)
    before = dump()

    with pytest.raises(Unavailable, match="shop"):
        site.act("shop", "purge", "shop")

    assert dump() == before
    assert site.plugins.is_active("shop")
    assert list((tmp_path / "exports").iterdir()) == []


def test_plugins_hear_of_a_purge_inside_its_transaction(
    plugin_folder: Path, make_portal: MakePortal
) -> None:
    code = """
@hookimpl
def plugin_purged(ctx, plugin):
    from portal import db
    db.execute("INSERT INTO setting (scope, key, value) VALUES ('heard', ?, ?)",
               ("{id}" + plugin, str(len(db.query("SELECT * FROM shop_item")))))
"""
    write_plugin(plugin_folder, "ear", PAGES.format(id="ear") + code.replace("{id}", "ear "))
    write_plugin(plugin_folder, "deaf", PAGES.format(id="deaf") + code.replace("{id}", "deaf "))
    site = shop(make_portal, plugin_folder, code=code.replace("{id}", "own "))
    site.act("ear", "activate")
    site.act("shop", "deactivate")

    site.act("shop", "purge", "shop")

    heard = db.query("SELECT key, value FROM setting WHERE scope = 'heard' ORDER BY key")
    assert heard == [("ear shop", "1"), ("own shop", "1")]


def test_what_others_built_on_it_goes_first(plugin_folder: Path, make_portal: MakePortal) -> None:
    home = write_pages(plugin_folder, "annex", manifest='requires = ["shop"]')
    add_steps(home, FIRST.replace("shop_item", "annex_item"))
    site = shop(make_portal, plugin_folder)
    site.act("annex", "activate")
    site.act("annex", "uninstall")

    with pytest.raises(Conflict, match="Purge annex first"):
        site.act("shop", "purge", "shop")

    site.act("annex", "purge", "annex")
    site.act("shop", "purge", "shop")
    assert site.plugins.statuses()["shop"].state == "uninstalled"


def test_a_plan_changes_nothing_and_names_tables_roles_and_personal_data(
    plugin_folder: Path, make_portal: MakePortal
) -> None:
    manifest = """
[[permissions]]
name = "sell"
title = "Sell things"
[[roles]]
name = "Seller"
title = "Seller"
[[personal_data]]
table = "shop_item"
column = "word"
purpose = "to know who sold"
retention = "a year"
subject = "word"
erase = "blank"
"""
    write_shop(plugin_folder, manifest=manifest)
    site = Site(make_portal(plugins=["setup"]))
    before = stored()

    plan = site.plan("shop", "install")

    assert plan.refusals == ()
    said = " ".join(plan.steps)
    for word in ("shop/0001", "shop/0003", "Sell things", "Seller", "shop_item", "a year"):
        assert word in said
    assert stored() == before
    assert site.plugins.statuses()["shop"].state == "discovered"


def test_plans_outside_of_an_app_cost_site_setup_no_failure(
    plugin_folder: Path, make_portal: MakePortal
) -> None:
    write_shop(plugin_folder)
    plugins = plugins_of(make_portal(plugins=["setup"]))

    plan = plugins.plan(CTX, "shop", "activate")

    assert plan.steps[-1] == "Its pages, menu entries and commands appear at once."
    assert PluginFailure.select().count() == 0


def test_a_plan_counts_rows(plugin_folder: Path, make_portal: MakePortal) -> None:
    site = shop(make_portal, plugin_folder)

    with site.app.app_context():
        tables = acts.tables_of("shop")

    assert {table.name: table.rows for table in tables} == {
        "shop_item": 1,
        "shop_order": 1,
        "shop_shelf": 1,
        "shop_box": 1,
    }


IMPOSSIBLE = [
    ("discovered", ["deactivate", "uninstall", "purge", "forget", "resume", "upgrade"]),
    ("installed", ["install", "resume", "forget"]),
    ("active", ["resume", "forget"]),
    ("uninstalled", ["deactivate", "resume", "upgrade", "forget"]),
]


@pytest.mark.parametrize(("state", "impossible"), IMPOSSIBLE)
def test_acts_that_lead_nowhere_are_neither_offered_nor_done(
    state: str, impossible: list[str], plugin_folder: Path, make_portal: MakePortal
) -> None:
    write_shop(plugin_folder)
    site = Site(make_portal(plugins=[]))
    way = {
        "installed": ["install"],
        "active": ["activate"],
        "uninstalled": ["install", "uninstall"],
    }
    for act in way.get(state, []):
        site.act("shop", act)

    for act in impossible:
        assert act not in site.offered("shop")
        if not site.plan("shop", act).is_idle:
            with pytest.raises(Conflict):
                site.act("shop", act, "shop")
    for act in site.offered("shop"):
        assert site.plan("shop", act).refusals == ()
    assert site.plugins.statuses()["shop"].state == state


def test_data_of_missing_code_is_kept_until_it_is_forgotten(
    plugin_folder: Path, make_portal: MakePortal
) -> None:
    shop(make_portal, plugin_folder)
    before = dump()
    shutil.rmtree(plugin_folder / "shop")
    site = Site(make_portal(plugins=[]))
    site.plugins.refresh()
    assert site.plugins.statuses()["shop"].state == "missing"
    assert dump() == before

    assert "forget" in site.offered("shop")
    done = site.act("shop", "forget", "shop")

    assert "second" in Path(done).read_text(encoding="utf-8")
    assert dump() == {"setting": []}
    assert "shop" not in site.plugins.statuses()
    assert Plugin.get_or_none(Plugin.id == "shop") is None


def test_what_safe_mode_leaves_out_is_not_forgotten(
    plugin_folder: Path, make_portal: MakePortal
) -> None:
    guests = plugin_folder.parent / "guests"
    write_pages(guests, "guest")
    make_portal(folders=[guests])
    importlib.import_module("plugins").__path__[:] = [str(plugin_folder)]

    site = Site(make_portal(plugins=[], safe_mode=True))
    site.plugins.refresh()

    assert "forget" not in site.offered("guest")
    with pytest.raises(Conflict, match="Its code is here"):
        site.act("guest", "forget", "guest")


def test_acts_are_written_into_the_audit(plugin_folder: Path, make_portal: MakePortal) -> None:
    site = shop(make_portal, plugin_folder)

    site.act("shop", "purge", "shop")

    actions = [entry.action for entry in audit.AuditEntry.select()]
    assert "plugin.switched" in actions
    assert "plugin.purged" in actions
