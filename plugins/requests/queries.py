"""Reads of requests, in a bounded number of statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from peewee import fn

from plugins.requests.models import (
    DISCARDED,
    PUBLISHED,
    WITHDRAWN,
    Enquiry,
    Message,
    PartnerRequest,
    Reply,
)
from plugins.requests.workflow import EDITORS
from portal import permissions
from portal.context import Context
from portal.errors import NotFound
from portal.i18n import _
from portal.organisations import queries as organisations
from portal.organisations.models import Organisation, OrganisationMember
from portal.people.models import Account

MOST_MINE = 200


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


def own_organisations(ctx: Context) -> list[Organisation]:
    """Return the organisations for which the actor may write, by name."""
    return [
        item.organisation
        for item in organisations.mine(ctx)
        if item.role in EDITORS and not item.organisation.hidden_at
    ]


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


def editors(organisation_id: int) -> list[int]:
    """Return the accounts that write for an organisation."""
    member: Any = OrganisationMember
    found = (
        member.select(member.account)
        .join(Account)
        .where(
            member.organisation == organisation_id,
            member.role.in_(sorted(EDITORS)),
            Account.disabled_at.is_null(),
        )
        .order_by(member.id)
    )
    return [number for (number,) in found.tuples()]


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


def own_enquiries(ctx: Context) -> list[Enquiry]:
    """Return the enquiries of organisations the actor writes for, the latest first, at most 200."""
    own = [item.id for item in own_organisations(ctx)]
    rows = Enquiry.select().where(Enquiry.asker.in_(own) | Enquiry.receiver.in_(own))
    return list(rows.order_by(Enquiry.last_at.desc(), Enquiry.id.desc()).limit(MOST_MINE))


def messages(enquiry: Enquiry) -> list[Message]:
    """Return what was written in an enquiry with the organisations, the first first."""
    rows = Message.select(Message, Organisation).join(Organisation)
    return list(rows.where(Message.enquiry == enquiry.id).order_by(Message.id))
