"""Reads of requests, in a bounded number of statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from peewee import fn

from plugins.requests import rules
from plugins.requests.models import (
    DISCARDED,
    OPEN,
    PUBLISHED,
    RUNNING,
    WITHDRAWN,
    Enquiry,
    Message,
    PartnerRequest,
    Reply,
    Silence,
)
from portal import db, objects, permissions
from portal.context import Context
from portal.errors import NotFound
from portal.i18n import _
from portal.organisations import queries as organisations
from portal.organisations.models import UNCLAIMED, Organisation

MOST_MINE = 200
MOST_PAST = 50
own_organisations = organisations.own_organisations
editors = organisations.editors
MOST_NAMED = 3


@dataclass(frozen=True)
class Found:
    """A request with what the actor may do with it."""

    request: PartnerRequest
    rights: frozenset[str]

    def may(self, *names: str) -> bool:
        """Whether the actor has one of these permissions."""
        return bool(self.rights.intersection(names))


def missing() -> NotFound:
    """Make the answer for requests that are not there, or not for this actor."""
    return NotFound(_("There is no request at this address. Look at those that are open."))


def find(ctx: Context, slug: str) -> Found:
    """Return a request by its address, today's or that of its draft. Raises NotFound.

    Requests of organisations out of sight are there for their own people and reviewers alone.
    """
    of: Any = PartnerRequest
    rows = of.select(of, Organisation).join(Organisation)
    row = rows.where((of.slug == slug) | (of.public_id == slug)).first()
    rights = (
        permissions.granted(ctx, row, ["view", "edit", "run", "inside", "history", "review"])
        if row
        else set()
    )
    if "view" not in rights:
        raise missing()
    owner = row.organisation
    is_seen = not owner.hidden_at and organisations.in_sight([owner])
    if not is_seen and not rights & {"inside", "history"}:
        raise missing()
    return Found(row, frozenset(rights))


def mine(ctx: Context) -> list[PartnerRequest]:
    """Return the requests of the actor's organisations, the newest first, at most 200."""
    of: Any = PartnerRequest
    own = permissions.visible(ctx, of, "inside")
    rows = of.select(of, Organisation).join(Organisation).where(own, of.state != DISCARDED)
    return list(rows.order_by(of.id.desc()).limit(MOST_MINE))


def count_open(organisation_id: int) -> int:
    """Return how many requests of an organisation are open."""
    own = PartnerRequest.organisation == organisation_id
    return int(PartnerRequest.select().where(own, PartnerRequest.state == PUBLISHED).count())


def reply_of(request_id: int, organisation_id: int) -> Reply | None:
    """Return the answer of an organisation to a request, if there is one."""
    found: Reply | None = Reply.get_or_none(
        Reply.request == request_id, Reply.organisation == organisation_id
    )
    return found


def replies(request: PartnerRequest) -> list[Reply]:
    """Return the answers to a request with their organisations, the first first.

    Withdrawn ones are left out, and those of organisations that nobody sees any more.
    """
    rows = Reply.select(Reply, Organisation).join(Organisation)
    here = (Reply.request == request.id, Reply.state != WITHDRAWN)
    return list(rows.where(*here, Organisation.hidden_at.is_null()).order_by(Reply.id))


def count_replies(ids: Sequence[int]) -> dict[int, int]:
    """Return how many answers requests have."""
    count = fn.COUNT(Reply.id)
    rows: Any = Reply.select(Reply.request, count).where(
        Reply.request.in_(list(ids)), Reply.state != WITHDRAWN
    )
    return dict(rows.group_by(Reply.request).tuples())


def reply(request: PartnerRequest, public_id: str) -> Reply:
    """Return an answer to a request. Raises NotFound."""
    found: Reply | None = Reply.get_or_none(
        Reply.request == request.id, Reply.public_id == public_id
    )
    if found is None:
        raise missing()
    return found


def own_replies(ctx: Context) -> list[Reply]:
    """Return the answers of the actor's organisations, the newest first, at most 200."""
    own = [item.organisation.id for item in organisations.mine(ctx)]
    rows = (
        Reply.select(Reply, Organisation, PartnerRequest)
        .join_from(Reply, Organisation)
        .join_from(Reply, PartnerRequest)
        .where(Reply.organisation.in_(own))
    )
    return list(rows.order_by(Reply.id.desc()).limit(MOST_MINE))


# Enquiries


def hold(ids: Sequence[int]) -> None:
    """Hold organisations until the transaction ends, so that two at a time can't pass their caps."""
    if db.is_postgres():
        marks = ", ".join("?" * len(ids))
        db.query(
            f"SELECT id FROM organisation WHERE id IN ({marks}) ORDER BY id FOR NO KEY UPDATE",
            list(ids),
        )


def _enquiries() -> Any:
    """Return the query of enquiries with their two organisations."""
    asker, receiver = Organisation.alias(), Organisation.alias()
    rows = Enquiry.select(Enquiry, asker, receiver)
    rows = rows.join_from(Enquiry, asker, on=Enquiry.asker, attr="asker")
    return rows.join_from(Enquiry, receiver, on=Enquiry.receiver, attr="receiver")


def own_enquiries(ctx: Context) -> list[Enquiry]:
    """Return the enquiries of organisations the actor writes for, the latest first, at most 200."""
    rows = _enquiries().where(permissions.visible(ctx, Enquiry))
    return list(rows.order_by(Enquiry.last_at.desc(), Enquiry.id.desc()).limit(MOST_MINE))


def waiting_enquiries(ctx: Context) -> list[Enquiry]:
    """Return the enquiries that wait for an answer of the actor, the oldest first, at most 200."""
    rows = _enquiries().where(permissions.visible(ctx, Enquiry, "answer"), Enquiry.state == OPEN)
    return list(rows.order_by(Enquiry.waits_since, Enquiry.id).limit(MOST_MINE))


def running(
    askers: Sequence[Organisation], receiver: Organisation, about: Organisation | None
) -> Enquiry | None:
    """Return what one of the organisations asks another at the moment about the same, if it does."""
    of: Any = Enquiry
    same = of.about.is_null() if about is None else of.about == about.id
    ids = [asker.id for asker in askers]
    here = (of.asker.in_(ids), of.receiver == receiver.id, of.state.in_(RUNNING), same)
    found: Enquiry | None = of.select().where(*here).order_by(of.id.desc()).first()
    return found


def messages(enquiry: Enquiry) -> list[Message]:
    """Return what was written in an enquiry with the organisations, the first first."""
    rows = Message.select(Message, Organisation).join(Organisation)
    return list(rows.where(Message.enquiry == enquiry.id).order_by(Message.id))


def counted(organisation_id: int, now: datetime) -> list[rules.Asked]:
    """Return the enquiries that an organisation got within a year, as they count."""
    of: Any = Enquiry
    columns = (of.asker, of.created_at, of.answered_at, of.state, of.closes_at)
    rows = of.select(*columns).where(
        of.receiver == organisation_id, of.created_at > now - rules.COUNTED_FOR
    )
    found = [
        rules.Asked(asker, asked_at, answered_at, None if state in RUNNING else closes_at)
        for asker, asked_at, answered_at, state, closes_at in rows.tuples()
    ]
    return rules.settled(found, now)


ASKED = (
    "SELECT receiver_id, 'requests_asked', CAST(asker_id AS TEXT), created_at, COALESCE(answered_at, ''), "
    f"CASE WHEN state IN ({', '.join(repr(name) for name in sorted(RUNNING))}) THEN '' ELSE closes_at END "
    "FROM requests_enquiry WHERE receiver_id IN ({marks})"
)
"""What `response_of` needs of an organisation, as the partner profile reads it."""


def response_of(rows: Sequence[tuple[str, str, str, str]], now: datetime) -> rules.Response | None:
    """Return how an organisation answered within a year, None for too few that asked it."""
    since = db.utc_text(now - rules.COUNTED_FOR)
    found = [
        rules.Asked(
            int(asker),
            db.parse_utc(asked_at),
            db.parse_utc(answered_at) if answered_at else None,
            db.parse_utc(over_at) if over_at else None,
        )
        for asker, asked_at, answered_at, over_at in rows
        if asked_at > since
    ]
    return rules.response(rules.settled(found, now))


def left_waiting(now: datetime) -> list[int]:
    """Return organisations that left as many without an answer as make a silent one, by number."""
    of: Any = Enquiry
    late = (of.answered_at.is_null(), of.created_at <= now - rules.SETTLED_AFTER)
    many = fn.COUNT(of.asker.distinct()) >= rules.SILENT_AFTER
    rows = of.select(of.receiver).where(*late).group_by(of.receiver).having(many)
    return sorted(number for (number,) in rows.tuples())


def silences(ids: Sequence[int]) -> list[Silence]:
    """Return which of these organisations are known to be silent."""
    rows = Silence.select(Silence, Organisation).join(Organisation)
    return list(rows.where(Silence.organisation.in_(list(ids))))


def past_partners(ctx: Context, of: Organisation) -> list[tuple[Organisation, str]]:
    """Return who can be asked about an organisation, with what they were in together, by name."""
    asked = {"organisation_id": of.id}
    named: dict[int, list[str]] = {}
    for number, name in objects.registry().hooks.each("requests_past_partners", ctx, **asked):
        if name not in named.setdefault(number, []):
            named[number].append(name)
    if not named:
        return []
    rows = Organisation.select().where(
        Organisation.id.in_(list(named)),
        Organisation.id != of.id,
        Organisation.state != UNCLAIMED,
        Organisation.hidden_at.is_null(),
        Organisation.is_fictional == of.is_fictional,
    )
    here = organisations.in_sight(list(rows.order_by(Organisation.folded_name, Organisation.id)))
    return [(item, ", ".join(named[item.id][:MOST_NAMED])) for item in here[:MOST_PAST]]
