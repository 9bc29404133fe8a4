"""The tables of a plugin: which they are, written to a file, taken away."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from portal import db, migrate

KEYED = {
    "setting": "scope",
    "job": "plugin",
    "plugin_failure": "plugin",
    "migration_checksum": "namespace",
}
"""Tables of the core that hold rows of plugins, and the column with the plugin's id."""


def owned(plugin: str, known: Collection[str]) -> list[str]:
    """Return the tables of a plugin; `known` are all ids, so that `a_b_c` goes to `a_b`, not `a`."""
    core = migrate.core_tables()

    def owner(table: str) -> str:
        fitting = [name for name in {*known, plugin} if table.startswith(f"{name}_")]
        return max(fitting, key=len, default="")

    return [name for name in db.database.get_tables() if name not in core and owner(name) == plugin]


def count(table: str) -> int:
    """Return how many rows a table has."""
    rows: int = db.query(f'SELECT COUNT(*) FROM "{table}"')[0][0]
    return rows


def export(path: Path, about: Mapping[str, Any], names: Sequence[str]) -> None:
    """Write tables to a JSON file that only the operator can read; on the disk when it returns.

    Inside a transaction nobody else can change what is being written.
    """
    if db.is_postgres() and names:
        db.execute(f"LOCK TABLE {_listed(names)} IN ACCESS EXCLUSIVE MODE")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(f'{json.dumps(about)[:-1]}, "tables": {{')
        for number, name in enumerate(names):
            cursor = db.execute(f'SELECT * FROM "{name}"')
            columns = [column[0] for column in cursor.description]
            file.write(f'{"," * bool(number)}\n"{name}": {{"columns": {json.dumps(columns)}, ')
            file.write('"rows": [')
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


def drop(plugin: str, names: Sequence[str]) -> None:
    """Take tables away with what the core keeps for the plugin. Call it inside a transaction."""
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
    present = set(db.database.get_tables())
    for table, column in KEYED.items():
        if table in present:
            db.execute(f"DELETE FROM {table} WHERE {column} = ?", (plugin,))


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
