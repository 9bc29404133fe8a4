"""The demonstration set: the work plan of the made-up consortium, with days counted from today."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from plugins.consortia import interface as consortia
from plugins.consortia.interface import ACTIVE
from plugins.work import budget, items, queries, service
from plugins.work.models import Item, Package, Plan
from portal import workflow
from portal.context import Context

NAME = "MEKARA"
# Title, aim, lead, first and last day from today, budget in euro; members by their place in the list.
PACKAGES: tuple[tuple[str, str, int, int, int, int], ...] = (
    ("Run it together", "Members know who does what, and money and dates hold.", 0, -60, 600, 18_000),
    ("Common units of learning", "Four units for metal and mechatronics that all hosts teach.", 2, -45, 330, 24_000),
    ("Groups abroad", "Forty learners work at a host for three weeks.", 1, 30, 560, 38_000),
)  # fmt: skip
# Package, kind, title, owner, first and last day, state, places of what it needs.
WORK: tuple[tuple[int, str, str, int, int | None, int, str, tuple[int, ...]], ...] = (
    (0, "task", "Write down how we work together", 0, -55, -30, "finish", ()),
    (0, "milestone", "First meeting of all members", 0, None, -28, "finish", (0,)),
    (0, "deliverable", "Interim report", 0, None, 200, "", ()),
    (1, "task", "Collect what each school teaches", 1, -40, -12, "finish", ()),
    (1, "task", "Draft the unit “Joining metal”", 2, -10, 25, "begin", (3,)),
    (1, "task", "Compare how hosts assess", 3, -12, -4, "begin", (3,)),
    (1, "deliverable", "Four units, agreed by all", 2, None, 120, "", (4, 5)),
    (2, "task", "Prepare the first group", 1, 40, 70, "", (4,)),
    (2, "milestone", "First group is back", 3, None, 110, "", (7,)),
    (2, "task", "Second and third group", 2, 150, 420, "", (8,)),
)
SHARES = (
    (9_000, 3_000, 3_000, 3_000),
    (3_000, 6_000, 12_000, 3_000),
    (8_000, 12_000, 10_000, 8_000),
)
STEPS = {"begin": ("begin",), "finish": ("begin", "finish")}


def load(ctx: Context) -> None:
    """Load it for the made-up consortium, unless there is a plan already."""
    seen = next(
        (item for item in consortia.own(ctx) if item.is_fictional and item.name == NAME), None
    )
    if seen is None or Plan.select().exists():
        return
    members = [item.organisation for item in consortia.members(seen, ACTIVE)]
    today = ctx.clock.now().date()

    def day(offset: int | None) -> Any:
        return None if offset is None else today + timedelta(days=offset)

    service.switch(ctx, seen, True)
    packages: list[Package] = []
    for title, aim, lead, first, last, euro in PACKAGES:
        days = {"starts_on": day(first), "ends_on": day(last)}
        who = members[lead % len(members)].public_id
        values = {"title": title, "aim": aim, "lead": who, **days}
        packages.append(service.add_package(ctx, seen, values))
        amounts = zip(members, SHARES[len(packages) - 1], strict=False)
        shares = {member.id: part * 100 for member, part in amounts}
        budget.set_shares(ctx, seen, packages[-1], sum(shares.values()) or euro * 100, shares, None)
    made: list[Item] = []
    for at, kind, title, owner, begins, due, state, needs in WORK:
        days = {"starts_on": day(begins), "ends_on": day(due)}
        who = members[owner % len(members)].public_id
        wanted = [made[number].public_id for number in needs]
        values = {"kind": kind, "title": title, "owner": who, "text": "", "needs": wanted, **days}
        made.append(items.add(ctx, seen, packages[at], values))
        for step in STEPS.get(state, ()):
            workflow.move(ctx, Item.get_by_id(made[-1].id), step)
        if state == "finish":
            Item.update(done_on=day(due).isoformat()).where(Item.id == made[-1].id).execute()
    total = sum(row.cents for row in queries.whole(seen.id).packages)
    budget.set_total(ctx, seen, total, None)
