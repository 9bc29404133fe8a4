"""Two texts side by side, word by word, in a time that is limited however long they are.

Compared by Myers' method ("An O(ND) Difference Algorithm", 1986): its price grows with what differs, not
with the length. What differs in too many words is shown as a whole, which reads better as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

WORD = re.compile(r"\s+|[^\W_]+|[\W_]")
MOST_CHANGES = 400
"""Words, signs and blanks that may differ in one text before it is shown as a whole."""
MOST_STEPS = 1_000_000
"""What all texts of a page may take together: about half a second."""
LONGEST_SAME, KEPT_SAME = 900, 300
"""Of a longer stretch that is the same, that much is shown at each end."""


@dataclass(frozen=True)
class Piece:
    """A stretch of a compared text: `kind` is same, added or removed."""

    kind: str
    text: str


@dataclass
class Effort:
    """What may still be spent on comparing; `is_whole` says that some text was not compared by words."""

    steps: int = MOST_STEPS
    is_whole: bool = False


def compared(old: str, new: str, effort: Effort | None = None) -> list[Piece]:
    """Compare two texts word by word; as wholes where they differ too much."""
    if old == new:
        return [Piece("same", new)] if new else []
    before, after = WORD.findall(old), WORD.findall(new)
    start = _alike(before, after)
    end = _alike(before[start:][::-1], after[start:][::-1])
    here, there = before[start : len(before) - end], after[start : len(after) - end]
    found = [Piece("same", "".join(before[:start]))]
    found += _between(here, there, effort or Effort(MOST_STEPS // 5))
    found.append(Piece("same", "".join(before[len(before) - end :])))
    return joined(found)


def _alike(one: Sequence[str], other: Sequence[str]) -> int:
    """Return how many words two texts begin with together."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (left, right) in pairs if left != right), min(len(one), len(other)))


def _between(old: Sequence[str], new: Sequence[str], effort: Effort) -> list[Piece]:
    same = _stretches(old, new, effort) if old and new else []
    if same is None:
        effort.is_whole, same = True, []
    pieces, i, k = [], 0, 0
    for at, to, length in [*same, (len(old), len(new), 0)]:
        pieces.append(Piece("removed", "".join(old[i:at])))
        pieces.append(Piece("added", "".join(new[k:to])))
        pieces.append(Piece("same", "".join(new[to : to + length])))
        i, k = at + length, to + length
    return pieces


def _stretches(
    old: Sequence[str], new: Sequence[str], effort: Effort
) -> list[tuple[int, int, int]] | None:
    """Return where the same words stand in both: place, place, how many; None for too much work."""
    furthest, trace = {1: 0}, []
    for changes in range(min(len(old) + len(new), MOST_CHANGES) + 1):
        trace.append(furthest.copy())
        effort.steps -= changes + 1
        for line in range(-changes, changes + 1, 2):
            is_down = line == -changes or (
                line != changes and furthest[line - 1] < furthest[line + 1]
            )
            at = furthest[line + 1] if is_down else furthest[line - 1] + 1
            begun = at
            while at < len(old) and at - line < len(new) and old[at] == new[at - line]:
                at += 1
            furthest[line] = at
            effort.steps -= at - begun
            if at >= len(old) and at - line >= len(new):
                return list(_back(trace, at, at - line))[::-1]
        if effort.steps < 0:
            return None
    return None


def _back(trace: Sequence[dict[int, int]], at: int, to: int) -> Iterator[tuple[int, int, int]]:
    """Follow the shortest way from its end to its beginning; yield where it found the same words."""
    for changes in range(len(trace) - 1, -1, -1):
        furthest, line = trace[changes], at - to
        is_down = line == -changes or (line != changes and furthest[line - 1] < furthest[line + 1])
        line = line + 1 if is_down else line - 1
        before = furthest[line] if changes else 0
        first = before if is_down else before + 1
        if not changes:
            first = 0
        if at > first:
            yield first, first - (at - to), at - first
        at, to = before, before - line


def joined(pieces: Sequence[Piece]) -> list[Piece]:
    """Return pieces without empty ones and without blanks between changes, equal kinds in one."""
    found: list[list[str]] = []  # what is the same, taken out, put in, and so on
    for piece in pieces:
        if not piece.text:
            continue
        if piece.kind == "same":
            found.append([piece.text, "", ""])
            continue
        if not found:
            found.append(["", "", ""])
        found[-1][1 if piece.kind == "removed" else 2] += piece.text
    whole: list[list[str]] = []
    for same, removed, added in found:
        before = whole[-1] if whole else None
        is_changed = bool(before and (before[1] or before[2]))
        if before and is_changed and same.isspace() and (removed or added):
            before[1] += same + removed
            before[2] += same + added
        elif before and not is_changed:
            before[0] += same
            before[1], before[2] = removed, added
        else:
            whole.append([same, removed, added])
    kinds = ("same", "removed", "added")
    return [
        Piece(kind, text) for row in whole for kind, text in zip(kinds, row, strict=True) if text
    ]


def shortened(pieces: Sequence[Piece]) -> list[Piece]:
    """Return pieces with long stretches that are the same cut in their middle."""
    return [
        Piece("same", f"{piece.text[:KEPT_SAME]} … {piece.text[-KEPT_SAME:]}")
        if piece.kind == "same" and len(piece.text) > LONGEST_SAME
        else piece
        for piece in pieces
    ]
