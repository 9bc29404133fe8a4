"""Groups to talk in: sizes, nobody twice, a mix, and new encounters; against a plain random way."""

from __future__ import annotations

import random
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.attendance import breakouts, rules

KINDS, COUNTRIES = ("school", "company", "chamber", ""), ("LV", "DE", "ES", "IT")


def crowd(count: int, seed: int = 1) -> dict[str, dict[str, str]]:
    """Make people with two groups each."""
    chance = random.Random(seed)
    return {
        f"P{at:02}": {"type": chance.choice(KINDS), "country": chance.choice(COUNTRIES)}
        for at in range(count)
    }


def plain(people: dict[str, dict[str, str]], groups: int, rounds: int, seed: int) -> list:
    """Share people out by chance alone."""
    chance, found = random.Random(seed), []
    for _round in range(rounds):
        names = sorted(people)
        chance.shuffle(names)
        found.append([names[at::groups] for at in range(groups)])
    return found


def alike(people: dict[str, dict[str, str]], found: list) -> int:
    """Count the pairs in one group that share a value."""
    return sum(
        bool(value) and people[other][key] == value
        for made in found
        for one, other in breakouts.pairs(made)
        for key, value in people[one].items()
    )


@settings(max_examples=60, deadline=None)
@given(st.integers(4, 26), st.integers(2, 6), st.integers(1, 3), st.integers(0, 99), st.booleans())
def test_sizes_differ_by_one_at_most_and_nobody_sits_twice_or_nowhere(
    count: int, groups: int, rounds: int, seed: int, with_blocks: bool
) -> None:
    people, groups = crowd(count, seed), min(groups, count // 2)
    names = sorted(people)
    together = [names[:3], names[2:7]] if with_blocks else []

    found = breakouts.rounds(people, groups, rounds, together, str(seed))

    assert len(found) == rounds
    for made in found:
        assert sorted(name for group in made for name in group) == names
        assert sorted(map(len, made), reverse=True) == breakouts.sizes(count, groups)


def test_over_rounds_fewer_meet_again_than_by_chance_and_groups_are_more_mixed() -> None:
    better = []
    for seed in range(12):
        people = crowd(20, seed)
        ours = breakouts.rounds(people, 4, 3, (), str(seed))
        theirs = [plain(people, 4, 3, seed * 100 + at) for at in range(20)]
        by_chance = sum(map(breakouts.repeated, theirs)) / len(theirs)
        mixed = sum(alike(people, one) for one in theirs) / len(theirs)
        better.append((breakouts.repeated(ours), by_chance, alike(people, ours), mixed))

    assert all(ours <= chance * 0.6 for ours, chance, _alike, _mixed in better), better
    assert all(ours < chance for _again, _by_chance, ours, chance in better), better


def test_those_who_stay_together_sit_in_one_group_as_far_as_there_is_room() -> None:
    people = crowd(12)
    names = sorted(people)

    found = breakouts.rounds(people, 3, 2, [names[:3], names[3:9]])

    for made in found:
        assert any(set(names[:3]) <= set(group) for group in made)
        sizes = Counter(next(at for at, group in enumerate(made) if name in group)
                        for name in names[3:9])  # fmt: skip
        assert max(sizes.values()) == 4  # six people, groups of four


def test_the_same_people_get_the_same_groups_in_whatever_order_they_come() -> None:
    people = crowd(15)
    backwards = dict(reversed(people.items()))

    assert breakouts.rounds(people, 4, 2, (), "x") == breakouts.rounds(backwards, 4, 2, (), "x")
    assert breakouts.rounds(people, 4, 2, (), "x") != breakouts.rounds(people, 4, 2, (), "y")


def test_counts_that_are_left_out_have_no_bar() -> None:
    assert [[bar["width"] for bar in row] for row in rules.bars([[12, 6, -1], [5, -1, 0]])] == [
        [300, 150, 0],
        [125, 0, 0],
    ]
