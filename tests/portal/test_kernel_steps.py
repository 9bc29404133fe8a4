"""Migration steps: before or after, never between; one process at a time; killed and taken up again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from portal import db, migrate
from portal.context import system_context
from portal.errors import ConfigError, Conflict
from portal.kernel.life import Plugins
from portal.kernel.manifest import required_id
from portal.kernel.models import Plugin
from tests.throwaway import write_pages

ROOT = Path(__file__).parent.parent.parent
CTX = system_context()

FIRST = """
def up(migrator, db):
    db.execute_sql("CREATE TABLE shop_item (id INTEGER PRIMARY KEY, word TEXT)")
    db.execute_sql("CREATE INDEX shop_item_word ON shop_item (word)")
    db.execute_sql("INSERT INTO shop_item (id, word) VALUES (1, 'first')")
"""
SECOND = """
def up(migrator, db):
    db.execute_sql("CREATE TABLE shop_order (id INTEGER PRIMARY KEY, item_id INTEGER)")
    db.execute_sql("INSERT INTO shop_order (id, item_id) VALUES (1, 1)")
    db.execute_sql("UPDATE shop_item SET word = 'second' WHERE id = 1")
"""
RAISES = SECOND + "    raise {error}\n"
THIRD = """
def up(migrator, db):
    db.execute_sql("UPDATE shop_item SET word = 'third'")
    raise ValueError("no")
"""


def write_shop(folder: Path, *steps: str) -> Path:
    home = write_pages(folder, "shop")
    add_steps(home, *steps)
    return home


def add_steps(home: Path, *steps: str, start: int = 1) -> None:
    (home / "migrations").mkdir(exist_ok=True)
    for number, code in enumerate(steps, start):
        (home / "migrations" / f"{number:04}_change_shop.py").write_text(code, encoding="utf-8")


def plugins_of(app: Flask) -> Plugins:
    found: Plugins = app.extensions["portal"].registry
    return found


def stored() -> list[Any]:
    """Return schema, ledgers and rows; tables that only remember steps count once they do."""
    ledgers = [name for name in db.database.get_tables() if name.endswith("_migration")]
    if db.is_postgres():
        schema = db.query(
            "SELECT table_name, column_name, data_type, is_nullable, column_default "
            "FROM information_schema.columns WHERE table_schema = 'public'"
        ) + db.query("SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'")
        own = [row for row in schema if not str(row[0]).startswith((*ledgers, "migration_ch"))]
    else:
        schema = db.query("SELECT name, tbl_name, sql FROM sqlite_master")
        own = [row for row in schema if row[1] not in {*ledgers, "migration_checksum"}]
    rows: list[Any] = [db.query(f'SELECT name FROM "{name}" ORDER BY name') for name in ledgers]
    tables = db.database.get_tables()
    if "migration_checksum" in tables:
        rows.append(sorted(db.query("SELECT namespace, name FROM migration_checksum")))
    for name in ("shop_item", "shop_order"):
        if name in tables:
            rows.append(sorted(db.query(f'SELECT * FROM "{name}"')))
    return [sorted(own, key=str), *[row for row in rows if row]]


@contextmanager
def fault_at(number: int) -> Iterator[list[str]]:
    """Let the statement with that number fail; yields those that were run."""
    opened = db.database.obj
    real, seen = opened.execute_sql, list[str]()

    def execute(sql: str, *arguments: Any, **more: Any) -> Any:
        seen.append(sql)
        if len(seen) == number:
            raise RuntimeError(f"fault before {sql[:60]}")
        return real(sql, *arguments, **more)

    opened.execute_sql = execute
    try:
        yield seen
    finally:
        del opened.execute_sql


def boundaries(spaces: list[migrate.Namespace], url: str) -> list[Any]:
    """Return what is stored before the first step and after each one."""
    db.open_database(url)
    db.database.connect()
    found = [stored()]
    folders = {space: sorted(space.folder.glob("[0-9]*.py")) for space in spaces}
    real = migrate._run_step

    def run_and_look(*arguments: Any) -> None:
        real(*arguments)
        found.append(stored())

    migrate._run_step = run_and_look
    try:
        migrate.run(spaces, backup=False)
    finally:
        migrate._run_step = real
    assert len(found) == 1 + sum(map(len, folders.values()))
    db.database.close()
    return found


def fail_everywhere(runs: list[list[migrate.Namespace]], url: str, wanted: list[Any]) -> int:
    """Let each statement of each run fail once, in their order; return how many did."""
    db.open_database(url)
    db.database.connect()
    at, faults = 0, 0
    for spaces in runs:
        number = 1
        while True:
            try:
                with fault_at(number):
                    migrate.run(spaces, backup=False)
                break
            except RuntimeError:
                faults += 1
                now = stored()
                assert now in wanted[at:], f"between two steps, after fault {number}"
                reached = wanted.index(now, at)
                number = number + 1 if reached == at else 1
                at = reached
        at = wanted.index(stored(), at)
    assert stored() == wanted[-1]
    return faults


def all_spaces() -> list[migrate.Namespace]:
    manifests = {
        path.parent.name: tomllib.loads(path.read_text(encoding="utf-8"))
        for path in sorted((ROOT / "plugins").glob("*/plugin.toml"))
    }
    required = {
        name: [required_id(entry) for entry in manifest.get("requires", [])]
        for name, manifest in manifests.items()
    }
    folders = [ROOT / "plugins" / name / "migrations" for name in ordered(required)]
    return [
        migrate.CORE_NAMESPACE,
        *(migrate.Namespace(path.parent.name, path) for path in folders if path.exists()),
    ]


def ordered(required: dict[str, list[str]]) -> Iterator[str]:
    """Yield plugins after those that they require."""
    return TopologicalSorter(required).static_order()


@pytest.mark.parametrize("at_once", [False, pytest.param(True, marks=pytest.mark.full)])
def test_a_fault_before_any_statement_of_any_step_leaves_before_or_after(
    at_once: bool, tmp_path: Path
) -> None:
    spaces = all_spaces()
    runs = [spaces] if at_once else [[space] for space in spaces]
    wanted = boundaries(spaces, f"sqlite:///{tmp_path / 'whole.db'}")

    faults = fail_everywhere(runs, f"sqlite:///{tmp_path / 'faulty.db'}", wanted)

    assert faults > 100
    db.database.close()


@pytest.mark.full
def test_a_fault_on_postgresql_leaves_before_or_after(postgres_server: Any) -> None:
    for name in ("steps_whole", "steps_faulty"):
        postgres_server.psql(f"CREATE DATABASE {name};")
    spaces = all_spaces()
    wanted = boundaries(spaces, postgres_server.get_uri(database="steps_whole"))

    faults = fail_everywhere([spaces], postgres_server.get_uri(database="steps_faulty"), wanted)

    assert faults > 100
    db.database.close()


def test_a_step_between_which_the_ledger_is_forgotten_is_found_out(tmp_path: Path) -> None:
    """The proof above can fail: a step that commits half-way is seen."""
    folder = tmp_path / "steps"
    folder.mkdir()
    half = (
        FIRST
        + "    db.commit()\n    db.begin()\n    db.execute_sql('UPDATE shop_item SET word = 1')\n"
    )
    (folder / "0001_create.py").write_text(half, encoding="utf-8")
    space = [migrate.Namespace("shop", folder)]
    (folder / "0001_create.py").write_text(FIRST, encoding="utf-8")
    wanted = boundaries(space, f"sqlite:///{tmp_path / 'whole.db'}")
    (folder / "0001_create.py").write_text(half, encoding="utf-8")

    with pytest.raises(AssertionError, match="between two steps"):
        fail_everywhere([space], f"sqlite:///{tmp_path / 'faulty.db'}", wanted)
    db.database.close()


@pytest.mark.usefixtures("database")
def test_steps_never_run_inside_a_transaction(tmp_path: Path) -> None:
    (tmp_path / "0001_create_shop.py").write_text(FIRST, encoding="utf-8")
    shop = migrate.Namespace("shop", tmp_path)
    with db.transaction():
        assert migrate.run([migrate.CORE_NAMESPACE]) == []  # nothing is pending, nothing runs
        with pytest.raises(ConfigError, match="inside a transaction"):
            migrate.run([shop])
    assert "shop_item" not in db.database.get_tables()


# What a plugin's fault leaves behind.


@pytest.mark.parametrize("error", ["ValueError('no')", "SystemExit(1)"])
def test_a_first_installation_that_fails_leaves_nothing(
    error: str, plugin_folder: Path, make_portal: Callable[..., Flask], any_url: str
) -> None:
    write_shop(plugin_folder, FIRST, RAISES.format(error=error))
    plugins = plugins_of(make_portal(any_url, plugins=[]))
    before = stored()

    with pytest.raises(Conflict, match=r"0002_change_shop.py:6: \w+"):
        plugins.act(CTX, "shop", "activate")

    assert stored() == before
    assert Plugin.get_or_none(Plugin.id == "shop") is None
    assert plugins.statuses()["shop"].state == "discovered"


def test_an_upgrade_that_fails_keeps_the_steps_before_and_says_why(
    plugin_folder: Path, make_portal: Callable[..., Flask], any_url: str
) -> None:
    home = write_shop(plugin_folder, FIRST)
    make_portal(any_url)
    add_steps(home, SECOND, THIRD, start=2)
    app = make_portal(any_url, plugins=[])
    plugins = plugins_of(app)

    with pytest.raises(Conflict, match=r"0003_change_shop.py"):
        plugins.act(CTX, "shop", "upgrade")

    status = plugins.statuses()["shop"]
    assert status.state == "needs_upgrade"
    assert "0003_change_shop.py:4: ValueError: no" in status.reason
    assert Plugin.get_by_id("shop").schema == 2
    assert db.query("SELECT word FROM shop_item") == [("second",)]
    assert app.test_client().get("/shop").status_code == 503
    assert app.test_client().get("/").status_code == 200


def test_an_upgrade_goes_on_where_it_stopped(
    plugin_folder: Path, make_portal: Callable[..., Flask]
) -> None:
    home = write_shop(plugin_folder, FIRST)
    make_portal()
    add_steps(home, SECOND, THIRD, start=2)
    plugins = plugins_of(make_portal(plugins=[]))
    with pytest.raises(Conflict):
        plugins.act(CTX, "shop", "upgrade")

    add_steps(home, "def up(migrator, db):\n    pass\n", start=3)
    plugins = plugins_of(make_portal(plugins=[]))
    plan = plugins.plan(CTX, "shop", "upgrade")
    plugins.act(CTX, "shop", "upgrade")

    assert [text for text in plan.steps if "Step" in text] == [
        "Step shop/0003_change_shop runs, in a transaction of its own."
    ]
    assert plugins.is_active("shop")


def test_code_older_than_its_tables_is_held_back(
    plugin_folder: Path, make_portal: Callable[..., Flask]
) -> None:
    home = write_shop(plugin_folder, FIRST, SECOND)
    make_portal()
    (home / "migrations" / "0002_change_shop.py").unlink()
    app = make_portal(plugins=[])

    assert app.test_client().get("/shop").status_code == 503
    with pytest.raises(Conflict, match="newer than its code"):
        plugins_of(app).act(CTX, "shop", "upgrade")


# Real processes.


def portal(instance: Path, *arguments: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PORTAL_INSTANCE": str(instance)}
    return subprocess.Popen(
        [sys.executable, "-m", "portal", *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_of_two_processes_one_upgrades_and_one_waits(tmp_path: Path) -> None:
    both = [portal(tmp_path, "db", "upgrade") for _process in range(2)]
    said = [process.communicate(timeout=120)[0] for process in both]

    assert [process.returncode for process in both] == [0, 0], said
    steps = [line for text in said for line in text.splitlines() if "/0" in line]
    assert len(steps) == len(set(steps)) > 5


@pytest.mark.full
@pytest.mark.parametrize("pause", [0.6, 0.8, 1.0, 1.2, 1.5, 1.8])
def test_an_upgrade_that_was_killed_is_taken_up_again(pause: float, tmp_path: Path) -> None:
    whole = portal(tmp_path / "whole", "db", "upgrade")
    assert whole.wait(120) == 0
    killed = portal(tmp_path / "killed", "db", "upgrade")
    time.sleep(pause)
    killed.send_signal(signal.SIGKILL)
    killed.wait()

    again = portal(tmp_path / "killed", "db", "upgrade")
    assert again.wait(120) == 0

    found = []
    for name in ("whole", "killed"):
        db.open_database(f"sqlite:///{tmp_path / name / 'portal.db'}")
        db.database.connect()
        found.append(stored())
        db.database.close()
    assert found[0] == found[1]
