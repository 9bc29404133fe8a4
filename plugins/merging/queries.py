"""What pages of duplicates ask, in a bounded number of statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from plugins.directory import interface as directory
from plugins.merging.models import Merge
from plugins.merging.rules import ORDER
from portal import db
from portal.errors import NotFound
from portal.organisations.models import Organisation

MOST = 100
"""Pairs that are proposed at a time."""
_VISIBLE = (
    "a.hidden_at IS NULL AND b.hidden_at IS NULL AND a.is_fictional = b.is_fictional "
    "AND NOT EXISTS (SELECT 1 FROM merging_apart p WHERE p.first_id = a.id AND p.second_id = b.id)"
)
_NUMBER = (
    "SELECT DISTINCT a.id, b.id FROM organisation_identifier i "
    "JOIN organisation_identifier j ON j.scheme = i.scheme AND j.value = i.value "
    "AND j.organisation_id > i.organisation_id JOIN organisation a ON a.id = i.organisation_id "
    f"JOIN organisation b ON b.id = j.organisation_id WHERE {_VISIBLE} ORDER BY 1, 2 LIMIT ?"
)
_NAME = (
    "SELECT a.id, b.id FROM organisation a JOIN organisation b ON b.folded_name = a.folded_name "
    "AND b.country = a.country AND b.id > a.id WHERE (LOWER(a.city) = LOWER(b.city) "
    f"OR a.city = '' OR b.city = '') AND {_VISIBLE} ORDER BY 1, 2 LIMIT ?"
)
_WEBSITE = (
    "SELECT a.id, b.id FROM organisation a JOIN organisation b ON b.domain = a.domain "
    "AND b.id > a.id WHERE a.domain <> '' AND a.domain NOT IN ({platforms}) AND (SELECT COUNT(*) "
    "FROM organisation c WHERE c.domain = a.domain AND c.hidden_at IS NULL) <= ? "
    f"AND {_VISIBLE} ORDER BY 1, 2 LIMIT ?"
)


@dataclass(frozen=True)
class Pair:
    """Two entries that may be one, with the reasons; the one to keep first."""

    kept: Organisation
    gone: Organisation
    reasons: tuple[str, ...]


def pairs() -> list[Pair]:
    """Return entries that may be one, those with most and strongest reasons first; four statements."""
    found: dict[tuple[int, int], list[str]] = defaultdict(list)
    platforms = sorted(directory.PLATFORMS)
    website = _WEBSITE.format(platforms=", ".join("?" * len(platforms)))
    for reason, rows in zip(
        ORDER,
        (
            db.query(_NUMBER, [MOST]),
            db.query(_NAME, [MOST]),
            db.query(website, [*platforms, directory.SHARED_BY_MANY, MOST]),
        ),
        strict=True,
    ):
        for pair in rows:
            found[tuple(pair)].append(reason)
    ranked = sorted(found, key=lambda pair: (-len(found[pair]), ORDER.index(found[pair][0]), pair))
    ids = {number for pair in ranked[:MOST] for number in pair}
    known = {row.id: row for row in Organisation.select().where(Organisation.id.in_(ids))}
    return [
        Pair(*ordered(known[one], known[other]), tuple(found[one, other]))
        for one, other in ranked[:MOST]
    ]


def reasons(one: Organisation, other: Organisation) -> tuple[str, ...]:
    """Return why two entries may be one."""
    numbers = [
        {(row.scheme, row.value) for row in directory.identifiers(item.id)} for item in (one, other)
    ]
    is_named = (one.folded_name, one.country) == (other.folded_name, other.country)
    has_site = bool(one.domain) and one.domain == other.domain
    found = {
        "number": bool(numbers[0] & numbers[1]),
        "name": is_named,
        "website": has_site and one.domain not in directory.PLATFORMS,
    }
    return tuple(reason for reason in ORDER if found[reason])


def ordered(one: Organisation, other: Organisation) -> tuple[Organisation, Organisation]:
    """Put the one to keep first: for which people act, the operator's own, the older one."""

    def rank(item: Organisation) -> tuple[Any, ...]:
        return item.state == "unclaimed", not item.is_operator, item.id

    first, second = sorted((one, other), key=rank)
    return first, second


def merges(most: int = 50) -> Sequence[Merge]:
    """Return the merges with both entries, newest first."""
    gone = Organisation.alias()
    rows = (
        Merge.select(Merge, Organisation, gone)
        .join_from(Merge, Organisation, on=(Merge.kept == Organisation.id), attr="kept")
        .join_from(Merge, gone, on=(Merge.gone == gone.id), attr="gone")
    )
    return list(rows.order_by(Merge.id.desc()).limit(most))


def merge(public_id: str) -> Merge:
    """Return a merge. Raises NotFound."""
    found: Merge | None = Merge.get_or_none(Merge.public_id == public_id)
    if found is None:
        raise NotFound
    return found


def moved(found: Merge) -> list[tuple[str, str, str, int]]:
    """Return kind of change, table and column with how many rows a merge changed."""
    rows = db.query(
        "SELECT kind, place, field, COUNT(*) FROM merging_change WHERE merge_id = ? "
        "GROUP BY kind, place, field ORDER BY place, field, kind",
        [found.id],
    )
    return [(kind, place, field, count) for kind, place, field, count in rows]
