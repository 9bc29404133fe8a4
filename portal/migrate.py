"""Migrations of the core and of each plugin: numbered steps in order, once, under a lock.

Each namespace ("portal" or a plugin's id) has its own folder and history table. A step that was
changed after it ran is refused; SQLite files are copied before anything runs. Steps never run
inside an outer transaction: a table rebuild there would cascade deletes.
"""

from __future__ import annotations

import fcntl
import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

from peewee import Database, SqliteDatabase
from playhouse.migrations import Migration, Runner

from portal import db
from portal.errors import ConfigError, Conflict
from portal.i18n import _

CORE = "portal"
CORE_FOLDER = Path(__file__).parent / "migrations"
LOCK_NUMBER = 7_368_211
PATIENCE_SECONDS = 3600.0
TYPES = {
    "binary": ("TEXT", 'TEXT COLLATE "C"'),
    "serial": ("INTEGER PRIMARY KEY", "SERIAL PRIMARY KEY"),
    "boolean": ("INTEGER", "BOOLEAN"),
    "blob": ("BLOB", "BYTEA"),
}
"""What {binary} and such mean in the SQL of a step: on SQLite, on PostgreSQL."""


@dataclass(frozen=True)
class Namespace:
    """A folder of numbered steps with a history of its own."""

    name: str
    folder: Path

    @property
    def history(self) -> str:
        """Name of the table that remembers which steps ran."""
        return f"{self.name}_migration"


@dataclass(frozen=True)
class Step:
    """One step that is still to run."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


CORE_NAMESPACE = Namespace(CORE, CORE_FOLDER)
_held: ContextVar[bool] = ContextVar("migrating", default=False)


def plan(namespaces: Sequence[Namespace]) -> list[Step]:
    """Return the steps that have not run, in the order in which they would."""
    return [Step(space.name, step.name) for space in namespaces for step in _pending(space)]


def run(
    namespaces: Sequence[Namespace],
    backup: bool = True,
    on_step: Callable[[Namespace, int], None] = lambda _space, _number: None,
) -> list[Step]:
    """Run what is pending, one transaction a step; return what ran.

    `on_step` is called inside the transaction of each step, with its number. Raises ConfigError
    when a step that already ran was changed since, and whatever a step raises: those before it
    are kept, nothing of its own is.
    """
    if db.database.in_transaction():
        if not plan(namespaces):
            return []  # an act in the browser, where all writes are one transaction
        raise ConfigError("Migrations can't run inside a transaction: commit first.")
    with exclusive():
        _ensure_ledger()
        steps = plan(namespaces)
        for space in namespaces:
            _refuse_changed(space)
        if steps and backup:
            _copy_sqlite()
        for space in namespaces:
            for migration in _pending(space):
                _run_step(space, migration, on_step)
    return steps


def _run_step(
    space: Namespace, migration: Migration, on_step: Callable[[Namespace, int], None]
) -> None:
    """Run a step with all that remembers it in one transaction: before or after, never between."""
    runner = _runner(space)
    module = migration.load()
    runner.History.create_table()
    # Not atomic by itself: on SQLite that would begin without the write lock.
    with runner.migrator.migration_context(atomic=False), db.transaction():
        module.up(runner.migrator, db.database.obj)
        runner.History.create(name=migration.name)
        db.execute(
            "INSERT INTO migration_checksum (namespace, name, checksum) VALUES (?, ?, ?)",
            (space.name, migration.name, _checksum(migration)),
        )
        on_step(space, migration.idx)


def run_script(opened: Database, path: Path) -> None:
    """Run the SQL of a step; its statements end a line with `;`, types stand as in TYPES."""
    script = path.read_text(encoding="utf-8")
    for name, meanings in TYPES.items():
        script = script.replace(f"{{{name}}}", meanings[not isinstance(opened, SqliteDatabase)])
    for statement in script.split(";\n"):
        if statement.strip():
            opened.execute_sql(statement)


def refuse(opened: Database, table: str, *acts: str, when: str = "") -> None:
    """Make a table refuse UPDATE, DELETE or INSERT by triggers; `when` (OLD., NEW.) narrows it.

    For tables that are written once. Somebody who owns the database can drop triggers: they stop
    mistakes, they prove nothing.
    """
    if isinstance(opened, SqliteDatabase):
        does = f"BEGIN SELECT RAISE(ABORT, '{table} keeps what was written'); END"
    else:
        opened.execute_sql(
            "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION '%% keeps what was written', TG_TABLE_NAME; END $$"
        )
        does = "EXECUTE FUNCTION refuse_change()"
    for act in acts:
        opened.execute_sql(
            f"CREATE TRIGGER {table}_{act.lower()} BEFORE {act} ON {table} "
            f"FOR EACH ROW {f'WHEN ({when})' if when else ''} {does}"
        )


def head(space: Namespace) -> int:
    """Return the number of the newest step in a folder; 0 when there is none."""
    return max((step.idx for step in Migration.load_directory(str(space.folder))), default=0)


def reached(space: Namespace) -> int:
    """Return the number of the newest step that ran; 0 when none did."""
    return max((int(name.split("_")[0]) for name in _runner(space).applied()), default=0)


def drop_tables(names: Iterable[str]) -> None:
    """Take away tables that refer to no others but these. Call it inside a transaction."""
    if not db.is_postgres():
        db.execute("PRAGMA defer_foreign_keys = ON")
    for name in names:
        db.execute(f'DROP TABLE "{name}"{" CASCADE" if db.is_postgres() else ""}')


def _runner(space: Namespace) -> Runner:
    return Runner(db.database.obj, str(space.folder), table_name=space.history)


def _pending(space: Namespace) -> list[Migration]:
    return [item for item in _runner(space).status() if item.path is not None and not item.applied]


def _checksum(migration: Migration) -> str:
    """Return the mark of a step with the SQL that lies beside it."""
    path = Path(migration.path)
    files = [path, path.with_suffix(".sql")]
    return hashlib.sha256(b"".join(f.read_bytes() for f in files if f.exists())).hexdigest()


def _ensure_ledger() -> None:
    db.execute(
        "CREATE TABLE IF NOT EXISTS migration_checksum (namespace TEXT NOT NULL, "
        "name TEXT NOT NULL, checksum TEXT NOT NULL, PRIMARY KEY (namespace, name))"
    )


def _refuse_changed(space: Namespace) -> None:
    sql = "SELECT name, checksum FROM migration_checksum WHERE namespace = ?"
    known = dict(db.query(sql, (space.name,)))
    for migration in Migration.load_directory(str(space.folder)):
        if known.get(migration.name, _checksum(migration)) != _checksum(migration):
            raise ConfigError(
                f"Migration {space.name}/{migration.name} was changed after it ran. "
                "Restore the file and add a new step instead."
            )


@contextmanager
def exclusive(patience: float = PATIENCE_SECONDS) -> Iterator[None]:
    """Let one process at a time change tables or plugins; others wait.

    `patience` in seconds; may be nested. Raises Conflict when it took too long.
    """
    if _held.get():
        yield
        return
    mark = _held.set(True)
    try:
        with (_file_lock if isinstance(db.database.obj, SqliteDatabase) else _session_lock)(
            time.monotonic() + patience
        ):
            yield
    finally:
        _held.reset(mark)


@contextmanager
def _file_lock(deadline: float) -> Iterator[None]:
    with Path(f"{db.database.obj.database}.migrate-lock").open("w") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                _wait(deadline)
        yield


@contextmanager
def _session_lock(deadline: float) -> Iterator[None]:
    while not db.query("SELECT pg_try_advisory_lock(?)", (LOCK_NUMBER,))[0][0]:
        _wait(deadline)
    try:
        yield
    finally:
        db.query("SELECT pg_advisory_unlock(?)", (LOCK_NUMBER,))


def _wait(deadline: float) -> None:
    if time.monotonic() > deadline:
        raise Conflict(_("Somebody else is changing tables or add-ons just now. Try again later."))
    time.sleep(0.1)


def _copy_sqlite() -> None:
    """Keep the file as it was before the steps; nothing to do for an empty or foreign database."""
    base = db.database.obj
    if isinstance(base, SqliteDatabase) and "account" in base.get_tables():
        target = Path(f"{base.database}.before-migration")
        target.unlink(missing_ok=True)
        db.execute("VACUUM INTO ?", (str(target),))
