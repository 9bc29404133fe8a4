"""What a consortium looks for, who covers it already, and whom the composer proposes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from plugins.consortia import composing, queries, rules, service, telling
from plugins.consortia.composing import Candidate, Need
from plugins.consortia.models import ACTIVE, APPLIED, INVITED, Consortium, Membership
from plugins.introductions.interface import together
from plugins.partners.interface import KIND, LANGUAGES, is_field
from plugins.search.interface import Index, index
from portal import audit, db, permissions
from portal.context import Context
from portal.errors import Invalid
from portal.i18n import _
from portal.organisations.rules import country_codes

MOST_PROPOSED = 10
LARGEST_GROUP = 500
_CLAIMED = "yes"


@dataclass(frozen=True)
class Proposal:
    """A partner that fills gaps, with its card of the partner search and why it is proposed."""

    card: Mapping[str, Any]
    covers: tuple[int, ...]
    knows: tuple[str, ...]
    is_new: bool


@dataclass(frozen=True)
class Composed:
    """Wishes, which members cover each, which stay open, and who would fill these."""

    needs: list[Need]
    covered: list[list[str]]
    asked: list[list[str]]
    proposals: list[Proposal]
    left: list[int]

    @property
    def gaps(self) -> list[int]:
        """The wishes that no member covers."""
        return [at for at, names in enumerate(self.covered) if not names]


def needs_of(consortium: Consortium) -> list[Need]:
    """Return what a consortium looks for."""
    return [Need(**raw) for raw in consortium.needs]


def wish(ctx: Context, consortium: Consortium, values: Mapping[str, Any]) -> list[Need]:
    """Add a wish for each country and field of what was typed. Raises Invalid naming the field."""
    if values["part"] not in rules.PARTS:
        raise Invalid(_("Choose from the list."), field="part")
    if values["language"] and values["language"] not in LANGUAGES:
        raise Invalid(_("Choose from the list."), field="language")
    checks = (("countries", country_codes().__contains__), ("fields", is_field))
    for name, is_known in checks:
        if not all(map(is_known, values[name])):
            raise Invalid(_("Choose from the list."), field=name)
    more = [
        Need(values["part"], country, code, values["language"], int(values["places"] or 0))
        for country in values["countries"] or [""]
        for code in values["fields"] or [""]
    ]
    with db.transaction():
        permissions.check(ctx, "run", consortium)
        now = service.lock(consortium)
        needs = composing.added(needs_of(now), more)
        _keep(ctx, now, needs)
    return needs


def unwish(ctx: Context, consortium: Consortium, key: str) -> None:
    """Take a wish away."""
    with db.transaction():
        permissions.check(ctx, "run", consortium)
        now = service.lock(consortium)
        _keep(ctx, now, [need for need in needs_of(now) if need.key != key])


def _keep(ctx: Context, consortium: Consortium, needs: Sequence[Need]) -> None:
    service.put(consortium, needs=[dict(need.__dict__) for need in needs])
    service.did(ctx, consortium)
    telling.note(ctx, consortium.id, "needs.changed")
    audit.record(ctx, "consortium.wished", "consortia_consortium", consortium.id, count=len(needs))


def compose(
    ctx: Context,
    consortium: Consortium,
    *,
    seq: int,
    most: int = MOST_PROPOSED,
    without: Collection[str] = (),
    leaving: str = "",
) -> Composed:
    """Say who covers what, and propose the fewest partners that fill the gaps.

    `without` are addresses of partners that are not wanted; `leaving` is a member that is thought
    away. Partners with people here are proposed, made-up ones to made-up consortia alone.
    """
    needs = needs_of(consortium)
    partners = index(KIND)
    partners.refresh(seq)
    found = _finders(partners, consortium, needs)
    every = queries.members(consortium)
    active = [row for row in every if row.state == ACTIVE and row.organisation.slug != leaving]
    numbers = _numbers([row.organisation_id for row in every])
    covered = [
        [
            row.organisation.name
            for row in active
            if _covers(need, at, found, numbers.get(row.organisation_id, -1), row)
        ]
        for at, need in enumerate(needs)
    ]
    asked = [
        [
            row.organisation.name
            for row in every
            if row.state in {INVITED, APPLIED}
            and _covers(need, at, found, numbers.get(row.organisation_id, -1), row)
        ]
        for at, need in enumerate(needs)
    ]
    gaps = [at for at in range(len(needs)) if not covered[at] and not asked[at]]
    proposals = _propose(ctx, partners, gaps, found, set(numbers.values()), active, most, without)
    filled = {at for proposal in proposals for at in proposal.covers}
    return Composed(needs, covered, asked, proposals, [at for at in gaps if at not in filled])


Finders = list[dict[str, frozenset[int]]]


def _finders(partners: Index, consortium: Consortium, needs: Sequence[Need]) -> Finders:
    """Return, for each wish and each thing it asks, who has that; from the facets of the search."""
    asked = [
        (at, facet, values) for at, need in enumerate(needs) for facet, values in _points(need)
    ]
    within = {"demo": ("yes" if consortium.is_fictional else "no",), "claimed": (_CLAIMED,)}
    lists = partners.members(within, [(facet, values) for _at, facet, values in asked])
    found: Finders = [{} for _need in needs]
    for (at, facet, _values), numbers in zip(asked, lists, strict=True):
        found[at][facet] = frozenset(numbers)
    return found


def _points(need: Need) -> list[tuple[str, tuple[str, ...]]]:
    points: list[tuple[str, tuple[str, ...]]] = [("role", (need.part,))]
    points += [("country", (need.country,))] if need.country else []
    points += [("field", (need.field,))] if need.field else []
    points += [("language", (need.language,))] if need.language else []
    if need.places:
        larger = tuple(str(size) for size in range(need.places, LARGEST_GROUP + 1))
        points.append(("group", larger))
    return points


def _covers(need: Need, at: int, found: Finders, number: int, row: Membership) -> bool:
    """Whether a member covers a wish: what it does here counts more than what its profile says."""
    have = {facet: number in numbers for facet, numbers in found[at].items()}
    if need.country:
        have["country"] = row.organisation.country == need.country
    if row.parts:
        have["role"] = need.part in row.parts
    return all(have.values())


def _numbers(ids: Sequence[int]) -> dict[int, int]:
    """Return the numbers of organisations in the partner search."""
    marks = ", ".join("?" * len(ids))
    rows = db.query(
        f"SELECT object_id, number FROM search_document WHERE kind = ? AND object_id IN ({marks})",
        [KIND, *ids],
    )
    return dict(rows)


def _propose(
    ctx: Context,
    partners: Index,
    gaps: Sequence[int],
    found: Finders,
    inside: Collection[int],
    active: Sequence[Membership],
    most: int,
    without: Collection[str],
) -> list[Proposal]:
    covers: dict[int, set[int]] = {}
    for at in gaps:
        for number in frozenset.intersection(*found[at].values()):
            if number not in inside:
                covers.setdefault(number, set()).add(at)
    best = sorted(covers, key=lambda number: (-len(covers[number]), number))
    cards = partners.cards(best[: composing.MOST_CANDIDATES])
    numbers = {
        ident: number
        for number, (ident, card) in cards.items()
        if str(card.get("slug")) not in without
    }
    own = {row.organisation_id: row.organisation.name for row in active}
    known = together(ctx, sorted(numbers)) if numbers else {}
    friends = {
        ident: sorted(own[other] for other in known.get(ident, {}) if other in own)
        for ident in numbers
    }
    candidates = [
        Candidate(ident, frozenset(covers[number]), min(len(friends[ident]), 3) * 2 + 1)
        if known.get(ident)
        else Candidate(ident, frozenset(covers[number]), 2)
        for ident, number in numbers.items()
    ]
    return [
        Proposal(
            cards[numbers[item.id]][1],
            tuple(sorted(item.covers)),
            tuple(friends[item.id]),
            not known.get(item.id),
        )
        for item in composing.choose(gaps, candidates, most)
    ]
