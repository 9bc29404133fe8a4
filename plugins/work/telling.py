"""Telling people of work: reminders by day, what a former member left, a new report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plugins.consortia import interface as consortia
from plugins.consortia.interface import ACTIVE, CLOSED, Seen
from plugins.work import queries, rules
from plugins.work.models import Item, Plan
from portal import db
from portal.context import Context
from portal.i18n import lazy_gettext as lazy

DUE, LEFT, REPORT = "work.due", "work.left", "work.report"
KINDS: tuple[Mapping[str, Any], ...] = (
    {"kind": DUE, "title": lazy("Work that you carry in a consortium is due or late")},
    {"kind": LEFT, "title": lazy("A member left your consortium, and its work needs another one")},
    {"kind": REPORT, "title": lazy("There is a new report of a consortium's work")},
)


def address(seen: Seen, rest: str = "") -> str:
    """Return the address of a page of a work plan."""
    return f"/consortia/{seen.slug}/plan{rest}"


def remind(ctx: Context) -> int:
    """Remind of work a week before it is due, on the day, and each week that it is late.

    Once for each, to those who write for the active member that carries it; returns how often.
    """
    today = ctx.clock.now().date()
    count = 0
    for seen in _used(ctx):
        active = {item.organisation_id for item in consortia.members(seen, ACTIVE)}
        for row in queries.open_items([seen.id]):
            stage = rules.reminder(row.ends_on, today)
            if not stage or stage == row.reminded or row.owner_id not in active:
                continue
            with db.transaction():
                values = {"reminded": stage}
                if Item.update(**values).where(Item.id == row.id).execute():
                    _tell_due(ctx, seen, row, stage)
                    count += 1
    return count


def _used(ctx: Context) -> list[Seen]:
    of: Any = Plan
    ids = [number for (number,) in of.select(of.consortium_id).where(of.is_on).tuples()]
    found = consortia.of_ids(ctx, ids)
    return [seen for seen in found.values() if seen.state != CLOSED]


def _tell_due(ctx: Context, seen: Seen, row: Item, stage: str) -> None:
    said = {"title": row.title, "consortium": seen.name, "day": row.ends_on}
    titles = {
        "soon": lazy("Due on %(day)s: “%(title)s” (%(consortium)s)", **said),
        "due": lazy("Due now: “%(title)s” (%(consortium)s)", **said),
    }
    late = lazy("Late since %(day)s: “%(title)s” (%(consortium)s)", **said)
    body = lazy("Say on its page how far it is, or move the day with whoever leads it.")
    consortia.tell(
        ctx,
        seen,
        row.owner_id or 0,
        DUE,
        titles.get(stage, late),
        body,
        subject=f"work {row.id} {row.ends_on} {stage}",
        url=address(seen, f"/items/{row.public_id}"),
    )


def tell_left(ctx: Context, consortium_id: int, organisation_id: int) -> None:
    """Tell the lead what an organisation that left carried, if it carried anything."""
    seen = consortia.of_ids(ctx, [consortium_id]).get(consortium_id)
    if seen is None or seen.state == CLOSED or not queries.is_on(consortium_id):
        return
    active = {item.organisation_id for item in consortia.members(seen, ACTIVE)}
    left = queries.orphans(consortium_id, active).get(organisation_id)
    if left is None:
        return
    title = lazy(
        "%(name)s left %(consortium)s: its work needs somebody", name=left[0], consortium=seen.name
    )
    with db.transaction():
        consortia.tell(
            ctx,
            seen,
            seen.lead_id,
            LEFT,
            title,
            lazy("Hand it over to another member; it stays as it is until then."),
            subject=f"work left {organisation_id} {ctx.clock.now().date().isoformat()}",
            url=address(seen, f"/hand-over/{organisation_id}"),
        )


def tell_reports(ctx: Context) -> int:
    """Tell all members of the reports that are due; returns how many reports."""
    today = ctx.clock.now().date()
    count = 0
    for seen in _used(ctx):
        plan: Any = queries.plan(seen.id)
        last = rules.due_report(plan.every, plan.reported_on, today)
        if last is None:
            continue
        path = f"/report?period={plan.every}&on={last.isoformat()}"
        title = lazy("The report of %(consortium)s is there", consortium=seen.name)
        with db.transaction():
            Plan.update(reported_on=last.isoformat()).where(Plan.id == plan.id).execute()
            for member in consortia.members(seen, ACTIVE):
                consortia.tell(
                    ctx,
                    seen,
                    member.organisation_id,
                    REPORT,
                    title,
                    subject=f"work report {last.isoformat()} {member.organisation_id}",
                    url=address(seen, path),
                )
        count += 1
    return count
