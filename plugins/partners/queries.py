"""Reads of profiles, in a bounded number of statements."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from plugins.partners.models import Miss
from portal import db
from portal.context import Context

JSON_COLUMNS = (
    "roles", "fields", "occupations", "languages", "modes", "targets", "inclusion",
    "accommodation", "services", "months", "summaries",
)  # fmt: skip
PLAIN_COLUMNS = (
    "group_min", "group_max", "places_a_year", "stay_min_weeks", "stay_max_weeks", "minimum_age",
    "accompanying_max", "accompanying_free", "original", "updated_at", "version",
)  # fmt: skip
OWN_COLUMNS = (
    "id", "public_id", "slug", "name", "registered_name", "name_lang", "type", "country",
    "region", "city", "website", "state", "is_fictional", "hidden_at", "created_at",
)  # fmt: skip

_OWN = ", ".join(f"o.{name}" for name in OWN_COLUMNS)
_PROFILE = ", ".join(f"p.{name}" for name in (*JSON_COLUMNS, *PLAIN_COLUMNS))
_SELECT = (
    f"SELECT {_OWN}, {_PROFILE} FROM organisation o "
    "LEFT JOIN partners_profile p ON p.organisation_id = o.id "
)
_DETAILS = (
    "SELECT organisation_id, 'name' AS sort, kind, lang, name AS text, '' AS more "
    "FROM organisation_name WHERE organisation_id IN ({marks}) "
    "UNION ALL SELECT organisation_id, 'identifier', scheme, '', value, '' "
    "FROM organisation_identifier WHERE organisation_id IN ({marks}) "
    "UNION ALL SELECT f.organisation_id, 'fact', f.name, f.source_id, f.value, s.title "
    "FROM organisation_fact f JOIN source s ON s.key = f.source_id "
    "WHERE f.organisation_id IN ({marks}) "
    "UNION ALL SELECT organisation_id, 'commitment', standard, '', subscribed_on, '' "
    "FROM partners_commitment WHERE organisation_id IN ({marks}) "
    "UNION ALL SELECT a.organisation_id, 'project', p.acronym, a.role, p.title, p.source "
    "FROM partners_participation a JOIN partners_project p ON p.id = a.project_id "
    "WHERE a.organisation_id IN ({marks})"
)


@dataclass
class Partner:
    """All that a profile page shows: columns by name, details by kind."""

    values: Mapping[str, Any]
    details: dict[str, list[tuple[str, str, str, str]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def __getattr__(self, name: str) -> Any:
        try:
            return self.values[name]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def claimed(self) -> bool:
        """Whether somebody from the organisation looks after the entry."""
        return bool(self.values["state"] != "unclaimed")

    @property
    def commitments(self) -> dict[str, str]:
        """The promised standards with the day of the promise."""
        return {row[0]: row[2] for row in self.details["commitment"]}

    def like(self, data: Mapping[str, Any]) -> Partner:
        """Return the same partner with the profile of an older version."""
        details = {**self.details, "commitment": [(key, "", "", "") for key in data["commitments"]]}
        return Partner({**self.values, **data}, defaultdict(list, details))


def partner(slug: str) -> Partner | None:
    """Return a visible partner with its details, in two statements."""
    found = partners([slug])
    return found[0] if found else None


def partners(slugs: Sequence[str]) -> list[Partner]:
    """Return visible partners in the order asked for; those not there are left out."""
    if not slugs:
        return []
    marks = ", ".join("?" * len(slugs))
    rows = db.query(f"{_SELECT} WHERE o.slug IN ({marks}) AND o.hidden_at IS NULL", list(slugs))
    found = {row[2]: Partner(_values(row)) for row in rows}
    chosen = [found[slug] for slug in dict.fromkeys(slugs) if slug in found]
    by_id = {item.id: item for item in chosen}
    if by_id:
        marks = ", ".join("?" * len(by_id))
        for ident, sort, *rest in db.query(_DETAILS.replace("{marks}", marks), list(by_id) * 5):
            by_id[ident].details[sort].append(tuple(rest))  # type: ignore[arg-type]
    return chosen


def _values(row: tuple[Any, ...]) -> dict[str, Any]:
    values = dict(zip((*OWN_COLUMNS, *JSON_COLUMNS, *PLAIN_COLUMNS), row, strict=True))
    for name in JSON_COLUMNS:
        empty: Any = {} if name == "summaries" else []
        values[name] = json.loads(values[name]) if values[name] else empty
    return values


def former_slug(slug: str) -> str | None:
    """Return today's slug of an organisation that once had this one."""
    rows = db.query(
        "SELECT o.slug FROM organisation_former_slug f JOIN organisation o "
        "ON o.id = f.organisation_id WHERE f.slug = ? AND o.hidden_at IS NULL",
        (slug,),
    )
    return rows[0][0] if rows else None


def role_in(ctx: Context, organisation_id: int) -> str:
    """Return the actor's role in an organisation, empty when it has none."""
    if ctx.actor.account_id is None:
        return ""
    rows = db.query(
        "SELECT role FROM organisation_member WHERE organisation_id = ? AND account_id = ?",
        (organisation_id, ctx.actor.account_id),
    )
    return rows[0][0] if rows else ""


def missed(limit: int = 200) -> list[Miss]:
    """Return the searches that found nothing, the most frequent first."""
    return list(Miss.select().order_by(Miss.count.desc(), Miss.last_at.desc()).limit(limit))


def country_counts() -> list[tuple[str, int]]:
    """Return the number of visible organisations by country."""
    return db.query(
        "SELECT country, count(*) FROM organisation WHERE hidden_at IS NULL GROUP BY country"
    )


def project_tiles() -> list[tuple[str, str, str, int, int]]:
    """Return acronym, title, role, members and countries of projects, for tiles on home."""
    return db.query(
        "SELECT p.acronym, p.title, a.role, count(*), p.id FROM partners_project p "
        "JOIN partners_participation a ON a.project_id = p.id "
        "GROUP BY p.id, p.acronym, p.title, a.role ORDER BY p.acronym"
    )


def project_sizes() -> dict[int, tuple[int, int]]:
    """Return members and countries of each project by id."""
    rows = db.query(
        "SELECT a.project_id, count(DISTINCT a.organisation_id), count(DISTINCT o.country) "
        "FROM partners_participation a JOIN organisation o ON o.id = a.organisation_id "
        "GROUP BY a.project_id"
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def sources() -> list[tuple[Any, ...]]:
    """Return title, publisher, licence, address, note and number of facts of each source."""
    return db.query(
        "SELECT s.title, s.publisher, s.licence, s.url, s.note, "
        "(SELECT count(*) FROM organisation_fact f WHERE f.source_id = s.key) "
        "FROM source s ORDER BY s.title"
    )
