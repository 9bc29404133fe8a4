"""Show names that registers write wholly in capitals the way people write them.

Only the case changes, and "EV" and "ZS" get their points; letters, accents and blanks stay as
registered.
"""

import re
import tomllib
from pathlib import Path

_WORD = re.compile(r"[^\W_]+")
_ROMAN = re.compile(r"(?=..)(?:X{0,3})(?:IX|IV|V?I{0,3})")
_APOSTROPHES = "'’´`"
_BEFORE_SMALL = " -&" + _APOSTROPHES
_WORDS = tomllib.loads((Path(__file__).parent / "names.toml").read_text("utf-8"))
_ELIDED, _SMALL, _ACRONYMS, _SPELT_LIKE_WORDS = (
    frozenset(_WORD.findall(_WORDS[name]))
    for name in ("elided", "small", "acronyms", "spelt_like_words")
)


def _by_capitals(forms: str) -> dict[str, str]:
    """Return legal forms by how registers write them: in capitals, without points."""
    return {form.replace(".", "").upper(): form for form in forms.split()}


_ANYWHERE, _AT_END = _by_capitals(_WORDS["anywhere"]), _by_capitals(_WORDS["at_end"])


def soften(name: str) -> str:
    """The name in mixed case if every letter of it is a capital; otherwise the name itself.

    Small words inside go small, legal forms get their usual case; acronyms, Roman numerals,
    dotted initials and words with digits keep their capitals. An acronym nobody listed that
    reads like a word comes out as a word.
    """
    if not name.isupper():
        return name
    words = list(_WORD.finditer(name))
    if len(words) == 1 and len(words[0][0]) <= 5:
        return name
    turkish = "İ" in name or "Ğ" in name
    last = _end_of_proper_words(words)
    pieces, position = [], 0
    for index, match in enumerate(words):
        pieces.append(name[position : match.start()])
        pieces.append(_word(name, match, is_last=index >= last, turkish=turkish))
        position = match.end()
    return "".join([*pieces, name[position:]])


def _end_of_proper_words(words: list[re.Match[str]]) -> int:
    """The index from which only legal forms follow."""
    last = len(words)
    while last > 1 and words[last - 1][0] in _AT_END:
        last -= 1
    return last


def _word(name: str, match: re.Match[str], *, is_last: bool, turkish: bool) -> str:
    word = match[0]
    before, after = name[: match.start()], name[match.end() :]
    if any(sign.isdigit() for sign in word) or _is_initial(word, before, after):
        return word
    if word in _ANYWHERE:
        return _ANYWHERE[word]
    if is_last and word in _AT_END:
        form = _AT_END[word]
        return form.rstrip(".") if after.startswith(".") else form
    lowered = _lower(word, turkish=turkish)
    starts = _starts_a_part(before)
    if word in _ELIDED and after[:1] and after[0] in _APOSTROPHES:
        return lowered if not starts else lowered.capitalize()
    if _follows_own_apostrophe(before) and len(word) <= 2:
        return lowered
    if lowered in _SMALL and not starts and before[-1] in _BEFORE_SMALL:
        return lowered
    if _keeps_capitals(word):
        return word
    if word.startswith("IJ"):
        return "IJ" + lowered[2:]
    first = "İ" if turkish and word[0] == "İ" else word[0]
    return first + lowered[1:]


def _is_initial(word: str, before: str, after: str) -> bool:
    """A dotted single letter: "S." of "S.L.", "V." of a name."""
    return len(word) == 1 and (after.startswith(".") or before.endswith("."))


def _starts_a_part(before: str) -> bool:
    """At the start, or after a bracket, quotation mark, colon or free-standing dash."""
    return (
        not before.strip()
        or before.rstrip()[-1] in '("«„“:*/'
        or before.endswith((" - ", " – ", " — "))
    )


def _follows_own_apostrophe(before: str) -> bool:
    """After an apostrophe that is no elision: "MEN'S", not "L'AQUILA"."""
    if not before or before[-1] not in _APOSTROPHES:
        return False
    words = _WORD.findall(before)
    return bool(words) and words[-1] not in _ELIDED


def _keeps_capitals(word: str) -> bool:
    """Acronyms we know, Roman numerals, and what nobody can say as a word."""
    if word in _ACRONYMS or _ROMAN.fullmatch(word):
        return True
    if word in _SPELT_LIKE_WORDS or len(word) < 2 or not word.isascii():
        return False
    syllabic = len(word) > 2 and any(sign in "RL" for sign in word[1:-1])
    return not syllabic and not any(sign in "AEIOUY" for sign in word)


def _lower(word: str, *, turkish: bool) -> str:
    if turkish:
        return word.replace("İ", "i").replace("I", "ı").lower()
    return word.lower()
