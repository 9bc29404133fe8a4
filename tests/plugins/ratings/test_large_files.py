"""A million rows fit into a minute and a gibibyte, and twice as many take twice as long.

Measured on fewer rows, by processor time and memory asked for; `make bench` takes the million.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from time import process_time
from typing import IO

import pytest
from click.testing import CliRunner

from bench import ratings as bench
from plugins.ratings import rowsfile
from plugins.ratings.cli import group
from plugins.ratings.rowsfile import Row

pytestmark = [pytest.mark.full, pytest.mark.timeout(300)]
FEW, MANY = 6_000, 12_000
GROWTH, SECONDS, BYTES = 2.4, 60 / 1_000_000, 1024**3 / 1_000_000
Read = Callable[[IO[str]], Iterator[Row]]


def score(file: Path) -> None:
    assert CliRunner().invoke(group, ["score", str(file), "--json"]).exit_code == 0


def seconds(file: Path) -> float:
    """Return the processor time of a run, the better of two."""
    found = []
    for _time in range(2):
        began = process_time()
        score(file)
        found.append(process_time() - began)
    return min(found)


def most_bytes(file: Path) -> int:
    """Return the most memory that a run held at once."""
    tracemalloc.start()
    try:
        score(file)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    return bench.rows_file(tmp_path, FEW), bench.rows_file(tmp_path, MANY)


def test_time_and_memory_grow_with_the_rows_and_stay_below_their_limits(
    files: tuple[Path, Path],
) -> None:
    few, many = map(seconds, files)
    assert many / few <= GROWTH
    assert many / MANY <= SECONDS
    assert most_bytes(files[1]) / MANY <= BYTES


def looking_back(read: Read) -> Read:
    """Compare each row with all before it."""

    def slow(file: IO[str]) -> Iterator[Row]:
        seen: list[Row] = []
        for row in read(file):
            assert row not in seen
            seen.append(row)
            yield row

    return slow


def keeping_all(read: Read) -> Read:
    """Keep a page of memory for each row."""

    def large(file: IO[str]) -> Iterator[Row]:
        yield from [row for row, _page in [(row, bytearray(2_048)) for row in read(file)]]

    return large


def test_a_look_back_at_all_rows_would_be_noticed(
    files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rowsfile, "read", looking_back(rowsfile.read))
    few, many = map(seconds, files)
    assert many / few > GROWTH


def test_rows_that_are_all_kept_large_would_be_noticed(
    files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rowsfile, "read", keeping_all(rowsfile.read))
    assert most_bytes(files[1]) / MANY > BYTES
