"""Reads of projects, in a bounded number of statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from plugins.partners.interface import ProjectPart
from portal import db
from portal.organisations.models import Organisation
from portal.organisations.queries import in_sight

MOST_PAIRS = 300
MOST_TOGETHER = 4_000


@dataclass
class Shown:
    """A project as home shows it: members in sight with their country, and how many in each role."""

    acronym: str
    title: str
    members: dict[int, str] = field(default_factory=dict)
    roles: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    source: str = ""


def of_organisations(ids: Sequence[int], most: int = 0) -> dict[int, list[ProjectPart]]:
    """Return what organisations took part in, in the order in which it was stored.

    With `most` only the first so many, which is meant for one organisation.
    """
    found: dict[int, list[ProjectPart]] = defaultdict(list)
    marks = ", ".join("?" * len(ids))
    for organisation, *part in db.query(
        "SELECT a.organisation_id, p.acronym, p.title, a.role, p.source "
        "FROM projects_participation a JOIN projects_project p ON p.id = a.project_id "
        f"WHERE a.organisation_id IN ({marks}) "
        + ("ORDER BY a.project_id LIMIT ?" if most else "ORDER BY a.id"),
        [*ids, most] if most else list(ids),
    ):
        found[organisation].append(ProjectPart(*part))
    return found


HOW_MANY = (
    "SELECT organisation_id, 'partners_projects', CAST(COUNT(DISTINCT project_id) AS TEXT), "
    "'', '', '' FROM projects_participation WHERE organisation_id IN ({marks}) "
    "GROUP BY organisation_id"
)
"""A row for each organisation with the number of its projects."""

_LATEST = (
    "(SELECT organisation_id, project_id FROM projects_participation "
    "WHERE organisation_id IN ({marks}) ORDER BY project_id DESC LIMIT 20)"
)
"""Past partners are sought in so many of its projects, those that were stored last."""
HAS_PAST_PARTNERS = (
    f"SELECT mine.organisation_id, 'requests_past', '', '', '', '' FROM {_LATEST} mine "
    "JOIN organisation one ON one.id = mine.organisation_id "
    "JOIN projects_participation other ON other.project_id = mine.project_id "
    "JOIN organisation o ON o.id = other.organisation_id "
    "WHERE o.id <> one.id AND o.state <> 'unclaimed' "
    "AND o.hidden_at IS NULL AND o.is_fictional = one.is_fictional GROUP BY mine.organisation_id"
)
"""A row for each organisation that a claimed one was in a project with."""


def past_partners(organisation: int) -> list[tuple[int, str]]:
    """Return claimed organisations that took part in the same projects, with what these are called.

    Of its latest projects, the latest call first, at most 300 pairs.
    """
    return db.query(
        "SELECT o.id, CASE WHEN p.acronym = '' THEN p.title ELSE p.acronym END "
        f"FROM {_LATEST.format(marks='?')} mine "
        "JOIN projects_participation other ON other.project_id = mine.project_id "
        "JOIN projects_project p ON p.id = mine.project_id "
        "JOIN organisation o ON o.id = other.organisation_id "
        "WHERE o.id <> mine.organisation_id "
        "AND o.state <> 'unclaimed' AND o.hidden_at IS NULL "
        "GROUP BY o.id, p.id, p.acronym, p.title, p.call_year "
        "ORDER BY COALESCE(p.call_year, 0) DESC, p.id, o.id LIMIT ?",
        (organisation, MOST_PAIRS),
    )


def together(ids: Sequence[int]) -> list[tuple[int, int, str]]:
    """Return one of some organisations, who was in the same project, and what that is called.

    Hidden ones are left out; at most 4,000 triples.
    """
    marks = ", ".join("?" * len(ids))
    return db.query(
        "SELECT mine.organisation_id, o.id, CASE WHEN p.acronym = '' THEN p.title ELSE p.acronym END "
        "FROM projects_participation mine "
        "JOIN projects_participation other ON other.project_id = mine.project_id "
        "JOIN projects_project p ON p.id = mine.project_id "
        "JOIN organisation o ON o.id = other.organisation_id "
        f"WHERE mine.organisation_id IN ({marks}) AND o.id <> mine.organisation_id "
        "AND o.hidden_at IS NULL ORDER BY p.id, o.id, mine.organisation_id LIMIT ?",
        [*ids, MOST_TOGETHER],
    )


def groups() -> list[list[int]]:
    """Return who takes part in each project, of those with two or more."""
    found: dict[int, list[int]] = defaultdict(list)
    for project, organisation in db.query(
        "SELECT DISTINCT project_id, organisation_id FROM projects_participation"
    ):
        found[project].append(organisation)
    return [ids for ids in found.values() if len(ids) > 1]


def taking_part() -> list[int]:
    """Return the organisations that took part in something."""
    rows = db.query("SELECT DISTINCT organisation_id FROM projects_participation ORDER BY 1")
    return [row[0] for row in rows]


def shown(most: int) -> tuple[int, list[Shown]]:
    """Return how many projects have members that are not hidden, and the first by acronym.

    Costs three statements.
    """
    rows = db.query(
        "SELECT p.id, p.acronym, p.title, COUNT(*) OVER (), COALESCE(s.title, '') "
        "FROM projects_project p LEFT JOIN source s ON s.key = p.source "
        "WHERE EXISTS (SELECT 1 FROM projects_participation a "
        "JOIN organisation o ON o.id = a.organisation_id "
        "WHERE a.project_id = p.id AND o.hidden_at IS NULL) ORDER BY p.acronym, p.id LIMIT ?",
        (most,),
    )
    if not rows:
        return 0, []
    found = {row[0]: Shown(row[1], row[2], source=row[4]) for row in rows}
    marks = ", ".join("?" * len(found))
    parts = db.query(
        "SELECT a.project_id, a.role, o.id, o.country FROM projects_participation a "
        "JOIN organisation o ON o.id = a.organisation_id "
        f"WHERE a.project_id IN ({marks}) AND o.hidden_at IS NULL",
        list(found),
    )
    owners = [Organisation(id=number) for number in sorted({row[2] for row in parts})]
    seen = {item.id for item in in_sight(owners)}
    for project, role, member, country in parts:
        if member in seen:
            found[project].members[member] = country
            found[project].roles[role] += 1
    return rows[0][3], [item for item in found.values() if item.members]
