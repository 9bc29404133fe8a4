"""Attacks on the score: each is held, and is not when the rule against it is off."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from statistics import median
from typing import Any

import pytest

from plugins.ratings import rings, sandbox
from plugins.ratings.parameters import Parameters
from plugins.ratings.sandbox import World, honest_world, ranking
from plugins.ratings.score import judge, scores
from tests.plugins.ratings.conftest import kendall, order, spearman

Attack = Callable[[World, Sequence[str]], None]
RULES = ("one_voice", "reciprocity", "groups", "strangers", "bursts", "monocultures")
SEEDS = [
    pytest.param(range(4), id="four worlds"),
    pytest.param(range(30), id="thirty worlds", marks=pytest.mark.full),
]


def long(value: int) -> Any:
    """Return a value for the long run alone."""
    return pytest.param(value, marks=pytest.mark.full)


def without(*rules: str) -> Parameters:
    assert set(rules) <= set(RULES)
    return replace(Parameters(), **dict.fromkeys(rules, False))


def attacked(
    attack: Attack, size: int, seed: int, parameters: Parameters
) -> tuple[float, float, float]:
    """Return the ring's median rank, Spearman of the honest with the truth, and tau with before."""
    world = honest_world(seed, poor=size)
    members = sorted(world.quality)[:size]
    honest = {name: quality for name, quality in world.quality.items() if name not in members}
    before = [name for name in order(world.rows, parameters) if name in honest]
    attack(world, members)
    after = order(world.rows, parameters)
    kept = [name for name in after if name in honest]
    place = median(after.index(name) + 1 for name in members)
    return place, spearman(ranking(honest), kept), kendall(before, kept)


def medians(
    attack: Attack, size: int, seeds: range, parameters: Parameters | None = None
) -> tuple[float, float, float]:
    """Return the medians of rank and Spearman over worlds, and the lowest tau."""
    runs = [attacked(attack, size, seed, parameters or Parameters()) for seed in seeds]
    ranks, fits, taus = zip(*runs, strict=True)
    return median(ranks), median(fits), min(taus)


@pytest.mark.parametrize("seeds", SEEDS)
def test_six_who_praise_each_other_stay_last_and_the_honest_keep_their_order(seeds: range) -> None:
    place, fit, tau = medians(sandbox.ring, 6, seeds)
    assert place > 150
    assert fit >= 0.78
    assert tau >= 0.95


@pytest.mark.parametrize(
    "rules", [("reciprocity", "groups"), ("reciprocity", "groups", "one_voice")]
)
def test_six_who_praise_each_other_would_rise_without_the_rules(rules: tuple[str, ...]) -> None:
    assert medians(sandbox.ring, 6, range(2), without(*rules))[0] < 150


@pytest.mark.parametrize("alone", ["reciprocity", "groups"])
def test_either_rule_alone_would_hold_the_ring_of_six(alone: str) -> None:
    off = {"reciprocity", "groups"} - {alone}
    assert medians(sandbox.ring, 6, range(2), without(*off))[0] > 150


@pytest.mark.parametrize("seeds", [pytest.param(range(1), id="one world"), SEEDS[1]])
@pytest.mark.parametrize("times", [1, 10])
@pytest.mark.parametrize("size", [2, long(3), long(4), 6, 10])
def test_rings_of_two_to_ten_stay_last(size: int, times: int, seeds: range) -> None:
    place, fit, tau = medians(lambda w, m: sandbox.ring(w, m, times), size, seeds)
    assert place > 180
    assert fit >= 0.78
    assert tau >= 0.95


@pytest.mark.parametrize(("size", "place"), [(2, 130), (3, 60), (4, 30), (6, 15), (10, 15)])
def test_rings_of_two_to_ten_would_rise_without_the_rules(size: int, place: int) -> None:
    assert medians(sandbox.ring, size, range(1), without(*RULES))[0] < place


@pytest.mark.parametrize("part", [0.3, 0.5, 0.7])
def test_rings_with_missing_links_stay_last(part: float) -> None:
    place, fit, tau = medians(lambda w, m: sandbox.ring(w, m, part=part), 6, range(2))
    assert place > 180
    assert min(fit / 0.78, tau / 0.95) >= 1


@pytest.mark.parametrize("part", [0.3, 0.5, 0.7])
def test_rings_with_missing_links_would_rise_without_the_rules(part: float) -> None:
    off = without("reciprocity", "groups")
    assert medians(lambda w, m: sandbox.ring(w, m, part=part), 6, range(1), off)[0] < 160


@pytest.mark.parametrize("size", [5, 7, 10])
def test_rings_in_which_no_rating_is_returned_stay_last(size: int) -> None:
    place, _fit, tau = medians(sandbox.one_way_ring, size, range(2))
    assert place > 180
    assert tau >= 0.95
    assert medians(sandbox.one_way_ring, size, range(2), without("groups"))[0] < 160


@pytest.mark.parametrize("size", [3, 6, 10])
def test_fabricated_past_mobilities_move_no_ring_whose_members_were_rated(size: int) -> None:
    place, _fit, tau = medians(sandbox.fabricate, size, range(2))
    assert place > 180
    assert tau >= 0.95


@pytest.mark.parametrize("live", [3, 4])
def test_fabricated_past_mobilities_weigh_one_rater_where_few_have_rated(live: int) -> None:
    world = honest_world(1, 60)
    members = [f"new{number}" for number in range(6)]
    world.quality |= dict.fromkeys(members, 2.5)
    for rated in members:
        for rater in sorted(world.quality)[:live]:
            world.honestly(rater, rated)
    before = scores(world.rows)
    sandbox.fabricate(world, members)
    after = scores(world.rows)
    assert all(after[name].rank_value < before[name].rank_value + 0.35 for name in members)
    assert median(order(world.rows).index(name) for name in members) > 40


@pytest.mark.parametrize("organisations", [1, 5, 20, 100])
@pytest.mark.parametrize(("stars", "place"), [(5, 25), (5, 48), (1, 25), (1, 1)])
def test_a_hundred_sock_puppets_move_their_target_one_place_at_most(
    organisations: int, stars: int, place: int
) -> None:
    for seed in range(2):
        world = honest_world(seed, 50, 20)  # a thousand honest ratings
        before = order(world.rows)
        target = before[place]
        sandbox.sock_puppets(world, target, 100, stars, organisations)
        after = order(world.rows)
        assert abs(after.index(target) - place) <= 1
        honest = [name for name in before if name != target]
        assert kendall(honest, [name for name in after if name != target]) >= 0.95


@pytest.mark.parametrize(("organisations", "rule"), [(1, "monocultures"), (100, "strangers")])
def test_sock_puppets_would_move_their_target_without_the_rule(
    organisations: int, rule: str
) -> None:
    world = honest_world(0, 50, 20)
    target = order(world.rows)[25]
    sandbox.sock_puppets(world, target, 100, 5, organisations)
    assert order(world.rows, without(rule)).index(target) < 20


@pytest.mark.parametrize("raters", [5, long(8), long(12), long(20), 40])
def test_a_burst_of_defamation_is_damped(raters: int) -> None:
    fell, felled = [], []
    for seed in range(3):
        world = honest_world(seed)
        before = order(world.rows)
        target = before[40]
        honest = [name for name in before if name != target]
        sandbox.burst(world, target, sorted(honest)[:raters], date(2026, 5, 1))
        judged = judge(world.rows)
        after = ranking({name: score.rank_value for name, score in judged.scores.items()})
        fell.append(after.index(target) - 40)
        felled.append(order(world.rows, without("bursts")).index(target) - 40)
        assert kendall(before, after) >= 0.95
        assert [item.kind for item in judged.findings] == [rings.BURST]
    assert median(fell) <= 20  # who was in the burst and had praised before counts less, too
    assert median(felled) > 100


def test_an_honest_pair_keeps_its_means_and_only_knows_them_less_surely() -> None:
    for seed in range(2):
        world = honest_world(seed)
        before = scores(world.rows)
        sandbox.exchange(world, "o010", "o011", 20)
        after = scores(world.rows)
        plain = scores(world.rows, without("reciprocity"))
        for name in ("o010", "o011"):
            assert abs(after[name].score - before[name].score) < 0.1
            assert abs(after[name].score - plain[name].score) < 0.1
            assert sum(after[name].weights) < sum(plain[name].weights)


def test_a_pair_that_moves_and_a_disturbed_order_would_be_noticed() -> None:
    world = honest_world(0)
    before, usual = scores(world.rows), order(world.rows)
    assert kendall(usual, order(world.rows, replace(Parameters(), half_life_days=1))) < 0.95
    assert spearman(ranking(world.quality), ranking(dict.fromkeys(world.quality, 1.0))) < 0.78
    for _time in range(20):
        world.rate("o010", "o011", 1)
    after = scores(world.rows, without(*RULES))
    assert abs(after["o011"].score - before["o011"].score) > 0.1


def test_friends_who_rate_as_everybody_does_are_not_damped() -> None:
    world = honest_world(3, 60)
    friends = sorted(world.quality)[:5]
    for one in friends:
        for other in friends:
            if one != other:
                for _time in range(2):
                    world.honestly(one, other)
    assert judge(world.rows).findings == []


def test_honest_worlds_have_no_findings() -> None:
    found = [item for seed in range(3) for item in judge(honest_world(seed).rows).findings]
    assert found == []


def test_every_finding_says_who_what_and_how_much_is_left() -> None:
    world = honest_world(2, poor=6)
    members = tuple(sorted(world.quality)[:6])
    sandbox.ring(world, members)
    found = judge(world.rows).findings
    assert {item.rated for item in found} == set(members)
    for item in found:
        assert (item.kind, item.members) == (rings.GROUP, members)
        assert item.people >= 50
        assert set(item.raters) == set(members) - {item.rated}
        assert item.inside > 4.5 > 3.5 > (item.outside or 5)
        assert item.share < 0.1


def test_pairs_that_rate_each_other_often_are_listed_for_moderators() -> None:
    world = honest_world(2, 30)
    sandbox.exchange(world, "o001", "o002", 9)
    assert [item.members for item in rings.mutual(judge(world.rows).network)] == [("o001", "o002")]


def test_nobody_is_put_down_where_there_is_nobody_to_compare_with() -> None:
    world = World(honest_world(1, 3).random, dict.fromkeys(("a", "b", "c", "d"), 4.8), [])
    sandbox.ring(world, ["a", "b", "c", "d"], times=3)
    for item in judge(world.rows).findings:
        assert item.outside is None
        assert item.share > 0.5


def _newcomers(world: World, live: int) -> list[str]:
    """Add six newcomers of poor quality whom so many honest organisations have rated."""
    honest = sorted(world.quality)
    members = [f"new{number}" for number in range(6)]
    world.quality |= dict.fromkeys(members, 2.5)
    for rated in members:
        for rater in world.random.sample(honest, live):
            world.honestly(rater, rated)
    return members


def _place_with_backfill(seed: int, live: int, *, is_ring: bool) -> tuple[float, float, float]:
    """Return the newcomers' median rank before and after fabricated stays, and Spearman of the honest."""
    world = honest_world(seed)
    honest = dict(world.quality)
    members = _newcomers(world, live)
    if is_ring:
        sandbox.ring(world, members)
    before = order(world.rows)
    sandbox.fabricate(world, members)
    after = order(world.rows)
    kept = [name for name in after if name in honest]
    places = [median(found.index(name) + 1 for name in members) for found in (before, after)]
    return places[0], places[1], spearman(ranking(honest), kept)


@pytest.mark.parametrize("seeds", [pytest.param(range(1), id="one world"), SEEDS[1]])
@pytest.mark.parametrize("is_ring", [False, True], ids=["newcomers", "newcomers who also ring"])
@pytest.mark.parametrize("live", [3, 4, 12])
def test_newcomers_with_fabricated_past_stays_stay_below_place_150(
    live: int, is_ring: bool, seeds: range
) -> None:
    runs = [_place_with_backfill(seed, live, is_ring=is_ring) for seed in seeds]
    _before, after, fit = (median(each) for each in zip(*runs, strict=True))
    assert after > 150
    assert fit >= 0.78
