"""Writes the figures down: a table for the terminal and `docs/figures.md`."""

from __future__ import annotations

import os
import platform
import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from bench.gates import Gate
from bench.measuring import FORMS, Measured

_PART = re.compile(r"<!-- (\w+) -->\n(.*?)(?=\n<!-- |\Z)", re.DOTALL)
_NAMES = {
    "peer": "Datasette 0.65.5",
    "warm": "portal, words and answers in memory",
    "new": "portal, words in memory, each search new",
    "cold": "portal, every cache emptied before each search",
    "bare": "bare Flask page of as many bytes",
}


def gate_lines(gates: Sequence[Gate]) -> Iterator[str]:
    """Write the gates as a table."""
    yield "| measure | measured | gate | moonshot | |"
    yield "| --- | --- | --- | --- | --- |"
    for gate in gates:
        sign = "≥" if gate.at_least else "≤"
        far = "" if gate.moonshot is None else f"{sign} {gate.moonshot:g}{gate.unit}"
        yield (
            f"| {gate.what} | {_shown(gate.value)}{gate.unit} | {sign} {gate.gate:g}{gate.unit} "
            f"| {far} | {gate.verdict} |"
        )


def replaced(page: str, areas: Sequence[str], name: str, part: str) -> str:
    """Return the page with the part of one area put in, the parts of known others kept."""
    kept = dict(_PART.findall(page)) | {name: part}
    parts = [f"<!-- {area} -->\n{kept[area].strip()}\n" for area in areas if area in kept]
    return "# Figures\n\n" + "\n".join(parts)


def small_part(command: str, title: str, about: str, gates: Sequence[Gate]) -> str:
    """Write what an area measured."""
    return "\n".join([f"## {title}", "", _made(command), "", about, "", *gate_lines(gates)])


def _made(command: str) -> str:
    return (
        f"Made by `{command}` on {datetime.now(UTC):%Y-%m-%d}: {os.cpu_count()} cores, "
        f"{platform.system()}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}."
    )


def search_part(command: str, gates: Sequence[Gate], found: Mapping[int, Measured]) -> str:
    """Write what was measured of search, pages and hooks."""
    lines = [
        "## Search", "", _made(command), "",
        "Both sides answer the same questions over the same invented rows (`bench/data.py`), in "
        "the same minutes, one after the other. A search is 20 rows, the total and the counts of "
        "all facets. The portal's page is the whole page of a visitor without an account, from "
        "the real server with one process; Datasette's is its table page with full text and six "
        "facets, its time limits lifted and its suggestions off. All ratios, p50 and p95 of the "
        "gates are of processor time a request, all processes of a server counted; the table of "
        "each size adds the clock's p50 and p95 over one kept connection.",
        "", *gate_lines(gates), "",
    ]  # fmt: skip
    for one in found.values():
        lines += [f"### {one.size:,} organisations", "", *_series_lines(one), ""]
        lines += [*_kind_lines(one), "", *_facts(one), ""]
    return "\n".join(lines)


def _series_lines(found: Measured) -> Iterator[str]:
    yield "| server | form | CPU ms a request | p50 ms | p95 ms | kB | requests |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for form in FORMS:
        for name, label in _NAMES.items():
            if series := found.series.get((name, form)):
                yield (
                    f"| {label} | {form} | {_shown(series.cpu_ms)} | {_shown(series.at(0.5))} | "
                    f"{_shown(series.at(0.95))} | {_shown(series.kilobytes)} | {series.requests} |"
                )


def _kind_lines(found: Measured) -> Iterator[str]:
    yield "| kind of query, median CPU ms of the page | Datasette | portal | portal, cold |"
    yield "| --- | --- | --- | --- |"
    for kind in found.kinds:
        halves = [
            found.series[name, "html"].cpu_half(found.of_kind(kind))
            for name in ("peer", "warm", "cold")
        ]
        yield f"| {kind} | {' | '.join(map(_shown, halves))} |"


def _facts(found: Measured) -> Iterator[str]:
    yield (
        f"Import and index {_shown(found.import_seconds)} s; start to the first search "
        f"{_shown(found.start_seconds)} s; memory of one worker {found.memory_mib:.0f} MiB "
        f"(Datasette {found.peer_memory_mib:.0f} MiB); pages a second of processor time "
        f"{found.page_rate:.0f}, answers that nothing changed {found.unchanged_rate:.0f}."
    )


def _shown(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
