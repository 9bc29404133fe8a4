"""The demonstration set: a made-up consortium that lacks a host in Latvia for welding."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from plugins.consortia import (
    contacts,
    describing,
    eligibility,
    inviting,
    planning,
    queries,
    service,
)
from plugins.consortia.models import ACTIVE, Consortium, Membership
from portal import db, workflow
from portal.context import Context
from portal.organisations.models import Organisation

LEAD = "Lernzentrum Metall Ostrabrück"
MEMBERS = (
    ("Berufskolleg am Hellmersteig", "partner", ["sending"]),
    ("Instituto Politécnico Valdemuña del Alto", "partner", ["sending", "host"]),
    ("Istituto Professionale Valdombra", "partner", ["sending", "host"]),
    ("Stichting Vakcollege Lindewaard", "associated_partner", ["supporting"]),
    ("Šolski center Velibrod", "partner", ["host"]),
)
WAITING = ("Lycée des métiers Clairvallon", "Yrkesgymnasiet i Hyttsunda")
COOPERATIONS = (
    ("Metal with Valdemuña", "Instituto Politécnico Valdemuña del Alto"),
    ("Metal with Valdombra", "Istituto Professionale Valdombra"),
)
"""Cooperations of two in the same field, with a signed agreement: they could become a network."""
PLACES = (
    (LEAD, "Istituto Professionale Valdombra", 12, 8, 3),
    (LEAD, "Instituto Politécnico Valdemuña del Alto", 6, 6, 0),
    ("Berufskolleg am Hellmersteig", "Šolski center Velibrod", 4, 2, 0),
    ("Istituto Professionale Valdombra", LEAD, 8, 5, 5),
)


def load(ctx: Context) -> None:
    """Load it where the made-up organisations are, unless there is a consortium already."""
    lead = _made_up(LEAD)
    if lead is None or Consortium.select().exists():
        return
    today = ctx.clock.now().date()
    with db.transaction():
        made = service.found(
            ctx,
            {
                "name": "MEKARA",
                "purpose": "Workplaces abroad for learners in metal and mechatronics. We send and "
                "host for each other, two to six weeks, and recognise what was learned.",
                "lang": "en",
                "kind": "network",
                "fields": ["0714", "0715"],
                "languages": ["en", "de"],
                "starts_on": today - timedelta(days=60),
                "ends_on": today + timedelta(days=670),
                "grant_number": "",
                "website": "",
            },
            lead,
        )
        service.put(Membership.get(Membership.consortium == made.id), parts=["sending", "host"])
        _members(ctx, made)
        _plans(ctx, made)
        eligibility.choose(ctx, made, "network")
        workflow.move(ctx, Consortium.get_by_id(made.id), "activate")
        _contact(ctx, made)
        _cooperations(ctx, lead)


def _cooperations(ctx: Context, lead: Organisation) -> None:
    today = ctx.clock.now().date()
    for name, partner in COOPERATIONS:
        other = _made_up(partner)
        if other is None:
            continue
        values: dict[str, Any] = {
            "name": name,
            "purpose": "Our two schools send learners to each other, two to four weeks.",
            "lang": "en",
            "kind": "bilateral",
            "fields": ["0715"],
            "languages": ["en"],
            "starts_on": today - timedelta(days=400),
            "ends_on": today + timedelta(days=330),
            "grant_number": "",
            "website": "",
        }
        made = service.found(ctx, values, lead)
        row = inviting.invite(ctx, made, other, parts=["sending", "host"])
        workflow.move(ctx, row, "accept")
        workflow.move(ctx, Consortium.get_by_id(made.id), "activate")


def _made_up(name: str) -> Organisation | None:
    found: Organisation | None = Organisation.get_or_none(
        Organisation.name == name, Organisation.is_fictional
    )
    return found


def _members(ctx: Context, made: Consortium) -> None:
    for name, role, parts in MEMBERS:
        other = _made_up(name)
        if other is not None:
            row = inviting.invite(ctx, made, other, role=role, parts=parts)
            workflow.move(ctx, row, "accept")
    for name in WAITING:
        other = _made_up(name)
        if other is not None:
            row = inviting.invite(ctx, made, other, parts=["host"])
            service.put(row, asked_at=ctx.clock.now() - timedelta(days=9))


def _contact(ctx: Context, made: Consortium) -> None:
    """Let the demonstration account be the contact where it looks after a member."""
    for row in queries.members(made, ACTIVE):
        for who in contacts.people(row)[:1]:
            chosen = {contacts.GENERAL: who.account.public_id}
            describing.set_contacts(ctx, row, chosen)


def _plans(ctx: Context, made: Consortium) -> None:
    members: Any = {
        row.organisation.name: row.organisation_id
        for row in Membership.select().where(Membership.consortium == made.id)
    }
    for sender, host, planned, agreed, done in PLACES:
        if sender in members and host in members:
            numbers = {"planned": planned, "agreed": agreed, "done": done}
            planning.set_places(ctx, made, members[sender], members[host], numbers)
    today = ctx.clock.now().date()
    for title, days, place in (
        ("Meeting of all members", 21, "online"),
        ("First group leaves for Valdombra", 75, "Valdombra"),
        ("Interim report", 200, ""),
    ):
        values = {
            "title": title,
            "place": place,
            "starts_on": today + timedelta(days=days),
            "ends_on": None,
        }
        planning.add_day(ctx, made, values)
