"""Reads of mobilities, in a bounded number of statements."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import or_
from typing import Any

from peewee import JOIN, fn

from plugins.mobilities.models import (
    CANCELLED,
    CLOSED,
    HOST,
    LIVE,
    SENDING,
    SUPPORTING,
    WAITING,
    Mobility,
    ParticipantRow,
    PlacementRow,
    Report,
)
from portal import objects, permissions
from portal.context import Context
from portal.errors import NotFound
from portal.i18n import _
from portal.organisations import queries as organisations
from portal.organisations.models import UNCLAIMED, Organisation, OrganisationMember
from portal.people.models import Account

MOST_SHOWN = 200
own_organisations = organisations.own_organisations
RIGHTS = ("view", "edit", "agree", "receive", "send", "report", "history")


@dataclass(frozen=True)
class Found:
    """A mobility with what the actor may do with it, and for which sides they act."""

    mobility: Mobility
    rights: frozenset[str]
    sides: frozenset[str]

    def may(self, *names: str) -> bool:
        """Whether the actor has one of these permissions."""
        return bool(self.rights.intersection(names))


def missing() -> NotFound:
    """Make the answer for mobilities that are not there, or not for this actor."""
    return NotFound(_("There is no mobility at this address. Look at those of your organisations."))


def _rows() -> Any:
    """Return the query of mobilities with their organisations."""
    sending, host, supporting = (Organisation.alias() for _at in range(3))
    rows = Mobility.select(Mobility, sending, host, supporting)
    rows = rows.join_from(Mobility, sending, on=Mobility.sending, attr="sending")
    rows = rows.join_from(Mobility, host, on=Mobility.host, attr="host")
    how = JOIN.LEFT_OUTER
    return rows.join_from(Mobility, supporting, how, on=Mobility.supporting, attr="supporting")


def find(ctx: Context, public_id: str) -> Found:
    """Return a mobility for those who may see it. Raises NotFound."""
    row = _rows().where(Mobility.public_id == public_id).first()
    rights = permissions.granted(ctx, row, RIGHTS) if row else set()
    if row is None or "view" not in rights:
        raise missing()
    return Found(row, frozenset(rights), frozenset(sides_of(ctx, row)))


def sides_of(ctx: Context, row: Mobility) -> set[str]:
    """Return the sides of a mobility for which the actor writes."""
    own = {item.id for item in own_organisations(ctx)}
    sides = {SENDING: row.sending_id, HOST: row.host_id, SUPPORTING: row.supporting_id}
    return {side for side, number in sides.items() if number in own}


def is_here(organisation: Organisation) -> bool:
    """Whether an organisation has people here who can confirm what happens."""
    return organisation.state != UNCLAIMED and organisation.hidden_at is None


def mine(ctx: Context, **filters: Any) -> list[Mobility]:
    """Return the mobilities that the actor may see, the latest first, at most 200.

    `state`, `organisations` (numbers), `role` (their side), `since` and `until` (ISO days) narrow it,
    `most` is another limit. `after` leaves out all up to the one with that public id; raises NotFound
    where the actor can't see that.
    """
    of: Any = Mobility
    here = [permissions.visible(ctx, of)]
    if filters.get("state"):
        here.append(of.state == filters["state"])
    if filters.get("organisations"):
        sides = {SENDING: of.sending, HOST: of.host, SUPPORTING: of.supporting}
        columns = [sides[filters["role"]]] if filters.get("role") else list(sides.values())
        here.append(reduce(or_, (column.in_(filters["organisations"]) for column in columns)))
    if filters.get("since"):
        here.append(of.ends_on >= filters["since"])
    if filters.get("until"):
        here.append(of.starts_on <= filters["until"])
    if filters.get("after"):
        last = find(ctx, filters["after"]).mobility
        same_day = (of.starts_on == last.starts_on) & (of.id < last.id)
        here.append((of.starts_on < last.starts_on) | same_day)
    rows = _rows().where(*here).order_by(of.starts_on.desc(), of.id.desc())
    return list(rows.limit(filters.get("most") or MOST_SHOWN))


def placements(ids: Collection[int]) -> dict[int, list[PlacementRow]]:
    """Return the placements of mobilities by their numbers."""
    found: dict[int, list[PlacementRow]] = {number: [] for number in ids}
    of: Any = PlacementRow
    for row in of.select().where(of.mobility.in_(list(ids))).order_by(of.id):
        found[row.mobility_id].append(row)
    return found


def participants(placement_ids: Iterable[int]) -> list[ParticipantRow]:
    """Return the participants of placements, in the order in which they were named."""
    of: Any = ParticipantRow
    return list(of.select().where(of.placement.in_(list(placement_ids))).order_by(of.id))


def count_participants(placement_ids: Iterable[int]) -> dict[int, int]:
    """Return how many take part in placements, by their numbers."""
    of: Any = ParticipantRow
    rows = of.select(of.placement, fn.COUNT(of.id)).where(of.placement.in_(list(placement_ids)))
    return dict(rows.group_by(of.placement).tuples())


def reports(placement_ids: Iterable[int]) -> list[Report]:
    """Return what was reported about placements, the first first."""
    of: Any = Report
    return list(of.select().where(of.placement.in_(list(placement_ids))).order_by(of.id))


def report(found: Found, public_id: str) -> Report:
    """Return a report about a mobility. Raises NotFound."""
    of: Any = Report
    places = PlacementRow.select(PlacementRow.id).where(PlacementRow.mobility == found.mobility.id)
    row = of.get_or_none(of.public_id == public_id, of.placement.in_(places))
    if row is None:
        raise missing()
    return row  # type: ignore[no-any-return]


def waiting_report(placement_id: int) -> Report | None:
    """Return the report about a placement that waits for an answer, if there is one."""
    of: Any = Report
    found: Report | None = of.get_or_none(of.placement == placement_id, of.answer == WAITING)
    return found


def maybe_over(last: date) -> list[PlacementRow]:
    """Return placements whose end is due: their last day is past, or somebody reported something."""
    of: Any = PlacementRow
    waiting = Report.select(Report.placement).where(Report.answer == WAITING)
    live: Any = Mobility.select(Mobility.id).where(Mobility.state.in_(LIVE))  # type: ignore[attr-defined]
    due = (of.ends_on <= last.isoformat()) | of.id.in_(waiting)
    return list(of.select().where(of.outcome == "", due, of.mobility.in_(live)).order_by(of.id))


def editors(organisation_id: int | None) -> list[int]:
    """Return the accounts that write for an organisation."""
    return [] if organisation_id is None else organisations.editors(organisation_id)


def administrators(organisation_id: int) -> list[int]:
    """Return the accounts that run an organisation."""
    return organisations.editors(organisation_id, {"OrgAdmin"})


def people(organisation_id: int) -> list[Account]:
    """Return the accounts of an organisation's people, by name."""
    of: Any = Account
    member: Any = OrganisationMember
    ids = member.select(member.account).where(member.organisation == organisation_id)
    rows = of.select().where(of.id.in_(ids), of.disabled_at.is_null())
    return list(rows.order_by(of.name, of.id))


def is_member(account_id: int | None, organisation_id: int | None) -> bool:
    """Whether an account acts for an organisation."""
    of: Any = OrganisationMember
    here = (of.account == account_id, of.organisation == organisation_id)
    return bool(of.select().where(*here).exists())


def _of(ids: Sequence[int]) -> Any:
    """Return the condition that one of these organisations is a side."""
    of: Any = Mobility
    wanted = list(ids)
    return of.sending.in_(wanted) | of.host.in_(wanted) | of.supporting.in_(wanted)


def in_use(ids: Sequence[int]) -> set[int]:
    """Return those of the organisations that agreed on a mobility."""
    of: Any = Mobility
    rows = of.select(of.sending, of.host, of.supporting).where(
        _of(ids), of.agreed_at.is_null(False)
    )
    return {number for row in rows.tuples() for number in row if number in set(ids)}


def numbers_of(ids: Sequence[int]) -> list[int]:
    """Return the numbers of mobilities that one of these organisations sends or hosts."""
    of: Any = Mobility
    wanted = list(ids)
    rows = of.select(of.id).where(of.sending.in_(wanted) | of.host.in_(wanted))
    return [number for (number,) in rows.tuples()]


def open_among(ids: Sequence[int]) -> int:
    """Count mobilities that some organisations have with each other and that are not over."""
    of: Any = Mobility
    here = (of.sending.in_(list(ids)), of.host.in_(list(ids)), of.state.not_in([CLOSED, CANCELLED]))
    return int(of.select().where(*here).count())


def occupations(ctx: Context, texts: Iterable[str]) -> dict[str, Mapping[str, str]]:
    """Return what plugins say of occupations that texts name: `label`, `code` and `url`, by text."""
    wanted = sorted(set(texts) - {""})
    if not wanted:
        return {}
    answers = objects.registry().hooks.call("mobilities_occupations", ctx, texts=wanted)
    return {text: found for _plugin, named in answers for text, found in dict(named or {}).items()}
