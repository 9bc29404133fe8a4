"""Marks in a text the words for which it was found, and cuts out the piece around them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from markupsafe import Markup, escape

from portal.text import fold

SHOWN_AROUND = 70
_WORD = re.compile(r"[^\W_]+")


def mark_all(text: str, words: Sequence[str]) -> Markup:
    """Return a text with every occurrence of folded words marked."""
    return mark(text, frozenset(words)) or escape(text)


def snippet(text: str, words: frozenset[str]) -> Markup | None:
    """Return the part of a text around the first of the words, marked; None without any."""
    return _snippet(text, words)


@lru_cache(maxsize=4096)
def _snippet(text: str, words: frozenset[str]) -> Markup | None:
    first = next((at for at in _WORD.finditer(text) if _is_one(at[0], words)), None)
    if first is None:
        return None
    start = text.rfind(". ", 0, first.start()) + 2
    if start == 1:
        start = 0
    if first.start() - start > SHOWN_AROUND:
        start = text.rfind(" ", 0, first.start() - SHOWN_AROUND // 2) + 1
    end = text.find(". ", first.end())
    end = len(text) if end < 0 else end + 1
    if end - first.end() > SHOWN_AROUND * 2:
        end = text.find(" ", first.end() + SHOWN_AROUND)
        end = len(text) if end < 0 else end
    piece = mark(text[start:end], words) or Markup("")
    return Markup("%s%s%s") % (
        "… " if start and text[start - 2 : start] != ". " else "",
        piece,
        " …" if end < len(text) and text[end - 1] != "." else "",
    )


@lru_cache(maxsize=8192)
def mark(text: str, words: frozenset[str]) -> Markup | None:
    """Return a text with the words marked, None when it has none of them."""
    pieces: list[str] = []
    last, hit = 0, False
    for word in _WORD.finditer(text):
        if _is_one(word[0], words):
            hit = True
            pieces.append(str(escape(text[last : word.start()])))
            pieces.append(f"<mark>{escape(word[0])}</mark>")
            last = word.end()
    if not hit:
        return None
    pieces.append(str(escape(text[last:])))
    return Markup("".join(pieces).replace("</mark> <mark>", " "))  # noqa: S704  escaped above


def _is_one(word: str, words: frozenset[str]) -> bool:
    folded = _folded(word)
    return folded in words or any(
        wanted[-1] == "*" and folded.startswith(wanted[:-1]) for wanted in words
    )


_folded = lru_cache(maxsize=65_536)(fold)
