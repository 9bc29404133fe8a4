"""Words for what stands in tables and data files."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from babel.dates import format_date

from plugins.ratings import rules
from portal.i18n import _, locale
from portal.i18n import lazy_gettext as lazy

CANNOT_SAY = lazy("cannot say")

QUESTIONS: Mapping[str, Any] = {
    "tutoring": lazy("How well did somebody at the host guide you?"),
    "tasks": lazy("How well did the tasks fit what you wanted to learn?"),
    "safety": lazy("How safe and respected did you feel?"),
    "housing": lazy("How good was the place where you lived, if they provided it?"),
    "again": lazy("Would you go there again?"),
    "documents": lazy("Did agreements, reports and certificates come on time?"),
    "assessment": lazy("How well was the learning assessed, as it was agreed?"),
    "communication": lazy("How good was the communication?"),
    "preparation": lazy("How well were the participants prepared?"),
    "support": lazy("How well did they support everybody during the stay?"),
    "arrangements": lazy("How good were travel, housing and other arrangements?"),
    "told": lazy("Were you told in time?"),
    "helped": lazy("How well did they help when it went wrong?"),
    "solution": lazy("How good was the way out that was found?"),
    "agreed": lazy("How far did they keep what was agreed?"),
}
"""What is asked; participants and organisations read the same sentences."""

NAMES: Mapping[str, Any] = {
    "tutoring": lazy("Guidance at the host"),
    "tasks": lazy("Tasks that fit"),
    "safety": lazy("Safety and respect"),
    "housing": lazy("Housing"),
    "again": lazy("Would go again"),
    "documents": lazy("Documents on time"),
    "assessment": lazy("Assessment of learning"),
    "communication": lazy("Communication"),
    "preparation": lazy("Preparation of participants"),
    "support": lazy("Support during the stay"),
    "arrangements": lazy("Arrangements"),
    "told": lazy("Told in time"),
    "helped": lazy("Help when it went wrong"),
    "solution": lazy("A way out"),
    "agreed": lazy("Kept what was agreed"),
}

STEPS: Mapping[str, tuple[Any, ...]] = {
    "quality": (lazy("very poor"), lazy("poor"), lazy("fair"), lazy("good"), lazy("very good")),
    "time": (
        lazy("far too late or never"),
        lazy("often late"),
        lazy("sometimes late"),
        lazy("nearly always on time"),
        lazy("always on time"),
    ),
    "wish": (
        lazy("no"),
        lazy("rather not"),
        lazy("perhaps"),
        lazy("rather yes"),
        lazy("yes, at once"),
    ),
}
"""A word for each of the five steps, by the scale of a criterion."""

ROLES: Mapping[str, Any] = {
    "sending": lazy("sending organisation"),
    "host": lazy("host"),
    "supporting": lazy("supporting organisation"),
    "learner": lazy("participant"),
}

OUTCOMES: Mapping[str, Any] = {
    "ended": lazy("The placement ended as planned."),
    "interrupted": lazy("The placement was interrupted."),
    "did_not_happen": lazy("The placement did not happen."),
}
SHORT_OUTCOMES: Mapping[str, Any] = {
    "interrupted": lazy("interrupted"),
    "did_not_happen": lazy("did not happen"),
}

REASONS: Mapping[str, Any] = {
    "untrue": lazy("It states something untrue"),
    "person": lazy("It says something that identifies a person"),
    "insult": lazy("It insults or threatens"),
    "not-there": lazy("Whoever wrote it was not there"),
    "advertising": lazy("It advertises something"),
    "other": lazy("Something else"),
}

STATES: Mapping[str, tuple[Any, str]] = {
    "sealed": (lazy("sealed"), ""),
    "published": (lazy("published"), "ok"),
    "withdrawn": (lazy("withdrawn"), ""),
    "removed": (lazy("removed"), "bad"),
}


def steps(criterion: str) -> list[tuple[str, str]]:
    """Return the choices of a criterion, best first, each with its word; the last is "cannot say"."""
    words = STEPS[rules.criteria()[criterion].scale]
    rows = [(str(star), str(words[star - 1])) for star in reversed(rules.STARS)]
    return [*rows, ("0", str(CANNOT_SAY))]


def step(criterion: str, stars: int | None) -> str:
    """Return what somebody chose, in words."""
    if stars is None:
        return str(CANNOT_SAY)
    word = STEPS[rules.criteria()[criterion].scale][stars - 1]
    return _("%(stars)s of 5, %(word)s", stars=stars, word=word)


def month_name(day: str) -> str:
    """Return month and year of an ISO date."""
    return str(format_date(date.fromisoformat(day), "LLLL y", locale=locale()))


def stay(starts_on: str, ended_on: str) -> str:
    """Return from when until when, as months."""
    first, last = month_name(starts_on), month_name(ended_on)
    if first == last:
        return last
    return _("%(first)s to %(last)s", first=first, last=last)
