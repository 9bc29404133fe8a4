"""The figures that a release must reach, and those that it should."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bench.measuring import Measured

SMALL, LARGE = 10_000, 100_000


@dataclass(frozen=True)
class Gate:
    """A measured figure beside its two limits; `at_least` says which side is good."""

    what: str
    value: float
    gate: float
    moonshot: float | None
    unit: str = "x"
    at_least: bool = True

    @property
    def holds(self) -> bool:
        """Whether a release may go out."""
        return self._reaches(self.gate)

    @property
    def verdict(self) -> str:
        """The word of the table."""
        if not self.holds:
            return "**fails**"
        far = self.moonshot is not None and self._reaches(self.moonshot)
        return "moonshot" if far else "holds"

    def _reaches(self, limit: float) -> bool:
        return self.value >= limit if self.at_least else self.value <= limit


def all_gates(found: Mapping[int, Measured]) -> list[Gate]:
    """List the gates of the sizes that were measured."""
    gates = [gate for one in found.values() for gate in _of_size(one)]
    if {SMALL, LARGE} <= found.keys():
        halves = [found[size].series["warm", "html"].cpu_half() for size in (SMALL, LARGE)]
        gates.append(
            Gate("HTML search, growth of p50 from 10,000 to 100,000", halves[1] / halves[0],
                 2.5, 1.5, at_least=False)
        )  # fmt: skip
    return gates


_LIMITS = {
    ("html", "warm"): {SMALL: (20, 40), LARGE: (80, 200)},
    ("json", "warm"): {SMALL: (25, 60), LARGE: (100, 400)},
    ("html", "cold"): {SMALL: (8, 15), LARGE: (10, 20)},
    ("json", "cold"): {SMALL: (8, 15), LARGE: (10, 20)},
}
_WORDS = {"warm": "words in memory", "cold": "every cache emptied before each query"}


def _of_size(found: Measured) -> Iterator[Gate]:
    size = SMALL if found.size < LARGE else LARGE
    label = f"{found.size:,}"
    for (form, state), limits in _LIMITS.items():
        theirs, ours = found.series["peer", form], found.series[state, form]
        yield Gate(
            f"{form.upper()} search against Datasette, {_WORDS[state]}, {label}",
            theirs.cpu_ms / ours.cpu_ms, *limits[size],
        )  # fmt: skip
    yield Gate(f"HTML search, mildest kind against Datasette (p50), {label}", _mildest(found), 4, 8)
    pages = found.series["warm", "html"]
    yield Gate(
        f"HTML search against a bare page of as many bytes, {label}",
        pages.cpu_ms / found.series["bare", "html"].cpu_ms,
        *({SMALL: (4, 2.5), LARGE: (6, 3.5)}[size]), at_least=False,
    )  # fmt: skip
    yield Gate(
        f"HTML search, p95 to p50 over the mix, {label}", pages.cpu_at(0.95) / pages.cpu_half(), 3, 1.8,
        at_least=False,
    )  # fmt: skip
    yield Gate(f"304 against the full page, {label}", found.unchanged_rate / found.page_rate, 8, 15)
    yield Gate(
        f"Memory of one worker, {label}", found.memory_mib, *({SMALL: (150, 110), LARGE: (250, 150)}[size]),
        unit=" MiB", at_least=False,
    )  # fmt: skip
    if size == LARGE:
        yield Gate(
            f"Cold start to the first search, {label}", found.start_seconds, 2, 0.8, " s", False
        )
    else:
        yield Gate(f"Import and index, {label}", found.import_seconds, 20, 7, " s", False)


def _mildest(found: Measured) -> float:
    return min(
        found.series["peer", "html"].cpu_half(found.of_kind(kind))
        / found.series["warm", "html"].cpu_half(found.of_kind(kind))
        for kind in found.kinds
    )
