"""From an occupation in one language to partners who wrote in theirs.

The concept table (ESCO) is read from the database, one statement a query; what was asked lately
is kept.
"""

from __future__ import annotations

import csv
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from threading import Lock

from plugins.occupations.data.load import Concept as EscoConcept
from plugins.occupations.data.load import read_concepts
from plugins.occupations.models import Concept
from plugins.partners.interface import Also, Widening, field_name, is_field
from plugins.search.interface import Expansion, query_words
from portal import db
from portal.text import sort_key

DATA = Path(__file__).parent / "data"
LONGEST_LABEL = 5
MOST_CONCEPTS = 4
MOST_LABELS = 60
KEPT = 512
SHOWN_FIRST = ("en", "de", "es", "it", "nl", "lv", "fr", "pl", "el", "pt", "sv", "bg")

Row = tuple[str, str, str, bool, str, str, str]


NOTHING = Widening()
_kept: OrderedDict[tuple[int, tuple[str, ...]], list[Row]] = OrderedDict()
_lock = Lock()


def find(text: str, without: Iterable[str] = ()) -> Widening:
    """Return the occupations named in a query, less those labels that the person took out.

    At most 4 concepts and 60 labels; a label is looked for in up to 5 words that follow each
    other. Costs one statement, none when the words were asked lately.
    """
    taken_out = set(without)
    spans = spans_of(text)
    if not spans:
        return NOTHING
    rows = _rows(tuple(" ".join(span) for span in spans))
    if not rows:
        return NOTHING
    return _found(spans, rows, taken_out)


def spans_of(text: str) -> list[tuple[str, ...]]:
    """Return up to five words that follow each other in a text, folded, the longest first."""
    words = query_words(text)
    return [
        tuple(words[at : at + length])
        for length in range(min(LONGEST_LABEL, len(words)), 0, -1)
        for at in range(len(words) - length + 1)
    ]


def clear_cache() -> None:
    """Forget what was asked: the table changed, or to measure."""
    with _lock:
        _kept.clear()


def _rows(spans: tuple[str, ...]) -> list[Row]:
    key = id(db.database.obj), spans
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    marks = ", ".join("?" * len(spans))
    rows: list[Row] = db.query(
        "SELECT m.folded, c.id, l.lang, l.preferred, l.label, l.folded, c.fields "
        "FROM occupations_concept_label m JOIN occupations_concept c ON c.id = m.concept_id "
        "JOIN occupations_concept_label l ON l.concept_id = c.id "
        f"WHERE m.folded IN ({marks}) ORDER BY m.preferred DESC, c.id, l.id LIMIT 2000",
        spans,
    )
    with _lock:
        _kept[key] = rows
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return rows


def _found(spans: Sequence[tuple[str, ...]], rows: Sequence[Row], without: set[str]) -> Widening:
    expansions: list[Expansion] = []
    also: dict[str, Also] = {}
    phrases: dict[str, tuple[str, str]] = {}
    taken: set[str] = set()
    for span in spans:
        said = " ".join(span)
        own = [row for row in rows if row[0] == said]
        if not own or taken & set(span):
            continue
        taken |= set(span)
        chosen = list(dict.fromkeys(row[1] for row in own))[:MOST_CONCEPTS]
        labels = _labels([row for row in own if row[1] in chosen], said)
        wanted = []
        for entry, folded in labels:
            also.setdefault(entry.key, entry)
            if entry.key not in without:
                wanted.append(folded)
                phrases.setdefault(folded, (entry.label, entry.lang))
        if wanted and "concept" not in without:
            wanted += [f"esco{concept}" for concept in chosen]
        if wanted:
            expansions.append(Expansion(span, tuple(dict.fromkeys(wanted))))
    return Widening(tuple(expansions), tuple(also.values()), phrases)


def _labels(rows: Sequence[Row], said: str) -> list[tuple[Also, str]]:
    """Return labels to search besides what was said, the known languages first, then fields."""
    order = {lang: at for at, lang in enumerate(SHOWN_FIRST)}
    ranked = sorted(
        {
            (not row[3], order.get(row[2], 99), row[5], row[2], row[4])
            for row in rows
            if row[5] != said
        }
    )
    result: dict[str, tuple[Also, str]] = {}
    for _plain, _order, folded, lang, label in ranked:
        result.setdefault(folded, (Also(folded, label, lang, "word"), folded))
    few = list(islice(result.values(), MOST_LABELS))
    fields = dict.fromkeys(code for row in rows for code in _codes(row[6]))
    return few + [
        (Also(f"isced{code}", field_name(code), "", "field"), f"isced{code}")
        for code in list(fields)[:MOST_CONCEPTS]
    ]


def _codes(text: str) -> list[str]:
    return [code for code in text.strip("[]").replace('"', "").split(",") if code]


def load_all() -> int:
    """Fill the concept table from the pack unless it is filled; returns the number of concepts."""
    count: int = Concept.select().count()
    if count:
        return count
    fields = _fields_of_groups()
    concepts, labels = [], []
    for concept in chain(read_concepts(), _field_terms()):
        codes = fields.get(concept.isco_group, [concept.isco_group])
        concepts.append(
            (concept.id, concept.uuid, concept.isco_group, list(filter(is_field, codes)))
        )
        seen: set[tuple[str, str]] = set()
        for lang, label, preferred in concept.labels:
            folded = sort_key(label)
            if folded and (lang, folded) not in seen:
                seen.add((lang, folded))
                labels.append((concept.id, lang, label, folded, preferred))
    with db.transaction():
        for at in range(0, len(concepts), 1_000):
            Concept.insert_many(
                concepts[at : at + 1_000],
                [Concept.id, Concept.uuid, Concept.isco_group, Concept.fields],
            ).execute()
        _insert_labels(labels)
    clear_cache()
    return len(concepts)


def _insert_labels(labels: Sequence[tuple[str, str, str, str, bool]]) -> None:
    """Write the labels in few statements: there are some 170,000."""
    for at in range(0, len(labels), 5_000):
        part = labels[at : at + 5_000]
        marks = ", ".join(["(?, ?, ?, ?, ?)"] * len(part))
        db.execute(
            "INSERT INTO occupations_concept_label (concept_id, lang, label, folded, preferred) "
            f"VALUES {marks}",
            [value for row in part for value in row],
        )


def _field_terms() -> Iterator[EscoConcept]:
    """Return everyday words for a field ("Pflege") as concepts whose group is the field itself."""
    terms: dict[str, list[tuple[str, str, bool]]] = {}
    with (DATA / "field_terms.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            terms.setdefault(row["field"], []).append((row["lang"], row["term"], True))
    for code, labels in terms.items():
        yield EscoConcept(f"field{code}", "", code, tuple(labels))


def _fields_of_groups() -> dict[str, list[str]]:
    with (DATA / "isco_isced.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["isco_group"]: [code for code in row["fields"].split(";") if is_field(code)]
            for row in csv.DictReader(file)
        }


def is_loaded() -> bool:
    """Whether the table of occupations is filled."""
    return bool(Concept.select().exists())
