"""`python -m bench [--only search,...]`: measure, write the figures, judge them.

Each area writes its part of the page of figures; the parts of others stay as they are.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from bench import areas, hooks, peer, ranking
from bench.gates import Gate, all_gates
from bench.measuring import measure
from bench.report import gate_lines, replaced, search_part, small_part
from bench.servers import ROOT

SEARCH = "search"


def main() -> int:
    """Run it all; the exit status says whether the gates hold."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", default="", help=f"areas, with commas, of: {', '.join(_all())}")
    parser.add_argument("--if-there", action="store_true", help="leave out what has no data here")
    parser.add_argument("--sizes", default="10000,100000", help="organisations, with commas")
    parser.add_argument("--quick", action="store_true", help="every fourth query only")
    parser.add_argument("--keep", action="store_true", help="import nothing that is there already")
    parser.add_argument("--data", type=Path, default=ROOT / "bench-data", help="where data lies")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "figures.md")
    chosen = parser.parse_args()
    wanted = chosen.only.split(",") if chosen.only else _all()
    if unknown := set(wanted) - set(_all()):
        parser.error(f"unknown areas: {', '.join(sorted(unknown))}")
    if len(wanted) > 1:
        return max(_apart(name, bool(chosen.only)) for name in wanted)
    (name,) = wanted
    print(f"Measuring {name} ...", file=sys.stderr, flush=True)
    try:
        gates, part = _search(chosen) if name == SEARCH else _small(name)
    except areas.Missing as missing:
        if not chosen.if_there:
            parser.error(f"{name}: {missing}")
        print(f"Left out {name}: {missing}.", file=sys.stderr, flush=True)
        return 0
    page = chosen.output.read_text(encoding="utf-8") if chosen.output.exists() else ""
    chosen.output.write_text(replaced(page, _all(), name, part), encoding="utf-8")
    print("\n".join(gate_lines(gates)))
    return 0 if all(gate.holds for gate in gates) else 1


def _apart(name: str, is_chosen: bool) -> int:
    """Measure an area in a process of its own: a child counts the memory of whoever starts it."""
    more = [] if is_chosen else ["--if-there"]
    return subprocess.call([sys.executable, "-m", "bench", *sys.argv[1:], "--only", name, *more])


def _all() -> Sequence[str]:
    return (SEARCH, *areas.NAMES)


def _search(chosen: argparse.Namespace) -> tuple[list[Gate], str]:
    peer.install()
    found = {}
    for size in map(int, chosen.sizes.split(",")):
        print(f"Measuring {size:,} organisations ...", file=sys.stderr, flush=True)
        found[size] = measure(size, chosen.data / str(size), chosen.quick, chosen.keep)
    gates = [*all_gates(found), hooks.gate()]
    gates += [ranking.gate(size, chosen.data / str(size) / "site") for size in found]
    return gates, search_part(_command(), gates, found)


def _small(name: str) -> tuple[list[Gate], str]:
    area = areas.area(name)
    gates = area.gates()
    return gates, small_part(_command(), area.TITLE, area.ABOUT, gates)


def _command() -> str:
    return " ".join(["python -m bench", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
