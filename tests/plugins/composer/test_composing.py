"""The composer: who fills gaps; on plain values."""

from __future__ import annotations

import random
import time

import pytest

from plugins.composer import composing
from plugins.composer.composing import Candidate
from portal.errors import Invalid


def instance(seed: int) -> tuple[set[int], list[Candidate], int]:
    """Make up gaps and candidates: some fill one, few fill many."""
    chance = random.Random(seed)
    gaps = set(range(chance.randint(3, 20)))
    size = chance.choice([10, 20, 50, 100, 200, 500])
    candidates = [
        Candidate(
            number,
            frozenset(
                chance.sample(sorted(gaps), min(len(gaps), chance.choice([1, 1, 2, 2, 3, 4])))
            ),
            chance.randint(0, 7),
        )
        for number in range(size)
    ]
    return gaps, candidates, chance.randint(1, 8)


def optimum(gaps: set[int], candidates: list[Candidate], most: int) -> int:
    """Return how many gaps can be filled at most: an integer program, solved by HiGHS."""
    highspy = pytest.importorskip("highspy")
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    chosen = [solver.addVariable(0, 1, type=highspy.HighsVarType.kInteger) for _c in candidates]
    filled = {gap: solver.addVariable(0, 1) for gap in gaps}
    solver.addConstr(sum(chosen) <= most)
    for gap, variable in filled.items():
        who = [chosen[at] for at, item in enumerate(candidates) if gap in item.covers]
        solver.addConstr(variable <= sum(who) if who else variable <= 0)
    solver.maximize(sum(filled.values()))
    return round(solver.getInfo().objective_function_value)


def filled(chosen: list[Candidate]) -> int:
    return len(set().union(*(item.covers for item in chosen)))


@pytest.mark.parametrize("first", range(0, 50, 10))
def test_the_composer_fills_nearly_what_the_optimum_fills(first: int) -> None:
    for seed in range(first, first + 10):
        gaps, candidates, most = instance(seed)
        start = time.process_time()
        chosen = composing.choose(gaps, candidates, most)
        assert time.process_time() - start < 2
        assert len(chosen) <= most
        best = optimum(gaps, candidates, most)
        assert filled(chosen) >= 0.95 * best, (seed, filled(chosen), best)


def test_the_composer_takes_as_few_as_can_be_and_the_best_among_equals() -> None:
    candidates = [
        Candidate(1, frozenset({0}), 9),
        Candidate(2, frozenset({1}), 9),
        Candidate(3, frozenset({0, 1}), 1),
        Candidate(4, frozenset({0, 1}), 3),
    ]
    assert [item.id for item in composing.choose({0, 1}, candidates, 5)] == [4]


def test_greed_alone_is_not_enough() -> None:
    """The one who fills most first leaves two gaps that two others fill together."""
    candidates = [
        Candidate(1, frozenset({0, 1, 2, 3})),
        Candidate(2, frozenset({0, 1, 4})),
        Candidate(3, frozenset({2, 3, 5})),
    ]
    assert [item.id for item in composing.choose(set(range(6)), candidates, 2)] == [2, 3]


def test_a_wish_has_to_say_something_and_stands_once() -> None:
    need = composing.Need("host", "LV", "0715")
    assert composing.added([need], [need]) == [need]
    with pytest.raises(Invalid, match="Say a country"):
        composing.added([], [composing.Need("host")])
    with pytest.raises(Invalid, match="At most"):
        composing.added([], [composing.Need("host", "LV", places=at + 1) for at in range(41)])


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ((1, False, None, 0, 0), (0, True, None, 0, 0)),  # who is known before a newcomer
        ((0, True, None, 0, 0), (0, False, None, 0, 0)),  # a newcomer before one known to others
        ((0, True, None, 0, 0), (0, True, 2.4, 0, 0)),  # unrated before badly rated
        ((0, True, 4.1, 0, 0), (0, True, None, 0, 0)),
        ((0, True, 4.1, 0, 0), (0, True, 3.2, 0, 0)),  # the low end counts: few ratings weigh less
        ((0, True, None, 4, 3), (0, True, None, 0, 0)),  # who answers
        ((0, True, None, 0, 0), (0, True, None, 5, 2)),
    ],
)
def test_merit_weighs_who_is_known_quality_answers_and_newcomers(
    better: tuple[int, bool, float | None, int, int],
    worse: tuple[int, bool, float | None, int, int],
) -> None:
    assert composing.merit(*better) > composing.merit(*worse)
    assert composing.merit(5, False, None, 1, 0) == composing.merit(3, False, None, 0, 0)
