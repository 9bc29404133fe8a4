"""Names that look alike to people and differ for machines: decisions on plain values.

Two names look alike when they have the same form (compare the skeleton of UTS #39). Case, accents
and blanks do not count, letters of other scripts count as the Latin ones they look like.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from pathlib import Path

from portal.organisations.rules import NAME_LENGTH
from portal.text import sort_key

MIXED = "mixed"
INVISIBLE = "invisible"

_TABLE = tomllib.loads((Path(__file__).parent / "confusables.toml").read_text("utf-8"))
_LATIN = str.maketrans(
    {sign: latin for latin, signs in _TABLE["looks_like"].items() for sign in signs.split()}
)
_ONE_FORM = str.maketrans({"i": "l", "1": "l", "0": "o"})
_FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_WORD = re.compile(r"[^\W\d_]+")
_SCRIPTS = ("LATIN", "GREEK", "CYRILLIC", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU")
_ALPHABETS = frozenset({"LATIN", "GREEK", "CYRILLIC"})
"""Scripts that are written without joiners."""


def form(name: str) -> str:
    """Return what a name looks like: the same for names that people take for each other.

    Bounded, as databases index it; empty for names without letters and digits.
    """
    seen = "".join(sign for sign in name if not _is_invisible(sign))
    latin = unicodedata.normalize("NFKC", seen).replace("|", "l").translate(_LATIN)
    plain = sort_key(latin).replace(" ", "").translate(_ONE_FORM)
    return plain.replace("rn", "m").replace("vv", "w")[:NAME_LENGTH]


def oddities(name: str) -> list[str]:
    """Name what is odd about a name itself: letters of several scripts in a word, invisible signs.

    Joiners are a part of some scripts, and odd only where no letter of these stands.
    """
    found = []
    if any(len(_scripts(word)) > 1 for word in _WORD.findall(name)):
        found.append(MIXED)
    if any(map(_is_invisible, name)) and _scripts(name) <= _ALPHABETS:
        found.append(INVISIBLE)
    return found


def _is_invisible(sign: str) -> bool:
    return unicodedata.category(sign) == "Cf" or sign in _FILLERS or "\ufe00" <= sign <= "\ufe0f"


def _scripts(text: str) -> set[str]:
    """Return the scripts of the letters in a text; one word stands for all others."""
    found = set()
    for sign in text:
        if unicodedata.category(sign) in {"Lu", "Ll", "Lt", "Lo"}:
            first = unicodedata.name(sign, "").partition(" ")[0]
            found.add(first if first in _SCRIPTS else "other")
    return found
