"""What plugins use that add to consortia: which one, who acts, who belongs, the frame of its pages.

A page begins with `find` or `led`, ends with `page`; a deed begins with `lock` inside its
transaction. Which sections a consortium's menu has is asked by the hook `consortia_sections`. Tables
of other plugins name a consortium by its number; `of_ids` leads back.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import g
from flask.typing import ResponseReturnValue

from plugins.consortia import (
    eligibility,
    inviting,
    labels,
    queries,
    records,
    rules,
    service,
    telling,
)
from plugins.consortia.hookspecs import LEAD, MEMBER, Section, Seen
from plugins.consortia.labels import countries, period
from plugins.consortia.labels import kind as kind_name
from plugins.consortia.labels import state as state_tag
from plugins.consortia.models import ACTIVE, APPLIED, CLOSED, INVITED, RUNNING, Consortium
from plugins.consortia.queries import Found, answered
from plugins.consortia.records import Public, PublicMember, Table, listed
from plugins.consortia.rules import MOST_PLACES, PARTS, Balance, Planned, balances, line, plain
from plugins.consortia.telling import editors, tell
from plugins.consortia.views import base
from plugins.consortia.views.base import LEADS, STRANGERS, spend
from portal import audit, permissions
from portal.context import Context
from portal.organisations.models import Organisation

__all__ = [
    "ACTIVE", "APPLIED", "CLOSED", "INVITED", "LEAD", "LEADS", "MEMBER", "MOST_PLACES", "PARTS",
    "RUNNING", "STRANGERS", "Balance", "Member", "Planned", "Public", "PublicMember", "Section", "Seen",
    "Table", "answered", "balances", "countries", "editors", "find", "forget_people", "found", "invite", "keep_wishes",
    "kind_name", "lacks", "led", "line", "listed", "lock", "made_up", "members", "note", "of_ids", "own",
    "page", "period", "places", "plain", "public_facts", "role_name", "shown", "shown_to_all", "spend",
    "state_tag", "tables", "tell", "wishes", "writes_for",
]  # fmt: skip


@dataclass(frozen=True)
class Member:
    """An organisation's part in a consortium: `state` is "active", "left" and so on.

    `answered_at` is none before it answered, and where nobody asked it.
    """

    organisation: Organisation
    organisation_id: int
    role: str
    parts: list[str]
    state: str
    joined_on: str
    left_on: str
    asked_at: datetime
    answered_at: datetime | None
    is_lead: bool


def find(ctx: Context, address: str) -> Seen:
    """Return the consortium at an address (its slug or public id), for its members and its lead.

    Raises NotFound, the same for strangers, former members and consortia that are not there.
    """
    return queries.seen(queries.find(ctx, address, "inside", "run"))


def shown(ctx: Context, address: str) -> Seen:
    """Return the consortium at an address for everybody who sees its page; strangers have no part.

    Raises NotFound as the page does.
    """
    return queries.seen(queries.find(ctx, address))


def led(ctx: Context, address: str) -> Seen:
    """Return it for those who lead it, and count what they write. Raises NotAllowed for members."""
    return queries.seen(base.led(address))


def lock(ctx: Context, consortium: Seen, permission: str = "run") -> Seen:
    """Let others who change this consortium wait until the transaction is over; return it as it is.

    Asks once more whether the actor leads it (or with "inside": belongs to it). What the lead
    does shows that it is not silent. Raises NotFound, NotAllowed.
    """
    service.lock(Consortium.get_by_id(consortium.id))
    permissions.forget()
    found = queries.find(ctx, consortium.public_id, "inside", "run")
    permissions.check(ctx, permission, found.row)
    service.did(ctx, found.row)
    return queries.seen(found)


def members(consortium: Seen, *states: str) -> list[Member]:
    """Return who belongs (or once belonged; all without states): the lead, then by name."""
    row = Consortium.get_by_id(consortium.id)
    same = ("organisation", "organisation_id", "role", "parts", "state", "joined_on", "left_on",
            "asked_at", "answered_at")  # fmt: skip
    return [
        Member(
            **{name: getattr(item, name) for name in same},
            is_lead=item.organisation_id == row.lead_id,
        )
        for item in queries.members(row, *states)
    ]


def places(consortium: Seen) -> list[Planned]:
    """Return the places between members as numbers."""
    return queries.planned(queries.flows(Consortium.get_by_id(consortium.id)))


def found(ctx: Context, values: Mapping[str, Any], organisation: Organisation) -> Seen:
    """Found a consortium that an organisation of the actor leads. Raises as `service.found`."""
    made = service.found(ctx, values, organisation)
    return of_ids(ctx, [made.id])[made.id]


def invite(
    ctx: Context,
    consortium: Seen,
    organisation: Organisation,
    *,
    parts: Sequence[str] = (),
    message: str = "",
) -> None:
    """Invite an organisation; its people are told. Raises as `inviting.invite`."""
    text = rules.checked_text(message, "message", may_be_empty=True)
    row = Consortium.get_by_id(consortium.id)
    inviting.invite(ctx, row, organisation, parts=parts, message=text)


def own(ctx: Context) -> list[Seen]:
    """Return the consortia that are not closed and in which the actor takes part."""
    return _seen(ctx, [row for row in queries.own(ctx) if row.state != CLOSED])


def writes_for(ctx: Context) -> dict[int, set[int]]:
    """Return the active members for which the actor writes: by organisation, consortia not closed."""
    found: dict[int, set[int]] = {}
    for row in queries.own_memberships(ctx, ACTIVE) if ctx.actor.signed_in else ():
        if row.consortium.state != CLOSED:
            found.setdefault(row.organisation_id, set()).add(row.consortium_id)
    return found


def of_ids(ctx: Context, ids: Collection[int]) -> dict[int, Seen]:
    """Return consortia by their numbers, whoever acts: for jobs and demonstrations."""
    of: Any = Consortium
    rows = of.select(of, Organisation).join(Organisation, on=of.lead == Organisation.id)
    return {item.id: item for item in _seen(ctx, list(rows.where(of.id.in_(list(ids)))))}


def made_up(ctx: Context) -> list[Seen]:
    """Return the first consortia of the demonstration set."""
    rows = Consortium.select().where(Consortium.is_fictional).order_by(Consortium.id).limit(20)
    return list(of_ids(ctx, [row.id for row in rows]).values())


def wishes(consortium: Seen) -> list[dict[str, Any]]:
    """Return what the consortium looks for, as it was kept."""
    return list(Consortium.get_by_id(consortium.id).needs)


def keep_wishes(ctx: Context, consortium: Seen, needs: list[dict[str, Any]]) -> None:
    """Keep what the consortium looks for, inside the caller's transaction and after its `lock`."""
    Consortium.update(needs=needs).where(Consortium.id == consortium.id).execute()
    telling.note(ctx, consortium.id, "needs.changed")
    number = consortium.id
    audit.record(ctx, "consortium.wished", "consortia_consortium", number, count=len(needs))


def lacks(
    consortium: Seen,
    leaving: int = 0,
    joining: Organisation | None = None,
    parts: Sequence[str] = (),
) -> list[str] | None:
    """Return what the programme rule asks and is not fulfilled, also as if somebody left or joined.

    None where no rule is chosen.
    """
    return eligibility.lacks(Consortium.get_by_id(consortium.id), leaving, joining, parts)


def role_name(key: str) -> str:
    """Return what a member is formally, in words; "lead" for the one who leads."""
    return labels.role(key, key == "lead")


def shown_to_all(ctx: Context, address: str) -> Public:
    """Return what everybody may know of the consortium at an address. Raises NotFound."""
    found = queries.find(ctx, address)
    if found.row.state not in {RUNNING, CLOSED}:
        raise queries.missing()
    return records.public(found.row)


def public_facts(consortium: Seen) -> Public:
    """Return what everybody may know of a consortium once it has started."""
    return records.public(Consortium.get_by_id(consortium.id))


def tables(consortium: Seen) -> dict[str, Table]:
    """Return what its members keep, as tables by name: headings and rows. Of persons nothing."""
    return records.tables(Consortium.get_by_id(consortium.id))


def forget_people(consortium: Seen) -> None:
    """Take accounts out of what happened, inside the caller's transaction."""
    records.forget_people(Consortium.get_by_id(consortium.id))


def _seen(ctx: Context, rows: list[Consortium]) -> list[Seen]:
    of: Any = Consortium
    ids = [row.id for row in rows]
    own = of.select(of.id).where(of.id.in_(ids), permissions.visible(ctx, of, "run"))
    runs = {number for (number,) in own.tuples()} if ids else set()
    both = frozenset({"inside", "run"})
    return [queries.seen(Found(row, both if row.id in runs else both - {"run"})) for row in rows]


def note(ctx: Context, consortium: Seen, text: Any) -> None:
    """Add a line to the history, inside the transaction; `text` is lazy_gettext with its values."""
    telling.note(ctx, consortium.id, "said", message=text.message, values=dict(text.values))


def page(
    consortium: Seen, template: str, tab: str, status: int = 200, **values: Any
) -> ResponseReturnValue:
    """Show a page in the consortium's frame; it extends "consortia/frame.html", fills `inside`.

    `tab` is the last part of the section's address. The template gets `row`, `found` and `here`.
    """
    wanted = ("inside", "run") if consortium.part else ()
    found = queries.find(g.ctx, consortium.public_id, *wanted)
    return base.page(template, found, tab, status, here=consortium, **values)  # type: ignore[no-any-return]
