"""What a consortium looks for, who covers it already, and whom the composer proposes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from plugins.composer import composing
from plugins.composer.composing import SCORES, Candidate, Need
from plugins.consortia.interface import (
    ACTIVE,
    APPLIED,
    INVITED,
    PARTS,
    Member,
    Seen,
    answered,
    keep_wishes,
    lock,
    members,
    wishes,
)
from plugins.introductions.interface import together
from plugins.partners.interface import KIND, LANGUAGES, is_field, keys
from plugins.search.interface import Index, index
from portal import db
from portal.context import Context
from portal.errors import Invalid, NotFound
from portal.i18n import _
from portal.organisations import queries as organisations
from portal.organisations.models import Organisation
from portal.organisations.rules import country_codes

Finders = list[dict[str, frozenset[int]]]
MOST_PROPOSED = 10
LARGEST_GROUP = 500
_CLAIMED = "yes"


@dataclass(frozen=True)
class Proposal:
    """A partner that fills gaps, with its card of the partner search and why it is proposed.

    `asked` counts invitations to consortia, `answered` those that it answered.
    """

    card: Mapping[str, Any]
    covers: tuple[int, ...]
    knows: tuple[str, ...]
    is_new: bool
    asked: int = 0
    answered: int = 0


@dataclass(frozen=True)
class Composed:
    """Wishes, which members cover each, which stay open, and who would fill these."""

    needs: list[Need]
    covered: list[list[str]]
    asked: list[list[str]]
    proposals: list[Proposal]
    left: list[int]
    inside: list[Organisation]

    @property
    def gaps(self) -> list[int]:
        """The wishes that no member covers."""
        return [at for at, names in enumerate(self.covered) if not names]


def needs_of(consortium: Seen) -> list[Need]:
    """Return what a consortium looks for."""
    return [Need(**raw) for raw in wishes(consortium)]


def wish(ctx: Context, consortium: Seen, values: Mapping[str, Any]) -> list[Need]:
    """Add a wish for each country and field of what was typed. Raises Invalid naming the field."""
    if values["part"] not in PARTS:
        raise Invalid(_("Choose from the list."), field="part")
    inclusion, least = str(values.get("inclusion", "")), str(values.get("least", ""))
    one_of = {
        "language": (values["language"], LANGUAGES),
        "inclusion": (inclusion, keys("inclusion")),
        "least": (least, [str(tenths) for tenths in SCORES]),
    }
    for name, (value, known) in one_of.items():
        if value and value not in known:
            raise Invalid(_("Choose from the list."), field=name)
    checks = (("countries", country_codes().__contains__), ("fields", is_field))
    for name, is_known in checks:
        if not all(map(is_known, values[name])):
            raise Invalid(_("Choose from the list."), field=name)
    more = [
        Need(
            values["part"],
            country,
            code,
            values["language"],
            int(values["places"] or 0),
            inclusion,
            int(least or 0),
        )
        for country in values["countries"] or [""]
        for code in values["fields"] or [""]
    ]
    return _changed(ctx, consortium, lambda needs: composing.added(needs, more))


def unwish(ctx: Context, consortium: Seen, key: str) -> None:
    """Take a wish away."""
    _changed(ctx, consortium, lambda needs: [need for need in needs if need.key != key])


def _changed(
    ctx: Context, consortium: Seen, change: Callable[[list[Need]], list[Need]]
) -> list[Need]:
    with db.transaction():
        now = lock(ctx, consortium)
        needs = change(needs_of(now))
        keep_wishes(ctx, now, [dict(need.__dict__) for need in needs])
    return needs


def compose(
    ctx: Context,
    consortium: Seen,
    *,
    seq: int,
    most: int = MOST_PROPOSED,
    without: Collection[str] = (),
    leaving: str = "",
    joining: str = "",
) -> Composed:
    """Say who covers what, and propose the fewest partners that fill the gaps.

    `without` are addresses of partners that are not wanted; `leaving` is a member that is thought
    away, `joining` a partner that is thought to be in. Partners with people here are proposed,
    made-up ones to made-up consortia alone.
    """
    needs = needs_of(consortium)
    partners = index(KIND)
    partners.refresh(seq)
    found = _finders(partners, consortium.is_fictional, needs)
    every = members(consortium)
    active = [row for row in every if row.state == ACTIVE and row.organisation.slug != leaving]
    waiting = [row for row in every if row.state in {INVITED, APPLIED}]
    if fresh := _as_if(consortium, joining, every):
        active.append(fresh)
        waiting = [row for row in waiting if row.organisation_id != fresh.organisation_id]
        every = [*every, fresh]
    numbers = _numbers([row.organisation.id for row in every])
    inside = _coverers(needs, found, numbers, active)
    asked = _coverers(needs, found, numbers, waiting)
    gaps = [at for at in range(len(needs)) if not inside[at] and not asked[at]]
    proposals = (
        _propose(ctx, partners, gaps, found, set(numbers.values()), active, most, without)
        if most
        else []
    )
    filled = {at for proposal in proposals for at in proposal.covers}
    return Composed(
        needs,
        [[row.organisation.name for row in rows] for rows in inside],
        [[row.organisation.name for row in rows] for rows in asked],
        proposals,
        [at for at in gaps if at not in filled],
        [row.organisation for row in active],
    )


def _as_if(consortium: Seen, address: str, every: Sequence[Member]) -> Member | None:
    """Return a partner as a member: one that was invited, or one that everybody may see."""
    known = next((row for row in every if row.organisation.slug == address), None)
    if known is not None:
        return None if known.state == ACTIVE else replace(known, state=ACTIVE)
    if not address or not address.isprintable():
        return None
    try:
        found = organisations.public(address)
    except NotFound:
        return None
    if bool(found.is_fictional) != consortium.is_fictional:
        return None
    return Member(found, found.id, "partner", [], ACTIVE, "", "", found.created_at, None, False)


def covered(consortium: Seen, seq: int) -> list[tuple[Need, list[int]]]:
    """Return each wish with the active members that cover it."""
    needs = needs_of(consortium)
    if not needs:
        return []
    partners = index(KIND)
    partners.refresh(seq)
    active = members(consortium, ACTIVE)
    numbers = _numbers([row.organisation.id for row in active])
    rows = _coverers(needs, _finders(partners, consortium.is_fictional, needs), numbers, active)
    return [
        (need, [row.organisation.id for row in found])
        for need, found in zip(needs, rows, strict=True)
    ]


def _coverers(
    needs: Sequence[Need], found: Finders, numbers: Mapping[int, int], rows: Sequence[Member]
) -> list[list[Member]]:
    return [
        [row for row in rows if _covers(need, at, found, numbers.get(row.organisation.id, -1), row)]
        for at, need in enumerate(needs)
    ]


def _finders(partners: Index, is_fictional: bool, needs: Sequence[Need]) -> Finders:
    """Return, for each wish and each thing it asks, who has that; from the facets of the search."""
    asked = [
        (at, facet, values) for at, need in enumerate(needs) for facet, values in _points(need)
    ]
    within = {"demo": ("yes" if is_fictional else "no",), "claimed": (_CLAIMED,)}
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
    points += [("inclusion", (need.inclusion,))] if need.inclusion else []
    if need.least:
        points.append(("tenth", tuple(str(tenth) for tenth in range(need.least, 51))))
    if need.places:
        larger = tuple(str(size) for size in range(need.places, LARGEST_GROUP + 1))
        points.append(("group", larger))
    return points


def _covers(need: Need, at: int, found: Finders, number: int, row: Member) -> bool:
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
    active: Sequence[Member],
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
    own = {row.organisation.id: row.organisation.name for row in active}
    known = together(ctx, sorted(numbers)) if numbers else {}
    friends = {
        ident: sorted(own[other] for other in known.get(ident, {}) if other in own)
        for ident in numbers
    }
    told = answered(sorted(numbers)) if numbers else {}
    candidates = [
        Candidate(ident, frozenset(covers[number]), _merit(cards[number][1], friends[ident],
                  is_new=not known.get(ident), told=told.get(ident, (0, 0))))
        for ident, number in numbers.items()
    ]  # fmt: skip
    return [
        Proposal(
            cards[numbers[item.id]][1],
            tuple(sorted(item.covers)),
            tuple(friends[item.id]),
            not known.get(item.id),
            *told.get(item.id, (0, 0)),
        )
        for item in composing.choose(gaps, candidates, most)
    ]


def _merit(
    card: Mapping[str, Any], friends: Sequence[str], *, is_new: bool, told: tuple[int, int]
) -> int:
    quality = card.get("quality")
    return composing.merit(len(friends), is_new, quality[1] if quality else None, *told)
