"""What a worker holds in memory of one kind's catalogue, and how it stays true.

The facet sets are always those of now. Word sets are read when they are first asked for and kept
as the last merge left them; documents changed since then lie over them. A state is never changed
after it was published, so that threads may read one while another publishes the next.
"""

import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple

from plugins.search.bitset import FASTEST, SetKind, TypeOfSet
from plugins.search.merging import ALL, SCORE, document_facets
from plugins.search.questions import MOST_PREFIXED
from portal.db import database, query

WORD_BYTES = 24 << 20
RESULT_BYTES = 8 << 20
CARD_BYTES = 4_000  # what a card weighs in memory, about
CARDS_BYTES = 6 << 20
_END = chr(0x10FFFF)


class Moved(Exception):
    """The sets were merged by another worker since this state was read."""


class Postings(NamedTuple):
    """The documents of a word: in the name, in any name, anywhere. Each holds the one before."""

    name: TypeOfSet
    names: TypeOfSet
    all: TypeOfSet
    is_cut: bool = False


class Cache:
    """The most recently used values, up to a number of bytes."""

    def __init__(self, limit: int) -> None:
        self.limit, self.bytes = limit, 0
        self._values: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> Any:
        """Give the value, or None."""
        with self._lock:
            if (kept := self._values.get(key)) is None:
                return None
            self._values.move_to_end(key)
            return kept[0]

    def keep(self, key: Hashable, value: Any, size: int) -> None:
        """Keep a value of so many bytes; the longest unused ones go."""
        with self._lock:
            self.bytes += size - self._values.pop(key, (None, 0))[1]
            self._values[key] = value, size
            while self.bytes > self.limit:
                self.bytes -= self._values.popitem(last=False)[1][1]

    def clear(self) -> None:
        """Drop everything."""
        with self._lock:
            self._values.clear()
            self.bytes = 0


@dataclass(frozen=True)
class Change:
    """A document as it is now; `facets` is empty when it was removed."""

    number: int
    seq: int
    words: str
    facets: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class State:
    """One kind's catalogue as of one number of the log."""

    kind: str
    sets: SetKind
    source: Any = None  # the database it was read from
    seq: int = 0
    generation: int = 0
    numbered: int = 0
    facets: Mapping[str, Mapping[str, TypeOfSet]] = field(default_factory=dict)
    dirty: TypeOfSet = 0
    overlay: Mapping[str, Mapping[int, int]] = field(default_factory=dict)
    changed_words: Mapping[int, str] = field(default_factory=dict)
    base_words: Cache = field(default_factory=lambda: Cache(WORD_BYTES))
    now_words: Cache = field(default_factory=lambda: Cache(WORD_BYTES))
    results: Cache = field(default_factory=lambda: Cache(RESULT_BYTES))
    cards: Cache = field(default_factory=lambda: Cache(CARDS_BYTES))

    @cached_property
    def everything(self) -> TypeOfSet:
        """All documents."""
        return self.facets.get(ALL, {}).get("", self.sets.empty)

    @cached_property
    def scores(self) -> list[tuple[int, TypeOfSet]]:
        """The sets of each score, the highest first."""
        found = self.facets.get(SCORE, {})
        return sorted(((int(score), bits) for score, bits in found.items()), reverse=True)

    @cached_property
    def unscored(self) -> TypeOfSet:
        """Documents without a score."""
        return self.sets.difference(
            self.everything, self.sets.union([bits for _, bits in self.scores])
        )

    @cached_property
    def median_score(self) -> int:
        """The score that half of the judged documents reach; 0 when there are none."""
        half = (self.sets.count(self.everything) - self.sets.count(self.unscored)) / 2
        for score, bits in self.scores:
            half -= self.sets.count(bits)
            if half <= 0:
                return score
        return 0

    @cached_property
    def _facet_sets(self) -> dict[str, tuple[list[str], list[TypeOfSet]]]:
        return {}

    def facet_sets(self, name: str) -> tuple[list[str], list[TypeOfSet]]:
        """The values of a facet, in their order, and the set of each."""
        if (kept := self._facet_sets.get(name)) is None:
            found = self.facets.get(name, {})
            ordered = sorted(found)
            kept = self._facet_sets[name] = ordered, [found[value] for value in ordered]
        return kept

    def postings(self, keys: Sequence[str]) -> dict[str, Postings]:
        """Find the documents of words and prefixes, in one statement for all not yet in memory.

        Raises Moved when another worker has merged.
        """
        found = {key: kept for key in keys if (kept := self.base_words.get(key)) is not None}
        if missing := [key for key in dict.fromkeys(keys) if key not in found]:
            for key, postings in self._read(missing).items():
                found[key] = postings
                self.base_words.keep(key, postings, self._memory(key, postings))
        if not self.dirty:
            return found
        return {key: self._now(key, postings) for key, postings in found.items()}

    def _memory(self, key: str, postings: Postings) -> int:
        return 400 + len(key) + sum(map(self.sets.memory, postings[:3]))

    def _now(self, key: str, base: Postings) -> Postings:
        """Lay the documents changed since the merge over a word's sets."""
        if (kept := self.now_words.get(key)) is not None:
            return kept  # type: ignore[no-any-return]
        best: dict[int, int] = {}
        for word in self._overlaid(key):
            for number, place in self.overlay[word].items():
                best[number] = min(place, best.get(number, place))
        levels = []
        for place, bits in enumerate(base[:3]):
            fresh = self.sets.from_ids([number for number, at in best.items() if at <= place])
            levels.append(self.sets.difference(bits, self.dirty) | fresh)
        now = Postings(levels[0], levels[1], levels[2], base.is_cut)
        self.now_words.keep(key, now, self._memory(key, now))
        return now

    def _overlaid(self, key: str) -> Iterable[str]:
        if not key.endswith("*"):
            return (key,) if key in self.overlay else ()
        return [word for word, documents in self.overlay.items() if word.startswith(key[:-1])]

    def _read(self, keys: Sequence[str]) -> dict[str, Postings]:
        plain = [key for key in keys if not key.endswith("*")]
        prefixes = [key[:-1] for key in keys if key.endswith("*")]
        row = "word, in_name, in_names, in_text FROM search_word WHERE kind = ? AND word IN"
        parts = [
            "SELECT -2, base_generation, '', NULL, NULL, NULL FROM search_state WHERE kind = ?"
        ]
        params: list[Any] = [self.kind]
        if plain:
            parts.append(f"SELECT -1, 0, {row} ({', '.join('?' * len(plain))})")
            params += (self.kind, *plain)
        for at, prefix in enumerate(prefixes):
            parts.append(
                f"SELECT {at}, 0, {row} (SELECT word FROM (SELECT word FROM search_word "
                "WHERE kind = ? AND word >= ? AND word < ? "
                "ORDER BY documents DESC, word LIMIT ?) AS most)"
            )
            params += (self.kind, self.kind, prefix, prefix + _END, MOST_PREFIXED)
        rows: dict[int, list[Sequence[Any]]] = {}
        for part, *fields in query(" UNION ALL ".join(parts), params):
            rows.setdefault(part, []).append(fields)
        if (rows[-2][0][0] if rows else 0) != self.generation:
            raise Moved
        blobs = {word: [fields] for _, word, *fields in rows.get(-1, ())}
        found = {key: self._postings(blobs.get(key, [])) for key in plain}
        for at, prefix in enumerate(prefixes):
            found[prefix + "*"] = self._postings([fields[2:] for fields in rows.get(at, ())])
        return found

    def _postings(self, rows: Sequence[Sequence[Any]]) -> Postings:
        levels, below = [], self.sets.empty
        for place in range(3):
            blobs = [bytes(row[place]) for row in rows if row[place] is not None]
            below = below | self.sets.union_of_bytes(blobs) if blobs else below
            levels.append(below)
        return Postings(levels[0], levels[1], levels[2], len(rows) >= MOST_PREFIXED)


def load(kind: str, sets: SetKind = FASTEST) -> State:
    """Read the facet sets of the last merge and all changes since, as often as it takes."""
    while True:
        with suppress(Moved):  # merged between the two statements
            return _load(kind, sets)


def _load(kind: str, sets: SetKind) -> State:
    rows = query(
        "SELECT s.base_generation, s.base_seq, f.facet, f.value, f.members FROM search_state AS s "
        "LEFT JOIN search_facet AS f ON f.kind = s.kind WHERE s.kind = ?",
        (kind,),
    )
    facets: dict[str, dict[str, TypeOfSet]] = {}
    for _, _, facet, value, members in rows:
        if facet is not None:
            facets.setdefault(facet, {})[value] = sets.from_bytes(bytes(members))
    generation, seq = rows[0][:2] if rows else (0, 0)
    state = State(kind, sets, database.obj, seq, generation, 0, facets, sets.empty)
    return advance(state, seq)


def advance(state: State, catalogue_seq: int) -> State:
    """Give the state with all changes applied that were committed since, in one statement.

    Raises Moved when the sets were merged meanwhile.
    """
    rows = query(
        "SELECT s.base_generation, s.numbered, d.number, d.seq, d.words, d.facets, d.score, d.card "
        "IS NULL FROM search_state AS s LEFT JOIN search_document AS d ON d.kind = s.kind "
        "AND d.seq > ? WHERE s.kind = ?",
        (state.seq, state.kind),
    )
    generation, numbered = rows[0][:2] if rows else (0, 0)
    if generation != state.generation:
        raise Moved
    changes = [
        Change(number, seq, words, () if is_gone else document_facets(facets, score))
        for _, _, number, seq, words, facets, score, is_gone in rows
        if number is not None
    ]
    seq = max([catalogue_seq, state.seq, *(change.seq for change in changes)])
    if not changes:
        return replace(state, seq=seq, numbered=numbered)
    overlay, changed_words = _overlay(state, changes)
    return replace(
        state,
        seq=seq,
        numbered=numbered,
        facets=_facets(state, changes),
        dirty=state.dirty | state.sets.from_ids([change.number for change in changes]),
        overlay=overlay,
        changed_words=changed_words,
        now_words=Cache(WORD_BYTES),
        results=Cache(RESULT_BYTES),
        cards=Cache(CARDS_BYTES),
    )


def _overlay(
    state: State, changes: Sequence[Change]
) -> tuple[dict[str, dict[int, int]], dict[int, str]]:
    """Copy what changes, and only that: threads may be reading the old one."""
    overlay: dict[str, Any] = dict(state.overlay)
    changed_words = dict(state.changed_words)
    copied: set[str] = set()

    def of(word: str) -> dict[int, int]:
        if word not in copied:
            overlay[word] = dict(overlay.get(word, ()))
            copied.add(word)
        return overlay[word]  # type: ignore[no-any-return]

    for change in changes:
        for word in changed_words.get(change.number, "").split():
            del of(word)[change.number]
        for place, line in enumerate(change.words.split("\n")):
            for word in line.split():
                of(word)[change.number] = place
        changed_words[change.number] = change.words
    for word in copied:
        if not overlay[word]:
            del overlay[word]
    return overlay, changed_words


def _facets(state: State, changes: Sequence[Change]) -> dict[str, dict[str, TypeOfSet]]:
    sets = state.sets
    touched = sets.from_ids([change.number for change in changes])
    facets = {name: dict(values) for name, values in state.facets.items()}
    for values in facets.values():
        for value, bits in values.items():
            if sets.and_count(bits, touched):
                values[value] = sets.difference(bits, touched)
    added: dict[tuple[str, str], list[int]] = {}
    for change in changes:
        for pair in change.facets:
            added.setdefault(pair, []).append(change.number)
    for (name, value), numbers in added.items():
        values = facets.setdefault(name, {})
        values[value] = values.get(value, sets.empty) | sets.from_ids(numbers)
    return facets
