"""The tables of a plugin: which they are, written to a file, taken away."""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from portal import db, migrate

KEYED = {
    "setting": "scope",
    "job": "plugin",
    "plugin_failure": "plugin",
    "migration_checksum": "namespace",
    "event": "subject_type",
    "version": "object_type",
    "review_task": "object_type",
    "local_role": "object_type",
    "local_role_stop": "object_type",
    "workflow_history": "object_type",
}
"""Tables of the core with rows of plugins, and the column that begins with the plugin's id."""


def owner(name: str, known: Collection[str]) -> str:
    """Return whose a table or object type is: `a_b_c` goes to `a_b`, not to `a`, if both are known."""
    return max((one for one in known if f"{name}_".startswith(f"{one}_")), key=len, default="")


def owned(plugin: str, known: Collection[str]) -> list[str]:
    """Return the tables of a plugin; `known` are all ids."""
    names = set(db.database.get_tables()) - _core_tables()
    return sorted(name for name in names if owner(name, {*known, plugin}) == plugin)


def _core_tables() -> set[str]:
    """Return the names of the core's own tables, as its steps create them."""
    scripts = (
        path.read_text(encoding="utf-8") for path in migrate.CORE_NAMESPACE.folder.glob("*.sql")
    )
    made = {name for script in scripts for name in re.findall(r"CREATE TABLE (\w+)", script)}
    return made | {migrate.CORE_NAMESPACE.history, "migration_checksum"}


def count(table: str) -> int:
    """Return how many rows a table has."""
    rows: int = db.query(f'SELECT COUNT(*) FROM "{table}"')[0][0]
    return rows


def elsewhere(plugin: str, known: Collection[str]) -> list[tuple[str, str, str]]:
    """Return where the core keeps rows of a plugin: table, column and its value."""
    return [
        (table, column, value)
        for table, column in KEYED.items()
        for (value,) in db.query(f"SELECT DISTINCT {column} FROM {table}")
        if owner(value, {*known, plugin}) == plugin
    ]


def export(
    path: Path,
    about: Mapping[str, Any],
    names: Sequence[str],
    places: Sequence[tuple[str, str, str]],
) -> None:
    """Write rows to a JSON file that only the operator can read; on the disk when it returns.

    Inside a transaction nobody else can change what is being written.
    """
    if db.is_postgres() and names:
        db.execute(f"LOCK TABLE {_listed(names)} IN ACCESS EXCLUSIVE MODE")
    parts = [(name, f'SELECT * FROM "{name}"', ()) for name in names]
    parts += [
        (f"{table}, {value}", f"SELECT * FROM {table} WHERE {column} = ?", (value,))  # type: ignore[misc]
        for table, column, value in places
    ]
    comments = (
        "SELECT c.entry_id, c.text FROM workflow_comment c "
        "JOIN workflow_history h ON h.id = c.entry_id WHERE h.object_type = ?"
    )
    parts += [
        (f"workflow_comment, {value}", comments, (value,))  # type: ignore[misc]
        for table, _column, value in places
        if table == "workflow_history"  # they go with it
    ]
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(f'{json.dumps(about)[:-1]}, "tables": {{')
        for number, (name, sql, params) in enumerate(parts):
            cursor = db.execute(sql, params)
            columns = json.dumps([column[0] for column in cursor.description])
            file.write(f'{"," * bool(number)}\n"{name}": {{"columns": {columns}, "rows": [')
            for at, row in enumerate(cursor):
                file.write(f"{',' * bool(at)}\n{json.dumps(list(row), default=_plain)}")
            file.write("]}")
        file.write("}}\n")
        file.flush()
        os.fsync(file.fileno())


def _plain(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return {"base64": base64.b64encode(bytes(value)).decode()}
    return str(value)


def drop(names: Sequence[str], places: Sequence[tuple[str, str, str]]) -> None:
    """Take tables away, and rows of the core's. Call it inside a transaction."""
    left = list(names)
    if db.is_postgres() and left:
        db.execute(f"DROP TABLE {_listed(left)}")
        left = []
    while left:  # those that nobody refers to first: dropping empties, and that must not cascade
        parents = {
            key.dest_table
            for name in left
            for key in db.database.get_foreign_keys(name)
            if key.dest_table != name
        }
        free = [name for name in left if name not in parents] or left
        for name in free:
            db.execute(f'DROP TABLE "{name}"')
        left = [name for name in left if name not in free]
    with _open_history():
        for table, column, value in places:
            db.execute(f"DELETE FROM {table} WHERE {column} = ?", (value,))


@contextmanager
def _open_history() -> Iterator[None]:
    """Hold back the triggers that keep histories: numbers of objects begin anew after a purge."""
    found: list[tuple[str, str]] = []
    if db.is_postgres():
        db.execute("ALTER TABLE workflow_history DISABLE TRIGGER USER")
    else:
        found = db.query(  # type: ignore[assignment]
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' "
            "AND tbl_name = 'workflow_history'"
        )
    for name, _sql in found:
        db.execute(f"DROP TRIGGER {name}")
    yield
    for _name, sql in found:
        db.execute(sql)
    if db.is_postgres():
        db.execute("ALTER TABLE workflow_history ENABLE TRIGGER USER")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
