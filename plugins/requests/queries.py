"""Reads of requests, in a bounded number of statements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from plugins.requests.models import DISCARDED, PUBLISHED, PartnerRequest
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
