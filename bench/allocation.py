"""How long places take to be allotted, how even chances are, and what memory that needs."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Sequence

from bench.gates import Gate
from bench.servers import ROOT
from plugins.allocation import rules
from tests.plugins.allocation.pools import LARGER, large_settings, made_up, stored

TITLE = "Round tables"
ABOUT = (
    "Each pool is allocated once in a process of its own at epsilon 0.10 with 1,000 tickets: those "
    "of 100 and 300 people are the stored ones, those of 1,000 and 2,000 come from the seeds 2000 "
    "and 2001 of `tests/plugins/allocation/pools.py`. Seconds are by the clock, memory is the most "
    "that the process held, libraries and solver counted. The lowest chance is a share of what "
    "linear programming proves that nobody can pass; breadth is a share of the broadest there is."
)
_POOLS: dict[str, tuple[float, float, float]] = {
    "synthetic_vet_100": (5, 0.80, 0.90),
    "opencon2015_300": (15, 0.80, 0.90),
    "2000": (60, 0.75, 0.85),
    "2001": (180, 0.60, 0.75),
}
"""Of each pool the seconds it may take, and the gate and moonshot of the lowest chance."""


def gates() -> list[Gate]:
    """Return the rows of the report."""
    return [gate for name, limits in _POOLS.items() for gate in _of(name, *limits)]


def _of(name: str, seconds: float, share: float, far: float) -> Sequence[Gate]:
    command = [sys.executable, "-m", "bench.allocation", name]
    out = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    people, took, lowest, even, cover, worst, held = map(float, out.split())
    who = f"{people:,.0f} people"
    return [
        Gate(f"Allocation of {who}", took, seconds, None, unit=" s", at_least=False),
        Gate(f"Memory for {who}", held, 250, None, unit=" MiB", at_least=False),
        Gate(f"Lowest chance among {who}", lowest, share, far, unit=""),
        Gate(f"Breadth expected for {who}", min(even, cover), 0.90, None, unit=""),
        Gate(f"Breadth of the worst ticket for {who}", worst, 0.80, None, unit=""),
    ]


def _allocate(name: str) -> None:
    """Allocate one pool and print its figures."""
    if name.isdigit():
        pool, settings = made_up(LARGER[int(name)], int(name)), large_settings()
    else:
        pool, settings = stored(name)
    began = time.perf_counter()
    found = rules.allocate(pool, settings)
    took = time.perf_counter() - began
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    worst = min(found.coverage.worst_share, found.simpson.worst_share)
    shares = found.simpson.expected_share, found.coverage.expected_share
    print(len(pool.people), took, found.lowest / (found.bound or 1), *shares, worst, held)


if __name__ == "__main__":
    _allocate(sys.argv[1])
