"""Two texts side by side, word by word."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

WORD = re.compile(r"\s+|[^\W_]+|[\W_]")
MOST_COMPARED = 20_000


@dataclass(frozen=True)
class Piece:
    """A stretch of a compared text: `kind` is same, added or removed."""

    kind: str
    text: str


def compared(old: str, new: str) -> list[Piece]:
    """Compare two texts word by word; very long ones as a whole."""
    if old == new:
        return [Piece("same", new)] if new else []
    if len(old) + len(new) > MOST_COMPARED:
        return [Piece(kind, text) for kind, text in (("removed", old), ("added", new)) if text]
    before, after = WORD.findall(old), WORD.findall(new)
    pieces: list[Piece] = []
    for act, i, j, k, m in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if act == "equal":
            pieces.append(Piece("same", "".join(after[k:m])))
            continue
        pieces += [Piece("removed", "".join(before[i:j]))] if j > i else []
        pieces += [Piece("added", "".join(after[k:m]))] if m > k else []
    return pieces
