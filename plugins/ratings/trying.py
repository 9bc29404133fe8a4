"""An attack on a small made-up world, and what it would bring under three ways of counting.

For the page where visitors try. The work is bounded: at most some 2,500 rows a request.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from plugins.ratings import sandbox
from plugins.ratings.formulae import shrunk_mean
from plugins.ratings.parameters import Parameters
from plugins.ratings.sandbox import World, ranking
from plugins.ratings.score import Judgement, judge
from plugins.ratings.voices import Network

RING, HALF, SOCKS, BURST, NONE = "ring", "half", "socks", "burst", "none"
ATTACKS = (RING, HALF, SOCKS, BURST, NONE)
ORGANISATIONS, EACH = 40, 12
SIZES, TIMES = range(2, 11), (1, 3, 10, 20)
WORLDS = range(1, 100)
POOR = 2.5
PRIOR = 5


@dataclass(frozen=True)
class Attack:
    """What a visitor chose; what is out of bounds becomes the usual."""

    kind: str = RING
    size: int = 6
    times: int = 10
    world: int = 1


def chosen(values: Mapping[str, str]) -> Attack:
    """Read an attack from an address; nothing in it can be wrong."""

    def whole(name: str, usual: int) -> int:
        text = values.get(name, "")[:4]
        return int(text) if text.isascii() and text.isdigit() else usual

    kind = values.get("attack", RING)
    size, times, world = whole("size", 6), whole("times", 10), whole("world", 1)
    return Attack(
        kind if kind in ATTACKS else RING,
        size if size in SIZES else 6,
        times if times in TIMES else 10,
        world if world in WORLDS else 1,
    )


@dataclass(frozen=True)
class Place:
    """What an attack brought one organisation: its score and rank before and after."""

    organisation: str
    quality: float
    score: float
    score_after: float
    rank: int
    rank_after: int
    rank_plain: int
    rank_shrunk: int


@dataclass(frozen=True)
class Trial:
    """An attack with its outcome: those who attack or are attacked, and everybody else together."""

    attack: Attack
    places: list[Place]
    moved: int
    """By how many places an organisation that has no part in it moved at most."""
    added: int
    before: Judgement
    after: Judgement


def run(attack: Attack, parameters: Parameters) -> Trial:
    """Try an attack out. The same choice has the same outcome."""
    poor = attack.size if attack.kind in (RING, HALF) else 0
    world = sandbox.honest_world(attack.world, ORGANISATIONS, EACH, poor, POOR)
    honest = list(world.rows)
    before = judge(honest, parameters)
    involved = _attack(world, attack, _order(before))
    after = judge(world.rows, parameters)
    first, then = _order(before), _order(after)
    plain, shrunk = _plain(after.network), _shrunk(after.network)
    places = [
        Place(
            name,
            world.quality[name],
            before.scores[name].score,
            after.scores[name].score,
            first.index(name) + 1,
            then.index(name) + 1,
            plain.index(name) + 1,
            shrunk.index(name) + 1,
        )
        for name in involved
    ]
    return Trial(
        attack, places, _moved(first, then, involved), len(world.rows) - len(honest), before, after
    )


def _attack(world: World, attack: Attack, first: list[str]) -> list[str]:
    """Add the rows of an attack; return whom it is about."""
    members = sorted(world.quality)[: attack.size]
    if attack.kind in (RING, HALF):
        sandbox.ring(world, members, attack.times, 1.0 if attack.kind == RING else 0.5)
        return members
    target = first[len(first) // 4 if attack.kind == BURST else -len(first) // 4]
    others = [name for name in sorted(world.quality) if name != target]
    if attack.kind == SOCKS:
        sandbox.sock_puppets(world, target, attack.size * attack.times, 5, attack.size)
    elif attack.kind == BURST:
        day = date(sandbox.TODAY.year, sandbox.TODAY.month - 1, 1)
        for _time in range(attack.times):
            sandbox.burst(world, target, others[: attack.size], day)
    return [target]


def _order(judged: Judgement) -> list[str]:
    return ranking({name: score.rank_value for name, score in judged.scores.items()})


def _moved(first: list[str], then: list[str], involved: list[str]) -> int:
    kept = [name for name in then if name not in involved]
    places = {name: place for place, name in enumerate(kept)}
    stayed = (name for name in first if name in places)
    return max((abs(places[name] - place) for place, name in enumerate(stayed)), default=0)


def _plain(network: Network) -> list[str]:
    """Return the order by the mean of all stars, as shops have it."""
    return ranking({rated: _mean(network, rated)[0] for rated in network.about})


def _shrunk(network: Network) -> list[str]:
    """Return the order by a mean drawn towards what is usual, as film lists have it."""
    means = {rated: _mean(network, rated) for rated in network.about}
    total = sum(count for _mean_of, count in means.values())
    usual = sum(mean * count for mean, count in means.values()) / total
    return ranking(
        {rated: shrunk_mean(mean, count, usual, PRIOR) for rated, (mean, count) in means.items()}
    )


def _mean(network: Network, rated: str) -> tuple[float, int]:
    stars = [answer.stars for voice in network.about[rated] for answer in voice.answers]
    return sum(stars) / len(stars), len(stars)
