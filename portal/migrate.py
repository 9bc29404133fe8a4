"""Migrations of the core and of each plugin: numbered steps in order, once, under a lock.

Each namespace ("portal" or a plugin's id) has its own folder and history table. A step that was
changed after it ran is refused; SQLite files are copied before anything runs. Steps never run
inside an outer transaction: a table rebuild there would cascade deletes.
"""

from __future__ import annotations

import fcntl
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from peewee import Database, SqliteDatabase
from playhouse.migrations import Migration, Runner

from portal import db
from portal.errors import ConfigError

CORE = "portal"
CORE_FOLDER = Path(__file__).parent / "migrations"
LOCK_NUMBER = 7_368_211
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


CORE_NAMESPACE = Namespace(CORE, CORE_FOLDER)


def plan(namespaces: Sequence[Namespace]) -> list[Step]:
    """Return the steps that have not run, in the order in which they would."""
    return [
        Step(space.name, migration.name) for space in namespaces for migration in _pending(space)
    ]


def run(namespaces: Sequence[Namespace], backup: bool = True) -> list[Step]:
    """Run what is pending, one transaction a step; return what ran.

    Raises ConfigError when a step that already ran was changed since.
    """
    if db.database.in_transaction():
        raise ConfigError("Migrations can't run inside a transaction: commit first.")
    with _exclusive():
        _ensure_ledger()
        steps = plan(namespaces)
        for space in namespaces:
            _refuse_changed(space)
        if steps and backup:
            _copy_sqlite()
        for space in namespaces:
            for migration in _pending(space):
                Runner(db.database.obj, str(space.folder), table_name=space.history).up(
                    migration.name
                )
                _remember(space, migration)
    return steps


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
    return max(
        (migration.idx for migration in Migration.load_directory(str(space.folder))), default=0
    )


def reached(space: Namespace) -> int:
    """Return the number of the newest step that ran; 0 when none did."""
    runner = Runner(db.database.obj, str(space.folder), table_name=space.history)
    return max((int(name.split("_")[0]) for name in runner.applied()), default=0)


def _pending(space: Namespace) -> list[Migration]:
    runner = Runner(db.database.obj, str(space.folder), table_name=space.history)
    return [item for item in runner.status() if item.path is not None and not item.applied]


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


def _remember(space: Namespace, migration: Migration) -> None:
    with db.transaction():
        db.execute(
            "INSERT INTO migration_checksum (namespace, name, checksum) VALUES (?, ?, ?)",
            (space.name, migration.name, _checksum(migration)),
        )


def _refuse_changed(space: Namespace) -> None:
    known = dict(
        db.query("SELECT name, checksum FROM migration_checksum WHERE namespace = ?", (space.name,))
    )
    for migration in Migration.load_directory(str(space.folder)):
        if known.get(migration.name, _checksum(migration)) != _checksum(migration):
            raise ConfigError(
                f"Migration {space.name}/{migration.name} was changed after it ran. "
                "Restore the file and add a new step instead."
            )


@contextmanager
def _exclusive() -> Iterator[None]:
    """Let one process migrate at a time; others wait."""
    if not isinstance(db.database.obj, SqliteDatabase):
        db.query("SELECT pg_advisory_lock(?)", (LOCK_NUMBER,))
        try:
            yield
        finally:
            db.query("SELECT pg_advisory_unlock(?)", (LOCK_NUMBER,))
        return
    with Path(f"{db.database.obj.database}.migrate-lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _copy_sqlite() -> None:
    """Keep the file as it was before the steps; nothing to do for an empty or foreign database."""
    base = db.database.obj
    if isinstance(base, SqliteDatabase) and "account" in base.get_tables():
        target = Path(f"{base.database}.before-migration")
        target.unlink(missing_ok=True)
        db.execute("VACUUM INTO ?", (str(target),))
