"""Who fits a request, by the facet sets of the partner search; the rule itself stands in `rules`."""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from plugins.partners.interface import KIND
from plugins.requests import rules
from plugins.requests.models import PartnerRequest
from plugins.requests.rules import Fit, Point
from plugins.search.interface import Index, index
from portal import db

ASKED = (
    "fields", "occupations", "role", "languages", "modes", "inclusion", "starts_on", "ends_on",
    "places", "youngest_age",
)  # fmt: skip


@dataclass(frozen=True)
class Candidate:
    """An organisation that fits, with its card of the partner search.

    `is_faded` says that it stands behind the others because it leaves enquiries without an answer.
    """

    organisation_id: int
    card: Mapping[str, Any]
    fit: Fit
    is_faded: bool = False


@dataclass(frozen=True)
class Ranking:
    """The best that fit, and how many there are in all."""

    total: int
    best: Sequence[Candidate]


def asked_points(request: PartnerRequest) -> tuple[Point, ...]:
    """Return what a request asks for."""
    return rules.points({name: getattr(request, name) for name in ASKED})


def catalogue(seq: int) -> Index:
    """Return the partner search as of a number of the log."""
    found = index(KIND)
    found.refresh(seq)
    return found


def faded(now: datetime) -> frozenset[int]:
    """Return the documents of organisations that were told a fortnight ago that they are silent."""
    rows = db.query(
        "SELECT d.number FROM search_document d "
        "JOIN requests_silence s ON s.organisation_id = d.object_id "
        "WHERE d.kind = ? AND s.warned_at <= ?",
        (KIND, db.utc_text(now - rules.FADES_AFTER)),
    )
    return frozenset(number for (number,) in rows)


def rank(
    partners: Index,
    request: PartnerRequest,
    *,
    is_claimed: bool,
    day: int,
    most: int,
    last: Collection[int] = frozenset(),
) -> Ranking:
    """Name the organisations that fit best, with what they cover; the asker is none of them.

    Documents in `last` stand behind all others, in the same order among themselves. Made-up
    organisations are named to each other alone. Costs one statement: the cards.
    """
    asked = asked_points(request)
    within = {
        "claimed": ("yes" if is_claimed else "no",),
        "demo": ("yes" if request.organisation.is_fictional else "no",),
        "country": tuple(request.countries),
    }
    members = partners.members(within, [(point.facet, point.values) for point in asked])
    scores = _scores(asked, members)
    best = heapq.nsmallest(
        most + 1,
        _highest(scores, most + 1 + len(last)),
        key=lambda number: (number in last, -scores[number], rules.tie(number, day)),
    )
    cards = partners.cards(best)
    own = request.organisation.id
    found = [
        Candidate(
            *cards[number], rules.fit(asked, _covered(asked, members, number)), number in last
        )
        for number in best
        if number in cards and cards[number][0] != own
    ]
    total = len(scores) - sum(card[0] == own for card in cards.values())
    return Ranking(total, found[:most])


def _scores(asked: Sequence[Point], members: Sequence[Sequence[int]]) -> dict[int, int]:
    """Add up what each document covers, kind by kind; those who do not fit at all are left out."""
    scores = dict.fromkeys(_fitting(asked, members), 0)
    by_kind: dict[str, list[Sequence[int]]] = {}
    for point, numbers in zip(asked, members, strict=True):
        by_kind.setdefault(point.kind, []).append(numbers)
    for kind, lists in by_kind.items():
        parts = [rules.part(kind, covered, len(lists)) for covered in range(len(lists) + 1)]
        counts = Counter(lists[0])
        for numbers in lists[1:]:
            counts.update(numbers)
        for number, covered in counts.items():
            if number in scores:
                scores[number] += parts[covered]
    return scores


def _highest(scores: Mapping[int, int], amount: int) -> list[int]:
    """Return at least so many with the highest scores, and all that are equal to the last of them."""
    seen, floor = 0, 0
    for floor, count in sorted(Counter(scores.values()).items(), reverse=True):  # noqa: B007  it is used below
        seen += count
        if seen >= amount:
            break
    return [number for number, score in scores.items() if score >= floor]


def _fitting(asked: Sequence[Point], members: Sequence[Sequence[int]]) -> set[int]:
    subjects = any(point.kind in rules.SUBJECTS for point in asked)
    wanted = [
        numbers
        for point, numbers in zip(asked, members, strict=True)
        if (point.kind in rules.SUBJECTS if subjects else point.kind != "experience")
    ]
    return set().union(*wanted)


def _covered(
    asked: Sequence[Point], members: Sequence[Sequence[int]], number: int
) -> frozenset[Point]:
    return frozenset(
        point for point, numbers in zip(asked, members, strict=True) if _holds(numbers, number)
    )


def _holds(numbers: Sequence[int], number: int) -> bool:
    at = bisect_left(numbers, number)
    return at < len(numbers) and numbers[at] == number


def covered_by(partners: Index, request: PartnerRequest, organisation_id: int) -> frozenset[Point]:
    """Return what of a request an organisation's profile covers."""
    rows = db.query(
        "SELECT number FROM search_document WHERE kind = ? AND object_id = ?",
        (KIND, organisation_id),
    )
    asked = asked_points(request)
    members = partners.members({}, [(point.facet, point.values) for point in asked])
    return _covered(asked, members, rows[0][0]) if rows else frozenset()
