"""Reads of consortia, in a bounded number of statements."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

from peewee import JOIN, fn

from plugins.consortia import reading
from plugins.consortia.hookspecs import LEAD, MEMBER, Seen
from plugins.consortia.models import (
    ACTIVE,
    APPLIED,
    CLOSED,
    HAND_OVER,
    INVITED,
    OPEN,
    RUNNING,
    Consortium,
    Day,
    Entry,
    Flow,
    Membership,
    Motion,
)
from plugins.consortia.rules import Planned
from portal import db, permissions
from portal.context import Context
from portal.errors import NotFound
from portal.i18n import _
from portal.organisations import queries as organisations
from portal.organisations.models import Organisation, OrganisationIdentifier
from portal.people.models import Account

MOST_LISTED = 200
MOST_TOGETHER = 4_000
PAGE_SIZE = 30
_ASKED = ("member.invited", "member.invite")
_LINES = (
    "SELECT o.id, o.slug, o.name, o.name_lang, o.country, o.is_fictional, m.role, m.parts "
    "FROM consortia_membership m JOIN organisation o ON o.id = m.organisation_id "
    "WHERE m.consortium_id = ? AND m.state = ? AND o.hidden_at IS NULL "
    "ORDER BY CASE WHEN o.id = ? THEN 0 ELSE 1 END, o.folded_name, m.id"
)


@dataclass(frozen=True)
class Found:
    """A consortium with what the actor may do with it."""

    row: Consortium
    rights: frozenset[str]

    def may(self, *names: str) -> bool:
        """Whether the actor has one of these permissions."""
        return bool(self.rights.intersection(names))


class Line(NamedTuple):
    """A member as everybody sees it; `id` is that of the organisation, `parts` JSON."""

    id: int
    slug: str
    name: str
    name_lang: str
    country: str
    is_fictional: bool
    role: str
    parts: str


def seen(found: Found) -> Seen:
    """Return a consortium as other plugins see it."""
    part = LEAD if found.may("run") else MEMBER if found.may("inside") else ""
    same = {item.name: getattr(found.row, item.name) for item in fields(Seen)[:-1]}
    return Seen(**same, part=part)


def missing() -> NotFound:
    """Make the answer for consortia that are not there, or not for this actor."""
    return NotFound(_("There is no consortium at this address. Look at those that are public."))


def find(ctx: Context, slug: str, *wanted: str) -> Found:
    """Return a consortium by its address, for those with one of the permissions if some are named.

    Raises NotFound, the same for those that are not there.
    """
    row, rights = reading.read(ctx, slug)
    if row is None or "view" not in rights or (wanted and not rights & set(wanted)):
        raise missing()
    if not rights & {"inside", "history"} and not is_in_sight(row):
        raise missing()
    return Found(row, frozenset(rights))


def is_in_sight(row: Consortium) -> bool:
    """Whether the lead, and so the consortium, is shown to the public."""
    return not row.lead.hidden_at and bool(organisations.in_sight([row.lead]))


def public(country: str = "", kind: str = "", page: int = 1) -> tuple[int, list[Consortium]]:
    """Return how many consortia everybody may see, and a page of them, the newest first."""
    of: Any = Consortium
    here = (of.state == RUNNING) & Organisation.hidden_at.is_null()
    if kind:
        here &= of.kind == kind
    if country:
        member: Any = Membership
        inside = (
            member.select(member.consortium)
            .join(Organisation, on=member.organisation == Organisation.id)
            .where(Organisation.country == country, member.state == ACTIVE)
        )
        here &= of.id.in_(inside)
    rows = of.select(of, Organisation).join(Organisation, on=of.lead == Organisation.id).where(here)
    found = rows.order_by(of.id.desc()).paginate(page, PAGE_SIZE)
    return int(rows.count()), list(found)


def own(ctx: Context) -> list[Consortium]:
    """Return consortia in which an organisation of the actor is a member, the newest first."""
    of: Any = Consortium
    mine = permissions.visible(ctx, of, "inside")
    rows = of.select(of, Organisation).join(Organisation, on=of.lead == Organisation.id)
    return list(rows.where(mine).order_by(of.id.desc()).limit(MOST_LISTED))


def own_memberships(ctx: Context, *states: str) -> list[Membership]:
    """Return memberships that the actor answers for, in these states, the oldest first."""
    return _memberships(ctx, "answer", states)


def applications(ctx: Context) -> list[Membership]:
    """Return the wishes to join that wait for the actor as lead, the oldest first."""
    return _memberships(ctx, "admit", [APPLIED])


def _memberships(ctx: Context, permission: str, states: Sequence[str]) -> list[Membership]:
    of: Any = Membership
    rows = of.select(of, Organisation, Consortium)
    rows = rows.join_from(of, Organisation, on=of.organisation == Organisation.id)
    rows = rows.join_from(of, Consortium)
    here = (permissions.visible(ctx, of, permission), of.state.in_(states))
    return list(rows.where(*here).order_by(of.asked_at, of.id).limit(MOST_LISTED))


def offers(ctx: Context) -> list[Motion]:
    """Return the consortia that an organisation of the actor is asked to lead."""
    of: Any = Motion
    own = [item.organisation.id for item in organisations.mine(ctx) if item.role != "OrgMember"]
    rows = of.select(of, Consortium, Organisation)
    rows = rows.join_from(of, Consortium)
    rows = rows.join_from(of, Organisation, on=of.candidate == Organisation.id, attr="candidate")
    here = (of.state == OPEN, of.kind == HAND_OVER, of.candidate.in_(own))
    return list(rows.where(*here).order_by(of.id))


def members(consortium: Consortium, *states: str) -> list[Membership]:
    """Return the memberships of a consortium with their organisations: the lead, then by name.

    Organisations out of sight are left out of what is shown, not of what is counted elsewhere.
    """
    of: Any = Membership
    rows = of.select(of, Organisation).join(Organisation, on=of.organisation == Organisation.id)
    here = of.consortium == consortium.id
    if states:
        here &= of.state.in_(states)
    found = list(rows.where(here).order_by(Organisation.folded_name, of.id))
    for row in found:
        row.consortium = consortium
    return sorted(found, key=lambda row: row.organisation_id != consortium.lead_id)


def shown_members(consortium: Consortium) -> list[Membership]:
    """Return the active members that everybody may see; of both rows only what is shown."""
    of: Any = Membership
    who: Any = Organisation
    rows = of.select(
        of.id, of.public_id, of.organisation, of.role, of.parts, of.state, of.joined_on,
        of.left_on, who.id, who.slug, who.name, who.name_lang, who.country, who.is_fictional,
    ).join(who, on=of.organisation == who.id)  # fmt: skip
    here = (of.consortium == consortium.id, of.state == ACTIVE, who.hidden_at.is_null())
    found = list(rows.where(*here).order_by(who.folded_name, of.id))
    seen = {item.id for item in organisations.in_sight([row.organisation for row in found])}
    shown = [row for row in found if row.organisation_id in seen]
    return sorted(shown, key=lambda row: row.organisation_id != consortium.lead_id)


def lines(consortium: Consortium) -> tuple[Line, ...]:
    """Return the active members that everybody may see, the lead first, then by name; no models."""
    rows = db.query(_LINES, (consortium.id, ACTIVE, consortium.lead_id))
    found: Any = [Line(*row) for row in rows]  # as good as organisations: it asks for the ids
    return tuple(organisations.in_sight(found))  # type: ignore[arg-type]


def memberships_of(consortium: Consortium, own: Sequence[Organisation]) -> list[Membership]:
    """Return the memberships of some organisations, whatever became of them, the oldest first."""
    if not own:
        return []
    by_id = {item.id: item for item in own}
    rows = Membership.select().where(
        Membership.consortium == consortium.id, Membership.organisation.in_(list(by_id))
    )
    found = sorted(rows, key=lambda row: (row.asked_at, row.id))
    for row in found:
        row.consortium, row.organisation = consortium, by_id[row.organisation_id]
    return found


def counts(ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Return how many members and countries consortia have."""
    of: Any = Membership
    rows = (
        of.select(of.consortium, fn.COUNT(of.id), fn.COUNT(Organisation.country.distinct()))
        .join(Organisation, on=of.organisation == Organisation.id)
        .where(of.consortium.in_(list(ids)), of.state == ACTIVE)
        .group_by(of.consortium)
    )
    return {number: (amount, countries) for number, amount, countries in rows.tuples()}


def membership(consortium: Consortium, public_id: str) -> Membership:
    """Return a membership of a consortium. Raises NotFound."""
    found: Membership | None = Membership.get_or_none(
        Membership.consortium == consortium.id, Membership.public_id == public_id
    )
    if found is None:
        raise missing()
    return found


def flows(consortium: Consortium) -> list[Flow]:
    """Return the places of a consortium with both organisations, by name."""
    sender, host = Organisation.alias(), Organisation.alias()
    rows: Any = Flow.select(Flow, sender, host)
    rows = rows.join_from(Flow, sender, on=Flow.sender, attr="sender")
    rows = rows.join_from(Flow, host, on=Flow.host, attr="host")
    rows = rows.where(Flow.consortium == consortium.id)
    return list(rows.order_by(sender.folded_name, host.folded_name))


def oids(ids: Collection[int]) -> dict[int, str]:
    """Return the numbers by which the programme knows organisations (OID), where they are known."""
    of: Any = OrganisationIdentifier
    rows = of.select(of.organisation, of.value).order_by(of.id.desc())
    return dict(rows.where(of.organisation.in_(list(ids)), of.scheme == "oid").tuples())


def planned(rows: Sequence[Flow]) -> list[Planned]:
    """Return places as numbers."""
    return [Planned(row.sender_id, row.host_id, row.planned, row.agreed, row.done) for row in rows]


def days(consortium: Consortium) -> list[Day]:
    """Return the dates of a consortium, the first first."""
    rows = Day.select().where(Day.consortium == consortium.id)
    return list(rows.order_by(Day.starts_on, Day.id))


def own_days(ctx: Context) -> list[Day]:
    """Return the dates of all consortia that are not closed and in which the actor takes part."""
    mine = permissions.visible(ctx, Consortium, "inside")
    rows = Day.select(Day, Consortium).join(Consortium).where(mine, Consortium.state != CLOSED)
    return list(rows.order_by(Day.starts_on, Day.id).limit(1_000))


def history(consortium: Consortium, most: int = 500) -> list[Entry]:
    """Return the lines of a consortium's history with names, the latest first."""
    from_account, from_organisation = Account.alias(), Organisation.alias()
    rows: Any = Entry.select(Entry, from_organisation, from_account)
    rows = rows.join_from(
        Entry, from_organisation, JOIN.LEFT_OUTER, on=Entry.organisation, attr="organisation"
    )
    rows = rows.join_from(Entry, from_account, JOIN.LEFT_OUTER, on=Entry.account, attr="account")
    return list(rows.where(Entry.consortium == consortium.id).order_by(Entry.id.desc()).limit(most))


def waiting_count(consortium: Consortium) -> tuple[int, int]:
    """Return how many were asked and not taken back, and how many of them have not answered."""
    of: Any = Membership
    rows = (
        of.select(of.state, fn.COUNT(of.id))
        .where(of.consortium == consortium.id, of.organisation != consortium.lead_id)
        .group_by(of.state)
    )
    found = dict(rows.tuples())
    return sum(found.get(name, 0) for name in (INVITED, ACTIVE, "declined")), found.get(INVITED, 0)


def answered(ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Return how often organisations were invited, and answered; those never invited are left out."""
    marks = ", ".join("?" * len(ids))
    found: dict[int, tuple[int, int]] = {}
    for number, what, count in db.query(
        "SELECT organisation_id, what, COUNT(*) FROM consortia_entry "
        f"WHERE organisation_id IN ({marks}) AND what IN (?, ?, ?, ?) "
        "GROUP BY organisation_id, what",
        [*ids, *_ASKED, "member.accept", "member.decline"],
    ):
        asked, said = found.get(number, (0, 0))
        is_asked = what in _ASKED
        found[number] = (asked + count * is_asked, said + count * (not is_asked))
    return {number: (asked, min(said, asked)) for number, (asked, said) in found.items() if asked}


def together(ids: Sequence[int]) -> list[tuple[int, int, str]]:
    """Return one of some organisations, who is in the same public consortium, and its name."""
    marks = ", ".join("?" * len(ids))
    return db.query(
        "SELECT mine.organisation_id, o.id, c.name FROM consortia_membership mine "
        "JOIN consortia_membership other ON other.consortium_id = mine.consortium_id "
        "JOIN consortia_consortium c ON c.id = mine.consortium_id "
        "JOIN organisation o ON o.id = other.organisation_id "
        f"WHERE mine.organisation_id IN ({marks}) AND o.id <> mine.organisation_id "
        "AND mine.state = ? AND other.state = ? AND c.state IN (?, ?) AND o.hidden_at IS NULL "
        "ORDER BY c.id, o.id LIMIT ?",
        [*ids, ACTIVE, ACTIVE, RUNNING, CLOSED, MOST_TOGETHER],
    )


def groups() -> list[list[int]]:
    """Return the active members of each consortium that everybody may see."""
    found: dict[int, list[int]] = {}
    for consortium, organisation in db.query(
        "SELECT m.consortium_id, m.organisation_id FROM consortia_membership m "
        "JOIN consortia_consortium c ON c.id = m.consortium_id "
        "WHERE m.state = ? AND c.state IN (?, ?)",
        [ACTIVE, RUNNING, CLOSED],
    ):
        found.setdefault(consortium, []).append(organisation)
    return list(found.values())
