"""The formulae, with the vectors of field.md 6.3."""

from __future__ import annotations

import pytest

from plugins.ratings import formulae


@pytest.mark.parametrize(
    ("successes", "count", "bound"),
    [(1, 1, 0.2065), (5, 5, 0.5655), (9, 10, 0.5958), (90, 100, 0.8256), (0, 4, 0.0), (0, 0, 0.0)],
)
def test_wilson_bound_is_as_published(successes: int, count: int, bound: float) -> None:
    assert round(formulae.wilson(successes, count), 4) == bound


@pytest.mark.parametrize(
    ("mean", "count", "shrunk"),
    [(5, 1, 4.0), (5, 3, 4.25), (4.5, 20, 4.36), (2, 2, 3.2857)],
)
def test_shrunk_mean_is_as_published(mean: float, count: float, shrunk: float) -> None:
    assert round(formulae.shrunk_mean(mean, count, 3.8, 5), 4) == shrunk


@pytest.mark.parametrize(
    ("counts", "low"),
    [
        ([0, 0, 0, 0, 1], 2.4037),
        ([0, 0, 0, 0, 5], 3.2964),
        ([0, 0, 2, 8, 10], 3.7860),
        ([1, 0, 0, 0, 20], 4.0753),
        ([0, 0, 0, 0, 50], 4.6604),
    ],
)
def test_lower_bound_with_a_uniform_prior_is_as_published(counts: list[int], low: float) -> None:
    estimate = formulae.dirichlet([count + 1 for count in counts])
    assert round(estimate.range(1.65)[0], 4) == low


def test_beta_mean_is_as_published() -> None:
    assert formulae.beta_mean(8, 2) == 0.75


@pytest.mark.parametrize(("days", "weight"), [(0, 1.0), (365, 0.7071), (730, 0.5), (1460, 0.25)])
def test_age_weight_halves_each_half_life(days: int, weight: float) -> None:
    assert round(formulae.age_weight(days, 730), 4) == weight


def test_a_day_to_come_has_no_age() -> None:
    assert formulae.age_weight(-30, 730) == 1


def test_the_range_stays_on_the_scale() -> None:
    low, high = formulae.dirichlet([1, 0, 0, 0, 1]).range(3)
    assert (low, high) == (1, 5)


def test_another_formula_would_be_noticed() -> None:
    assert round(formulae.wilson(9, 10, z=1.645), 4) != 0.5958
    assert round(formulae.shrunk_mean(5, 1, 3.8, 4), 4) != 4.0
    assert round(formulae.age_weight(365, 700), 4) != 0.7071
    assert round(formulae.dirichlet([1, 1, 1, 1, 1.5]).range(1.65)[0], 4) != 2.4037
