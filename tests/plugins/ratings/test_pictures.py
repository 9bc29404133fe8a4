"""Pictures and sentences about ratings, as plain numbers and words; attacks that visitors try."""

from __future__ import annotations

from datetime import date

import pytest

from plugins.ratings import pictures, rings, sandbox, trying
from plugins.ratings.parameters import Parameters
from plugins.ratings.reasons import sentences
from plugins.ratings.rowsfile import Row
from plugins.ratings.sandbox import honest_world
from plugins.ratings.score import Score, judge, over_time, scores
from tests.plugins.ratings.conftest import row


def score_of(*stars: int) -> Score:
    return scores([row(f"r{place}", "b", mark) for place, mark in enumerate(stars)])["b"]


def test_each_answer_is_a_tile_above_its_stars_while_they_are_few() -> None:
    drawn = pictures.score_picture(score_of(2, 4, 4, 5))
    assert [(c.stars, c.answers, len(c.tiles)) for c in drawn.columns] == [
        (1, 0, 0), (2, 1, 1), (3, 0, 0), (4, 2, 2), (5, 1, 1),
    ]  # fmt: skip
    assert drawn.per_tile == 1
    assert drawn.low < drawn.score < drawn.high


def test_many_answers_share_a_tile_and_stay_in_the_picture() -> None:
    drawn = pictures.score_picture(score_of(*[4] * 100, 1))
    assert drawn.per_tile == 12
    assert len(drawn.columns[0].tiles) == 1
    assert min(y for column in drawn.columns for y in column.tiles) > 0


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ({"a": 5, "b": 3}, [("a", 5), ("b", 3)]),
        ({"a": 5, "b": 2, "c": 1}, [("a", 5), ("rest", 3)]),
        ({"a": 5, "b": 4, "c": 1}, [("a", 5), ("rest", 5)]),
        ({"a": 1, "b": 1}, [("rest", 2)]),
        ({}, []),
    ],
)
def test_small_groups_are_put_together_until_they_are_large_enough(counts, shown) -> None:
    assert pictures.who_rated(counts, "rest") == shown


def test_the_score_over_time_is_a_line_with_a_band() -> None:
    points = [pictures.Point(date(2024 + n, 3, 1), 4.0, 3.5, 4.5) for n in (2, 0, 1)]
    drawn = pictures.time_picture(points)
    assert drawn is not None
    assert [dot.point.on.year for dot in drawn.dots] == [2024, 2025, 2026]
    assert [year for _x, year in drawn.years] == [2025, 2026]
    assert drawn.band.endswith("Z")
    assert pictures.time_picture(points[:1]) is None


def history() -> list[Row]:
    days = [date(2025, n, 1) for n in (1, 4, 7, 10)]
    rows = [row(f"r{n}", "b", 2, released_on=d, mobility_ended_on=d) for n, d in enumerate(days)]
    late = date(2026, 4, 1)
    more = [row(f"s{n}", "b", 5, released_on=late, mobility_ended_on=late) for n in range(4)]
    return [*rows, *more, *[row(f"r{n}", f"c{n % 5}", 4) for n in range(40)]]


def test_the_newest_point_over_time_is_the_score_and_older_ones_know_less() -> None:
    rows = history()
    judged = judge(rows)
    days = {found.released_on for found in rows if found.rated_organisation == "b"}
    points = over_time(judged, "b", [*days, judged.network.newest])
    assert [point[0] for point in points] == [
        date(2025, 7, 1), date(2025, 10, 1), date(2026, 4, 1), date(2026, 6, 1),
    ]  # fmt: skip
    final = judged.scores["b"]
    assert points[-1][1:] == pytest.approx((final.score, final.low, final.high))
    assert points[0][1] < 3.5 < points[-1][1]


def ring_of(members: int) -> list[rings.Finding]:
    world = honest_world(1, 60, poor=members)
    sandbox.ring(world, sorted(world.quality)[:members])
    return judge(world.rows).findings


def test_a_ring_is_drawn_with_its_members_and_an_arrow_for_each_voice() -> None:
    drawn = pictures.ring_picture(ring_of(5))
    assert len(drawn.nodes) == 5
    assert len(drawn.edges) == 20
    assert len({edge.path for edge in drawn.edges}) == 20
    assert all(0 < node.x < drawn.width and 0 < node.y < drawn.height for node in drawn.nodes)


def test_a_group_is_one_sentence_with_names_and_figures() -> None:
    (text,) = sentences(ring_of(4), {"o000": "School A"})
    assert text.startswith("School A, o001, o002, o003 praise each other: 12")
    assert "Independent raters give 2" in text
    assert text.endswith("2% of the weight is left.")


def test_strangers_bursts_and_large_voices_are_told_apart() -> None:
    world = honest_world(1, 60)
    sandbox.sock_puppets(world, "o001", 30, 1, 30)
    sandbox.sock_puppets(world, "o002", 30, 1, 1)
    sandbox.burst(world, "o003", [f"o{n:03}" for n in range(30, 40)], date(2026, 4, 1))
    strangers, burst, large = sentences(judge(world.rows).findings, {})
    assert strangers.startswith("29 organisations rate o001 and have to do with nobody else")
    assert burst.startswith("In April 2026 far more than usual rated o003: 11 organisations")
    assert large.startswith("At least half of all ratings of o002 come from sock000: 30 ratings")


def test_pairs_are_named_without_blame() -> None:
    world = honest_world(2, 30)
    sandbox.exchange(world, "o001", "o002", 9)
    (text,) = sentences(rings.mutual(judge(world.rows).network), {})
    assert text.startswith("o001, o002 rated each other often: 1")


@pytest.mark.parametrize("kind", trying.ATTACKS)
@pytest.mark.parametrize(("size", "times"), [(2, 1), (10, 20)])
def test_every_attack_can_be_tried_and_does_not_pay(kind: str, size: int, times: int) -> None:
    trial = trying.run(trying.Attack(kind, size, times), Parameters())
    assert trial.added <= 10 * 9 * 20
    for place in trial.places:
        assert place.rank_after >= place.rank - 10
    assert trial.moved <= 6


def test_the_ring_pays_by_the_plain_mean_and_not_here() -> None:
    trial = trying.run(trying.Attack(), Parameters())
    assert max(place.rank_plain for place in trial.places) <= 10
    assert max(place.rank_shrunk for place in trial.places) <= 10
    assert min(place.rank_after for place in trial.places) >= 30


@pytest.mark.parametrize(
    "values",
    [{}, {"attack": "x", "size": "99", "times": "7", "world": "-1"}, {"size": "²", "world": "9" * 99},
     {"size": "", "times": "1e9"}],
)  # fmt: skip
def test_what_is_out_of_bounds_becomes_the_usual(values: dict[str, str]) -> None:
    assert trying.chosen(values) == trying.Attack()


def test_a_choice_is_read_from_the_address() -> None:
    values = {"attack": "socks", "size": "3", "times": "20", "world": "7"}
    assert trying.chosen(values) == trying.Attack("socks", 3, 20, 7)
