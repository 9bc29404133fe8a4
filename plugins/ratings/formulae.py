"""Formulae on plain numbers. Source: field.md, section 6.2, with the vectors of 6.3 as tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

STARS = (1, 2, 3, 4, 5)


@dataclass(frozen=True)
class Estimate:
    """A mean of stars and its standard deviation."""

    mean: float
    deviation: float

    def range(self, z: float) -> tuple[float, float]:
        """Return the likely range, within the scale."""
        return max(1.0, self.mean - z * self.deviation), min(5.0, self.mean + z * self.deviation)


def dirichlet(weights: Sequence[float]) -> Estimate:
    """Return what star weights say, those of the prior included; their sum is above 0."""
    total = sum(weights)
    mean = sum(star * weight for star, weight in zip(STARS, weights, strict=True)) / total
    square = sum(star * star * weight for star, weight in zip(STARS, weights, strict=True)) / total
    return Estimate(mean, sqrt(max(0.0, square - mean * mean) / (total + 1)))


def age_weight(days: int, half_life_days: int) -> float:
    """Return 1 for today and half of it after each half-life; 1 without a half-life."""
    return 2.0 ** (-max(0, days) / half_life_days) if half_life_days else 1.0


def shrunk_mean(mean: float, count: float, prior_mean: float, prior_weight: float) -> float:
    """Return a mean drawn towards what is usual, the less the more ratings there are."""
    return (count * mean + prior_weight * prior_mean) / (count + prior_weight)


def wilson(successes: int, count: int, z: float = 1.959964) -> float:
    """Return the lower bound of a share of yes; 0 when nobody was asked."""
    if not count:
        return 0.0
    share = successes / count
    spread = z * sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return max(0.0, (share + z * z / (2 * count) - spread) / (1 + z * z / count))


def beta_mean(good: float, bad: float) -> float:
    """Return the expected share of good experiences, with one of each presumed."""
    return (good + 1) / (good + bad + 2)
