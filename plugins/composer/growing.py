"""From cooperations of two to a network: what fits together, and founding it in one step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from plugins.consortia.interface import (
    ACTIVE,
    LEAD,
    Seen,
    found,
    invite,
    lock,
    members,
    note,
    own,
    public_facts,
)
from portal import db, objects
from portal.context import Context
from portal.errors import Conflict
from portal.i18n import _
from portal.i18n import lazy_gettext as lazy
from portal.organisations.models import Organisation

BILATERAL, RUNNING = "bilateral", "active"
MOST_LOOKED_AT = 20
FEWEST = 2


@dataclass(frozen=True)
class Offer:
    """Cooperations of one organisation that would make a network, and whom it would invite."""

    lead: Organisation
    cooperations: tuple[Seen, ...]
    partners: tuple[Organisation, ...]
    fields: tuple[str, ...]
    starts_on: str = ""
    ends_on: str = ""
    languages: tuple[str, ...] = field(default=("en",))


def overlap(one: Sequence[str], other: Sequence[str]) -> list[str]:
    """Return the fields that two lists share; a broader one holds its narrower ones."""
    shared = [code for code in one if any(code.startswith(wide) for wide in other)]
    shared += [code for code in other if any(code.startswith(wide) for wide in one)]
    return sorted(dict.fromkeys(shared))


def offer(ctx: Context, consortium: Seen) -> Offer | None:
    """Return what a cooperation of two could grow into, for its lead; None where nothing fits.

    Looked at are active cooperations of the same organisation in overlapping fields. Where a plugin
    knows of agreements, both must have one in force with each other.
    """
    if (consortium.kind, consortium.state, consortium.part) != (BILATERAL, RUNNING, LEAD):
        return None
    mine = set(public_facts(consortium).fields)
    fitting: list[Seen] = []
    partners: dict[int, Organisation] = {}
    shared: set[str] = set()
    lead: Organisation | None = None
    others = [item for item in own(ctx) if item.kind == BILATERAL and item.state == RUNNING]
    others.sort(key=lambda item: (item.id != consortium.id, item.id))
    for item in others[:MOST_LOOKED_AT]:
        rows = {row.organisation_id: row.organisation for row in members(item, ACTIVE)}
        common = overlap(sorted(mine), public_facts(item).fields)
        if consortium.lead_id not in rows or not common or not _have_signed(ctx, list(rows)):
            continue
        lead = rows.pop(consortium.lead_id)
        fitting.append(item)
        partners |= rows
        shared |= set(common)
    if lead is None or len(partners) < FEWEST or consortium not in fitting:
        return None
    return Offer(
        lead,
        tuple(fitting),
        tuple(sorted(partners.values(), key=lambda each: each.folded_name)),
        tuple(sorted(shared)),
        min((item.starts_on for item in fitting if item.starts_on), default=""),
        max((item.ends_on for item in fitting if item.ends_on), default=""),
        tuple(public_facts(consortium).languages) or ("en",),
    )


def _have_signed(ctx: Context, ids: Sequence[int]) -> bool:
    answers = objects.registry().hooks.call("consortia_agreements", ctx, ids=list(ids))
    return all(all(known.get(number) for number in ids) for _plugin, known in answers)


def grow(ctx: Context, consortium: Seen, name: str, purpose: str, message: str) -> Seen:
    """Found the network and invite the partners; the cooperations stay, with a line in each history.

    Raises Invalid with the field, Conflict when nothing fits any more, NotFound, NotAllowed.
    """
    with db.transaction():
        now = lock(ctx, consortium)
        told = offer(ctx, now)
        if told is None:
            raise Conflict(_("These cooperations do not make a network any more. Look again."))
        values: dict[str, Any] = {
            "name": name,
            "purpose": purpose,
            "lang": now.lang,
            "kind": "network",
            "fields": list(told.fields),
            "languages": list(told.languages),
            "starts_on": date.fromisoformat(told.starts_on) if told.starts_on else None,
            "ends_on": date.fromisoformat(told.ends_on) if told.ends_on else None,
            "grant_number": "",
            "website": "",
        }
        made = found(ctx, values, told.lead)
        for partner in told.partners:
            invite(ctx, made, partner, parts=["sending", "host"], message=message)
        for item in told.cooperations:
            note(ctx, made, lazy("It grew from the cooperation %(name)s", name=item.name))
            note(ctx, item, lazy("The network %(name)s grew from this cooperation", name=made.name))
    return made
