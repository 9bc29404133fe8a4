"""Answers queries from the sets of an index; the database is asked for cold words and cards."""

import json
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import reduce
from itertools import islice
from operator import and_
from typing import Any, TypeVar

from plugins.search.bitset import FASTEST, SetKind, TypeOfSet
from plugins.search.documents import batches, span
from plugins.search.index import CARD_BYTES, Cache, Moved, Postings, State, advance, load
from plugins.search.questions import Parsed, Query, Result, Term, Tier, Why, parse
from plugins.search.suggestions import Vocabulary, corrected_text, nearest
from portal.db import database, query

_loads: Callable[[str], Any] = json.loads
with suppress(ImportError):  # the extra "fast"
    from orjson import loads as _loads

_T = TypeVar("_T")
_FEW = 1_000  # up to so many matches the database sorts them, above the stored order is walked
_GOLDEN = 0.6180339887498949
_ORDERS = {
    "name": ("name_sort", "name_sort, number"),
    "newest": ("created_at", "created_at DESC, number"),
}


@dataclass(frozen=True)
class Match:
    """All that a query finds, before order and page. The sets of `tiers` hold one another."""

    found: TypeOfSet
    total: int
    tiers: Sequence[tuple[Tier, TypeOfSet]]
    terms: Sequence[tuple[Term, Postings]]
    phrases: Sequence[tuple[str, TypeOfSet]]
    facets: Mapping[str, Mapping[str, int]]
    unknown_words: Sequence[str]
    is_cut: bool


class Index:
    """One kind's catalogue as this process sees it. Threads may share it."""

    def __init__(self, kind: str, sets: SetKind = FASTEST) -> None:
        self.kind, self.sets = kind, sets
        self._state: State | None = None
        self._vocabulary: tuple[Cache, Vocabulary] | None = None
        self._lock = threading.Lock()

    def refresh(self, catalogue_seq: int) -> None:
        """Learn all that was committed up to a number of the log, or later.

        Costs no statement when this index knows it already. Inside a transaction it does
        nothing: what is not yet committed may never be.
        """
        state = self._state
        if database.in_transaction():
            return
        if state is None or state.source is not database.obj:
            self._reload(state)
        elif state.seq < catalogue_seq:
            try:
                self._advance(catalogue_seq)
            except Moved:
                self._reload(state)

    def search(self, question: Query) -> Result:
        """Answer a query with one page; see `Query` and `Result`."""
        return self._with_state(lambda state: _answer(state, question))

    def numbers(self, question: Query) -> Iterator[tuple[int, int]]:
        """Give number and object id of everything that a query finds, in no useful order."""
        found = self._with_state(
            lambda state: list(state.sets.iterate(_match(state, question).found))
        )
        for some in batches(found, _FEW):
            yield from query(
                "SELECT number, object_id FROM search_document "
                f"WHERE kind = ? AND card IS NOT NULL AND number IN ({_listed(some)})",
                (self.kind,),
            )

    def catch_up(self) -> None:
        """Learn all that was committed; for jobs, which have no heartbeat."""
        self.refresh(int(query("SELECT catalogue_seq FROM heartbeat WHERE id = 1")[0][0]))

    @property
    def seq(self) -> int:
        """Up to which number of the log this index knows the catalogue."""
        return self._with_state(lambda state: state.seq)

    def changed(self, after: int, until: int) -> dict[int, int]:
        """Give object id by number of the documents put after one number of the log until another.

        What was put or removed once more since then is left out.
        """
        return dict(
            query(
                "SELECT number, object_id FROM search_document "
                "WHERE kind = ? AND card IS NOT NULL AND seq > ? AND seq <= ?",
                (self.kind, after, until),
            )
        )

    def among(self, questions: Sequence[Query], numbers: Collection[int]) -> list[int]:
        """Give those of some documents that are found by the first query that finds any at all."""

        def work(state: State) -> list[int]:
            matches = (_match(state, question) for question in questions)
            match = next((match for match in matches if match.total), None)
            if match is None:
                return []
            return [number for number in numbers if state.sets.contains(match.found, number)]

        return self._with_state(work)

    def members(
        self, within: Mapping[str, Sequence[str]], wanted: Sequence[tuple[str, Sequence[str]]]
    ) -> list[list[int]]:
        """Give, for each facet with some of its values, who has any of them, in rising order.

        They are numbers of documents. `within` restricts them all, as the facets of a query do.
        """
        return self._with_state(lambda state: _members(state, within, wanted))

    def cards(self, numbers: Sequence[int]) -> dict[int, tuple[int, Mapping[str, Any]]]:
        """Give object id and card by number; what is gone is left out."""
        return self._with_state(lambda state: _kept_cards(state, numbers))

    def suggest(self, unknown: Sequence[str]) -> list[str]:
        """Name the nearest known word for each that no document has; '' where none is near."""
        return self._with_state(lambda state: [self._nearest(state, word) for word in unknown])

    def did_you_mean(self, question: Query, unknown: Sequence[str]) -> str | None:
        """Give the text with unknown words replaced, if that finds anything under its facets."""
        replaced = dict(zip(unknown, self.suggest(unknown), strict=True))
        text = corrected_text(question.text, replaced)
        if not unknown or text == question.text:
            return None
        again = replace(question, text=text, facet_names=())
        return text if self._with_state(lambda state: _match(state, again).total) else None

    def clear_caches(self) -> None:
        """Forget words, answers and vocabulary, but not the facet sets."""
        self._vocabulary = None
        if state := self._state:
            for cache in (state.base_words, state.now_words, state.results, state.cards):
                cache.clear()

    def _nearest(self, state: State, word: str) -> str:
        key = "nearest", word
        if (kept := state.results.get(key)) is None:
            kept = nearest(word, self._vocabularies(state))
            state.results.keep(key, kept, 200 + len(word) + len(kept))
        return str(kept)

    def _vocabularies(self, state: State) -> tuple[Vocabulary, Vocabulary]:
        """Words as the last merge left them, read once for each merge, and those changed since."""
        kept = self._vocabulary
        if kept is None or kept[0] is not state.base_words:
            kept = self._vocabulary = state.base_words, Vocabulary.load(self.kind)
        return kept[1], Vocabulary.of({word: len(ids) for word, ids in state.overlay.items()})

    def _with_state(self, work: Callable[[State], _T]) -> _T:
        state = self._state
        for _ in range(5):
            if state is None or state.source is not database.obj:
                state = self._reload(state)
            try:
                return work(state)
            except Moved:
                state = self._reload(state)
        raise RuntimeError(f"The sets of {self.kind!r} were merged five times during one search.")

    def _advance(self, catalogue_seq: int) -> None:
        with self._lock:
            if self._state is not None and self._state.seq < catalogue_seq:
                self._state = advance(self._state, catalogue_seq)

    def _reload(self, seen: State | None) -> State:
        """Read the state anew, unless another thread already did.

        What a transaction reads is for it alone: it may be taken back.
        """
        if database.in_transaction():
            return load(self.kind, self.sets)
        with self._lock:
            if self._state is None or self._state is seen:
                self._state = load(self.kind, self.sets)
            return self._state


_indexes: dict[str, Index] = {}


def index(kind: str) -> Index:
    """Give this process's index of a kind."""
    return _indexes.setdefault(kind, Index(kind))


def cards_of(kind: str, object_ids: Collection[int]) -> dict[int, Mapping[str, Any]]:
    """Give the cards of objects by their id; what nobody finds is left out."""
    found: dict[int, Mapping[str, Any]] = {}
    for some in batches(list(object_ids), _FEW):
        rows = query(
            "SELECT object_id, card FROM search_document "
            f"WHERE kind = ? AND object_id IN ({', '.join('?' * len(some))})",
            (kind, *some),
        )
        found |= {object_id: _loads(card) for object_id, card in rows}
    return found


def known_objects(kind: str) -> set[int]:
    """Give the ids of all objects of a kind that can be found."""
    rows = query(
        "SELECT object_id FROM search_document WHERE kind = ? AND card IS NOT NULL", (kind,)
    )
    return {row[0] for row in rows}


def clear_caches() -> None:
    """Empty every cache of this process, to measure what a first search costs."""
    for each in _indexes.values():
        each.clear_caches()


def _answer(state: State, question: Query) -> Result:
    match = _match(state, question)
    if question.limit <= 0:
        ids, cards = [], {}
    elif question.sort in _ORDERS and match.total <= _FEW:
        page = f" ORDER BY {_ORDERS[question.sort][1]} LIMIT ? OFFSET ?"
        few = list(state.sets.iterate(match.found))
        cards = _cards(state.kind, few, page, (question.limit, max(question.offset, 0)))
        ids = list(cards)
    else:
        ids = list(_page(state, match, question))
        cards = _kept_cards(state, ids)
        ids = [number for number in ids if number in cards]
    return Result(
        total=match.total,
        ids=ids,
        object_ids=[cards[number][0] for number in ids],
        cards=[cards[number][1] for number in ids],
        why=[_why(state.sets, match, number) for number in ids],
        facets=match.facets,
        unknown_words=match.unknown_words,
        is_cut=match.is_cut,
    )


def _members(
    state: State, within: Mapping[str, Sequence[str]], wanted: Sequence[tuple[str, Sequence[str]]]
) -> list[list[int]]:
    sets = state.sets

    def having(name: str, values: Sequence[str]) -> TypeOfSet:
        known = state.facets.get(name, {})
        return sets.union([known[value] for value in values if value in known])

    limits = [having(name, values) for name, values in within.items() if values]
    inside = reduce(and_, limits, state.everything)
    return [list(sets.iterate(inside & having(name, values))) for name, values in wanted]


def _match(state: State, question: Query) -> Match:
    chosen = tuple(
        sorted((name, tuple(values)) for name, values in question.facets.items() if values)
    )
    key = (
        question.text, question.prefix_last, chosen, question.minimum_score,
        tuple(question.expansions), tuple(question.facet_names),
    )  # fmt: skip
    if (kept := state.results.get(key)) is None:
        kept = _find(state, question, dict(chosen))
        sizes = [state.sets.memory(bits) for _, bits in (*kept.tiers, *kept.phrases)]
        state.results.keep(key, kept, 2_000 + sum(sizes) + 60 * sum(map(len, kept.facets.values())))
    return kept  # type: ignore[no-any-return]


def _find(state: State, question: Query, chosen: Mapping[str, Sequence[str]]) -> Match:
    sets = state.sets
    parsed = parse(question.text, question.prefix_last)
    labels = {
        phrase: parse(f'"{phrase}"').terms
        for expansion in question.expansions
        for phrase in expansion.phrases
    }
    excluded = [term for terms in parsed.excluded for term in terms]
    every = [*parsed.terms, *excluded, *(term for terms in labels.values() for term in terms)]
    postings = state.postings([key for term in every for key in term.keys])
    hits = {term: _joined(sets, [postings[key] for key in term.keys]) for term in every}
    phrases = [
        (phrase, _all(hits[t].all for t in terms)) for phrase, terms in labels.items() if terms
    ]
    tiers = _tiers(state, question, parsed, hits, dict(phrases))
    everywhere = tiers[-1][1]
    for terms in parsed.excluded:
        everywhere = sets.difference(everywhere, _all(hits[term].all for term in terms))
    if parsed.phrases:
        everywhere = _with_phrases(state, parsed.phrases, everywhere)
    if question.minimum_score is not None:
        enough = [bits for score, bits in state.scores if score >= question.minimum_score]
        everywhere = everywhere & sets.union(enough)
    choices = {name: _choice(state, name, values) for name, values in chosen.items()}
    found = reduce(and_, choices.values(), everywhere)
    return Match(
        found=found,
        total=sets.count(found),
        tiers=[(tier, bits & found) for tier, bits in tiers[:-1]] + [(tiers[-1][0], found)],
        terms=[(term, hits[term]) for term in parsed.terms],
        phrases=phrases,
        facets=_count(state, question, everywhere, choices, found),
        unknown_words=[term.shown for term in parsed.terms if not hits[term].all],
        is_cut=parsed.is_cut or any(hit.is_cut for hit in hits.values()),
    )


def _joined(sets: SetKind, spellings: Sequence[Postings]) -> Postings:
    if len(spellings) == 1:
        return spellings[0]
    name, names, everywhere, is_cut = zip(*spellings, strict=True)
    return Postings(sets.union(name), sets.union(names), sets.union(everywhere), any(is_cut))


def _all(found: Iterable[TypeOfSet]) -> TypeOfSet:
    return reduce(and_, found)


def _tiers(
    state: State,
    question: Query,
    parsed: Parsed,
    hits: Mapping[Term, Postings],
    phrases: Mapping[str, TypeOfSet],
) -> list[tuple[Tier, TypeOfSet]]:
    """The best matches first: all words in the name, in any name, anywhere, or only by concepts."""
    if not parsed.terms:
        return [("", state.everything)]
    found = [hits[term] for term in parsed.terms]
    tiers: list[tuple[Tier, TypeOfSet]] = [
        ("name", _all(hit.name for hit in found)),
        ("names", _all(hit.names for hit in found)),
        ("text", _all(hit.all for hit in found)),
    ]
    if phrases:
        widened = []
        for term in parsed.terms:
            meant = [
                phrases[phrase]
                for expansion in question.expansions
                if term.shown in expansion.words
                for phrase in expansion.phrases
                if phrase in phrases
            ]
            widened.append(state.sets.union([hits[term].all, *meant]))
        tiers.append(("concept", _all(widened)))
    return tiers


def _with_phrases(
    state: State, phrases: Sequence[Sequence[str]], candidates: TypeOfSet
) -> TypeOfSet:
    """Keep the candidates that have the words of each phrase side by side."""
    patterns = tuple(f"% {' '.join(phrase)} %" for phrase in phrases)
    if (kept := state.results.get(patterns)) is None:
        numbers = list(state.sets.iterate(candidates))
        few = f" AND number IN ({_listed(numbers)})" if len(numbers) <= _FEW else ""
        rows = query(
            f"SELECT number FROM search_document WHERE kind = ?{few}{' AND text LIKE ?' * len(phrases)}",
            (state.kind, *patterns),
        )
        kept = state.sets.from_ids([row[0] for row in rows])
        if not few:
            state.results.keep(patterns, kept, 500 + state.sets.memory(kept))
    return candidates & kept


def _choice(state: State, name: str, values: Sequence[str]) -> TypeOfSet:
    found = state.facets.get(name, {})
    return state.sets.union([found[value] for value in values if value in found])


def _count(
    state: State,
    question: Query,
    everywhere: TypeOfSet,
    choices: Mapping[str, TypeOfSet],
    found: TypeOfSet,
) -> dict[str, dict[str, int]]:
    """Count each value; a facet's own choice does not restrict it, and a chosen value stays."""
    counts = {}
    for name in question.facet_names:
        within = found
        if name in choices:
            within = reduce(
                and_, (bits for other, bits in choices.items() if other != name), everywhere
            )
        values, sets_of_values = state.facet_sets(name)
        numbers = state.sets.and_counts(within, sets_of_values)
        chosen = question.facets.get(name, ())
        counts[name] = {
            value: number
            for value, number in zip(values, numbers, strict=True)
            if number or value in chosen
        }
    return counts


def _why(sets: SetKind, match: Match, number: int) -> Why:
    tier = next(tier for tier, bits in match.tiers if sets.contains(bits, number))
    if tier != "concept":
        return Why(tier, tuple(term.shown for term, _ in match.terms))
    return Why(
        tier,
        tuple(term.shown for term, hit in match.terms if sets.contains(hit.all, number)),
        tuple(phrase for phrase, bits in match.phrases if sets.contains(bits, number)),
    )


def _page(state: State, match: Match, question: Query) -> Iterator[int]:
    offset = max(question.offset, 0)
    if offset >= match.total:
        return iter(())
    if question.sort in _ORDERS:
        return islice(
            _in_order(state, match, question.sort, offset + question.limit),
            offset,
            offset + question.limit,
        )
    return islice(_ranked(state, match, question, offset), question.limit)


def _ranked(state: State, match: Match, question: Query, skip: int) -> Iterator[int]:
    """Walk tiers, in them scores, in those numbers from the day's place on; skip sets whole."""
    sets = state.sets
    start = int(question.rotation * _GOLDEN % 1 * span(state.numbered))
    by_quality = question.sort == "quality"
    if by_quality and question.mixed:
        yield from _mixed(state, match.found, start, skip)
        return
    tiers = [match.tiers[-1]] if by_quality else match.tiers
    buckets = _buckets(state, None if by_quality else question)
    above = sets.empty
    for _, tier in tiers:
        rest = sets.difference(tier, above)
        above = tier
        if not rest:
            continue
        if skip >= (size_of_rest := sets.count(rest)):
            skip -= size_of_rest
            continue
        yield from _walk(sets, rest, buckets, start, skip)
        skip = 0


def _walk(
    sets: SetKind, found: TypeOfSet, buckets: Sequence[TypeOfSet], start: int, skip: int
) -> Iterator[int]:
    """Walk a set bucket by bucket."""
    for bucket in buckets:
        amount = sets.and_count(found, bucket)
        if skip >= amount:
            skip -= amount
            continue
        yield from islice(sets.iterate(found & bucket, start), skip, None)
        skip = 0


def _mixed(state: State, found: TypeOfSet, start: int, skip: int) -> Iterator[int]:
    """Walk two of the judged, the best first, then one of the unjudged, as long as there are both."""
    sets, best = state.sets, [bits for _, bits in state.scores]
    unjudged = found & state.unscored
    judged = sets.count(found) - sets.count(unjudged)
    threes = min(judged // 2, sets.count(unjudged))
    past = max(skip - 3 * threes, 0)
    round_, place = divmod(min(skip, 3 * threes), 3)
    first = _walk(sets, found, best, start, 2 * round_ + place + min(past, judged - 2 * threes))
    later = max(past - (judged - 2 * threes), 0)
    second = islice(sets.iterate(unjudged, start), round_ + later, None)
    for at in range(min(skip, 3 * threes), 3 * threes):
        yield next(second if at % 3 == 2 else first)
    yield from first
    yield from second


def _buckets(state: State, question: Query | None) -> list[TypeOfSet]:
    """The sets of each score from the top; the unjudged last, or at the neutral score."""
    if not state.scores:
        return [state.everything]
    if question is None:
        return [*(bits for _, bits in state.scores), state.unscored]
    neutral = state.median_score if question.neutral_score is None else question.neutral_score
    by_score = dict(state.scores)
    by_score[neutral] = by_score.get(neutral, state.sets.empty) | state.unscored
    return [by_score[score] for score in sorted(by_score, reverse=True)]


def _in_order(state: State, match: Match, sort: str, wanted: int) -> Iterator[int]:
    """Give the matches by name or age, picked from the stored order."""
    column, order = _ORDERS[sort]
    beyond = "<" if sort == "newest" else ">"
    amount = 200 + int(1.3 * wanted * state.sets.count(state.everything) / match.total)
    after: tuple[Any, ...] = ()
    where = ""
    while True:
        rows = query(
            f"SELECT number, {column} FROM search_document WHERE kind = ?{where} "
            f"ORDER BY {order} LIMIT ?",
            (state.kind, *after, amount),
        )
        yield from (row[0] for row in rows if state.sets.contains(match.found, row[0]))
        if len(rows) < amount:
            return
        number, value = rows[-1]
        after = (value, value, number)
        where = f" AND {column} {beyond}= ? AND ({column} {beyond} ? OR number > ?)"
        amount *= 4


def _kept_cards(state: State, ids: Sequence[int]) -> dict[int, tuple[int, Mapping[str, Any]]]:
    """Give object id and card by number, from memory where it can."""
    if database.in_transaction():
        return _cards(state.kind, ids)  # what is not committed is for nobody else
    kept = {number: card for number in ids if (card := state.cards.get(number))}
    read = _cards(state.kind, [number for number in ids if number not in kept])
    for number, card in read.items():
        state.cards.keep(number, card, CARD_BYTES)
    return kept | read


def _cards(
    kind: str, ids: Sequence[int], page: str = "", limits: Sequence[int] = ()
) -> dict[int, tuple[int, Mapping[str, Any]]]:
    """Give object id and card by number; with `page` in its order, and those of the page alone."""
    if not ids:
        return {}
    marks = ", ".join("?" * len(ids))  # not the numbers: the database knows the statement again
    rows = query(
        "SELECT number, object_id, card FROM search_document "
        f"WHERE kind = ? AND card IS NOT NULL AND number IN ({marks}){page}",
        (kind, *ids, *limits),
    )
    cards = _loads(f"[{','.join(row[2] for row in rows)}]")
    return {row[0]: (row[1], card) for row, card in zip(rows, cards, strict=True)}


def _listed(numbers: Iterable[int]) -> str:
    """Write numbers that may be none; no document has number -1."""
    return ", ".join(map(str, numbers)) or "-1"
