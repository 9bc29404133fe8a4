"""What can be found: documents are put and removed here, inside the business transaction.

A write touches the document's own row only. Its `seq` column is the change log: a worker that
knows everything up to one number asks for the rows above it. The word and facet sets follow
later, in `plugins.search.merging`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from plugins.search.spelling import spellings
from portal.db import dump_json, execute, query, transaction, utc_text
from portal.text import sort_key, words

BATCH = 200
_FIRST_BITS = 10
_FACTORS = (0x9E3779B1, 0x85EBCA6B, 0xC2B2AE35)
_Item = TypeVar("_Item")


@dataclass(frozen=True)
class Document:
    """One thing that can be found, with all that a page of results shows of it.

    `names` are other names and are searched before `texts`. Facet values are codes; a value of
    a hierarchy lists its parents too. `score` is 0 to 100, or None when nobody judged yet.
    `card` must be fit for JSON. Two documents of one kind never share an `object_id`.
    """

    kind: str
    object_id: int
    name: str
    card: Mapping[str, Any]
    names: Sequence[str] = ()
    texts: Sequence[str] = ()
    facets: Mapping[str, Sequence[str]] = field(default_factory=dict)
    score: int | None = None
    created_at: datetime = datetime(1970, 1, 1, tzinfo=UTC)


def put(documents: Iterable[Document]) -> None:
    """Add documents, or replace those of the same kind and object.

    Call it late in a transaction: on PostgreSQL it makes other writers of documents wait.
    """
    by_kind: dict[str, dict[int, Document]] = {}
    for document in documents:
        by_kind.setdefault(document.kind, {})[document.object_id] = document
    with transaction():
        for kind, found in by_kind.items():
            seq = take_seq()
            for batch in batches(list(found.values()), BATCH):
                _put_batch(kind, seq, batch)


def remove(kind: str, object_ids: Iterable[int]) -> None:
    """Forget documents at once; their empty rows stay until the next merge."""
    with transaction():
        seq = take_seq()
        for batch in batches(list(object_ids), BATCH):
            execute(
                "UPDATE search_document SET seq = ?, object_id = NULL, name_sort = '', "
                "score = NULL, facets = '{}', indexed_words = COALESCE(indexed_words, words), "
                "words = '', card = NULL, text = '' "
                f"WHERE kind = ? AND object_id IN ({_marks(batch)})",
                (seq, kind, *batch),
            )


def take_seq() -> int:
    """Take the next number of the catalogue's log; others wait for it until this one commits."""
    execute("UPDATE heartbeat SET catalogue_seq = catalogue_seq + 1 WHERE id = 1")
    return int(query("SELECT catalogue_seq FROM heartbeat WHERE id = 1")[0][0])


def batches(items: Sequence[_Item], size: int) -> Iterator[Sequence[_Item]]:
    """Cut a sequence into pieces of at most `size`."""
    for at in range(0, len(items), size):
        yield items[at : at + size]


def scattered(ordinal: int) -> int:
    """Number the n-th document so that the order of numbers is no order of import.

    Each doubling of the catalogue fills a range of numbers as large as all before it, in an
    order without pattern, so at most half of the numbers stay unused.
    """
    bits = max(_FIRST_BITS, ordinal.bit_length() - 1)
    start = 1 << bits if ordinal >> bits else 0
    place, mask = ordinal - start, (1 << bits) - 1
    for factor in _FACTORS:  # odd, and shifts lose nothing: every place is used once
        place = place * factor & mask
        place ^= place >> bits // 2
    return start + place


def span(numbered: int) -> int:
    """Give the first power of two above all numbers of so many documents."""
    return 1 << max(_FIRST_BITS, (numbered - 1).bit_length())


def _put_batch(kind: str, seq: int, batch: Sequence[Document]) -> None:
    known = dict(
        query(
            "SELECT object_id, number FROM search_document "
            f"WHERE kind = ? AND object_id IN ({_marks(batch)})",
            (kind, *(document.object_id for document in batch)),
        )
    )
    new = [document.object_id for document in batch if document.object_id not in known]
    first = _take_numbers(kind, len(new)) if new else 0
    known |= {object_id: scattered(first + at) for at, object_id in enumerate(new)}
    values: list[Any] = []
    for document in batch:
        values += (kind, known[document.object_id], seq, *_row(document))
    row = f"({', '.join('?' * (len(values) // len(batch)))})"
    execute(
        "INSERT INTO search_document (kind, number, seq, object_id, name_sort, score, created_at, "
        "facets, words, text, card, indexed_words) VALUES " + ", ".join([row] * len(batch)) + " "
        "ON CONFLICT (kind, number) DO UPDATE SET seq = excluded.seq, "
        "name_sort = excluded.name_sort, score = excluded.score, created_at = excluded.created_at, "
        "facets = excluded.facets, words = excluded.words, text = excluded.text, "
        "card = excluded.card, "
        "indexed_words = COALESCE(search_document.indexed_words, search_document.words)",
        values,
    )


def _take_numbers(kind: str, amount: int) -> int:
    """Reserve numbers; they are never given again, not even after a removal."""
    execute(
        "INSERT INTO search_state (kind, numbered, base_seq, base_generation) "
        "VALUES (?, 0, 0, 0) ON CONFLICT (kind) DO NOTHING",
        (kind,),
    )
    execute("UPDATE search_state SET numbered = numbered + ? WHERE kind = ?", (amount, kind))
    return int(query("SELECT numbered FROM search_state WHERE kind = ?", (kind,))[0][0]) - amount


def _row(document: Document) -> tuple[Any, ...]:
    word_lines, text = _indexed(document)
    facets = {
        name: sorted({value.replace("\0", "") for value in values})
        for name, values in document.facets.items()
        if values
    }
    return (
        document.object_id,
        sort_key(document.name),
        document.score,
        utc_text(document.created_at),
        _storable(dump_json(facets)),
        word_lines,
        text,
        _storable(dump_json(document.card)),
        "",  # a new document is in no word's set yet; one line, as three empty fields read the same
    )


def _indexed(document: Document) -> tuple[str, str]:
    """Give the words, a line for each field and each word only in its best, and the folded text.

    The text serves phrases: ' a b c ' for each value, and once more in Latin letters where it
    is Greek or Cyrillic.
    """
    seen: set[str] = set()
    lines: list[str] = []
    texts: list[str] = []
    for values in ((document.name,), document.names, document.texts):
        line: dict[str, None] = {}
        for value in values:
            found = words(value)
            texts.append(f" {' '.join(found)} ")
            if value.isascii():
                line.update(dict.fromkeys(found))
                continue
            spelled = [spellings(word) for word in found]
            line.update((form, None) for forms in spelled for form in forms)
            latin = f" {' '.join(forms[1] if len(forms) > 1 else forms[0] for forms in spelled)} "
            if latin != texts[-1]:
                texts.append(latin)
        fresh = line.keys() - seen
        seen |= fresh
        lines.append(" ".join(sorted(fresh)))
    return "\n".join(lines), "\n".join(texts)


def _storable(json_text: str) -> str:
    """Replace half characters, which no database takes."""
    return json_text.encode(errors="replace").decode()


def _marks(items: Sequence[Any]) -> str:
    return ", ".join("?" * len(items))
