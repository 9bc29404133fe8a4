"""Nearest known words for words that no document has."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rapidfuzz import process
from rapidfuzz.distance import OSA

from portal.db import query
from portal.text import words

_TOKEN = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Vocabulary:
    """Known words by their length, and how many documents have each."""

    documents: Mapping[str, int]
    by_length: Mapping[int, list[str]]

    @classmethod
    def of(cls, documents: Mapping[str, int]) -> "Vocabulary":
        """Order the words of a mapping from word to number of documents."""
        by_length: dict[int, list[str]] = {}
        for word in documents:
            by_length.setdefault(len(word), []).append(word)
        return cls(documents, by_length)

    @classmethod
    def load(cls, kind: str) -> "Vocabulary":
        """Read the words of the last merge."""
        return cls.of(
            dict(query("SELECT word, documents FROM search_word WHERE kind = ?", (kind,)))
        )

    def near(self, word: str) -> Iterable[tuple[int, bool, int, str]]:
        """Give words within one slip, two from six letters on; the smallest is the best guess.

        Equally near ones are told apart by the first letter, then by their documents.
        """
        slips = 1 if len(word) < 6 else 2
        for length in range(len(word) - slips, len(word) + slips + 1):
            choices = self.by_length.get(length, ())
            for other, distance, _ in process.extract(
                word, choices, scorer=OSA.distance, score_cutoff=slips, limit=None
            ):
                yield int(distance), other[0] != word[0], -self.documents[other], other


def nearest(word: str, vocabularies: Iterable[Vocabulary]) -> str:
    """Name the nearest known word, or ''. Numbers and very short words are never corrected."""
    if len(word) < 3 or word.isdigit():
        return ""
    found = [near for each in vocabularies for near in each.near(word)]
    return min(found)[3] if found else ""


def corrected_text(text: str, replaced: Mapping[str, str]) -> str:
    """Put the replacements of folded words into the text as it was typed."""

    def correct(token: re.Match[str]) -> str:
        folded = words(token[0])
        return (replaced.get(folded[0]) if len(folded) == 1 else None) or token[0]

    return _TOKEN.sub(correct, text)
