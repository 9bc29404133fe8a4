"""Datasette over the same rows: its environment, its server and the addresses of its searches."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from urllib.parse import urlencode

from bench.servers import ROOT, Server

ENVIRONMENT = ROOT / ".venv-bench"
REQUIREMENTS = ROOT / "requirements-bench.in"
# The six facets that both sides count; lists are JSON columns there.
FACETS = [
    ("_facet", "country"), ("_facet", "type"), ("_facet", "band"), ("_facet_array", "fields"),
    ("_facet_array", "languages"), ("_facet_array", "roles"),
]  # fmt: skip
_ARRAYS = {"field": "fields", "language": "languages", "role": "roles"}
# Without these it stops counting after a fifth of a second, or works out facets nobody asked for.
_SETTINGS = {
    "sql_time_limit_ms": 120_000, "facet_time_limit_ms": 120_000, "default_facet_size": 100,
    "max_returned_rows": 100, "suggest_facets": 0,
}  # fmt: skip


def install() -> None:
    """Make the peer's own environment, unless it is there."""
    if not (ENVIRONMENT / "bin" / "datasette").exists():
        run = [sys.executable, "-m", "venv", str(ENVIRONMENT)]
        subprocess.run(run, check=True)
        (ENVIRONMENT / ".gitignore").write_text("*\n")
        pip = [str(ENVIRONMENT / "bin" / "pip"), "install", "-q", "-r", str(REQUIREMENTS)]
        subprocess.run(pip, check=True)


def server(tables: Path) -> Server:
    """Give the peer's server over its tables."""
    command = [str(ENVIRONMENT / "bin" / "datasette"), "serve", str(tables), "--port", "{port}"]
    for name, value in _SETTINGS.items():
        command += ["--setting", name, str(value)]
    return Server(command, {}, f"/{tables.stem}/org.json?_size=1")


def address(tables: Path, params: Mapping[str, str], form: str) -> str:
    """Give the address of a search of the workload; `form` is "html" or "json"."""
    pairs = [*FACETS, ("_size", "20"), ("_sort_desc", "quality")]
    for name, value in params.items():
        if name == "q":
            pairs += [("_search", value), ("_searchmode", "raw")]
        elif name == "page":
            pairs.append(("_next", _row_before(tables, params["q"], 20 * (int(value) - 1))))
        elif name in _ARRAYS:
            pairs.append((f"{_ARRAYS[name]}__arraycontains", value))
        else:
            pairs.append((name, value))
    suffix = ".json" if form == "json" else ""
    return f"/{tables.stem}/org{suffix}?{urlencode(pairs)}"


@cache
def _row_before(tables: Path, words: str, offset: int) -> str:
    """Give the peer's mark of a page: quality and number of the row before it."""
    database = sqlite3.connect(tables)
    row = database.execute(
        "SELECT quality, id FROM org WHERE id IN (SELECT rowid FROM org_fts WHERE org_fts MATCH ?) "
        "ORDER BY quality DESC, id LIMIT 1 OFFSET ?",
        (words, offset - 1),
    ).fetchone()
    database.close()
    return f"{row[0]},{row[1]}" if row else "0,0"
