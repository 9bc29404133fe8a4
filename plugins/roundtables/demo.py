"""Demonstration: a closed series with more people than places, and one that is open; all made up."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from plugins.roundtables import groups, service, tokens
from plugins.roundtables.models import INTERESTED, Interest, RoundTable, Series
from portal import db, workflow
from portal.context import SYSTEM, Context
from portal.organisations.models import Organisation, OrganisationMember
from portal.organisations.service import new_public_id

PEOPLE, EARLY = 120, 14
"""How many made-up people wait for the draw, and how many have found the open series."""
ZONE = "Europe/Riga"
TITLE = "Delivering SMaRT Mobility"
PURPOSE = (
    "Three virtual round tables on mobility that is strategic, meaningful, accessible and recognised. "
    "Places will be allocated with a view to the broadest possible range of stakeholders."
)
QUESTIONS = (
    "What makes a mobility strategic for the organisations that send and host?",
    "How do people with fewer opportunities take part, and what helps them on the way?",
    "How is what was learned abroad assessed and recognised at home?",
)
TOPICS = (
    "Strategic mobility: what organisations gain",
    "Mobility for everybody: access and support",
    "Recognition: what counts at home",
)
COUNTRIES = "LV DE ES IT NL EE LT FI PL PT FR AT".split()
KINDS = (
    *("vet-school",) * 8, *("company",) * 4, *("training-centre",) * 3, "chamber", "chamber",
    "public-body", "public-body", "social-partner", "ngo", "ngo", "intermediary", "research",
    "university",
)  # fmt: skip


def load(ctx: Context) -> None:
    """Load both series for the first made-up organisation that somebody runs, unless there are some."""
    own = (
        OrganisationMember.select(OrganisationMember, Organisation)
        .join(Organisation)
        .where(Organisation.is_fictional, OrganisationMember.role == "OrgAdmin")
        .order_by(OrganisationMember.id)
        .first()
    )
    if own is None or Series.select().exists():
        return
    host: Organisation = own.organisation
    with db.transaction():
        open_one = _series(ctx, host, own.account_id, "Placements abroad in care and metal", 12)
        _people(ctx, open_one, EARLY)
        closed = _series(ctx, host, own.account_id, TITLE, 12)
        _people(ctx, closed, PEOPLE)
        ago = ctx.clock.now() - timedelta(days=1)
        times = {"opens_at": ago - timedelta(days=21), "closes_at": ago, "freezes_at": ago}
        Series.update(**times).where(Series.id == closed.id).execute()
        workflow.move(ctx.as_actor(SYSTEM), Series.get_by_id(closed.id), "close")


def _series(ctx: Context, host: Organisation, account_id: int, title: str, days: int) -> Series:
    now = ctx.clock.now().astimezone(ZoneInfo(ZONE))
    is_main = title == TITLE
    made = service.write(
        ctx.as_actor(SYSTEM),
        {
            "title": title,
            "purpose": PURPOSE if is_main else "Two short tables for those who plan a first stay.",
            "questions": "\n".join(QUESTIONS) if is_main else "",
            "lang": "en",
            "zone": ZONE,
            "opens_on": (now - timedelta(days=2)).date(),
            "opens_time": "08:00",
            "closes_on": (now + timedelta(days=days)).date(),
            "closes_time": "18:00",
            "groups": [groups.TYPE, groups.COUNTRY, groups.SIZE, groups.FIRST],
            "own_groups": "",
            "org_cap": 1,
            "seats_per_person": 1,
            "offer_hours": 72,
        },
        organisation=host,
    )
    Series.update(account=account_id, contact=account_id).where(Series.id == made.id).execute()
    start = now + timedelta(days=days + 14)
    topics = TOPICS if is_main else ("Care: a first stay", "Metal: a first stay")
    for at, topic in enumerate(topics):
        _table(ctx, made, topic, start + timedelta(days=at))
    found: Series = Series.get_by_id(made.id)
    workflow.move(ctx.as_actor(SYSTEM), found, "publish")
    again: Series = Series.get_by_id(made.id)
    return again


def _table(ctx: Context, series: Series, topic: str, at: datetime) -> None:
    values = {
        "topic": topic,
        "lang": "en",
        "day": at.date(),
        "time": "14:00",
        "minutes": 90,
        "capacity": 16,
        "reserved": 1,
        "joining": "https://meet.demo.example/round-table" if tokens.can_seal() else "",
        "supports": ["captions", "chat"],
        "note": "",
    }
    service.write_table(ctx.as_actor(SYSTEM), series, values)


def _people(ctx: Context, series: Series, count: int) -> None:
    """Insert made-up people of made-up organisations; the same at each load but for their codes."""
    chance = random.Random(f"{series.title} {count}")  # noqa: S311  no secret
    tables = [row.id for row in RoundTable.select().where(RoundTable.series == series.id)]
    now = ctx.clock.now()
    rows = []
    for at in range(1, count + 1):
        employer = f"Demo organisation {chance.randint(1, max(4, count * 3 // 4))}"
        values = {
            groups.TYPE: chance.choice(KINDS),
            groups.COUNTRY: chance.choice(COUNTRIES[: 4 + at % 9]),
            groups.SIZE: chance.choice([*groups.SIZES, ""]),
            groups.FIRST: chance.choice(["yes", "no", "no", ""]),
        }
        wanted = chance.sample(tables, chance.randint(1, len(tables)))
        rows.append(
            {
                "public_id": new_public_id(),
                "series": series.id,
                "email": f"person-{at}.{series.public_id.lower()}@demo.example",
                "name": f"Person {at} (synthetic)",
                "lang": "en",
                "employer": employer,
                "groups": values,
                "choices": sorted(wanted, key=lambda number: (number != tables[0], number))
                if at % 2
                else wanted,
                "mark": service.new_mark(),
                "receipt": tokens.new_receipt(),
                "salt": service.new_mark(),
                "state": INTERESTED,
                "position": at,
                "is_listed": False,
                "is_recordable": False,
                "source": "page",
                "version": 1,
                "is_pooled": False,
                "created_at": now,
                "confirmed_at": now,
            }
        )
    Interest.insert_many(rows).execute()
