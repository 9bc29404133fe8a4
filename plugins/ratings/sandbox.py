"""A made-up world of ratings, and attacks on it: for the page where visitors try, and for proofs.

As in field.md, section 6.4: good and bad places, raters chosen by chance, marks with noise.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from random import Random

from plugins.ratings.cells import month
from plugins.ratings.rowsfile import BACKFILLED, LEARNER, LIVE, SENDING, Row

TODAY = date(2026, 6, 1)
BACK = 730
"""Days over which honest ratings are spread."""


@dataclass
class World:
    """Organisations with their true quality, and the rows so far."""

    random: Random
    quality: dict[str, float]
    rows: list[Row]

    def rate(
        self,
        rater: str,
        rated: str,
        stars: int,
        on: date | None = None,
        role: str = SENDING,
        evidence: str = LIVE,
    ) -> None:
        """Add a rating with one answer; without a day at any time of the last two years."""
        released = on or date.fromordinal(TODAY.toordinal() - self.random.randrange(BACK))
        number = f"r{len(self.rows):07}"
        day = month(released)
        self.rows.append(Row(number, rater, rated, role, "overall", stars, day, day, evidence))

    def honestly(self, rater: str, rated: str, on: date | None = None) -> None:
        """Add a rating as somebody felt it."""
        self.rate(rater, rated, mark(self.random, self.quality[rated]), on)


def mark(random: Random, quality: float, noise: float = 0.8) -> int:
    """Return the stars that somebody gives to a place of a quality."""
    return min(5, max(1, round(random.gauss(quality, noise))))


def honest_world(
    seed: int, organisations: int = 200, ratings: int = 12, poor: int = 0, poor_quality: float = 2.5
) -> World:
    """Return a world in which everybody is honest; the first `poor` are of poor quality."""
    random = Random(seed)  # noqa: S311  no secret
    names = [f"o{number:03}" for number in range(organisations)]
    quality = {name: min(5.0, max(1.0, random.gauss(3.8, 0.5))) for name in names}
    quality.update(dict.fromkeys(names[:poor], poor_quality))
    world = World(random, quality, [])
    for rated in names:
        others = [name for name in names if name != rated]
        count = max(3, round(random.gauss(ratings, ratings / 6)))
        for rater in random.sample(others, min(count, len(others))):
            world.honestly(rater, rated)
    return world


def ring(
    world: World,
    members: Sequence[str],
    times: int = 10,
    part: float = 1.0,
    evidence: str = LIVE,
) -> None:
    """Let members praise each other; with `part` below 1 only so many of the ordered pairs."""
    for rater in members:
        for rated in members:
            if rater != rated and world.random.random() < part:
                for _time in range(times):
                    world.rate(rater, rated, 5, evidence=evidence)


def one_way_ring(world: World, members: Sequence[str], times: int = 10) -> None:
    """Let each pair praise in one direction only, so that no rating is ever returned."""
    for place, rater in enumerate(members):
        for step in range(1, (len(members) - 1) // 2 + 1):
            for _time in range(times):
                world.rate(rater, members[(place + step) % len(members)], 5)


def sock_puppets(
    world: World, target: str, count: int = 100, stars: int = 5, organisations: int = 1
) -> None:
    """Let so many invented learners, of so many organisations nobody else knows, rate one."""
    for number in range(count):
        world.rate(f"sock{number % organisations:03}", target, stars, role=LEARNER)


def burst(world: World, target: str, raters: Iterable[str], on: date, stars: int = 1) -> None:
    """Let known organisations blame one within a month."""
    for rater in raters:
        world.rate(rater, target, stars, on)


def exchange(world: World, one: str, other: str, times: int = 20) -> None:
    """Let two honest partners send each other people again and again."""
    for _time in range(times):
        world.honestly(one, other)
        world.honestly(other, one)


def fabricate(world: World, members: Sequence[str]) -> None:
    """Let members confirm each other past mobilities that never were, in one direction."""
    for place, rater in enumerate(members):
        for rated in members[place + 1 :]:
            world.rate(rater, rated, 5, evidence=BACKFILLED)


def ranking(values: Mapping[str, float]) -> list[str]:
    """Return the ids from the highest value down; equal ones by id."""
    return sorted(values, key=lambda name: (-values[name], name))
