"""The demonstration set: two years of stays among made-up organisations, days counted from today."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from plugins.mobilities.models import Mobility
from plugins.mobilities.recording import record
from portal import db
from portal.context import Context
from portal.organisations.models import Organisation

DATA = Path(__file__).parent / "data" / "demo.json"
LANGUAGES = {"AT": "de", "BG": "bg", "CZ": "cs", "GR": "el", "SI": "sl"}


def load(ctx: Context) -> None:
    """Record stays of those organisations that are there, unless there are some."""
    if Mobility.select().exists():
        return
    known = {item.name: item for item in Organisation.select().where(Organisation.is_fictional)}
    with db.transaction():
        for at, entry in enumerate(json.loads(DATA.read_text(encoding="utf-8")), 1):
            sides = [known.get(entry.get(side, "")) for side in ("sending", "host", "supporting")]
            if sides[0] is not None and sides[1] is not None:
                _stay(ctx, entry, *sides, at=at)


def _stay(
    ctx: Context, entry: Mapping[str, Any], sending: Any, host: Any, supporting: Any, *, at: int
) -> None:
    ends_on = ctx.clock.now().date() - timedelta(days=entry["days_ago"])
    country = sending.country
    language = LANGUAGES.get(country, country.lower())
    record(
        ctx,
        sending=sending,
        host=host,
        supporting=supporting,
        title=entry["title"],
        workplace=entry.get("workplace", ""),
        field=entry["field"],
        starts_on=ends_on - timedelta(days=7 * entry["weeks"] - 3),
        ends_on=ends_on,
        outcome=entry["outcome"],
        initiator=entry.get("initiator", ""),
        participants=[
            {
                "name": f"Learner {number}",
                "email": f"learner-{at}-{number}@demo.example",
                "language": language,
            }
            for number in range(1, entry["participants"] + 1)
        ],
        announce=False,
    )
