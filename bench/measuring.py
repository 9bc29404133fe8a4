"""Runs the workload against several servers in turn, so that all meet the same minutes."""

from __future__ import annotations

import json
import shutil
import statistics
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from bench import peer, product
from bench.data import Network, write_import_files, write_peer_tables
from bench.servers import Server

CHUNK = 30
REPEATS = 5
FORMS = ("html", "json")
Query = tuple[str, dict[str, str]]


@dataclass
class Series:
    """What one server took for one form of answer: by query, processor time and the clock's."""

    cpu: float = 0.0
    requests: int = 0
    bytes: int = 0
    cpu_seconds: dict[int, list[float]] = field(default_factory=dict)
    seconds: dict[int, list[float]] = field(default_factory=dict)

    @property
    def cpu_ms(self) -> float:
        """Processor time of a request."""
        return 1000 * self.cpu / max(self.requests, 1)

    @property
    def kilobytes(self) -> float:
        """Mean size of an answer."""
        return self.bytes / max(self.requests, 1) / 1000

    def ask(self, server: Server, addresses: Iterable[tuple[int, str]], repeats: int) -> None:
        """Send requests one after the other and note what they took."""
        asked = list(addresses)
        for _ in range(repeats):
            for number, address in asked:
                before = server.cpu_seconds()
                answer = server.client.get(address)
                if answer.status != 200:
                    raise RuntimeError(f"{address} answered {answer.status}.")
                took = server.cpu_seconds() - before
                self.cpu += took
                self.cpu_seconds.setdefault(number, []).append(took)
                self.seconds.setdefault(number, []).append(answer.seconds)
                self.bytes += len(answer.body)
                self.requests += 1

    def cpu_half(self, numbers: Iterable[int] | None = None) -> float:
        """Give the median of processor time in milliseconds, of some queries or all."""
        return self._share(self.cpu_seconds, 0.5, numbers)

    def cpu_at(self, share: float) -> float:
        """Give the processor time in milliseconds that a share of the queries stays under."""
        return self._share(self.cpu_seconds, share)

    def at(self, share: float) -> float:
        """Give the milliseconds by the clock that a share of the queries stays under."""
        return self._share(self.seconds, share)

    @staticmethod
    def _share(
        times: dict[int, list[float]], share: float, numbers: Iterable[int] | None = None
    ) -> float:
        chosen = times if numbers is None else numbers
        ordered = sorted(1000 * statistics.median(times[number]) for number in chosen)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


@dataclass
class Measured:
    """Everything that was measured at one size; `series` by server and form."""

    size: int
    queries: Sequence[Query]
    series: dict[tuple[str, str], Series]
    import_seconds: float = 0.0
    start_seconds: float = 0.0
    memory_mib: float = 0.0
    peer_memory_mib: float = 0.0
    page_rate: float = 0.0
    unchanged_rate: float = 0.0

    def of_kind(self, kind: str) -> list[int]:
        """Give the numbers of the queries of a kind."""
        return [number for number, (name, _) in enumerate(self.queries) if name == kind]

    @property
    def kinds(self) -> list[str]:
        """The kinds of queries."""
        return list(dict.fromkeys(kind for kind, _ in self.queries))


def prepare(size: int, folder: Path, fresh: bool) -> tuple[Path, Path, float]:
    """Give the site, the peer's tables and the seconds of the import, made unless they are there."""
    folder.mkdir(parents=True, exist_ok=True)
    site, tables, noted = folder / "site", folder / "net.db", folder / "import.json"
    if not tables.exists():
        write_peer_tables(Network(size), tables)
    if fresh or not noted.exists():
        shutil.rmtree(site, ignore_errors=True)
        files = write_import_files(Network(size), folder)
        noted.write_text(json.dumps(product.fill(site, files)))
    return site, tables, json.loads(noted.read_text())


def measure(size: int, folder: Path, quick: bool, keep: bool) -> Measured:
    """Measure everything at one size. A small network is imported anew, for the import's figure."""
    site, tables, import_seconds = prepare(size, folder, fresh=size <= 10_000 and not keep)
    queries = Network(size).queries()[:: 4 if quick else 1]
    found = Measured(size, queries, {}, import_seconds)
    with ExitStack() as stack:
        theirs = stack.enter_context(peer.server(tables))
        warm = stack.enter_context(product.server(site))
        cold = stack.enter_context(product.cold_server(site, "all"))
        new = stack.enter_context(product.cold_server(site, "answers"))
        _check_same_rows(tables, queries, theirs, warm)
        warm_up = {form: Series() for form in FORMS}
        for form, series in warm_up.items():
            series.ask(warm, _addresses(queries, form), 2)
        size_in_bytes = str(int(warm_up["html"].kilobytes * 1000))
        bare = stack.enter_context(
            product.granian("bench.bare:app", {"BENCH_BARE_BYTES": size_in_bytes}, "/partners")
        )
        for start in range(0, len(queries), CHUNK):
            part = range(start, min(start + CHUNK, len(queries)))
            for form in FORMS:
                _take_turns(found, form, part, tables, theirs, warm, cold, new, bare)
        found.memory_mib, found.peer_memory_mib = warm.memory_mib(), theirs.memory_mib()
        found.page_rate, found.unchanged_rate = _rates(warm, queries)
    found.start_seconds = statistics.median(_starts(site, queries))
    return found


def _take_turns(
    found: Measured, form: str, part: Sequence[int], tables: Path,
    theirs: Server, warm: Server, cold: Server, new: Server, bare: Server,
) -> None:  # fmt: skip
    def series(name: str) -> Series:
        return found.series.setdefault((name, form), Series())

    own = [(number, product.address(found.queries[number][1], form)) for number in part]
    other = [(number, peer.address(tables, found.queries[number][1], form)) for number in part]
    series("peer").ask(theirs, other, 1)
    series("warm").ask(warm, own, REPEATS)
    series("cold").ask(cold, own, 2)
    series("new").ask(new, own, 2)
    if form == "html":
        series("bare").ask(bare, [(number, "/partners") for number in part], REPEATS)


def _addresses(queries: Sequence[Query], form: str) -> list[tuple[int, str]]:
    return [(number, product.address(params, form)) for number, (_, params) in enumerate(queries)]


def _check_same_rows(tables: Path, queries: Sequence[Query], theirs: Server, ours: Server) -> None:
    """Refuse to compare unlike things: without words both must find equally many."""
    for kind, params in queries:
        if kind in {"browse", "facets"}:
            own = json.loads(ours.client.get(product.address(params, "json")).body)["total"]
            other = json.loads(theirs.client.get(peer.address(tables, params, "json")).body)
            if own != other["filtered_table_rows_count"]:
                raise RuntimeError(f"{params}: {own} here, {other['filtered_table_rows_count']}")


def _rates(server: Server, queries: Sequence[Query]) -> tuple[float, float]:
    """Give pages and answers "nothing changed" a second of processor time."""
    pages, unchanged = Series(), Series()
    addresses = [product.address(params, "html") for _, params in queries[:30]]
    known = [(at, server.client.get(at).headers["etag"].replace("w/", "W/")) for at in addresses]
    for series, repeats in ((pages, 10), (unchanged, 60)):
        before = server.cpu_seconds()
        for _ in range(repeats):
            for address, mark in known:
                headers = {"If-None-Match": mark} if series is unchanged else {}
                answer = server.client.get(address, headers)
                assert answer.status == (304 if headers else 200)
                series.requests += 1
        series.cpu = server.cpu_seconds() - before
    return 1000 / pages.cpu_ms, 1000 / unchanged.cpu_ms


def _starts(site: Path, queries: Sequence[Query]) -> list[float]:
    """Start the portal three times; give the seconds to its first search."""
    times = []
    for _ in range(3):
        with product.served(site) as server:
            first = server.client.get("/partners?q=school")
            times.append(server.seconds_to_start + first.seconds)
    return times
