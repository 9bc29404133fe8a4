"""Reads of work plans, in a bounded number of statements."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from peewee import JOIN, fn

from plugins.consortia import interface as consortia
from plugins.consortia.interface import Seen
from plugins.work.models import MILESTONE, Item, Need, Package, Plan, Share
from plugins.work.rules import Span
from plugins.work.workflow import OPEN
from portal.context import Context
from portal.errors import NotFound
from portal.i18n import _
from portal.organisations.models import Organisation

MOST_LISTED = 500


@dataclass(frozen=True)
class Whole:
    """A plan with everything in it: packages in their order, items by package and day."""

    packages: list[Package]
    items: dict[int, list[Item]]
    needs: dict[int, set[int]]

    @property
    def all(self) -> list[Item]:
        """All items, in the order of the packages."""
        return [item for package in self.packages for item in self.items[package.id]]


def missing() -> NotFound:
    """Make the answer for what is not there, or not for this actor."""
    return NotFound(_("There is no such page in this work plan. It may have been removed."))


def plan(consortium_id: int) -> Plan | None:
    """Return the work plan of a consortium, if it was ever switched on."""
    found: Plan | None = Plan.get_or_none(Plan.consortium_id == consortium_id)
    return found


def is_on(consortium_id: int) -> bool:
    """Whether a consortium uses its work plan."""
    found = plan(consortium_id)
    return found is not None and bool(found.is_on)


def whole(consortium_id: int) -> Whole:
    """Return everything that is planned, with organisations, in three statements."""
    of: Any = Package
    rows = of.select(of, Organisation)
    rows = rows.join(Organisation, JOIN.LEFT_OUTER, on=of.lead == Organisation.id, attr="lead")
    here = (of.consortium_id == consortium_id, of.removed_at.is_null())
    packages = list(rows.where(*here).order_by(of.number, of.id))
    items: dict[int, list[Item]] = {package.id: [] for package in packages}
    by_id = {package.id: package for package in packages}
    for item in _items(Item.package.in_(list(items))):
        item.package = by_id[item.package_id]
        items[item.package_id].append(item)
    return Whole(packages, items, needs([row.id for some in items.values() for row in some]))


def _items(*here: Any) -> list[Item]:
    of: Any = Item
    rows = of.select(of, Organisation)
    rows = rows.join(Organisation, JOIN.LEFT_OUTER, on=of.owner == Organisation.id, attr="owner")
    return list(rows.where(of.removed_at.is_null(), *here).order_by(of.ends_on, of.id))


def needs(ids: Collection[int]) -> dict[int, set[int]]:
    """Return which of some items need which others of them."""
    of: Any = Need
    rows = of.select(of.item, of.needs).where(of.item.in_(list(ids)), of.needs.in_(list(ids)))
    found: dict[int, set[int]] = {}
    for item, needed in rows.tuples():
        found.setdefault(item, set()).add(needed)
    return found


def spans(items: Sequence[Item]) -> dict[int, Span]:
    """Return the days of items as plain values."""
    return {item.id: Span(item.id, item.title, item.starts_on, item.ends_on) for item in items}


def package(consortium_id: int, public_id: str, removed: bool = False) -> Package:
    """Return a work package of a consortium. Raises NotFound."""
    of: Any = Package
    found: Package | None = of.get_or_none(
        of.consortium_id == consortium_id, of.public_id == public_id
    )
    if found is None or (found.removed_at is not None) is not removed:
        raise missing()
    return found


def item(consortium_id: int, public_id: str, removed: bool = False) -> Item:
    """Return a piece of work of a consortium, with its package. Raises NotFound."""
    of: Any = Item
    rows = of.select(of, Package).join(Package)
    found: Item | None = rows.where(
        Package.consortium_id == consortium_id, of.public_id == public_id
    ).first()
    if (
        found is None
        or (found.removed_at is not None) is not removed
        or found.package.removed_at is not None
    ):
        raise missing()
    return found


def shares(package_ids: Collection[int]) -> dict[tuple[int, int], int]:
    """Return shares of budgets by package and organisation; nothing is left out."""
    of: Any = Share
    rows = of.select(of.package, of.organisation, of.cents).where(of.package.in_(list(package_ids)))
    return {(number, organisation): amount for number, organisation, amount in rows.tuples()}


def plans_of(seen: Sequence[Seen]) -> dict[int, Seen]:
    """Return those of some consortia that use their work plan, by number."""
    of: Any = Plan
    by_id = {item.id: item for item in seen}
    rows = of.select(of.consortium_id).where(of.consortium_id.in_(list(by_id)), of.is_on)
    return {number: by_id[number] for (number,) in rows.tuples()}


def open_items(consortium_ids: Collection[int], *here: Any) -> list[Item]:
    """Return work that is not done, with packages and owners, the one due first first."""
    of: Any = Item
    rows = of.select(of, Package, Organisation).join(Package)
    rows = rows.join_from(of, Organisation, JOIN.LEFT_OUTER, on=of.owner, attr="owner")
    rows = rows.where(Package.consortium_id.in_(list(consortium_ids)), Package.removed_at.is_null())
    rows = rows.where(of.removed_at.is_null(), of.state.in_(OPEN), *here)
    return list(rows.order_by(of.ends_on, of.id).limit(MOST_LISTED))


def own_work(ctx: Context) -> list[tuple[Seen, Item]]:
    """Return the open work of the organisations for which the actor writes."""
    used = plans_of(consortia.own(ctx))
    mine = consortia.writes_for(ctx) if used else {}
    rows = open_items(used, Item.owner.in_(list(mine))) if mine else []
    return [
        (used[row.package.consortium_id], row)
        for row in rows
        if row.package.consortium_id in mine[row.owner_id or 0]
    ]


def own_days(ctx: Context) -> list[tuple[Seen, Item]]:
    """Return what is due for the actor: the own work, and the milestones of all its consortia."""
    own = own_work(ctx)
    used = plans_of(consortia.own(ctx))
    known = {row.id for _seen, row in own}
    rows = open_items(used, Item.kind == MILESTONE) if used else []
    return own + [(used[row.package.consortium_id], row) for row in rows if row.id not in known]


def orphans(consortium_id: int, active: Collection[int]) -> dict[int, tuple[str, int, int, int]]:
    """Return who is no member any more but still carries something, by number.

    A name and how many open items, work packages and cents; 0 stands for work without anybody.
    """
    found: dict[int, list[Any]] = {}
    of: Any = Package
    here = (of.consortium_id == consortium_id, of.removed_at.is_null())
    item: Any = Item
    questions: Sequence[tuple[int, Any]] = (
        (
            1,
            item.select(item.owner, fn.COUNT(item.id))
            .join(of)
            .where(*here, item.removed_at.is_null(), item.state.in_(OPEN))
            .group_by(item.owner),
        ),
        (2, of.select(of.lead, fn.COUNT(of.id)).where(*here).group_by(of.lead)),
        (
            3,
            Share.select(Share.organisation, fn.SUM(Share.cents))
            .join(of)
            .where(*here)
            .group_by(Share.organisation),
        ),
    )
    for at, rows in questions:
        for number, amount in rows.tuples():
            if number not in active and amount:
                found.setdefault(number or 0, ["", 0, 0, 0])[at] = int(amount)
    who: Any = Organisation.select(Organisation.id, Organisation.name)
    rows = who.where(Organisation.id.in_([number for number in found if number]))
    names: Mapping[int, str] = dict(rows.tuples())
    return {number: (names.get(number, ""), *rest[1:]) for number, rest in found.items()}
