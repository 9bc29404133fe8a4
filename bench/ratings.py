"""What it takes to compute scores from a large file, and to write a rating beside its bare rows."""

from __future__ import annotations

import csv
import os
import random
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from bench import writing
from bench.gates import Gate
from bench.servers import ROOT
from plugins.ratings.rowsfile import COLUMNS

ROWS, SEED = 1_000_000, 11
ORGANISATIONS, CRITERIA = 20_000, ("documents", "assessment", "communication", "again")

TITLE = "Ratings"
ABOUT = (
    "`portal ratings score` reads a file of invented rows (four questions a rating, some rate "
    "again and again) and computes all scores; processor time and the most memory its process "
    "held, then the time by that for half as many rows. A rating is written by somebody who may, "
    "through the portal's service; beside it what it wrote, into a copy of the database, in one "
    "transaction with the same sync, one rating after the other in turn; the medians of both are "
    "compared. Then ratings of several made-up hosts are released, and each of four other "
    "processes searches once: how many of these next searches show the score."
)


def gates() -> list[Gate]:
    """Measure what the page of figures says of ratings."""
    with tempfile.TemporaryDirectory() as folder:
        half, whole = (scored(rows_file(Path(folder), count), count) for count in (ROWS // 2, ROWS))
    label = f"`portal ratings score`, {ROWS:,} rows"
    growth = whole.seconds / half.seconds
    return [
        Gate(f"{label}: processor time", whole.seconds, 60, 20, " s", at_least=False),
        Gate(f"{label}: memory", whole.mebibytes, 1_024, 512, " MiB", at_least=False),
        Gate(f"{label} against half as many: growth", growth, 2.4, 2.1, at_least=False),
        *writing.gates(),
    ]


@dataclass(frozen=True)
class Scored:
    """What a run of the command took."""

    seconds: float
    mebibytes: float


def scored(file: Path, count: int) -> Scored:
    """Run the command on a file and give processor time and the most memory it held."""
    command = [sys.executable, "-m", "portal", "ratings", "score", str(file), "--json"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    _pid, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{count} rows: the command ended with {process.returncode}.")
    return Scored(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def rows_file(folder: Path, count: int) -> Path:
    """Write invented rows: each rating answers four questions; some rate again and again."""
    chance, path = random.Random(SEED), folder / f"{count}.csv"
    first = date(2024, 1, 1)
    with path.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(COLUMNS)
        size = ORGANISATIONS * count // ROWS
        for number in range(count // len(CRITERIA)):
            rated = int(size * chance.random() ** 1.5)
            rater = (rated + 1 + int((size - 1) * chance.random() ** 2)) % size
            ended = (first + timedelta(days=chance.randrange(800))).replace(day=1)
            released = (ended + timedelta(days=45)).replace(day=1)
            for criterion in CRITERIA:
                stars = min(5, max(1, round(chance.gauss(3.8, 0.9))))
                writer.writerow(
                    (f"r{number}", f"o{rater}", f"o{rated}", "sending", criterion, stars,
                     ended, released, "live")
                )  # fmt: skip
    return path
