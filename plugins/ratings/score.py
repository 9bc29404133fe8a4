"""How good an organisation is, as far as released ratings tell, and how sure that is.

An informed Dirichlet over the stars (field.md, section 6.2): each answer weighs on its star, and
what is usual everywhere weighs as much as `prior_weight` voices. How voices get their weights is in
`voices.py`, when they are damped in `rings.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from plugins.ratings import rings, voices
from plugins.ratings.formulae import Estimate, dirichlet
from plugins.ratings.parameters import Parameters
from plugins.ratings.rowsfile import Row
from plugins.ratings.voices import Ages, Network, Voice

NOT_ENOUGH = "not enough yet"
"""The label of a score with too few raters; people read its translation."""


Usual = Mapping[str, Sequence[float]]
"""Shares of the stars over all organisations, by criterion; "" is over all of them."""


@dataclass(frozen=True)
class Part:
    """What is said on one criterion."""

    score: float
    low: float
    high: float
    raters: int
    answers: int


@dataclass(frozen=True)
class Score:
    """What is shown of an organisation. Only live ratings count as raters and people.

    `effective` is how many raters of equal weight would say as much; `histogram` counts answers
    with one to five stars, `weights` is what they weigh; `newest` is when one was last released.
    """

    organisation: str
    score: float
    low: float
    high: float
    raters: int
    people: int
    effective: float
    newest: date
    rank_value: float
    label: str
    histogram: tuple[int, ...] = (0, 0, 0, 0, 0)
    weights: tuple[float, ...] = (0.0, 0.0, 0.0, 0.0, 0.0)
    criteria: Mapping[str, Part] = field(default_factory=dict)

    @property
    def is_enough(self) -> bool:
        """Whether there are enough raters for a number."""
        return not self.label


def scores(
    rows: Iterable[Row], parameters: Parameters | None = None, on: date | None = None
) -> dict[str, Score]:
    """Return the score of every rated organisation, by its id.

    The order of the rows makes no difference. `on` is the day as of which ratings have an age;
    without it the newest `released_on`, so that a file has the same scores on any day.
    """
    return judge(rows, parameters, on).scores


@dataclass(frozen=True)
class Judgement:
    """Scores, the voices behind them, what was damped, and what is usual everywhere."""

    scores: dict[str, Score]
    network: Network
    findings: list[rings.Finding]
    usual: Usual
    parameters: Parameters


def judge(
    rows: Iterable[Row], parameters: Parameters | None = None, on: date | None = None
) -> Judgement:
    """Return the scores with everything that led to them, for moderators."""
    return judge_voices(voices.collect(rows), parameters or Parameters(), on)


def judge_voices(network: Network, parameters: Parameters, on: date | None = None) -> Judgement:
    """Return the scores of voices that were put together already; gives them their weights."""
    voices.weigh(network, parameters, on or network.newest)
    findings = rings.find(network, parameters)
    rings.damp(findings)
    voices.cap_backfill(network, parameters)
    age = voices.ages(parameters, on or network.newest)
    usual = _usual(network, age)
    found = {
        rated: _score(rated, about, parameters, usual, age)
        for rated, about in network.about.items()
    }
    return Judgement(found, network, findings, usual, parameters)


def over_time(
    judged: Judgement, rated: str, days: Iterable[date]
) -> list[tuple[date, float, float, float]]:
    """Return day, score and likely range of an organisation as of days, with what is known today.

    What is usual and what is damped are today's; days with too few raters are left out.
    """
    parameters, found = judged.parameters, []
    today = voices.ages(parameters, judged.network.newest)
    for day in sorted(days):
        age, weights, raters = voices.ages(parameters, day), [0.0] * 5, 0
        for voice in judged.network.about.get(rated, []):
            known = [answer for answer in voice.answers if answer.released_on <= day]
            plain = voices.plain_weight(voice.people, voice.as_of(today), parameters)
            if not known or not plain:
                continue
            people = sum(voices.people_in(known).values())
            then = voices.sums_of(known, age)
            weight = voices.plain_weight(people, then, parameters) * voice.weight / plain
            for shares in then.shares.values():
                _add(weights, shares, weight)
            raters += voice.is_live
        if raters >= parameters.minimum_raters:
            estimate = _estimate(weights, judged.usual[""], parameters.prior_weight)
            found.append((day, estimate.mean, *estimate.range(parameters.z)))
    return found


def _add(sums: list[float], shares: Sequence[float], weight: float) -> None:
    """Put the weight of a voice on the stars it gave."""
    for at, share in enumerate(shares):
        sums[at] += weight * share


def _usual(network: Network, age: Ages) -> Usual:
    sums: dict[str, list[float]] = {"": [0.0] * 5}
    for about in network.about.values():
        for voice in about:
            for criterion, shares in voice.as_of(age).shares.items():
                _add(sums[""], shares, voice.weight)
                _add(sums.setdefault(criterion, [0.0] * 5), shares, voice.weight)
    return {criterion: _shares(found) for criterion, found in sums.items()}


def _shares(weights: Sequence[float]) -> list[float]:
    total = sum(weights)
    return [weight / total for weight in weights] if total else [0.2] * 5


def _estimate(weights: Sequence[float], usual: Sequence[float], prior: float) -> Estimate:
    return dirichlet([weight + prior * share for weight, share in zip(weights, usual, strict=True)])


def _score(
    rated: str, about: list[Voice], parameters: Parameters, usual: Usual, age: Ages
) -> Score:
    weights, histogram = [0.0] * 5, [0] * 5
    parts: dict[str, _Part] = {}
    for voice in about:
        sums = voice.as_of(age)
        for criterion, counts in sums.counts.items():
            part = parts.setdefault(criterion, _Part())
            for at, count in enumerate(counts):
                histogram[at] += count
                part.answers += count
            if voice.is_live:
                part.raters.add(voice.rater)
            _add(weights, sums.shares[criterion], voice.weight)
            _add(part.weights, sums.shares[criterion], voice.weight)
    estimate = _estimate(weights, usual[""], parameters.prior_weight)
    low, high = estimate.range(parameters.z)
    live = [voice for voice in about if voice.is_live]
    return Score(
        organisation=rated,
        score=estimate.mean,
        low=low,
        high=high,
        raters=len(live),
        people=sum(voice.people for voice in live),
        effective=_effective(about),
        newest=max(voice.newest for voice in about),
        rank_value=estimate.mean - parameters.caution * estimate.deviation,
        label="" if len(live) >= parameters.minimum_raters else NOT_ENOUGH,
        histogram=tuple(histogram),
        weights=tuple(weights),
        criteria={
            name: parts[name].judged(usual.get(name, [0.2] * 5), parameters)
            for name in sorted(parts)
        },
    )


@dataclass
class _Part:
    """Sums of one criterion."""

    weights: list[float] = field(default_factory=lambda: [0.0] * 5)
    raters: set[str] = field(default_factory=set)
    answers: int = 0

    def judged(self, usual: Sequence[float], parameters: Parameters) -> Part:
        estimate = _estimate(self.weights, usual, parameters.prior_weight)
        low, high = estimate.range(parameters.z)
        return Part(estimate.mean, low, high, len(self.raters), self.answers)


def _effective(about: Iterable[Voice]) -> float:
    together: dict[str, float] = {}
    for voice in about:
        together[voice.rater] = together.get(voice.rater, 0.0) + voice.weight
    square = sum(weight * weight for weight in together.values())
    return sum(together.values()) ** 2 / square if square else 0.0
