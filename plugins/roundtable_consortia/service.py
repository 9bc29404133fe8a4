"""In whose name a series can be, and series that follow their consortium."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from plugins.consortia import interface as consortia
from plugins.consortia.interface import LEAD, RUNNING, Seen
from plugins.roundtables import interface as roundtables
from portal import audit, db
from portal.context import Context

PREFIX = "consortium-"


def key_of(consortium: Seen) -> str:
    """Return what stands for a consortium in series."""
    return f"{PREFIX}{consortium.id}"


def joint(consortium: Seen) -> dict[str, Any]:
    """Return a consortium as the round tables ask for it."""
    return {
        "key": key_of(consortium),
        "title": consortium.name,
        "url": f"/consortia/{consortium.slug}",
        "organisation": consortium.lead_id,
    }


def led(ctx: Context) -> list[dict[str, Any]]:
    """Return the active consortia in whose name the actor may invite."""
    if not ctx.actor.signed_in:
        return []
    return [joint(one) for one in consortia.own(ctx) if may_plan(one)]


def may_plan(consortium: Seen) -> bool:
    """Whether the actor may plan a series in its name: as its lead, while it is active."""
    return consortium.part == LEAD and consortium.state == RUNNING


def follow(ctx: Context, numbers: Collection[int] | None = None) -> int:
    """Let series follow their consortia: name and lead. Returns how many have another lead now.

    With all of them for regular work. Doing it twice is harmless.
    """
    known = {int(key.removeprefix(PREFIX)) for key in roundtables.host_keys(PREFIX)}
    wanted = known if numbers is None else known.intersection(numbers)
    moved = 0
    for one in consortia.of_ids(ctx, wanted).values() if wanted else ():
        with db.transaction():
            count = roundtables.keep_host(joint(one))
            if count:
                audit.record(
                    ctx, "round_tables.followed", "consortia_consortium", one.id, count=count
                )
        moved += count
    return moved
