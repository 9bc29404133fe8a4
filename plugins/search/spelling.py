"""How words in Greek and Cyrillic letters may be typed in Latin ones."""

import re
from functools import lru_cache

from portal.text import LETTERS, LONGEST_WORD, latin

# The same letter is read differently by country: Bulgarian first, then the others' differences.
_READINGS = [
    str.maketrans(LETTERS | differences)
    for differences in (
        {},
        {"х": "kh", "щ": "shch", "ъ": "", "й": "i"},
        {"х": "kh", "щ": "shch", "г": "h", "и": "y", "й": "i", "ю": "iu", "я": "ia"},
        {"ж": "z", "ц": "c", "ч": "c", "ш": "s", "й": "j", "ђ": "d", "ъ": ""},
    )
]
_FOREIGN = re.compile("[\u0370-\u052f]")


@lru_cache(maxsize=20_000)
def spellings(word: str) -> tuple[str, ...]:
    """List a folded word and the Latin readings of it; a Latin word has only itself.

    Cyrillic is read as in Bulgaria and Macedonia, Russia, Ukraine and Serbia. Words of one or
    two letters are not read in Latin: they would be mistaken for other languages' articles.
    """
    if len(word) < 3 or not _FOREIGN.search(word):
        return (word,)
    readings = (latin(word, table)[:LONGEST_WORD] for table in _READINGS)
    return tuple(dict.fromkeys((word, *filter(None, readings))))
