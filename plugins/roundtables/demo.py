"""Demonstration: a closed series with more people than places, and one that is open; all made up."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from plugins.roundtables import groups, queries, service, tokens
from plugins.roundtables.models import Interest, Place, RoundTable, Series
from portal import db, workflow
from portal.context import SYSTEM, Context
from portal.organisations.models import Organisation, OrganisationMember
from portal.organisations.service import new_public_id

DATA = Path(__file__).parent / "data" / "demo.json"
AHEAD, LATER = timedelta(days=12), timedelta(days=26)
"""When registration closes, and when the first table is."""


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
    data = json.loads(DATA.read_text(encoding="utf-8"))
    with db.transaction():
        for entry in data["series"]:
            made = _series(ctx.as_actor(SYSTEM), own, data, entry)
            _people(ctx, made, data, entry["people"])
            if entry["is_closed"]:
                _shift(made, ctx.clock.now() - timedelta(days=1))
                workflow.move(ctx.as_actor(SYSTEM), made, "close")
            elif entry.get("is_held"):
                _hold(ctx, made, data)


def _series(ctx: Context, own: Any, data: Mapping[str, Any], entry: Mapping[str, Any]) -> Series:
    """Write, fill and publish a series, as its host would."""
    now = ctx.clock.now().astimezone(ZoneInfo(data["values"]["zone"]))
    days = {"opens_on": (now - timedelta(days=2)).date(), "closes_on": (now + AHEAD).date()}
    texts = {name: entry[name] for name in ("title", "purpose", "questions")}
    host: Organisation = own.organisation
    made = service.write(ctx, {**data["values"], **days, **texts}, organisation=host)
    run_by = Series.update(account=own.account_id, contact=own.account_id)
    run_by.where(Series.id == made.id).execute()
    for at, topic in enumerate(entry["topics"]):
        day = (now + LATER + timedelta(days=at)).date()
        service.write_table(ctx, made, {**data["table"], "topic": topic, "day": day})
    workflow.move(ctx, made, "publish")
    found: Series = Series.get_by_id(made.id)
    return found


def _shift(series: Series, closed: datetime, **more: Any) -> None:
    times = {"opens_at": closed - 2 * AHEAD, "closes_at": closed, "freezes_at": closed}
    Series.update(**times, **more).where(Series.id == series.id).execute()


def _hold(ctx: Context, series: Series, data: Mapping[str, Any]) -> None:
    """Let a series be over: everybody had a place, most came."""
    start = (ctx.clock.now() - timedelta(days=3)).replace(hour=12, minute=0, second=0)
    RoundTable.update(starts_at=start).where(RoundTable.series == series.id).execute()
    _shift(series, start - AHEAD / 2, state="placed")
    same = {**data["place"], "table": queries.tables(series)[0].id, "answer_by": start}
    same |= dict.fromkeys(("offered_at", "answered_at"), start - AHEAD / 3)
    for row in queries.people(series):
        state = data["came"][row.position % len(data["came"])]
        came = {"state": state, "attended_at": {"attended": start}.get(state)}
        Place.create(**same, **came, interest=row.id, public_id=new_public_id())


def _people(ctx: Context, series: Series, data: Mapping[str, Any], count: int) -> None:
    """Insert made-up people of made-up organisations; the same at each load but for their codes."""
    chance = random.Random(f"{series.title} {count}")  # noqa: S311  no secret
    tables = [row.id for row in queries.tables(series)]
    rows = [
        {
            **data["person"], "series": series.id, "is_listed": at % 2 == 0, "position": at,
            **dict.fromkeys(("created_at", "confirmed_at"), ctx.clock.now()),
            "public_id": new_public_id(), "receipt": tokens.new_receipt(),
            "email": f"person-{at}.{series.public_id.lower()}@demo.example",
            "name": f"Person {at} (synthetic)",
            "employer": f"Demo organisation {chance.randint(1, max(4, count * 3 // 4))}",
            "groups": {
                groups.TYPE: chance.choice(data["kinds"]),
                groups.COUNTRY: chance.choice(data["countries"][: 4 + at % 9]),
                groups.SIZE: chance.choice([*groups.SIZES, ""]),
                groups.FIRST: chance.choice(["yes", "no", "no", ""]),
            },
            "choices": chance.sample(tables, chance.randint(1, len(tables))),
            **{name: service.new_mark() for name in ("mark", "salt")},
        }
        for at in range(1, count + 1)
    ]  # fmt: skip
    Interest.insert_many(rows).execute()
