"""Moves what refers to an organisation to another one, notes each change, and takes it back.

The database itself names the columns: no table can be forgotten. A row that it does not let move,
because the other organisation has such a row, stays where it is or is dropped; either is undone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import peewee

from plugins.merging.models import CHANGED, DROPPED, MADE, MOVED, Change
from plugins.merging.rules import Rule
from portal import db

_SQLITE = (
    'SELECT m.name, f."from" FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f '
    "WHERE m.type = 'table' AND f.\"table\" = 'organisation' ORDER BY 1, 2",
    "SELECT m.name, i.name FROM sqlite_master m JOIN pragma_table_info(m.name) i "
    "WHERE m.type = 'table' AND i.pk > 0 ORDER BY m.name, i.pk",
)
_POSTGRES = (
    "SELECT t.relname, a.attname FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid "
    "JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = ANY (c.conkey) "
    "WHERE c.contype = 'f' AND c.confrelid = 'organisation'::regclass ORDER BY 1, 2",
    "SELECT t.relname, a.attname FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid "
    "JOIN LATERAL unnest(c.conkey) WITH ORDINALITY AS k (number, place) ON TRUE "
    "JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.number "
    "WHERE c.contype = 'p' AND t.relnamespace = current_schema()::regnamespace "
    "ORDER BY t.relname, k.place",
)


@dataclass(frozen=True)
class Column:
    """A column that refers to an organisation; `keys` is the primary key of its table."""

    table: str
    name: str
    keys: tuple[str, ...]

    @property
    def path(self) -> str:
        """Table and column, as plugins name it."""
        return f"{self.table}.{self.name}"


def columns() -> list[Column]:
    """Return every column that refers to organisations, of plugins that are off too; two statements."""
    references, primary = _POSTGRES if db.is_postgres() else _SQLITE
    keys: dict[str, list[str]] = {}
    for table, name in db.query(primary):
        keys.setdefault(table, []).append(name)
    return [Column(table, name, tuple(keys.get(table, ()))) for table, name in db.query(references)]


@dataclass
class Outcome:
    """How many rows of a column were moved, stay with the entry that goes, or were there twice."""

    column: Column
    rule: Rule
    moved: int = 0
    stays: int = 0
    dropped: int = 0


@dataclass
class Mover:
    """Moves from one organisation to another and notes each change."""

    kept: int
    gone: int
    changes: list[dict[str, Any]] = field(default_factory=list)

    def _note(self, kind: str, table: str, keys: Mapping[str, Any], **more: Any) -> None:
        same = {"field": "", "before": None, "after": None, "account": None}
        self.changes.append({**same, "kind": kind, "place": table, "keys": dict(keys), **more})

    def move(self, column: Column, rule: Rule) -> Outcome:
        """Move the rows of a column as its rule says."""
        outcome, mine = Outcome(column, rule), f'r."{column.name}" = ?'
        if isinstance(rule.stays, str):
            mine += f" AND NOT ({rule.stays.format(kept=self.kept, gone=self.gone)})"
        elif rule.stays:
            mine += " AND 1 = 0"
        if rule.same:
            equal = " AND ".join(f's."{name}" = r."{name}"' for name in rule.same)
            there = f'FROM "{column.table}" s WHERE s."{column.name}" = {self.kept} AND {equal}'
            if rule.drop:
                found = self._rows(column, f"{mine} AND EXISTS (SELECT 1 {there})")
                for keys in found:
                    self.drop(column.table, keys)
                outcome.dropped = len(found)
            mine += f" AND NOT EXISTS (SELECT 1 {there})"
        outcome.moved = self._move(column, mine)
        left = f'SELECT COUNT(*) FROM "{column.table}" r WHERE r."{column.name}" = ?'
        outcome.stays = db.query(left, [self.gone])[0][0]
        return outcome

    def _move(self, column: Column, condition: str) -> int:
        found = self._rows(column, condition) if column.keys else []
        try:
            with db.database.atomic():
                sql = f'SET "{column.name}" = ? WHERE "{column.name}" = ? AND '
                for at in range(0, len(found), 100):
                    condition, values = _these(found[at : at + 100])
                    part = [self.kept, self.gone, *values]
                    db.execute(f'UPDATE "{column.table}" {sql}{condition}', part)
            moved = found
        except peewee.IntegrityError:  # one by one: those that collide stay
            sql = f'UPDATE "{column.table}" SET "{column.name}" = ? WHERE '
            these = [(keys, *_these([keys])) for keys in found]
            moved = [keys for keys, one, own in these if _tried(sql + one, [self.kept, *own])]
        for keys in moved:
            self._note(MOVED, column.table, keys, field=column.name)
        return len(moved)

    def _rows(self, column: Column, condition: str) -> list[dict[str, Any]]:
        names = ", ".join(f'r."{name}"' for name in column.keys)
        sql = f'SELECT {names} FROM "{column.table}" r WHERE {condition} ORDER BY {names}'
        return [dict(zip(column.keys, row, strict=True)) for row in db.query(sql, [self.gone])]

    def drop(self, table: str, keys: Mapping[str, Any]) -> None:
        """Delete a row, to be written again when the merge is undone."""
        condition, values = _these([keys])
        row = one_row(table, keys)
        self._note(DROPPED, table, keys, before=row, account=(row or {}).get("account_id"))
        db.execute(f'DELETE FROM "{table}" WHERE {condition}', values)

    def change(self, table: str, keys: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        """Change columns of a row; what is equal already is left alone."""
        old = one_row(table, keys) or {}
        changed = {name: value for name, value in new.items() if old[name] != value}
        if not changed:
            return
        condition, values = _these([keys])
        setting = ", ".join(f'"{name}" = ?' for name in changed)
        db.execute(
            f'UPDATE "{table}" SET {setting} WHERE {condition}', [*changed.values(), *values]
        )
        for name, value in changed.items():
            self._note(CHANGED, table, keys, field=name, before=old[name], after=value)

    def made(self, table: str, keys: Mapping[str, Any]) -> None:
        """Note a row that was made."""
        self._note(MADE, table, keys)


def one_row(table: str, keys: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the columns of a row as they are stored."""
    condition, values = _these([keys])
    cursor = db.execute(f'SELECT * FROM "{table}" WHERE {condition}', values)
    row = cursor.fetchone()
    return dict(zip([item[0] for item in cursor.description], row, strict=True)) if row else None


def _these(rows: Sequence[Mapping[str, Any]]) -> tuple[str, list[Any]]:
    """Return the condition that names rows by their keys, with its values."""
    one = " AND ".join(f'"{name}" = ?' for name in rows[0])
    return f"({' OR '.join([one] * len(rows))})", [value for row in rows for value in row.values()]


def _tried(sql: str, values: Sequence[Any]) -> bool:
    """Run a statement; False where the database refuses it or no row was concerned."""
    try:
        with db.database.atomic():
            return bool(db.execute(sql, values).rowcount)
    except peewee.IntegrityError:
        return False


def take_back(kept: int, gone: int, changes: Iterable[Change]) -> list[Change]:
    """Undo changes, the last one first; returns those that nothing could be done about.

    What somebody changed, moved or deleted since stays as it is now.
    """
    return [
        change
        for change in sorted(changes, key=lambda item: item.id, reverse=True)
        if not _taken_back(kept, gone, change)
    ]


def _taken_back(kept: int, gone: int, change: Change) -> bool:
    table, name, keys = change.place, change.field, dict(change.keys)
    if change.kind == DROPPED:
        row = change.before
        names, marks = ", ".join(f'"{key}"' for key in row), ", ".join("?" * len(row))
        sql = f'INSERT INTO "{table}" ({names}) VALUES ({marks}) ON CONFLICT DO NOTHING'
        return _tried(sql, list(row.values()))
    if change.kind == MOVED and name in keys:
        keys[name] = kept
    condition, values = _these([keys])
    if change.kind == MADE:
        db.execute(f'DELETE FROM "{table}" WHERE {condition}', values)
        return True
    before, after = (gone, kept) if change.kind == MOVED else (change.before, change.after)
    is_so = f'"{name}" = ?' if after is not None else f'"{name}" IS NULL'
    tail = [after] if after is not None else []
    sql = f'UPDATE "{table}" SET "{name}" = ? WHERE {condition} AND {is_so}'
    return _tried(sql, [before, *values, *tail])
