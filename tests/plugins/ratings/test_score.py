"""How rows become scores: each rule with what would be without it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from random import Random

import pytest

from plugins.ratings.parameters import Parameters
from plugins.ratings.rowsfile import BACKFILLED, HOST, LEARNER, Row
from plugins.ratings.sandbox import honest_world
from plugins.ratings.score import NOT_ENOUGH, judge, scores
from tests.plugins.ratings.conftest import row

PLAIN = Parameters(groups=False, strangers=False, bursts=False, monocultures=False)


def three(rated: str = "b", stars: int = 4) -> list[Row]:
    return [row(rater, rated, stars) for rater in ("x", "y", "z")]


def test_three_raters_are_enough_and_two_are_not() -> None:
    assert scores(three())["b"].is_enough
    found = scores(three()[:2])["b"]
    assert found.label == NOT_ENOUGH
    assert found.raters == 2


def test_a_score_says_who_and_how_many_and_how_sure() -> None:
    rows = [*three(), row("x", "b", 5, role=LEARNER), row("x", "c", 1)]
    found = scores(rows)["b"]
    assert (found.raters, found.people, found.histogram) == (3, 4, (0, 0, 0, 3, 1))
    assert 1 <= found.low < found.rank_value < found.score < found.high <= 5
    assert found.newest == date(2026, 6, 1)


def test_answers_to_several_questions_are_one_rating() -> None:
    questions = ("tasks", "safety", "tutoring")
    rows = [row("x", "b", 5, criterion=name)._replace(rating_id="one") for name in questions]
    found = scores(rows)["b"]
    assert found.people == 1
    assert sorted(found.criteria) == sorted(questions)
    assert found.criteria["tasks"].raters == 1


def test_each_criterion_has_its_own_score() -> None:
    rows = [row(r, "b", 5, criterion="tasks") for r in "xyz"]
    rows += [row(r, "b", 2, criterion="housing") for r in "xyz"]
    rows += [row(r, "c", 4, criterion=name) for r in "xyz" for name in ("tasks", "housing")]
    parts = scores(rows)["b"].criteria
    assert parts["tasks"].score > 4.4 > 3.6 > parts["housing"].score


def test_the_order_of_rows_makes_no_difference() -> None:
    rows = honest_world(1, 30, 8).rows
    mixed = list(rows)
    Random(2).shuffle(mixed)
    assert scores(rows) == scores(mixed)


def test_a_file_has_the_same_scores_on_any_day_and_others_as_of_a_day() -> None:
    rows = [
        row("x", "b", 5, mobility_ended_on=date(2024, 6, 1)),
        row("y", "b", 2),
        row("y", "c", 3),
    ]
    assert scores(rows) == scores(rows, on=date(2026, 6, 1))
    assert scores(rows) != scores(rows, on=date(2030, 6, 1))


def test_older_ratings_weigh_less() -> None:
    rows = [*three(stars=5), *[row(r, "b", 2, mobility_ended_on=date(2020, 6, 1)) for r in "uvw"]]
    assert scores(rows)["b"].score > scores(rows, Parameters(half_life_days=0))["b"].score


def test_one_organisation_has_one_voice_however_many_people_it_sends() -> None:
    rows = [*three(stars=4), *[row("big", "b", 1, role=LEARNER) for _number in range(9)]]
    loud = scores(rows, replace(PLAIN, one_voice=False))["b"].score
    assert scores(rows, PLAIN)["b"].score > loud + 0.3


def test_who_is_rated_back_weighs_half() -> None:
    back = row("b", "x", 4, role=HOST)
    network = judge([*three(), back], PLAIN).network
    assert [voice.weight for voice in network.about["b"]] == [0.5, 1, 1]


def test_who_exchanges_often_weighs_less_the_more_came_back() -> None:
    rows = [row("x", "b"), *[row("b", "x") for _number in range(4)]]
    assert judge(rows, PLAIN).network.about["b"][0].weight == 1 / 5


def test_the_host_of_many_from_one_sender_is_no_exchange() -> None:
    rows = [row("x", "b"), *[row("b", "x", role=HOST) for _number in range(4)]]
    assert judge(rows, PLAIN).network.about["b"][0].weight == 0.5


def test_what_is_usual_comes_from_the_rows_and_draws_a_score_towards_it() -> None:
    rows = [*three("b", 5), *[row(f"r{n}", f"o{n % 9}", 3) for n in range(60)]]
    assert 3.1 < scores(rows)["b"].score < 4.5
    assert scores(rows, Parameters(prior_weight=1))["b"].score > scores(rows)["b"].score


def test_nobody_rates_oneself() -> None:
    assert "b" not in scores([row("b", "b", 5)])


def test_no_rows_have_no_scores() -> None:
    assert scores([]) == {}


# Backfilled mobilities


def backfilled(rater: str, rated: str, stars: int = 5, **values: object) -> Row:
    return row(rater, rated, stars, evidence=BACKFILLED, **values)


def test_a_backfilled_rating_weighs_a_quarter() -> None:
    network = judge([*three(), backfilled("u", "b")], PLAIN).network
    assert [voice.weight for voice in network.about["b"]] == [0.25, 1, 1, 1]


def test_all_backfilled_ratings_weigh_one_rater_at_most() -> None:
    rows = [*three(), *[backfilled(f"u{n}", "b") for n in range(12)]]
    about = judge(rows, PLAIN).network.about["b"]
    assert sum(v.weight for v in about if not v.is_live) == pytest.approx(1)
    about = judge(rows, replace(PLAIN, backfill_total=99)).network.about["b"]
    assert sum(v.weight for v in about if not v.is_live) == pytest.approx(3)


def test_backfilled_ratings_are_never_among_the_three() -> None:
    found = scores([*three()[:2], *[backfilled(f"u{n}", "b") for n in range(5)]])["b"]
    assert (found.raters, found.people, found.label) == (2, 2, NOT_ENOUGH)


def test_backfilled_ratings_weigh_nothing_once_five_live_raters_exist() -> None:
    live = [row(f"x{n}", "b") for n in range(5)]
    both = scores([*live, backfilled("u", "b", 1)], PLAIN)["b"]
    assert both.score == pytest.approx(scores(live, PLAIN)["b"].score)
    assert both.weights == scores(live, PLAIN)["b"].weights


def test_a_pair_with_only_mutual_backfill_weighs_nothing() -> None:
    rows = [*three(), backfilled("u", "b"), backfilled("b", "u")]
    weights = {v.rater: v.weight for v in judge(rows, PLAIN).network.about["b"]}
    assert weights["u"] == 0


def test_learners_have_no_backfilled_ratings() -> None:
    rows = [*three(), backfilled("u", "b", role=LEARNER)]
    assert scores(rows, PLAIN)["b"] == scores(three(), PLAIN)["b"]


def test_backfill_can_be_switched_off() -> None:
    rows = [*three(), backfilled("u", "b", 1)]
    off = scores(rows, replace(PLAIN, backfill_weight=0))["b"]
    assert off.score == pytest.approx(scores(three(), PLAIN)["b"].score)
