"""The demonstration set: the made-up consortium keeps some documents, one of them in two versions."""

from __future__ import annotations

from plugins.consortia.interface import find, made_up
from plugins.documents import rules, service
from plugins.documents.models import Document
from portal import db
from portal.context import Context

MADE_UP = "This is a demonstration: organisations and texts are made up.\n\n"
ARRIVAL = """Before the first day
- Who meets the learners, and where.
- Beds, meals, tickets: who pays what.
- The person to call, day and night.
"""
FIRST_DAY = """
On the first day
- Safety at the workplace, in a language that everybody reads.
- The hours of work, and what to do when somebody is ill.
"""
BUDGET = "member,share_percent\nlead,40\nothers,60\n"
ABOUT = """What we offer
Workplaces in metal and mechatronics, two to six weeks. Schools that want to send or host write to
the lead.
"""


def load(ctx: Context) -> None:
    """Load them for the first made-up network, unless something is kept already."""
    seen = next((item for item in made_up(ctx) if item.kind == "network"), None)
    if seen is None or Document.select().exists():
        return
    here = find(ctx, seen.public_id)
    first = (MADE_UP + ARRIVAL).encode()
    with db.transaction():
        made = service.add(
            ctx,
            here,
            "Checklist for arrivals",
            rules.MEMBERS,
            "A first draft",
            "arrivals.txt",
            first,
        )
        more = first + FIRST_DAY.encode()
        service.put(ctx, here, made, 1, "The first day is in", "arrivals.txt", more)
        service.add(
            ctx, here, "Shares of the budget", rules.CONTACTS, "Before the vote", "shares.csv",
            BUDGET.encode(),
        )  # fmt: skip
        service.add(
            ctx,
            here,
            "About this network",
            rules.PUBLIC,
            "",
            "about.txt",
            (MADE_UP + ABOUT).encode(),
        )
