"""The composer: which partners fill the gaps of a consortium; on plain values.

The rule, in this order: fill as many gaps as can be, with as few partners as can be, and take those
with the most merit among equals.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import combinations

from portal.errors import Invalid
from portal.i18n import _

MOST_NEEDS = 40
MOST_CANDIDATES = 500
MOST_ALIKE = 2
"""Of candidates that fill the same gaps, the best so many are looked at."""
SCORES = (30, 35, 40, 45)
"""Lowest scores that can be wished for, in tenths."""
KNOWN, UNRATED, FEWEST_ASKED = 3, 2, 2
MOST_ROUNDS = 20
MOST_STARTS = 40
"""Where gaps stay open, so many first partners are tried instead of the greediest one."""


@dataclass(frozen=True)
class Need:
    """What is wanted of one member: what it does, and where; `field` and the rest may be empty.

    `inclusion` is a key of profiles, `least` the lowest score in tenths, such as 35.
    """

    part: str
    country: str = ""
    field: str = ""
    language: str = ""
    places: int = 0
    inclusion: str = ""
    least: int = 0

    @property
    def key(self) -> str:
        """How forms name it."""
        return ".".join(str(value) for value in self.__dict__.values())

    @property
    def says_something(self) -> bool:
        """Whether it asks more than what a member does."""
        return any(value for name, value in self.__dict__.items() if name != "part")


@dataclass(frozen=True)
class Candidate:
    """Somebody who fills some gaps, by their positions. More `merit` is better."""

    id: int
    covers: frozenset[int]
    merit: int = 0


def added(needs: Sequence[Need], more: Sequence[Need]) -> list[Need]:
    """Return all wishes once each. Raises Invalid for too many, or a wish that says nothing."""
    if not all(need.says_something for need in more):
        raise Invalid(_("Say a country, a field, a language or a number too."), field="countries")
    found = list(dict.fromkeys([*needs, *more]))
    if len(found) > MOST_NEEDS:
        raise Invalid(
            _("At most %(most)s wishes. Take some away first.", most=MOST_NEEDS), field="countries"
        )
    return found


def merit(known_to: int, is_new: bool, low: float | None, asked: int, answered: int) -> int:
    """Return what speaks for a partner beside the gaps it fills.

    Two for each member that worked with it, up to three; one for a newcomer. One for each whole point
    of the low end of its likely score above 1, so that few ratings weigh less; unrated ones count as
    between. One more or less for who answers most invitations, or not even half.
    """
    found = 2 * min(known_to, KNOWN) + (1 if is_new else 0)
    found += UNRATED if low is None else max(int(low) - 1, 0)
    if asked >= FEWEST_ASKED:
        found += 1 if answered * 4 >= asked * 3 else -1 if answered * 2 < asked else 0
    return found


def choose(gaps: Collection[int], candidates: Sequence[Candidate], most: int) -> list[Candidate]:
    """Return at most so many candidates that fill the gaps, the one that fills most first.

    The best one at a time, then improved by exchange until nothing gets better; where gaps stay
    open, begun with others too. Ties go to more
    merit, then to the lower number.
    """
    pool = _reduced(frozenset(gaps), candidates)
    best = _improved(_greedy(frozenset(gaps), pool, most), pool, most)
    every = frozenset().union(*(item.covers for item in pool))
    if _value(best)[0] < len(every):
        firsts = sorted(pool, key=lambda item: (-len(item.covers), -item.merit, item.id))
        for first in firsts[:MOST_STARTS]:
            begun = [first, *_greedy(frozenset(gaps) - first.covers, pool, most - 1)]
            best = max(best, _improved(begun, pool, most), key=_value)
    return sorted(best, key=lambda item: (-len(item.covers), -item.merit, item.id))


def _reduced(gaps: frozenset[int], candidates: Sequence[Candidate]) -> list[Candidate]:
    """Leave out who fills nothing, and of those who fill the same all but the best."""
    cut = [Candidate(item.id, item.covers & gaps, item.merit) for item in candidates]
    alike: dict[frozenset[int], int] = {}
    found = []
    for item in sorted(cut, key=lambda item: (-item.merit, item.id)):
        if item.covers and alike.get(item.covers, 0) < MOST_ALIKE:
            alike[item.covers] = alike.get(item.covers, 0) + 1
            found.append(item)
    return found


def _value(chosen: Sequence[Candidate]) -> tuple[int, int, int]:
    filled = frozenset().union(*(item.covers for item in chosen))
    return len(filled), -len(chosen), sum(item.merit for item in chosen)


def _improved(chosen: list[Candidate], pool: Sequence[Candidate], most: int) -> list[Candidate]:
    for _round in range(MOST_ROUNDS):
        better = _better(chosen, pool, most)
        if better is None:
            break
        chosen = better
    return chosen


def _greedy(gaps: frozenset[int], pool: Sequence[Candidate], most: int) -> list[Candidate]:
    chosen: list[Candidate] = []
    left = set(gaps)
    while left and len(chosen) < most:
        best = max(pool, key=lambda item: (len(item.covers & left), item.merit), default=None)
        if best is None or not best.covers & left:
            break
        chosen.append(best)
        left -= best.covers
    return chosen


def _better(
    chosen: list[Candidate], pool: Sequence[Candidate], most: int
) -> list[Candidate] | None:
    """Return a better choice: one left out, exchanged or added, or two given for one or two."""
    now = _value(chosen)
    for item in chosen:
        without = [other for other in chosen if other is not item]
        if _value(without) > now:
            return without
        for other in pool:
            if other not in without and _value([*without, other]) > now:
                return [*without, other]
    if len(chosen) < most:
        for other in pool:
            if other not in chosen and _value([*chosen, other]) > now:
                return [*chosen, other]
    return _exchanged(chosen, pool, now)


def _exchanged(
    chosen: list[Candidate], pool: Sequence[Candidate], now: tuple[int, int, int]
) -> list[Candidate] | None:
    """Give two for one that fills as much, or for two of which one fills a gap that is open yet."""
    masks = [(sum(1 << gap for gap in item.covers), item) for item in pool]
    every = _mask(masks)
    filled = sum(1 << gap for gap in frozenset().union(*(item.covers for item in chosen)))
    fresh = [(mask, item) for mask, item in masks if mask & every & ~filled]
    for pair in combinations(chosen, 2):
        rest = [item for item in chosen if item not in pair]
        kept = sum(1 << gap for gap in frozenset().union(*(item.covers for item in rest)))
        for mask, item in masks:
            if (kept | mask).bit_count() >= now[0] and _value([*rest, item]) > now:
                return [*rest, item]
        for first, item in fresh:
            start = kept | first
            for second, other in masks:
                if (start | second).bit_count() > now[0]:
                    return [*rest, item, other]
    return None


def _mask(masks: Sequence[tuple[int, Candidate]]) -> int:
    found = 0
    for mask, _item in masks:
        found |= mask
    return found
