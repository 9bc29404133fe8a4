"""The database: one proxy, one base model, one way to write, ready SQL for hot paths.

SQLite and PostgreSQL answer alike: times are fixed-width text in UTC, JSON is canonical text,
and text that is compared by order is compared byte by byte.
"""

from __future__ import annotations

import json
import random
import sqlite3
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from threading import Event, Lock
from typing import Any
from urllib.parse import unquote, urlsplit

import peewee
from peewee import DatabaseProxy, PostgresqlDatabase, SqliteDatabase, TextField

from portal.errors import ConfigError

PRAGMAS = {"journal_mode": "wal", "synchronous": "full", "foreign_keys": 1, "cache_size": -16_000}
BUSY_SECONDS = 15
ASK_AGAIN_SECONDS = (0.001, 0.004)

_counter: ContextVar[list[str] | None] = ContextVar("statements", default=None)
_endings: ContextVar[list[Callable[[], None]] | None] = ContextVar("before_commit", default=None)
_callbacks: ContextVar[list[Callable[[], None]] | None] = ContextVar("after_commit", default=None)
_enclosure: ContextVar[Enclosure | None] = ContextVar("enclosure", default=None)

database: Any = DatabaseProxy()


class _Counted:
    """Writes each statement down while `count_statements()` listens."""

    def execute_sql(self, sql: str, params: Any = None) -> Any:
        seen = _counter.get()
        if seen is not None and not sql.startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")):
            seen.append(sql)
        return super().execute_sql(sql, params)  # type: ignore[misc]


class UnfinishedRead(Exception):
    """Rows of ready SQL were still being read when a write began, and others have written since.

    SQLite lets nobody write who looks at old rows. Fetch all of them first, as `query()` does.
    """


class _Fetched:
    """A cursor whose rows were all fetched: who stops halfway keeps no look at old rows open."""

    def __init__(self, cursor: Any) -> None:
        self.description, self._rows = cursor.description, iter(cursor.fetchall())

    def fetchone(self) -> Any:
        return next(self._rows, None)

    def fetchall(self) -> list[Any]:
        return list(self._rows)

    def close(self) -> None:
        self._rows = iter(())


def _is_stale(error: BaseException) -> bool:
    cause = error.__cause__ or error.__context__
    return getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY_SNAPSHOT


class Sqlite(_Counted, SqliteDatabase):
    """SQLite with the portal's pragmas."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._asking, self._queue = Lock(), deque[Event]()

    def execute(self, query: Any, **more: Any) -> Any:
        """Run a query of models. A select gives all its rows at once, as PostgreSQL does."""
        cursor = super().execute(query, **more)
        return _Fetched(cursor) if isinstance(query, peewee.SelectBase) else cursor

    def begin(self, lock_type: str | None = None) -> None:
        """Begin, and ask for the write lock evenly until it is free, as everybody does.

        SQLite by itself asks ever more seldom: whoever waits longest would be the last to get it.
        Threads ask one after another, else those that never pause would leave no gap for others.
        Raises UnfinishedRead at once where waiting cannot help.
        """
        connection, until = self.connection(), time.monotonic() + BUSY_SECONDS
        connection.execute("PRAGMA busy_timeout = 0")
        try:
            with self._turn():
                while True:
                    try:
                        return super().begin(lock_type)  # type: ignore[no-any-return]
                    except peewee.OperationalError as error:
                        if _is_stale(error):
                            raise UnfinishedRead from error
                        if "locked" not in str(error) or time.monotonic() > until:
                            raise
                    time.sleep(random.uniform(*ASK_AGAIN_SECONDS))  # noqa: S311  no secret
        finally:
            connection.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Wait until the threads of this process that came before have the lock."""
        mine = Event()
        with self._asking:
            self._queue.append(mine)
            self._queue[0].set()
        try:
            mine.wait(BUSY_SECONDS)
            yield
        finally:
            with self._asking:
                self._queue.remove(mine)
                if self._queue:
                    self._queue[0].set()


class Postgres(_Counted, PostgresqlDatabase):
    """PostgreSQL through psycopg 3."""


def open_database(url: str) -> peewee.Database:
    """Point the proxy at the database of a URL: `sqlite:///path` or `postgresql://...`.

    Raises ConfigError for any other scheme.
    """
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        path = Path(unquote(parts.path[1:]))
        path.parent.mkdir(parents=True, exist_ok=True)
        opened: peewee.Database = Sqlite(str(path), pragmas=PRAGMAS, timeout=BUSY_SECONDS)
    elif parts.scheme in {"postgresql", "postgres"}:
        opened = Postgres(url.replace("postgres://", "postgresql://", 1), prefer_psycopg3=True)
    else:
        raise ConfigError(f"Database URL {url!r}. Expected sqlite:///path or postgresql://...")
    if database.obj is not None and not database.is_closed():
        database.close()
    database.initialize(opened)
    return opened


def is_postgres() -> bool:
    """Whether the open database is PostgreSQL."""
    return isinstance(database.obj, PostgresqlDatabase)


class Enclosure:
    """Holds all that a request writes in one transaction: from its first write until `end()`.

    What fails inside takes back its own writes only, as if each `transaction()` were one of its
    own. `on_begin` is called first thing inside; what it raises ends the enclosure.
    """

    def __init__(self, on_begin: Callable[[], None]) -> None:
        self._on_begin = on_begin
        self._outer: Any = None
        self._endings: list[Callable[[], None]] = []
        self._pending: list[Callable[[], None]] = []
        self.is_inside = False
        _enclosure.set(self)

    @property
    def has_begun(self) -> bool:
        """Whether something was written."""
        return self._outer is not None

    @contextmanager
    def part(self) -> Iterator[None]:
        """Write a part; its callbacks wait for the end of the whole."""
        if self._outer is None:
            self._begin()
        before = len(self._pending), len(self._endings)
        tokens = _callbacks.set(self._pending), _endings.set(self._endings)
        self.is_inside = True
        try:
            with database.atomic():
                yield
        except BaseException:
            del self._pending[before[0] :], self._endings[before[1] :]
            raise
        finally:
            self.is_inside = False
            _callbacks.reset(tokens[0])
            _endings.reset(tokens[1])

    def _begin(self) -> None:
        outer = _atomic()
        outer.__enter__()
        try:
            self._on_begin()
        except BaseException as error:
            outer.__exit__(type(error), error, None)
            raise
        self._outer = outer

    def end(self, keep: bool) -> None:
        """Commit everything, or take it back; harmless when there is nothing."""
        outer, self._outer = self._outer, None
        _enclosure.set(None)
        if outer is None:
            return
        try:
            for ending in self._endings if keep else ():
                ending()
        except BaseException as error:
            outer.__exit__(type(error), error, None)
            raise
        outer.__exit__(None if keep else RuntimeError, None, None)
        for callback in self._pending if keep else ():
            callback()


def _atomic() -> Any:
    return database.atomic() if is_postgres() else database.atomic("IMMEDIATE")


@contextmanager
def transaction(aside: bool = False) -> Iterator[None]:
    """Write as one: all of it or nothing. Inside another transaction it is part of that one.

    Takes SQLite's write lock at once, so that reading before writing never dies of a stale view.
    `aside` is for counts that stand whatever becomes of the request, such as tries.
    """
    whole = _enclosure.get()
    is_apart = aside or database.in_transaction()
    if whole is not None and not whole.is_inside and (whole.has_begun or not is_apart):
        with whole.part():
            yield
        return
    if database.in_transaction():
        yield
        return
    pending: list[Callable[[], None]] = []
    endings: list[Callable[[], None]] = []
    tokens = _callbacks.set(pending), _endings.set(endings)
    try:
        with _atomic():
            yield
            for ending in endings:
                ending()
    finally:
        _callbacks.reset(tokens[0])
        _endings.reset(tokens[1])
    for callback in pending:
        callback()


def before_commit(callback: Callable[[], None]) -> None:
    """Call back as the last act of the current transaction, still part of it; at once outside.

    For what everybody must wait for, such as a counter: the shorter it is held, the better, and
    when all take it last, no two can wait for each other.
    """
    endings = _endings.get()
    if endings is None:
        callback()
    else:
        endings.append(callback)


def after_commit(callback: Callable[[], None]) -> None:
    """Call back when the current transaction has committed; at once outside of one."""
    pending = _callbacks.get()
    if pending is None:
        callback()
    else:
        pending.append(callback)


@lru_cache(maxsize=512)
def _for_psycopg(sql: str) -> str:
    return sql.replace("%", "%%").replace("?", "%s")


def execute(sql: str, params: Sequence[Any] = ()) -> Any:
    """Run ready SQL with `?` placeholders on either engine; returns the cursor."""
    return database.execute_sql(_for_psycopg(sql) if is_postgres() else sql, params)


def query(sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """Return the rows of ready SQL with `?` placeholders."""
    rows: list[tuple[Any, ...]] = execute(sql, params).fetchall()
    return rows


@contextmanager
def count_statements() -> Iterator[list[str]]:
    """Collect the statements run inside, without transaction control; for tests of budgets."""
    seen: list[str] = []
    token = _counter.set(seen)
    try:
        yield seen
    finally:
        _counter.reset(token)


def utc_text(moment: datetime) -> str:
    """Write a moment as it is stored: fixed width, so that text order is time order."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_utc(text: str) -> datetime:
    """Read a stored moment, as `utc_text` wrote it."""
    return datetime.fromisoformat(text)


class UtcDateTime(TextField):
    """An aware moment in UTC, stored as fixed-width text."""

    def db_value(self, value: datetime | str | None) -> str | None:
        """Return the stored text."""
        return utc_text(value) if isinstance(value, datetime) else value

    def python_value(self, value: str | None) -> datetime | None:
        """Return the aware moment."""
        return parse_utc(value) if isinstance(value, str) else value


class JsonField(TextField):
    """A JSON value as canonical text: sorted keys, no blanks, no escapes."""

    def db_value(self, value: Any) -> str | None:
        """Return the stored text."""
        return None if value is None else dump_json(value)

    def python_value(self, value: str | None) -> Any:
        """Return the value."""
        return json.loads(value) if isinstance(value, str) else value


class BinaryText(TextField):
    """Text whose order is that of its bytes on both engines."""

    def collation(self) -> str | None:
        """Return the collation's name, for migrations that write SQL."""
        return 'COLLATE "C"' if is_postgres() else None


def dump_json(value: Any) -> str:
    """Return canonical JSON text."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


class Model(peewee.Model):
    """Base of every table."""

    class Meta:
        database = database
        legacy_table_names = False
        only_save_dirty = True
