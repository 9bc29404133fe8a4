"""The one occupation that words name, and names to choose from while somebody types.

Only the usual (preferred) names count: some of the other ones are far off, such as "electronics
technician" for who observes the weather.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from plugins.occupations.concepts import spans_of
from plugins.occupations.data.load import ADDRESS
from portal import db
from portal.i18n import locale
from portal.text import sort_key

SHORTEST, MOST_SUGGESTED, MOST_LOOKED_AT = 2, 10, 40
AT_ONCE = 500
LAST = "\U0010ffff"


def suggested(text: str, language: str) -> list[str]:
    """Return names of occupations in a language that begin with what was typed.

    Each of them names exactly one occupation. None for fewer than two letters. Two statements.
    """
    start = sort_key(text)
    if len(start) < SHORTEST:
        return []
    rows = db.query(
        "SELECT l.label FROM occupations_concept_label l "
        "JOIN occupations_concept c ON c.id = l.concept_id "
        "WHERE l.folded >= ? AND l.folded < ? AND l.lang = ? AND l.preferred AND c.uuid <> '' "
        "ORDER BY l.folded, l.id LIMIT ?",
        (start, start + LAST, language, MOST_LOOKED_AT),
    )
    labels = list(dict.fromkeys(label for (label,) in rows))
    known = _one_each(labels)
    return [label for label in labels if label in known][:MOST_SUGGESTED]


def named(texts: Collection[str]) -> dict[str, Mapping[str, str]]:
    """Return the occupations that texts name, for those that name exactly one.

    A text is words in any language, or the address of an occupation in ESCO. Each answer has `label` in
    the language of the page, `code` (ISCO-08 unit group) and `url` (the address). Two statements for
    about a hundred texts.
    """
    found = _one_each(texts)
    facts = _facts(set(found.values()))
    return {text: facts[number] for text, number in found.items() if number in facts}


def _one_each(texts: Iterable[str]) -> dict[str, str]:
    """Return the number of the only occupation of each text; those with none or several are left out."""
    said = {text: _spans(text) for text in texts if not text.startswith(ADDRESS)}
    by_words = _by_words({" ".join(span) for spans in said.values() for span in spans})
    found = {text: text.removeprefix(ADDRESS)[:8] for text in texts if text not in said}
    for text, spans in said.items():
        taken, numbers = set[str](), set[str]()
        for span in spans:
            these = by_words.get(" ".join(span))
            if these and not taken & set(span):
                taken |= set(span)
                numbers |= these
        if len(numbers) == 1:
            found[text] = numbers.pop()
    return found


def _spans(text: str) -> list[tuple[str, ...]]:
    """Return words that may be a name: all together as they stand, else those beside each other."""
    return [tuple(sort_key(text).split()), *spans_of(text)]


def _by_words(wanted: Collection[str]) -> dict[str, set[str]]:
    """Return the numbers of the occupations of folded names."""
    found: dict[str, set[str]] = {}
    for some in _parts(wanted):
        rows = db.query(
            "SELECT l.folded, l.concept_id FROM occupations_concept_label l "
            "JOIN occupations_concept c ON c.id = l.concept_id "
            f"WHERE c.uuid <> '' AND l.preferred AND l.folded IN ({_marks(some)})",
            some,
        )
        for folded, number in rows:
            found.setdefault(folded, set()).add(number)
    return found


def _facts(numbers: Collection[str]) -> dict[str, Mapping[str, str]]:
    language = locale()
    found: dict[str, Mapping[str, str]] = {}
    for some in _parts(numbers):
        rows = db.query(
            "SELECT c.id, c.uuid, c.isco_group, l.lang, l.label FROM occupations_concept c "
            "JOIN occupations_concept_label l ON l.concept_id = c.id "
            f"WHERE l.preferred AND l.lang IN (?, 'en') AND c.id IN ({_marks(some)}) ORDER BY l.id",
            (language, *some),
        )
        for number, uuid, code, _lang, label in sorted(rows, key=lambda row: row[3] != language):
            found.setdefault(number, {"label": label, "code": code, "url": ADDRESS + uuid})
    return found


def _parts(values: Collection[str]) -> Iterator[list[str]]:
    every = sorted(values)
    return (every[at : at + AT_ONCE] for at in range(0, len(every), AT_ONCE))


def _marks(values: Collection[str]) -> str:
    return ", ".join("?" * len(values))
