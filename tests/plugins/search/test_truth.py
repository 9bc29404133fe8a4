"""The engine against a plain reading of every document, before and after writes and merges."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest

from plugins.search.bitset import INTEGERS, ROARING, SetKind
from plugins.search.documents import scattered
from plugins.search.interface import Document, Index, Query, merge, put, rebuild, remove, sort_key
from plugins.search.spelling import spellings
from portal import db
from portal.text import words

KIND = "partner"
VOCABULARY = [
    "school",
    "schools",
    "schooling",
    "training",
    "weld",
    "welding",
    "welder",
    "nursing",
    "nurse",
    "the",
    "of",
    "and",
    "care",
    "logistics",
    "école",
    "formation",
    "mécanique",
    "Łódź",
    "Straße",
    "Αθήνα",
    "σχολή",
    "εργαστήριο",
    "και",
    "София",
    "училище",
    "на",
    "Ниш",
    "2024",
    "b2b",
]
FACETS = ("country", "field", "role")
KINDS = [INTEGERS] + ([ROARING] if ROARING else [])
START = datetime(2026, 1, 1, tzinfo=UTC)


def some_words(chance: random.Random, most: int, least: int = 0) -> str:
    return " ".join(chance.choices(VOCABULARY, k=chance.randint(least, most)))


def some_document(chance: random.Random, object_id: int) -> Document:
    fields = chance.sample(["041", "0411", "0412", "071", "0711", "101"], k=chance.randint(0, 3))
    parents = {code[:length] for code in fields for length in (3, 4)}
    return Document(
        KIND,
        object_id,
        some_words(chance, 3, 1),
        {"id": object_id},
        names=[some_words(chance, 2) for _ in range(chance.randint(0, 2))],
        texts=[some_words(chance, 8), some_words(chance, 3)],
        facets={
            "country": [chance.choice(["DE", "GR", "IT", "LV", "BG"])],
            "field": sorted(parents),
            "role": chance.sample(["host", "sending"], k=chance.randint(0, 2)),
        },
        score=chance.choice([None, None, 10, 40, 40, 70, 100]),
        created_at=START + timedelta(days=chance.randint(0, 9)),
    )


@dataclass
class Truth:
    """The documents as they should be, with the numbers they must have got."""

    documents: dict[int, tuple[int, Document]] = field(default_factory=dict)
    numbered: int = 0

    def put(self, documents: Sequence[Document]) -> None:
        for document in documents:
            if document.object_id in self.documents:
                number = self.documents[document.object_id][0]
            else:
                number, self.numbered = scattered(self.numbered), self.numbered + 1
            self.documents[document.object_id] = number, document

    def remove(self, object_ids: Sequence[int]) -> None:
        for object_id in object_ids:
            self.documents.pop(object_id, None)


@dataclass(frozen=True)
class Asked:
    """A query in parts, so that the plain reading need not read the query language."""

    words: tuple[str, ...] = ()
    prefix: str = ""
    without: str = ""
    phrase: tuple[str, ...] = ()
    query: Query = field(default_factory=Query)

    def typed(self) -> Query:
        parts = list(self.words)
        parts += [f'"{" ".join(self.phrase)}"'] if self.phrase else []
        parts += [f"-{self.without}"] if self.without else []
        parts += [f"{self.prefix}*"] if self.prefix else []
        return replace(self.query, text=" ".join(parts))


def some_question(chance: random.Random) -> Asked:
    facets: dict[str, Any] = {}
    if chance.random() < 0.4:
        facets["country"] = chance.sample(["DE", "GR", "IT", "XX"], k=chance.randint(1, 2))
    if chance.random() < 0.3:
        facets["field"] = chance.sample(["041", "0411", "071", "101"], k=chance.randint(1, 2))
    return Asked(
        words=tuple(chance.choices(VOCABULARY, k=chance.choice([0, 1, 1, 1, 2]))),
        prefix=chance.choice(["", "", "", "sch", "we", "s", "σχο", "уч", "zzz"]),
        without=chance.choice(["", "", "", *VOCABULARY[:6]]),
        phrase=tuple(chance.choices(VOCABULARY[:5], k=2)) if chance.random() < 0.15 else (),
        query=Query(
            facets=facets,
            minimum_score=chance.choice([None, None, None, 0, 40, 71]),
            sort=chance.choice(["relevance", "relevance", "quality", "name", "newest"]),
            offset=chance.choice([0, 0, 5, 40]),
            limit=chance.choice([1, 20, 500]),
            rotation=chance.randint(0, 30),
            facet_names=FACETS,
        ),
    )


@cache
def forms(text: str) -> frozenset[str]:
    return frozenset(form for word in words(text) for form in spellings(word))


@cache
def spaced(text: str) -> str:
    return f" {' '.join(words(text))} "


def place_of(document: Document, key: str) -> int:
    """0 in the name, 1 in another name, 2 in the text, 9 nowhere."""
    for place, values in enumerate(([document.name], document.names, document.texts)):
        for found in map(forms, values):
            if key in found or (key[-1] == "*" and any(f.startswith(key[:-1]) for f in found)):
                return place
    return 9


def tier_of(document: Document, asked: Asked) -> int:
    """The worst place of any word; 9 when the document is not found, 0 without words."""
    folded = [(word, "") for text in (*asked.words, *asked.phrase) for word in words(text)]
    folded += [(word, "*") for word in words(asked.prefix)]
    places = [
        min(place_of(document, form + star) for form in spellings(word)) for word, star in folded
    ]
    left_out = asked.without and any(
        place_of(document, form) < 9 for word in words(asked.without) for form in spellings(word)
    )
    values = (document.name, *document.names, *document.texts)
    if asked.phrase and not any(spaced(" ".join(asked.phrase)) in spaced(v) for v in values):
        return 9
    return 9 if left_out else max(places, default=0)


def enough(document: Document, query: Query) -> bool:
    least = query.minimum_score
    return least is None or (document.score is not None and document.score >= least)


def chosen(document: Document, query: Query, but: str = "") -> bool:
    return all(
        set(values) & set(document.facets.get(name, ()))
        for name, values in query.facets.items()
        if name != but
    )


def expected(truth: Truth, asked: Asked) -> tuple[int, list[int], dict[str, dict[str, int]]]:
    query = asked.query
    found = [
        (tier, number, document)
        for number, document in truth.documents.values()
        if (tier := tier_of(document, asked)) < 9 and enough(document, query)
    ]
    facets = {}
    for name in FACETS:
        counts = Counter(
            value
            for _, _, document in found
            if chosen(document, query, but=name)
            for value in document.facets[name]
        )
        known = {v for _, d in truth.documents.values() for v in d.facets[name]}
        counts.update(dict.fromkeys(known & set(query.facets.get(name, ())), 0))
        facets[name] = dict(counts)
    page = sorted(
        (item for item in found if chosen(item[2], query)),
        key=lambda item: order(truth, query, item),
    )
    ids = [document.object_id for _, _, document in page]
    assert truth.numbered <= 1024  # the first range of numbers
    return len(ids), ids[query.offset : query.offset + query.limit], facets


def order(truth: Truth, query: Query, item: tuple[int, int, Document]) -> tuple[Any, ...]:
    tier, number, document = item
    size = 1024
    turned = (number - int(query.rotation * 0.6180339887498949 % 1 * size)) % size
    if query.sort == "name":
        return sort_key(document.name), number
    if query.sort == "newest":
        return -document.created_at.timestamp(), number
    scores = sorted(
        (d.score for _, d in truth.documents.values() if d.score is not None), reverse=True
    )
    median = scores[(len(scores) - 1) // 2] if scores else 0
    if query.sort == "quality":
        return -1 if document.score is None else -document.score - 1, turned
    return tier, -(median if document.score is None else document.score), turned


def seq() -> int:
    return int(db.query("SELECT catalogue_seq FROM heartbeat")[0][0])


def agree(truth: Truth, index: Index, chance: random.Random, questions: int) -> None:
    index.refresh(seq())
    for _ in range(questions):
        asked = some_question(chance)
        result = index.search(asked.typed())
        total, ids, facets = expected(truth, asked)
        assert (result.total, list(result.object_ids)) == (total, ids), asked
        assert result.facets == facets, asked
        assert [card["id"] for card in result.cards] == ids


def write(truth: Truth, chance: random.Random) -> None:
    documents = [some_document(chance, chance.randint(1, 300)) for _ in range(chance.randint(1, 9))]
    gone = [chance.randint(1, 300) for _ in range(chance.randint(0, 3))]
    with db.transaction():
        put(documents)
        remove(KIND, gone)
    truth.put(list({document.object_id: document for document in documents}.values()))
    truth.remove(gone)


def stored_sets() -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    sets = "SELECT facet, value, members FROM search_facet ORDER BY facet, value"
    posted = "SELECT word, documents, in_name, in_names, in_text FROM search_word ORDER BY word"
    return tuple(  # type: ignore[return-value]
        [tuple(bytes(x) if isinstance(x, memoryview) else x for x in row) for row in db.query(sql)]
        for sql in (sets, posted)
    )


@pytest.fixture
def truth(any_database: None) -> Truth:
    chance = random.Random(4)
    documents = [some_document(chance, object_id) for object_id in range(1, 251)]
    put(documents)
    held = Truth()
    held.put(documents)
    return held


@pytest.mark.parametrize("sets", KINDS, ids=lambda kind: kind.name)
def test_totals_counts_and_order_equal_a_plain_reading(truth: Truth, sets: SetKind) -> None:
    agree(truth, Index(KIND, sets), random.Random(1), 120)
    merge(KIND)
    agree(truth, Index(KIND, sets), random.Random(2), 120)


@pytest.mark.parametrize("sets", KINDS, ids=lambda kind: kind.name)
def test_two_workers_see_every_write_in_their_next_request(truth: Truth, sets: SetKind) -> None:
    chance = random.Random(9)
    workers = [Index(KIND, sets), Index(KIND, sets)]
    for turn in range(40):
        write(truth, chance)
        if chance.random() < 0.2:
            merge(KIND)
        agree(truth, workers[turn % 2], chance, 3)
    for worker in workers:
        agree(truth, worker, chance, 20)


def test_a_rebuild_gives_the_same_bytes_as_the_merges(truth: Truth) -> None:
    chance = random.Random(3)
    for _ in range(12):
        write(truth, chance)
        merge(KIND)
    merged = stored_sets()
    rebuild(KIND)
    assert stored_sets() == merged
    agree(truth, Index(KIND), chance, 20)


@pytest.mark.parametrize("sort", ["relevance", "quality", "name", "newest"])
def test_paging_to_the_end_gives_each_document_once(truth: Truth, sort: Any) -> None:
    index = Index(KIND)
    index.refresh(seq())
    seen: list[int] = []
    for offset in range(0, 260, 20):
        page = index.search(Query(sort=sort, offset=offset, limit=20, rotation=5))
        seen += page.object_ids
    assert sorted(seen) == sorted(truth.documents)
    assert index.search(Query(sort=sort, offset=9_999)).ids == []
