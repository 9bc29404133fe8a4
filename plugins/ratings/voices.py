"""Who says what about whom: all answers of one organisation about another are one voice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from math import log
from typing import NamedTuple

from plugins.ratings.formulae import age_weight
from plugins.ratings.parameters import Parameters
from plugins.ratings.rowsfile import BACKFILLED, HOST, LEARNER, LIVE, Row

Ages = Callable[[date], float]
"""What an answer weighs by the day its mobility ended."""


class Answer(NamedTuple):
    """One answer, without whose it is."""

    role: str
    mobility_ended_on: date
    released_on: date
    criterion: str
    stars: int


Month = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Sums:
    """What the answers of a voice come to as of a day: all that a score needs of them.

    `fresh` is their mean weight by age; `shares` how the voice is shared among the stars of each
    criterion, together 1, newer answers more; `counts` are plain numbers of answers.
    """

    fresh: float
    shares: Mapping[str, Sequence[float]]
    counts: Mapping[str, Sequence[int]]


@dataclass(slots=True, eq=False)
class Voice:
    """One organisation, its learners included, about another; live and backfilled ones apart.

    `people` counts ratings: in each role and pair of days as many as its most answered question,
    since nothing ties the answers of one learner together. `hosting` are those about the rated
    one as host or supporting organisation, the others are about sending. Where voices were kept,
    `sums` and `months` are there without the answers.
    """

    rater: str
    rated: str
    evidence: str
    answers: list[Answer]
    people: int = 0
    hosting: int = 0
    mean: float = 0.0
    newest: date = date.min
    weight: float = 0.0
    sums: Sums | None = None
    months: Mapping[Month, float] | None = None

    @property
    def sending(self) -> int:
        """Ratings of the rated one as the one that sends."""
        return self.people - self.hosting

    @property
    def is_live(self) -> bool:
        """Whether its mobilities were recorded here as they happened."""
        return self.evidence == LIVE

    def by_month(self) -> Mapping[Month, float]:
        """Return the mean of what was released in each month."""
        if self.months is not None:
            return self.months
        found: dict[Month, list[int]] = {}
        for answer in self.answers:
            day = answer.released_on
            found.setdefault((day.year, day.month), []).append(answer.stars)
        return {month: sum(stars) / len(stars) for month, stars in found.items()}

    def as_of(self, age: Ages) -> Sums:
        """Return what its answers come to; worked out once."""
        if self.sums is None:
            self.sums = sums_of(self.answers, age)
        return self.sums


@dataclass
class Network:
    """All voices, by who is rated and by who rates; each list in the order of the other side."""

    about: dict[str, list[Voice]] = field(default_factory=lambda: defaultdict(list))
    pairs: dict[tuple[str, str], list[Voice]] = field(default_factory=lambda: defaultdict(list))
    newest: date = date.min

    def add(self, voice: Voice) -> None:
        """Take in a voice; they come in the order of rated, rater and evidence."""
        self.about[voice.rated].append(voice)
        self.pairs[voice.rater, voice.rated].append(voice)
        self.newest = max(self.newest, voice.newest)

    def back(self, voice: Voice) -> list[Voice]:
        """Return what the rated one says about the rater."""
        return self.pairs.get((voice.rated, voice.rater), [])


def collect(rows: Iterable[Row]) -> Network:
    """Put rows together; their order makes no difference.

    Left out: what an organisation says about itself, and learners of backfilled mobilities.
    """
    found: dict[tuple[str, str, str], list[Answer]] = defaultdict(list)
    network = Network()
    for _id, rater, rated, role, criterion, stars, ended, released, evidence in rows:
        if rater == rated or (evidence == BACKFILLED and role == LEARNER):
            continue
        found[rated, rater, evidence].append(Answer(role, ended, released, criterion, stars))
    for rated, rater, evidence in sorted(found):
        voice = Voice(rater, rated, evidence, sorted(found.pop((rated, rater, evidence))))
        _count(voice)
        network.add(voice)
    return network


def _count(voice: Voice) -> None:
    for (role, _ended, _released), people in people_in(voice.answers).items():
        voice.people += people
        voice.hosting += people if role != HOST else 0
    voice.mean = sum(answer.stars for answer in voice.answers) / len(voice.answers)
    voice.newest = max(answer.released_on for answer in voice.answers)


def people_in(answers: Iterable[Answer]) -> dict[tuple[str, date, date], int]:
    """Count ratings by role, end of the mobility and release: as many as the most answered question."""
    cells: dict[tuple[str, date, date], dict[str, int]] = {}
    for role, ended, released, criterion, _stars in answers:
        cell = cells.setdefault((role, ended, released), {})
        cell[criterion] = cell.get(criterion, 0) + 1
    return {place: max(criteria.values()) for place, criteria in cells.items()}


def sums_of(answers: Sequence[Answer], age: Ages) -> Sums:
    """Add up answers, of which there is at least one; newer ones count more."""
    fresh = [age(answer.mobility_ended_on) for answer in answers]
    total = sum(fresh)
    shares: dict[str, list[float]] = {}
    counts: dict[str, list[int]] = {}
    for answer, part in zip(answers, fresh, strict=True):
        if answer.criterion not in counts:
            shares[answer.criterion], counts[answer.criterion] = [0.0] * 5, [0] * 5
        shares[answer.criterion][answer.stars - 1] += part / total if total else 0.0
        counts[answer.criterion][answer.stars - 1] += 1
    return Sums(total / len(answers), shares, counts)


def plain_weight(people: int, sums: Sums, parameters: Parameters) -> float:
    """Return what a voice weighs by its people and its age alone."""
    return (1 + log(people) if parameters.one_voice else people) * sums.fresh


def ages(parameters: Parameters, on: date) -> Ages:
    """Return what an answer weighs by the day its mobility ended."""

    @cache
    def age(ended: date) -> float:
        return age_weight((on - ended).days, parameters.half_life_days)

    return age


def weigh(network: Network, parameters: Parameters, on: date) -> None:
    """Give each voice its weight, as if all were independent."""
    age = ages(parameters, on)
    for voices in network.about.values():
        for voice in voices:
            voice.weight = plain_weight(voice.people, voice.as_of(age), parameters)
            if parameters.reciprocity:
                voice.weight *= reciprocity(voice, network.back(voice))
            if not voice.is_live:
                voice.weight *= parameters.backfill_weight * (not _only_mutual(voice, network))


def reciprocity(voice: Voice, back: Iterable[Voice]) -> float:
    """Return the discount for a voice that is answered by the one it is about.

    A mobility is rated from both sides: that alone halves it. Who exchanges (each hosted the
    other's learners, or each sent) counts 1/(1 + ratings that came back), from three of them on.
    """
    same = other = 0
    for answer in back:
        same += (answer.hosting if voice.hosting else 0) + (answer.sending if voice.sending else 0)
        other += answer.people
    if same >= 3:
        return 1 / (1 + same)
    return 0.5 if other else 1.0


def _only_mutual(voice: Voice, network: Network) -> bool:
    """Whether two organisations have nothing but backfilled ratings of each other."""
    between = [*network.pairs[voice.rater, voice.rated], *network.back(voice)]
    return bool(network.back(voice)) and not any(other.is_live for other in between)


def cap_backfill(network: Network, parameters: Parameters) -> None:
    """Keep backfilled voices small: together at most one, none where live ones suffice."""
    for voices in network.about.values():
        old = [voice for voice in voices if not voice.is_live]
        total = sum(voice.weight for voice in old)
        live = len(voices) - len(old)
        most = parameters.backfill_total if live < parameters.backfill_until else 0
        if total > most:
            for voice in old:
                voice.weight *= most / total
