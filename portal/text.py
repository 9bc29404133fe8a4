"""How words are cut and folded, the same for documents and for questions.

Everything that is searched passes through here once when it is stored and once when it is asked,
so both databases compare plain folded words and give the same answers.
"""

import re
import tomllib
import unicodedata
from pathlib import Path

LONGEST_WORD = 40

_TABLES = tomllib.loads((Path(__file__).parent / "data" / "letters.toml").read_text("utf-8"))
_SPECIAL, _GREEK_PAIRS, _GREEK = _TABLES["special"], _TABLES["greek_pairs"], _TABLES["greek"]
LETTERS: dict[str, str] = _GREEK | _TABLES["cyrillic"]
"""Folded letters of both scripts with their Latin reading, in Bulgaria for the Cyrillic ones."""
_LATIN = str.maketrans(LETTERS)

# Cyrillic letters of their own, whose mark must not be lost; ё is written е and stays out.
_OWN = set("йїѓќў")
_WORD = re.compile(r"[^\W_]+")
# Bulgaria writes the ending -ия as -ia: Sofia.
_ENDING = re.compile(r"ия\b")
_GREEK_PAIR = re.compile("|".join(_GREEK_PAIRS) + "|[αεη]υ")
_VOICELESS = set("θκξπστφχψ")


class _Folds(dict[int, str]):
    """What becomes of a composed character; worked out when first met."""

    def __missing__(self, code: int) -> str:
        lower = chr(code).casefold()
        if lower not in _OWN:
            lower = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", lower).casefold())
            bare = (part for part in lower if not unicodedata.combining(part))
            lower = "".join(_SPECIAL.get(part, part) for part in bare)
        self[code] = lower
        return lower


_FOLDS = _Folds()


def fold(text: str) -> str:
    """Take case, accents and ligatures away; keep the script.

    й, ї, ѓ, ќ and ў stay letters of their own; ё is read as е, final sigma as sigma.
    """
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKC", text).translate(_FOLDS)


def words(text: str) -> list[str]:
    """Cut text into folded words of letters and digits of any script, in their order.

    A word longer than 40 characters is cut off, so that nothing can swell the word index.
    """
    return [word[:LONGEST_WORD] for word in _WORD.findall(fold(text))]


def sort_key(text: str) -> str:
    """Give the form of a name that sorts by plain comparison of bytes."""
    return " ".join(words(text))


def transliterate(text: str) -> str:
    """Write Greek and Cyrillic in Latin letters, folded (ELOT 743; the Bulgarian reading)."""
    return latin(fold(text))


def latin(folded: str, table: dict[int, str] = _LATIN) -> str:
    """Write folded text in Latin letters, by a table of letters (see `str.maketrans`)."""
    return _GREEK_PAIR.sub(_greek_pair, _ENDING.sub("иа", folded)).translate(table)


def _greek_pair(pair: re.Match[str]) -> str:
    """Read two Greek letters as one sound: αυ is av, but af before a voiceless consonant."""
    letters = pair[0]
    if letters in _GREEK_PAIRS:
        inside = letters == "μπ" and pair.start() and pair.string[pair.start() - 1].isalpha()
        return "mp" if inside else str(_GREEK_PAIRS[letters])
    following = pair.string[pair.end() : pair.end() + 1]
    return str(_GREEK[letters[0]]) + ("f" if not following or following in _VOICELESS else "v")
