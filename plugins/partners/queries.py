"""Reads of profiles, in a bounded number of statements."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from peewee import PeeweeException

from plugins.directory.interface import VERIFIED_FACT
from plugins.partners.hookspecs import ProjectPart
from plugins.partners.models import Change, Commitment, Miss, Profile, Publication
from portal import db, objects, permissions
from portal.context import Context, system_context
from portal.organisations.models import Organisation

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

WAY_COLUMNS = ("publication_id", "publication", "change_id", "change", "wanted")

_OWN = ", ".join(f"o.{name}" for name in OWN_COLUMNS)
_PROFILE = ", ".join(f"p.{name}" for name in (*JSON_COLUMNS, *PLAIN_COLUMNS))
_SELECT = (
    f"SELECT {_OWN}, {_PROFILE}, b.id, b.state, c.id, c.state, c.promises FROM organisation o "
    "LEFT JOIN partners_profile p ON p.organisation_id = o.id "
    "LEFT JOIN partners_publication b ON b.organisation_id = o.id "
    "LEFT JOIN partners_change c ON c.organisation_id = o.id AND c.state IN ('draft', 'pending') "
)
_PUBLIC = "o.hidden_at IS NULL AND (b.state IS NULL OR b.state = 'published')"
_DETAILS = (
    "SELECT organisation_id, 'name' AS sort, kind, lang, name AS text, '' AS more "
    "FROM organisation_name WHERE organisation_id IN ({marks}) "
    "UNION ALL SELECT organisation_id, 'identifier', scheme, '', value, '' "
    "FROM organisation_identifier WHERE organisation_id IN ({marks}) "
    f"UNION ALL SELECT f.organisation_id, CASE f.name WHEN '{VERIFIED_FACT}' THEN f.name ELSE 'fact' END, "
    "f.name, f.source_id, f.value, s.title "
    "FROM organisation_fact f JOIN source s ON s.key = f.source_id "
    "WHERE f.organisation_id IN ({marks}) "
    "UNION ALL SELECT organisation_id, 'commitment', standard, '', subscribed_on, '' "
    "FROM partners_commitment WHERE organisation_id IN ({marks})"
)


@dataclass
class Partner:
    """All that a profile page shows: columns by name, details by kind."""

    values: Mapping[str, Any]
    details: dict[str, list[tuple[str, str, str, str]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    projects: Sequence[ProjectPart] = ()

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
    def verified(self) -> str:
        """How and when its people proved who they are, as the fact keeps it; empty if they did not."""
        facts = self.details[VERIFIED_FACT] if self.values["state"] == "verified" else []
        return facts[0][2] if facts else ""

    @property
    def commitments(self) -> dict[str, str]:
        """The promised standards with the day of the promise."""
        return {row[0]: row[2] for row in self.details["commitment"]}

    @property
    def project_count(self) -> int:
        """In how many projects it took part, of which `projects` may be the first only."""
        stated = sum(int(row[0]) for row in self.details["partners_projects"])
        return stated or len({part.acronym or part.title for part in self.projects})

    @property
    def is_public(self) -> bool:
        """Whether everybody sees the profile."""
        return self.values["publication"] in {None, "published"}

    @property
    def promised(self) -> list[str]:
        """The standards that its people promise: those of the working copy while there is one."""
        wanted = self.values["wanted"]
        return list(self.commitments) if wanted is None else list(wanted)

    def like(self, data: Mapping[str, Any]) -> Partner:
        """Return the same partner with the profile of an older version."""
        details = {**self.details, "commitment": [(key, "", "", "") for key in data["commitments"]]}
        return Partner({**self.values, "wanted": None, **data}, defaultdict(list, details))


def partner(slug: str, ctx: Context | None = None) -> Partner | None:
    """Return a visible partner with its details, in two statements.

    With a context also one that is not public, for those who may see it; asking costs one more.
    """
    found = _partners([slug], "o.hidden_at IS NULL" if ctx else _PUBLIC)
    if not found or found[0].is_public or (ctx and _may_see(ctx, found[0])):
        return found[0] if found else None
    return None


def _may_see(ctx: Context, found: Partner) -> bool:
    return permissions.may(ctx, "view", Publication(id=found.publication_id))


def partners(slugs: Sequence[str]) -> list[Partner]:
    """Return public partners in the order asked for; those not there are left out."""
    return _partners(slugs, _PUBLIC)


def _partners(slugs: Sequence[str], condition: str) -> list[Partner]:
    if not slugs:
        return []
    marks = ", ".join("?" * len(slugs))
    rows = db.query(f"{_SELECT} WHERE o.slug IN ({marks}) AND {condition}", list(slugs))
    found = {row[2]: Partner(_values(row)) for row in rows}
    chosen = [found[slug] for slug in dict.fromkeys(slugs) if slug in found]
    by_id = {item.id: item for item in chosen}
    if by_id:
        for ident, sort, *rest in _details(list(by_id)):
            by_id[ident].details[sort].append(tuple(rest))  # type: ignore[arg-type]
    return chosen


def _details(ids: list[int]) -> list[tuple[Any, ...]]:
    """Read the details of organisations in one statement, with those that plugins ask for."""
    hooks = objects.registry().hooks
    offered = hooks.call("partners_details", system_context())
    more = [select for _plugin, selects in offered for select in selects]
    try:
        return _union([_DETAILS, *more], ids)
    except PeeweeException as error:  # a plugin's part of it is wrong: the profile does without
        if not more:
            raise
        for plugin, _selects in offered:
            hooks.failed(plugin, "partners_details", error)
        return _union([_DETAILS], ids)


def _union(selects: Sequence[str], ids: list[int]) -> list[tuple[Any, ...]]:
    sql = " UNION ALL ".join(selects)
    marks = ", ".join("?" * len(ids))
    return db.query(sql.replace("{marks}", marks), ids * sql.count("{marks}"))


def _values(row: tuple[Any, ...]) -> dict[str, Any]:
    names = (*OWN_COLUMNS, *JSON_COLUMNS, *PLAIN_COLUMNS, *WAY_COLUMNS)
    values = dict(zip(names, row, strict=True))
    values["wanted"] = json.loads(values["wanted"]) if values["wanted"] else None
    for name in JSON_COLUMNS:
        empty: Any = {} if name == "summaries" else []
        values[name] = json.loads(values[name]) if values[name] else empty
    return values


def projects(ctx: Context, ids: Sequence[int], most: int = 0) -> dict[int, list[ProjectPart]]:
    """Return the first projects of organisations (all for 0), as plugins know them, of who has some."""
    found: dict[int, list[ProjectPart]] = defaultdict(list)
    hooks = objects.registry().hooks
    answers = hooks.call("partners_projects", ctx, ids=ids, most=most) if ids else ()
    for _plugin, answer in answers:
        for ident, parts in answer.items():
            found[ident] += parts
    return found


def with_projects(ctx: Context, found: Sequence[Partner], most: int = 0) -> None:
    """Give partners the first projects that they took part in; costs one statement for all."""
    known = projects(ctx, [item.id for item in found], most)
    for item in found:
        item.projects = known.get(item.id, ())


def former_slug(slug: str) -> str | None:
    """Return today's slug of an organisation that once had this one."""
    rows = db.query(
        "SELECT o.slug FROM organisation_former_slug f JOIN organisation o "
        "ON o.id = f.organisation_id LEFT JOIN partners_publication b ON b.organisation_id = o.id "
        f"WHERE f.slug = ? AND {_PUBLIC}",
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


def rights(ctx: Context, organisation_id: int, publication_id: int | None) -> set[str]:
    """Return what a signed-in person may do with a profile: edit it, see how far it is, share it.

    Also by what was shared with them; costs one statement.
    """
    if publication_id is not None and (ctx.actor.signed_in or ctx.actor.system):
        return permissions.granted(
            ctx, Publication(id=publication_id), ["edit", "history", "share"]
        )
    is_editor = role_in(ctx, organisation_id) in {"OrgEditor", "OrgAdmin"}
    return {"edit"} if is_editor or ctx.actor.system else set()


def own_profiles(ctx: Context) -> list[Publication]:
    """Return what a person has to do with beside what everybody sees: drafts, and what they edit.

    Whatever their office shows them besides is left out. At most 200, by name, in one statement.
    """
    of: Any = Publication
    plain = ctx.as_actor(replace(ctx.actor, roles=frozenset()))
    drafts = (of.state != "published") & permissions.visible(plain, of)
    found = of.select(of, Organisation).join(Organisation)
    mine = drafts | permissions.visible(plain, of, "edit")
    rows = found.where(Organisation.hidden_at.is_null(), mine)
    return list(rows.order_by(Organisation.folded_name, of.id).limit(200))


def member_of(ctx: Context) -> set[int]:
    """Return the organisations that the actor belongs to."""
    return {row[0] for row in permissions.memberships(ctx.actor.account_id or 0).tuples()}


def stated(organisation_id: int) -> tuple[Mapping[str, Any], dict[str, str]]:
    """Return a profile's columns and its promises with their days."""
    row = Profile.get_or_none(Profile.organisation == organisation_id)
    promised: Any = Commitment.select(Commitment.standard, Commitment.subscribed_on)
    days = promised.where(Commitment.organisation == organisation_id).tuples()
    return (row.__data__ if row else {}), dict(days)


def publication(organisation_id: int) -> Publication | None:
    """Return how far an organisation's profile is, None for one without a row."""
    found: Publication | None = Publication.get_or_none(Publication.organisation == organisation_id)
    return found


def open_change(organisation_id: int) -> Change | None:
    """Return the working copy of an organisation's promises, if there is one."""
    found: Change | None = Change.get_or_none(
        Change.organisation == organisation_id, Change.state.in_(["draft", "pending"])
    )
    return found


def has_change(organisation_id: int) -> bool:
    """Whether a change of its promises is under way."""
    return open_change(organisation_id) is not None


def not_public(ids: Sequence[int]) -> list[int]:
    """Return those of the organisations whose profile is not published."""
    marks = ", ".join("?" * len(ids)) or "NULL"
    rows = db.query(
        "SELECT organisation_id FROM partners_publication "
        f"WHERE organisation_id IN ({marks}) AND state <> 'published'",
        list(ids),
    )
    return [number for (number,) in rows]


def missed(limit: int = 200) -> list[Miss]:
    """Return the searches that found nothing, the most frequent first."""
    return list(Miss.select().order_by(Miss.count.desc(), Miss.last_at.desc()).limit(limit))


def sources() -> list[tuple[Any, ...]]:
    """Return title, publisher, licence, address, note and number of facts of each source."""
    return db.query(
        "SELECT s.title, s.publisher, s.licence, s.url, s.note, "
        "(SELECT count(*) FROM organisation_fact f WHERE f.source_id = s.key) "
        "FROM source s ORDER BY s.title"
    )
