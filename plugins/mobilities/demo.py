"""The demonstration set: two years of stays among made-up organisations, days counted from today."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from plugins.mobilities import service, tasklist
from plugins.mobilities.models import RECORDED, Mobility
from plugins.mobilities.recording import record
from plugins.mobilities.steps import BEFORE, PARTNERS
from portal import db, workflow
from portal.context import Context
from portal.organisations.models import Organisation, OrganisationMember

DATA = Path(__file__).parent / "data" / "demo.json"
OTHERS = (
    "Instituto Politécnico Valdemuña del Alto",
    "Istituto Professionale Valdombra",
    "Dzelmupes tehnikums",
)
OCCUPATIONS = {
    "Toolmaking": "Tool and die maker", "Toolmaking:": "Tool and die maker", "Welding:": "Welder",
}  # fmt: skip
LANGUAGES = {"AT": "de", "BG": "bg", "CZ": "cs", "GR": "el", "SI": "sl"}


def load(ctx: Context) -> None:
    """Record stays of those organisations that are there, unless there are some."""
    if Mobility.select().where(Mobility.evidence == RECORDED).exists():
        return
    known = {item.name: item for item in Organisation.select().where(Organisation.is_fictional)}
    with db.transaction():
        for at, entry in enumerate(json.loads(DATA.read_text(encoding="utf-8")), 1):
            sides = [known.get(entry.get(side, "")) for side in ("sending", "host", "supporting")]
            if sides[0] is not None and sides[1] is not None:
                _stay(ctx, entry, *sides, at=at)
        _present(ctx, known)


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


def _present(ctx: Context, known: Mapping[str, Organisation]) -> None:
    """Let the demonstration school host, send, and have hosted a few days ago."""
    member = OrganisationMember.select().join(Organisation).where(Organisation.is_fictional).first()
    own = member.organisation if member else None
    others = [known[name] for name in OTHERS if name in known]
    if own is None or own.id in {item.id for item in others} or len(others) < len(OTHERS):
        return
    metal, care, north = others
    me = member.account_id
    _recent(ctx, metal, own)
    coming = _plan(ctx, metal, own, "Toolmaking: three apprentices", 40, 3, ("Learner",) * 3)
    _running(ctx, north, own)
    sent = _plan(
        ctx, own, north, "Job shadowing: how Dzelmupe assesses", 25, 1, ("Teacher",), "staff",
        me,
    )  # fmt: skip
    workflow.move(ctx, sent, "agree")
    _plan(ctx, own, care, "Welding: two apprentices", 80, 3, ("Learner",) * 2, "group", me)
    for key in ("P3", "P4", "B6"):
        tasklist.mark(ctx, coming, key, "done", "", ())


def _recent(ctx: Context, sending: Organisation, host: Organisation) -> None:
    """Record a stay that is over since a few days and can be rated now."""
    ends_on = ctx.clock.now().date() - timedelta(days=9)
    _record(ctx, sending, host, "Toolmaking in autumn", ends_on, "ended", "es")


def _running(ctx: Context, sending: Organisation, host: Organisation) -> None:
    ends_on = ctx.clock.now().date() + timedelta(days=12)
    number = _record(ctx, sending, host, "Electronics in practice", ends_on, "", "lv")
    mobility: Mobility = Mobility.get_by_id(number)
    for item in tasklist.items(number):
        if item.step.phase in {PARTNERS, BEFORE} or item.step.key == "D1":
            tasklist.mark(ctx, mobility, item.step.key, "done", "", ())


def _record(
    ctx: Context,
    sending: Organisation,
    host: Organisation,
    title: str,
    ends_on: date,
    outcome: str,
    language: str,
) -> int:
    people = [
        {"name": f"Learner {at}", "email": f"learner-{language}-{at}@demo.example"}
        for at in range(1, 4)
    ]
    made = record(
        ctx,
        sending=sending,
        host=host,
        title=title,
        field="0715",
        occupation=OCCUPATIONS.get(title.split()[0], ""),
        starts_on=ends_on - timedelta(days=18),
        ends_on=ends_on,
        outcome=outcome,
        participants=[{**person, "language": language} for person in people],
    )
    return made.mobility_id


def _plan(
    ctx: Context,
    sending: Organisation,
    host: Organisation,
    title: str,
    starts_in_days: int,
    weeks: int,
    people: Sequence[str],
    kind: str = "group",
    contact: int | None = None,
) -> Mobility:
    starts_on = ctx.clock.now().date() + timedelta(days=starts_in_days)
    values = {
        "title": title,
        "kind": kind,
        "mode": "physical",
        "field": "0715",
        "occupation": OCCUPATIONS.get(title.split()[0], ""),
        "starts_on": starts_on,
        "ends_on": starts_on + timedelta(days=7 * weeks - 3),
        "contact_id": contact,
        "participants": [
            {"name": f"{name} {at}", "email": f"{name.lower()}-{starts_in_days}-{at}@demo.example"}
            for at, name in enumerate(people, 1)
        ],
    }
    return service.plan(ctx, values, sending=sending, host=host)
