"""What is asked, how the typed text is read, and what is answered."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from werkzeug.datastructures import MultiDict

from plugins.search.spelling import spellings
from portal.context import Context
from portal.text import words

LONGEST_TEXT = 1_000
MOST_WORDS = 12
MOST_PREFIXED = 200

Sort = Literal["relevance", "quality", "name", "newest"]
Tier = Literal["name", "names", "text", "concept", ""]

_TOKEN = re.compile(r'(-?)"([^"]*)"?|(\S+)')


@dataclass(frozen=True)
class Expansion:
    """Other ways to say some words of the query: a concept's labels.

    `words` are folded words of the query (see `query_words`); a document that has all words of
    any one phrase counts as having each of them.
    """

    words: tuple[str, ...]
    phrases: tuple[str, ...]


@dataclass(frozen=True)
class Query:
    """A search.

    Values of one facet are alternatives, facets restrict each other. `minimum_score` leaves out
    what has no score; by quality that stands last, or with `mixed` takes every third place. `rotation`
    is the number of the day: equals change places daily.
    `facet_names` are counted. With `prefix_last` the last word may be unfinished.
    """

    text: str = ""
    facets: Mapping[str, Sequence[str]] = field(default_factory=dict)
    minimum_score: int | None = None
    sort: Sort = "relevance"
    offset: int = 0
    limit: int = 20
    expansions: Sequence[Expansion] = ()
    rotation: int = 0
    facet_names: Sequence[str] = ()
    prefix_last: bool = False
    neutral_score: int | None = None
    mixed: bool = False


@dataclass(frozen=True)
class Why:
    """Why a document was found: its tier, the query's words it has, and the concepts' phrases."""

    tier: Tier
    words: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Result:
    """One page of a search. `ids` are document numbers; the other lists of the page align with it.

    A facet's own choice does not restrict its counts; values without a document are left out
    unless chosen. `is_cut` says that the text had more words than are read, or a prefix more
    completions.
    """

    total: int
    ids: Sequence[int] = ()
    object_ids: Sequence[int] = ()
    cards: Sequence[Mapping[str, Any]] = ()
    why: Sequence[Why] = ()
    facets: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    unknown_words: Sequence[str] = ()
    is_cut: bool = False


@dataclass(frozen=True)
class SearchPage:
    """A page that searches documents of one kind, with all its state in the address.

    `state` reads an address kindly and writes back what is searched for, without what only turns
    pages: equal searches have equal states, and that of a page without filters is empty.
    `questions` says what a state asks the engine; a later one counts where those before find
    nothing. `labels` names in the current language what restricts it. `row` gives of a card what
    any list can show: `title`, `lang`, `url`, `about`, `demo`, and with `has_days` also `ends_on`, a day.
    """

    kind: str
    path: str
    title: Any
    state: Callable[[MultiDict[str, str]], str]
    questions: Callable[[Context, str], Sequence[Query]]
    labels: Callable[[str], Sequence[str]]
    row: Callable[[Mapping[str, Any]], Mapping[str, Any]]
    has_days: bool = False


@dataclass(frozen=True)
class Term:
    """A word of the query with its spellings; a key that ends in ``*`` is a prefix."""

    shown: str
    keys: tuple[str, ...]


@dataclass(frozen=True)
class Parsed:
    """A query's text, read. Of `excluded`, a document with all terms of any entry is left out."""

    terms: tuple[Term, ...] = ()
    phrases: tuple[tuple[str, ...], ...] = ()
    excluded: tuple[tuple[Term, ...], ...] = ()
    is_cut: bool = False


def query_words(text: str) -> list[str]:
    """List the folded words that a document must have, for finding a concept's labels in them."""
    return [term.shown for term in parse(text).terms]


def parse(text: str, prefix_last: bool = False) -> Parsed:
    """Read the query as people type it: words, "a phrase", -without, begin*.

    Anything else is taken for blanks. No text is an error.
    """
    terms: dict[str, Term] = {}
    phrases: list[tuple[str, ...]] = []
    excluded: list[tuple[Term, ...]] = []
    budget = MOST_WORDS
    is_cut = len(text) > LONGEST_TEXT
    text = text[:LONGEST_TEXT]
    last_is_open = prefix_last and text[-1:].isalnum()
    tokens = list(_TOKEN.finditer(text))
    for token in tokens:
        minus, quoted, plain = token.groups()
        is_prefix = False
        if plain is not None:
            minus, plain = ("-", plain[1:]) if plain[0] == "-" else ("", plain)
            is_prefix = plain.endswith("*") or (last_is_open and token is tokens[-1])
        found = words(quoted if plain is None else plain)
        is_cut, found, budget = is_cut or len(found) > budget, found[:budget], budget - len(found)
        budget = max(budget, 0)
        read = tuple(
            _term(word, is_prefix and at == len(found) - 1) for at, word in enumerate(found)
        )
        if minus and read:
            excluded.append(read)
            continue
        terms |= {term.keys[0]: term for term in read}
        if plain is None and len(read) > 1:
            phrases.append(tuple(found))
    return Parsed(tuple(terms.values()), tuple(phrases), tuple(excluded), is_cut)


def _term(word: str, is_prefix: bool) -> Term:
    star = "*" if is_prefix else ""
    return Term(word, tuple(spelling + star for spelling in spellings(word)))
