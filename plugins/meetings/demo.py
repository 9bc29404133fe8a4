"""The demonstration set: the made-up consortium has met, meets again, and decides."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from plugins.consortia.interface import Seen, own
from plugins.meetings import announcing, deciding, queries, service
from plugins.meetings.models import Decision, Meeting
from portal import db
from portal.context import Context

KICK_OFF = """1. Welcome
Everybody introduced their school and what they can host.

2. Who sends and hosts
Most can take two learners at a time. A host for welding is still missing.

3. What we do next
Each member names its coordinator. The lead drafts the checklist for arrivals."""


def load(ctx: Context) -> None:
    """Load it for the first made-up consortium, unless something met already."""
    consortium = next((item for item in own(ctx)[::-1] if item.is_fictional), None)
    if consortium is None or Meeting.select().exists():
        return
    with db.transaction():
        _meetings(ctx, consortium)
        _decisions(ctx, consortium)
        announcing.announce(
            ctx,
            consortium,
            "The checklist for arrivals is a draft",
            "Read it before the meeting, and bring what is missing.",
        )


def _meetings(ctx: Context, consortium: Seen) -> None:
    members = queries.members(consortium)
    now = ctx.clock.now()
    values: dict[str, Any] = {
        "time": "10:00",
        "zone": "Europe/Berlin",
        "length": 90,
        "place": "",
        "joining": "https://meet.example/mekara",
        "series": "",
        "guests": [item.slug for item in members],
        "scribe": members[-1].slug,
    }
    kick_off = service.plan(
        ctx,
        consortium,
        {
            **values,
            "title": "Kick-off",
            "day": (now + timedelta(days=2)).date(),
            "agenda": "Welcome, 15\nWho sends and hosts, 45\nWhat we do next, 30",
        },
    )
    Meeting.update(starts_at=kick_off.starts_at - timedelta(days=30)).where(
        Meeting.id == kick_off.id
    ).execute()
    service.write_minutes(ctx, consortium, kick_off, KICK_OFF, 1, share=True)
    for at, title in enumerate(("Name your coordinator", "Draft the checklist for arrivals")):
        service.add_action(
            ctx,
            consortium,
            kick_off,
            {
                "title": title,
                "organisation": members[(at + 1) % len(members)].slug,
                "due_on": (now + timedelta(days=10 * at - 3)).date(),
            },
        )
    deciding.note_taken(
        ctx, consortium, kick_off, "We meet every second month, online.", "In person once a year."
    )
    service.plan(
        ctx,
        consortium,
        {
            **values,
            "title": "Meeting of all members",
            "day": (now + timedelta(days=21)).date(),
            "agenda": "Places of this year, 30\nA host for welding in Latvia, 30\n"
            "What goes well and what does not, 30",
        },
    )


def _decisions(ctx: Context, consortium: Seen) -> None:
    members = queries.members(consortium)
    day = (ctx.clock.now() + timedelta(days=7)).date()
    until: dict[str, Any] = {"day": day, "time": "18:00", "zone": "Europe/Berlin"}
    plain = {"quorum": 50, "majority": "simple", "tie": "rejected", "is_secret": False}
    over = deciding.put(
        ctx,
        consortium,
        {
            **until,
            **plain,
            "way": "vote",
            "title": "English is the language of our documents",
            "text": "Each member translates what its learners must understand.",
        },
    )
    for item, choice in zip(members, ("yes", "yes", "no", "yes", "abstain"), strict=False):
        deciding.speak_for(ctx, over, item, choice)
    Decision.update(closes_at=ctx.clock.now()).where(Decision.id == over.id).execute()
    deciding.count_due(ctx)
    deciding.put(
        ctx,
        consortium,
        {
            **until,
            **plain,
            "way": "consent",
            "title": "We look for a host for welding in Latvia",
            "text": "The lead writes a partner request and proposes whom to invite.",
        },
    )
