"""Folds changed documents into the word and facet sets.

Writers never touch the sets, so they don't wait for each other; a merge, run by jobs and
importers, brings the sets up to date and starts a new generation of them.
"""

import json
import secrets
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from plugins.search.bitset import FASTEST, SetKind, TypeOfSet
from plugins.search.documents import batches, take_seq
from portal.db import execute, query, transaction

ALL, SCORE = ":all", ":score"  # inner facets: every document; those of each score
SLICE = 10_000
_WORD_BATCH = 300
_Row = tuple[int, str, str | None, str, int | None, int]


def merge_if_due(kind: str, threshold: int = 2000) -> int:
    """Merge when at least `threshold` documents changed since the last merge."""
    waiting = query(
        "SELECT count(*) FROM search_document AS d JOIN search_state AS s ON s.kind = d.kind "
        "WHERE d.kind = ? AND d.seq > s.base_seq",
        (kind,),
    )[0][0]
    return merge(kind) if waiting and waiting >= threshold else 0


def merge_all_due() -> None:
    """Merge each kind of documents that is due."""
    for (kind,) in query("SELECT kind FROM search_state"):
        merge_if_due(kind)


def merge(kind: str) -> int:
    """Bring the sets of a kind up to date; give how many documents had changed."""
    with transaction():
        seq = take_seq()
        state = query("SELECT base_seq FROM search_state WHERE kind = ?", (kind,))
        return _merge(kind, state[0][0], seq, FASTEST) if state else 0


def rebuild(kind: str) -> int:
    """Build the sets of a kind anew from its documents; the answers stay the same."""
    with transaction():
        seq = take_seq()
        for table in ("search_word", "search_facet"):
            execute(f"DELETE FROM {table} WHERE kind = ?", (kind,))
        execute("UPDATE search_document SET indexed_words = '' WHERE kind = ?", (kind,))
        return _merge(kind, -1, seq, FASTEST)


def document_facets(facets: str, score: int | None) -> list[tuple[str, str]]:
    """List a document's facet values, the inner ones among them."""
    pairs = [(name, value) for name, values in json.loads(facets).items() for value in values]
    pairs.append((ALL, ""))
    if score is not None:
        pairs.append((SCORE, str(score)))
    return pairs


def _merge(kind: str, base_seq: int, seq: int, sets: SetKind) -> int:
    changed: list[int] = []
    facets: dict[tuple[str, str], list[int]] = defaultdict(list)
    while rows := _slice(kind, base_seq, changed[-1] if changed else -1):
        _merge_words(kind, rows, sets)
        for number, _, _, values, score, is_gone in rows:
            changed.append(number)
            for pair in () if is_gone else document_facets(values, score):
                facets[pair].append(number)
    if not changed and base_seq >= 0:
        return 0
    _merge_facets(kind, changed, facets, sets)
    execute("DELETE FROM search_document WHERE kind = ? AND card IS NULL", (kind,))
    execute(
        "UPDATE search_document SET indexed_words = NULL WHERE kind = ? AND seq > ?",
        (kind, base_seq),
    )
    # By chance and not by counting: a number of a merge that was rolled back must not come again.
    execute(
        "UPDATE search_state SET base_seq = ?, base_generation = ? WHERE kind = ?",
        (seq, secrets.randbits(62), kind),
    )
    return len(changed)


def _slice(kind: str, base_seq: int, after: int) -> list[_Row]:
    return query(
        "SELECT number, words, indexed_words, facets, score, CASE WHEN card IS NULL THEN 1 ELSE 0 "
        "END FROM search_document WHERE kind = ? AND seq > ? AND number > ? "
        "ORDER BY number LIMIT ?",
        (kind, base_seq, after, SLICE),
    )


def _merge_words(kind: str, rows: Iterable[_Row], sets: SetKind) -> None:
    gone: dict[str, list[int]] = defaultdict(list)
    added: list[dict[str, list[int]]] = [defaultdict(list), defaultdict(list), defaultdict(list)]
    for number, now, before, *_ in rows:
        for word in (before or "").split():
            gone[word].append(number)
        for line, into in zip(now.split("\n"), added, strict=False):
            for word in line.split():
                into[word].append(number)
    affected = sorted(gone.keys() | added[0].keys() | added[1].keys() | added[2].keys())
    for batch in batches(affected, _WORD_BATCH):
        _merge_word_batch(kind, batch, gone, added, sets)


def _merge_word_batch(
    kind: str,
    batch: Sequence[str],
    gone: dict[str, list[int]],
    added: Sequence[dict[str, list[int]]],
    sets: SetKind,
) -> None:
    marks = ", ".join("?" * len(batch))
    stored = {
        row[0]: row[1:]
        for row in query(
            "SELECT word, in_name, in_names, in_text FROM search_word "
            f"WHERE kind = ? AND word IN ({marks})",
            (kind, *batch),
        )
    }
    values: list[Any] = []
    emptied: list[str] = []
    for word in batch:
        documents, blobs = 0, []
        for old, into in zip(stored.get(word, (None, None, None)), added, strict=True):
            bits = sets.from_bytes(bytes(old)) if old is not None else sets.empty
            if bits and word in gone:
                bits = sets.difference(bits, sets.from_ids(gone[word]))
            if word in into:
                bits = bits | sets.from_ids(into[word])
            documents += sets.count(bits)
            blobs.append(sets.to_bytes(bits) if bits else None)
        if documents:
            values += (kind, word, documents, *blobs)
        else:
            emptied.append(word)
    if values:
        _upsert(
            "search_word (kind, word, documents, in_name, in_names, in_text)", "kind, word",
            "documents = excluded.documents, in_name = excluded.in_name, "
            "in_names = excluded.in_names, in_text = excluded.in_text", values, 6,
        )  # fmt: skip
    if emptied:
        marks = ", ".join("?" * len(emptied))
        execute(f"DELETE FROM search_word WHERE kind = ? AND word IN ({marks})", (kind, *emptied))


def _merge_facets(
    kind: str, changed: Sequence[int], added: dict[tuple[str, str], list[int]], sets: SetKind
) -> None:
    rows = query("SELECT facet, value, members FROM search_facet WHERE kind = ?", (kind,))
    stored: dict[tuple[str, str], TypeOfSet] = {
        (facet, value): sets.from_bytes(bytes(members)) for facet, value, members in rows
    }
    touched = sets.from_ids(changed)
    values: list[Any] = []
    for pair in sorted(stored.keys() | added.keys()):
        before: TypeOfSet = stored.get(pair, sets.empty)
        bits = sets.difference(before, touched) | sets.from_ids(added.get(pair, ()))
        if not bits:
            execute(
                "DELETE FROM search_facet WHERE kind = ? AND facet = ? AND value = ?", (kind, *pair)
            )
        elif bits != before:
            values += (kind, *pair, sets.to_bytes(bits))
    for batch in batches(values, 4 * _WORD_BATCH):
        _upsert(
            "search_facet (kind, facet, value, members)", "kind, facet, value",
            "members = excluded.members", batch, 4,
        )  # fmt: skip


def _upsert(table: str, key: str, change: str, values: Sequence[Any], columns: int) -> None:
    row = f"({', '.join('?' * columns)})"
    rows = ", ".join([row] * (len(values) // columns))
    execute(f"INSERT INTO {table} VALUES {rows} ON CONFLICT ({key}) DO UPDATE SET {change}", values)
