"""`python -m bench [--sizes 10000,100000] [--quick]`: measure, write the figures, judge them."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bench import hooks, peer, ranking
from bench.gates import all_gates
from bench.measuring import measure
from bench.report import document, gate_lines
from bench.servers import ROOT


def main() -> int:
    """Run it all; the exit status says whether the gates hold."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--sizes", default="10000,100000", help="organisations, with commas")
    parser.add_argument("--quick", action="store_true", help="every fourth query only")
    parser.add_argument("--keep", action="store_true", help="import nothing that is there already")
    parser.add_argument("--data", type=Path, default=ROOT / "bench-data", help="where data lies")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "figures.md")
    chosen = parser.parse_args()
    peer.install()
    found = {}
    for size in map(int, chosen.sizes.split(",")):
        print(f"Measuring {size:,} organisations ...", file=sys.stderr, flush=True)
        found[size] = measure(size, chosen.data / str(size), chosen.quick, chosen.keep)
    gates = [*all_gates(found), hooks.gate()]
    gates += [ranking.gate(size, chosen.data / str(size) / "site") for size in found]
    command = " ".join(["python -m bench", *sys.argv[1:]])
    chosen.output.write_text(document(command, gates, found) + "\n", encoding="utf-8")
    print("\n".join(gate_lines(gates)))
    return 0 if all(gate.holds for gate in gates) else 1


if __name__ == "__main__":
    sys.exit(main())
