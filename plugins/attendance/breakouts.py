"""Groups to talk in: mixed, of equal size, with people one has not met yet. Pure functions.

Built greedily, one person after the other, then improved by swaps; the same seed gives the same
groups whatever the order of a set. Source of the aims: the checklist of the field for breakouts
(a balanced mix, keep together, new encounters over rounds).
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations

MET, ALIKE = 10, 1
"""What it costs when two met before, and when two of the same group of stakeholders sit together."""
SWEEPS = 6
"""How often all pairs of people are tried for a swap, at most."""

Mix = Mapping[str, Mapping[str, str]]
"""The values of each person, by group that counts; "" is not said and is like nobody."""


def rounds(
    people: Mix, groups: int, count: int, together: Sequence[Sequence[str]] = (), seed: str = ""
) -> list[list[list[str]]]:
    """Share people out over `groups` in each of `count` rounds.

    Sizes differ by at most one, everybody is in one group a round. People of one of the `together`
    sit in one group as far as a group has room for them. Ties are broken by `seed`.
    """
    met: Counter[tuple[str, str]] = Counter()
    found = []
    for at in range(count):
        made = _round(people, groups, together, met, random.Random(f"{seed} {at}"))  # noqa: S311
        met.update(pairs(made))
        found.append(made)
    return found


def pairs(made: Sequence[Sequence[str]]) -> list[tuple[str, str]]:
    """Return who sits with whom, each pair once."""
    return [pair for group in made for pair in combinations(sorted(group), 2)]


def repeated(found: Sequence[Sequence[Sequence[str]]]) -> int:
    """Count how many encounters of all rounds are not the first of their pair."""
    seen = Counter(pair for made in found for pair in pairs(made))
    return sum(times - 1 for times in seen.values())


def sizes(people: int, groups: int) -> list[int]:
    """Return the sizes of so many groups, the larger ones first."""
    return [people // groups + (at < people % groups) for at in range(groups)]


def _round(
    people: Mix,
    groups: int,
    together: Sequence[Sequence[str]],
    met: Counter[tuple[str, str]],
    chance: random.Random,
) -> list[list[str]]:
    room = sizes(len(people), groups)
    blocks = _blocks(people, together, max(room, default=0), chance)
    made: list[list[str]] = [[] for _size in room]
    loose = []
    for block in blocks:
        free = [at for at, size in enumerate(room) if size - len(made[at]) >= len(block)]
        if not free:
            loose += [[one] for one in block]  # no group has room for all of them
            continue
        made[_cheapest(block, free, made, people, met)] += block
    for block in loose:
        free = [at for at, size in enumerate(room) if size > len(made[at])]
        made[_cheapest(block, free, made, people, met)] += block
    fixed = {one for block in blocks if len(block) > 1 for one in block}
    _improve(made, people, met, fixed)
    return [sorted(group) for group in made]


def _blocks(
    people: Mix, together: Sequence[Sequence[str]], largest: int, chance: random.Random
) -> list[list[str]]:
    """Return who stays together, the larger ones first, then everybody else in a random order."""
    left, found = set(people), []
    for wanted in together:
        block = sorted(left.intersection(wanted))
        left.difference_update(block)
        found += [block[at : at + largest] for at in range(0, len(block), largest)]
    single = sorted(left)
    chance.shuffle(single)
    return sorted(found, key=len, reverse=True) + [[one] for one in single]


def _cheapest(
    block: Sequence[str],
    free: Sequence[int],
    made: Sequence[Sequence[str]],
    people: Mix,
    met: Counter[tuple[str, str]],
) -> int:
    def price(at: int) -> tuple[float, int]:
        return sum(_cost(one, made[at], people, met) for one in block), len(made[at])

    return min(free, key=price)


def _cost(one: str, group: Sequence[str], people: Mix, met: Counter[tuple[str, str]]) -> int:
    """Return what it costs that somebody sits in a group: met before, and alike."""
    mine = people[one]
    found = 0
    for other in group:
        if other != one:
            times = met[(one, other) if one < other else (other, one)]
            same = sum(
                bool(value) and people[other].get(key) == value for key, value in mine.items()
            )
            found += MET * times + ALIKE * same
    return found


def _improve(
    made: list[list[str]], people: Mix, met: Counter[tuple[str, str]], fixed: set[str]
) -> None:
    """Swap two people of two groups as long as that helps; those who stay together stay."""
    for _sweep in range(SWEEPS):
        is_better = False
        for one, other in combinations(range(len(made)), 2):
            for i in range(len(made[one])):
                for j in range(len(made[other])):
                    is_better |= _swap(made[one], i, made[other], j, people, met, fixed)
        if not is_better:
            return


def _swap(
    left: list[str],
    i: int,
    right: list[str],
    j: int,
    people: Mix,
    met: Counter[tuple[str, str]],
    fixed: set[str],
) -> bool:
    one, other = left[i], right[j]
    if one in fixed or other in fixed:
        return False
    before = _cost(one, left, people, met) + _cost(other, right, people, met)
    left[i], right[j] = other, one
    if _cost(other, left, people, met) + _cost(one, right, people, met) < before:
        return True
    left[i], right[j] = one, other
    return False
