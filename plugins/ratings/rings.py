"""Voices that are not independent: groups that praise each other, strangers, bursts, large senders.

Each finding names the voices of one organisation's ratings that belong together. They lose weight
together, the more the further their marks lie from what independent raters say, beyond what chance
explains. Nothing is hidden: findings are shown to moderators, with figures.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from math import log, sqrt

from plugins.ratings.parameters import Parameters
from plugins.ratings.voices import Network, Voice

GROUP, STRANGERS, BURST, LARGE, MUTUAL = "group", "strangers", "burst", "large", "mutual"
KINDS = (GROUP, STRANGERS, BURST, LARGE, MUTUAL)
LOWEST, HIGHEST = 2.0, 4.5
"""A burst blames or praises: its marks are on average outside these."""


@dataclass(frozen=True)
class Finding:
    """Voices about one organisation that count less, and why.

    `inside` and `outside` are the mean marks of these voices and of the independent ones (None:
    nobody else), `share` is what is left of their weight, `members` all organisations of a group,
    `month` the (year, month) of a burst.
    """

    kind: str
    rated: str
    voices: tuple[Voice, ...]
    inside: float
    outside: float | None
    share: float
    members: tuple[str, ...] = ()
    month: tuple[int, int] | None = None

    @property
    def raters(self) -> tuple[str, ...]:
        """Whose voices they are."""
        return tuple(sorted({voice.rater for voice in self.voices}))

    @property
    def people(self) -> int:
        """How many ratings they are."""
        return sum(voice.people for voice in self.voices)


def find(network: Network, parameters: Parameters) -> list[Finding]:
    """Look for all of them; a voice is in one finding at most, those of groups first.

    Takes time in proportion to the rows, since of each organisation only its strongest ties are
    followed.
    """
    taken: set[Voice] = set()
    found: list[Finding] = []
    searches: list[tuple[bool, Callable[..., Iterator[Finding]]]] = [
        (parameters.groups, _groups),
        (parameters.strangers, _strangers),
        (parameters.bursts, _bursts),
        (parameters.monocultures, _large),
    ]
    for is_on, search in searches:
        for finding in search(network, parameters, taken) if is_on else ():
            found.append(finding)
            taken.update(finding.voices)
    return found


def damp(findings: Iterable[Finding]) -> None:
    """Take the weight off the voices."""
    for finding in findings:
        for voice in finding.voices:
            voice.weight *= finding.share


def mutual(network: Network, least: int = 3) -> list[Finding]:
    """List pairs that rated each other often; their weights are discounted already."""
    found = []
    for (rater, rated), between in network.pairs.items():
        back = network.pairs.get((rated, rater), [])
        people = sum(voice.people for voice in between)
        if rater < rated and min(people, sum(voice.people for voice in back)) >= least:
            both = (*between, *back)
            found.append(Finding(MUTUAL, rated, both, mean(both), None, 1.0, (rater, rated)))
    return sorted(found, key=lambda item: (-item.people, item.members))


def mean(voices: Collection[Voice]) -> float:
    """Return the mean of what voices say, each counted once."""
    return sum(voice.mean for voice in voices) / len(voices)


def _difference(
    inside: Collection[Voice], outside: Collection[Voice], parameters: Parameters
) -> tuple[float, float]:
    """Return how far marks lie apart, and how much of that chance explains."""
    people = sum(voice.people for voice in inside)
    chance = parameters.noise * sqrt(1 / people + 1 / len(outside))
    return mean(inside) - mean(outside), chance


def _strength(difference: float, chance: float, parameters: Parameters) -> float:
    """Return from 0 to 1 how much voices are damped."""
    return min(1.0, max(0.0, (difference - chance) / parameters.ramp))


def _share(voices: Collection[Voice], full: float, strength: float, least: float) -> float:
    """Return what is left of the weight of voices that weigh at most `full` together."""
    own = sum(voice.weight for voice in voices)
    if own <= 0:
        return 1.0
    left = min(own, full) * (1 - strength) + min(own, least) * strength
    return left / own


# Groups


def _groups(network: Network, parameters: Parameters, taken: set[Voice]) -> Iterator[Finding]:
    for members in dense_groups(ties(network, parameters)):
        inner = set(members)
        inside: dict[str, list[Voice]] = {}
        outside: dict[str, list[Voice]] = {}
        for rated in members:
            about = network.about.get(rated, [])
            inside[rated] = [v for v in about if v.rater in inner and v not in taken]
            outside[rated] = [v for v in about if v.rater not in inner and v.is_live]
        everyone = [voice for voices in outside.values() for voice in voices]
        for rated in members:
            if not inside[rated]:
                continue
            others = outside[rated]
            if len(others) < parameters.outside_raters:
                others = everyone
            share, heard = _group_share(inside[rated], others, parameters)
            if share < 1:
                marks = mean(inside[rated])
                yield Finding(
                    GROUP, rated, tuple(inside[rated]), marks, heard, share, tuple(members)
                )


def _group_share(
    inside: list[Voice], outside: list[Voice], parameters: Parameters
) -> tuple[float, float | None]:
    """Damp praise that outsiders don't share; where there are none, a circle is one voice."""
    if len(outside) < parameters.outside_raters:
        full = 1 + log(len(inside))
        return _share(inside, full, 0.0, full), mean(outside) if outside else None
    strength = _strength(*_difference(inside, outside, parameters), parameters)
    own = sum(voice.weight for voice in inside)
    return _share(inside, own, strength, parameters.damped_weight), mean(outside)


def ties(network: Network, parameters: Parameters) -> dict[str, set[str]]:
    """Tie organisations that praise each other, or one the other again and again."""
    strength: dict[str, dict[str, int]] = defaultdict(dict)
    for (rater, rated), voices in network.pairs.items():
        if not _praises(voices, parameters):
            continue
        people = sum(voice.people for voice in voices)
        is_back = _praises(network.pairs.get((rated, rater), []), parameters)
        if is_back or people >= parameters.repeated:
            strength[rater][rated] = strength[rater].get(rated, 0) + people
            strength[rated][rater] = strength[rated].get(rater, 0) + people
    kept = {}
    for one, others in strength.items():
        ordered = sorted(others, key=lambda other: (-others[other], other))
        kept[one] = set(ordered[: parameters.most_ties])
    return {one: {other for other in others if one in kept[other]} for one, others in kept.items()}


def _praises(voices: list[Voice], parameters: Parameters) -> bool:
    return bool(voices) and mean(voices) >= parameters.glowing


def dense_groups(tied: dict[str, set[str]]) -> list[tuple[str, ...]]:
    """Return groups of at least three, each tied to more than half of the others, largest first."""
    found = {group for seed in tied for group in [_around(seed, tied)] if len(group) >= 3}
    kept: list[tuple[str, ...]] = []
    homes: dict[str, list[set[str]]] = defaultdict(list)
    for group in sorted(found, key=lambda group: (-len(group), group)):
        members = set(group)
        if not any(members <= home for home in homes[group[0]]):
            kept.append(group)
            for member in group:
                homes[member].append(members)
    return kept


def _around(seed: str, tied: dict[str, set[str]]) -> tuple[str, ...]:
    """Take an organisation and all it is tied to, and leave out those tied to fewest of them."""
    members = {seed, *tied[seed]}
    inner = {member: len(tied[member] & members) for member in members}
    while len(members) >= 3:
        weakest = min(members, key=lambda member: (inner[member], member))
        if 2 * inner[weakest] > len(members) - 1:
            return tuple(sorted(members))
        members.remove(weakest)
        for member in tied[weakest] & members:
            inner[member] -= 1
    return ()


# Strangers, bursts and large senders: compared with all other live voices about the same one


def _strangers(network: Network, parameters: Parameters, taken: set[Voice]) -> Iterator[Finding]:
    """Find raters who have to do with nobody else, and say something else than those who do."""
    partners: dict[str, set[str]] = defaultdict(set)
    for rater, rated in network.pairs:
        for one, other in ((rater, rated), (rated, rater)):
            if len(partners[one]) < 2:
                partners[one].add(other)
    for rated, about in network.about.items():
        alone = [v for v in about if len(partners[v.rater]) == 1 and v not in taken]
        if len(alone) >= parameters.compared_raters:
            others = _others(about, alone, taken)
            yield from _apart(STRANGERS, rated, alone, others, parameters)


def _bursts(network: Network, parameters: Parameters, taken: set[Voice]) -> Iterator[Finding]:
    """Find months in which far more raters than usual came, all with praise or all with blame."""
    for rated, about in network.about.items():
        if len(about) < 2 * parameters.burst_raters:  # nobody to compare them with
            continue
        by_month: dict[tuple[int, int], dict[Voice, float]] = defaultdict(dict)
        for voice in about:
            for month, marks in voice.by_month().items():
                by_month[month][voice] = marks
        total = sum(map(len, by_month.values()))
        for month, marked in sorted(by_month.items()):
            came = [voice for voice in marked if voice not in taken]
            usual = (total - len(marked)) / max(1, len(by_month) - 1)
            if len(came) < max(parameters.burst_raters, parameters.burst_factor * usual):
                continue
            marks = sum(marked[voice] for voice in came) / len(came)
            if not LOWEST < marks < HIGHEST:
                others = _others(about, came, taken)
                yield from _apart(BURST, rated, came, others, parameters, month)


def _others(about: list[Voice], some: list[Voice], taken: set[Voice]) -> list[Voice]:
    inside = set(some)
    return [v for v in about if v not in inside and v not in taken and v.is_live]


def _apart(
    kind: str,
    rated: str,
    inside: list[Voice],
    outside: list[Voice],
    parameters: Parameters,
    month: tuple[int, int] | None = None,
) -> Iterator[Finding]:
    if len(outside) < parameters.compared_raters:
        return
    difference, chance = _difference(inside, outside, parameters)
    strength = _strength(abs(difference), chance, parameters)
    own = sum(voice.weight for voice in inside)
    share = _share(inside, own, strength, parameters.damped_weight)
    if share < 1:
        yield Finding(kind, rated, tuple(inside), mean(inside), mean(outside), share, month=month)


def _large(network: Network, parameters: Parameters, taken: set[Voice]) -> Iterator[Finding]:
    """Find one organisation with at least half of the ratings: it counts as one rating, or less."""
    for rated, about in network.about.items():
        people = sum(voice.people for voice in about)
        for voice in about:
            if voice in taken or voice.people < parameters.large_voice or 2 * voice.people < people:
                continue
            outside = _others(about, [voice], taken)
            strength = 0.0
            if len(outside) >= parameters.compared_raters:
                difference, chance = _difference([voice], outside, parameters)
                strength = _strength(abs(difference), chance, parameters)
            share = _share([voice], 1.0, strength, parameters.damped_weight)
            if share < 1:
                heard = mean(outside) if outside else None
                yield Finding(LARGE, rated, (voice,), voice.mean, heard, share)
