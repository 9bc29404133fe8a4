"""What health counts: loads, what hangs on one member, who holds others together; on plain values."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from portal.later import Later

Key = TypeVar("Key")
networkx = Later("networkx")  # of the extra "graph"

CARRIED = 70
"""So many hundredths of the places are looked at: who carries them."""
FEWEST = 3
"""With fewer members everything hangs on each."""


@dataclass(frozen=True)
class Fact:
    """A member as health looks at it.

    `contacts` counts who acts for it, `until` ends of agreements, `does` holds sending, host,
    supporting, `fields` codes of ISCED-F.
    """

    id: int
    name: str
    country: str
    contacts: int
    is_claimed: bool
    until: tuple[str, ...] | None = None
    does: frozenset[str] = frozenset()
    fields: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sole:
    """What a member alone has: its country, a host in its country, what it does, fields.

    `ties` are those whose places go to and come from it only; `cuts` says that without it others lose
    each other.
    """

    country: bool = False
    host: bool = False
    does: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    ties: tuple[int, ...] = ()
    cuts: bool = False


def gini(values: Sequence[int]) -> float:
    """Return how unevenly something is shared: 0 all alike, towards 1 one has it all.

    The mean difference of all pairs over twice the mean. 0 for nothing at all.
    """
    ordered, total = sorted(values), sum(values)
    if not total:
        return 0.0
    weighted = sum(at * value for at, value in enumerate(ordered, 1))
    return (2 * weighted) / (len(ordered) * total) - (len(ordered) + 1) / len(ordered)


def carriers(loads: Mapping[int, int], share: int = CARRIED) -> list[int]:
    """Return the fewest members that carry such a share of all, those with most first."""
    total, found, sum_so_far = sum(loads.values()), [], 0
    for member, load in sorted(loads.items(), key=lambda item: (-item[1], item[0])):
        if not total or sum_so_far * 100 >= share * total:
            break
        found.append(member)
        sum_so_far += load
    return found


def single(facts: Sequence[Fact]) -> list[str]:
    """Return the countries that hang on one member, where there are several countries."""
    countries = _holders((fact.country, fact.id) for fact in facts)
    alone = sorted(code for code, members in countries.items() if len(members) == 1)
    return alone if len(countries) > 1 else []


def covering(facts: Sequence[Fact], wanted: Iterable[str]) -> dict[str, set[int]]:
    """Return who covers fields: the wanted ones, or those that members have where none is wanted."""
    codes = set(wanted) or {code for fact in facts for code in fact.fields}
    return {
        code: {fact.id for fact in facts if any(own.startswith(code) for own in fact.fields)}
        for code in sorted(codes)
    }


def cut_points(pairs: Iterable[tuple[int, int]]) -> set[int]:
    """Return who holds others together: without it, they have no way to each other any more.

    Empty without networkx.
    """
    return set(networkx.articulation_points(networkx.Graph(pairs))) if networkx else set()


def only_ties(pairs: Iterable[tuple[int, int]]) -> dict[int, tuple[int, ...]]:
    """Return, by member, those that are tied to it and to nobody else."""
    near = _holders((end, other) for pair in pairs for end, other in (pair, pair[::-1]))
    found = defaultdict(list)
    for member in sorted(near):
        if len(near[member]) == 1:
            found[next(iter(near[member]))].append(member)
    return {member: tuple(others) for member, others in found.items()}


def soles(
    facts: Sequence[Fact], pairs: Collection[tuple[int, int]], wanted: Iterable[str] = ()
) -> dict[int, Sole]:
    """Return what would be lost with each member; `pairs` are tied by places."""
    countries = set(single(facts))
    hosts = _holders((fact.country, fact.id) for fact in facts if "host" in fact.does)
    doing = _holders((part, fact.id) for fact in facts for part in fact.does)
    fields = {
        code: members for code, members in covering(facts, wanted).items() if len(members) == 1
    }
    cuts, ties = cut_points(pairs), only_ties(pairs)
    return {
        fact.id: Sole(
            fact.country in countries,
            hosts.get(fact.country) == {fact.id},
            tuple(part for part in sorted(fact.does) if doing[part] == {fact.id}),
            tuple(code for code in fields if fact.id in fields[code]),
            ties.get(fact.id, ()),
            fact.id in cuts,
        )
        for fact in facts
    }


def _holders(rows: Iterable[tuple[Key, int]]) -> dict[Key, set[int]]:
    found: defaultdict[Key, set[int]] = defaultdict(set)
    for key, member in rows:
        found[key].add(member)
    return dict(found)
