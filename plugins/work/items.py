"""Tasks, milestones and deliverables: plan them, change them, take them away and back."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from plugins.consortia import interface as consortia
from plugins.consortia.interface import Seen
from plugins.work import queries, rules
from plugins.work.models import TASK, Item, Need, Package
from plugins.work.rules import Span
from plugins.work.service import hold, member, mend_needs, put
from plugins.work.workflow import ITEM, OPEN
from portal import audit, db, workflow
from portal.context import Context
from portal.errors import Conflict, Invalid
from portal.hookspecs import Transition
from portal.i18n import _
from portal.organisations.service import new_public_id


def add(ctx: Context, seen: Seen, package: Package, values: Mapping[str, Any]) -> Item:
    """Add a piece of work to a package, for those who lead one of the two.

    Raises Invalid naming the field: days outside, an owner that is no member, a circle; NotAllowed.
    """
    with db.transaction():
        now = hold(ctx, seen, package)
        everything = queries.whole(now.id)
        if len(everything.all) >= rules.MOST_ITEMS:
            told = _("There are %(most)s pieces of work already.", most=rules.MOST_ITEMS)
            raise Invalid(told, field="title")
        kept = _checked(now, package, values)
        made: Item = Item.create(
            public_id=new_public_id(), package=package.id, created_at=ctx.clock.now(), **kept
        )
        workflow.start(ctx, made)
        _set_needs(now, everything, made, kept, values["needs"])
        audit.record(ctx, "work.item_added", ITEM, made.id)
    return made


def _checked(seen: Seen, package: Package, values: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = rules.texts(values, "text")
    if values["kind"] not in rules.KINDS:
        raise Invalid(_("Choose from the list."), field="kind")
    if values["ends_on"] is None:
        raise Invalid(_("Say on which day it is due."), field="ends_on")
    days = dict(values)
    if values["kind"] != TASK:
        days["starts_on"] = None
    found |= rules.within(
        days,
        [
            (package.title, package.starts_on, package.ends_on),
            (seen.name, seen.starts_on, seen.ends_on),
        ],
    )
    found["kind"] = values["kind"]
    found["owner"] = member(seen, values["owner"], "owner").id
    return found


def _set_needs(
    seen: Seen,
    everything: queries.Whole,
    item: Item,
    kept: Mapping[str, Any],
    wanted: Collection[str],
) -> None:
    """Write down what an item needs, by public ids. Raises Invalid naming circle or days."""
    if len(set(wanted)) > rules.MOST_NEEDS:
        raise Invalid(_("Choose at most %(most)s.", most=rules.MOST_NEEDS), field="needs")
    known = {row.public_id: row.id for row in everything.all}
    if not set(wanted) <= set(known):
        raise Invalid(_("One of these was removed meanwhile. Choose again."), field="needs")
    spans = queries.spans(everything.all)
    spans[item.id] = Span(item.id, kept["title"], kept["starts_on"], kept["ends_on"])
    needs = {key: set(some) for key, some in everything.needs.items() if key != item.id}
    rules.check_moved(spans, needs, spans[item.id])
    new = sorted(known[public_id] for public_id in set(wanted))
    for number in new:
        rules.check_need(spans, needs, item.id, number)
    old = everything.needs.get(item.id, set())
    Need.delete().where(Need.item == item.id, Need.needs.in_(sorted(old - set(new)))).execute()
    for number in new:
        if number not in old:
            Need.create(item=item.id, needs=number)


def change(
    ctx: Context, seen: Seen, item: Item, values: Mapping[str, Any], version: int | None
) -> Item:
    """Change a piece of work that is not done. Raises as adding, and Conflict."""
    with db.transaction():
        now = hold(ctx, seen, item.package)
        row = queries.item(now.id, item.public_id)
        if row.state not in OPEN:
            raise Conflict(_("This is over. Open it again first."))
        kept = _checked(now, row.package, values)
        _set_needs(now, queries.whole(now.id), row, kept, values["needs"])
        if (kept["ends_on"], kept["owner"]) != (row.ends_on, row.owner_id):
            kept["reminded"] = ""
        put(row, version, **kept)
        audit.record(ctx, "work.item_changed", ITEM, row.id)
    return Item.get_by_id(row.id)  # type: ignore[no-any-return]


def remove(ctx: Context, seen: Seen, item: Item) -> None:
    """Take a piece of work away; for a day it can be brought back."""
    with db.transaction():
        hold(ctx, seen, item.package)
        put(item, None, removed_at=ctx.clock.now())
        audit.record(ctx, "work.item_removed", ITEM, item.id)


def restore(ctx: Context, consortium: str, public_id: str) -> None:
    """Bring a piece of work back, with those of its needs that still fit."""
    seen = consortia.find(ctx, consortium)
    with db.transaction():
        row = queries.item(seen.id, public_id, removed=True)
        now = hold(ctx, seen, row.package)
        put(row, None, removed_at=None)
        mend_needs(now.id, [row.id])
        audit.record(ctx, "work.item_restored", ITEM, row.id)


def carry_out(ctx: Context, row: Item, step: Transition) -> None:
    """Do what follows from a step, inside its transaction: note the day on which it was done."""
    today = ctx.clock.now().date().isoformat()
    values: dict[str, Any] = {"done_on": today if step.name == "finish" else ""}
    if step.name == "reopen":
        values["reminded"] = ""
    Item.update(**values).where(Item.id == row.id).execute()
