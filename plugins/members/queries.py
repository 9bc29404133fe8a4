"""What pages ask about the people of an organisation, in a bounded number of statements."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from peewee import JOIN, fn

from plugins.members.models import (
    ACCEPTED,
    EXPIRED,
    OPEN,
    WAITING,
    Invitation,
    JoinRequest,
    Signer,
)
from plugins.members.rules import LATE_FOR_SITE, REST
from portal import db
from portal.context import Context
from portal.errors import NotFound
from portal.organisations import queries as core
from portal.organisations.models import UNCLAIMED, Organisation, OrganisationMember
from portal.people.models import Account

MOST_LISTED = 200


def administrators(organisation_id: int) -> list[int]:
    """Return the accounts that may sign in and run an organisation."""
    return core.editors(organisation_id, {"OrgAdmin"})


def site_administrators() -> list[int]:
    """Return the accounts that run the site."""
    found: Any = Account.select(Account.id).where(
        Account.role == "SiteAdmin", Account.disabled_at.is_null()
    )
    return [number for (number,) in found.order_by(Account.id).tuples()]


def managed(ctx: Context) -> list[int]:
    """Return the organisations that the actor runs."""
    member: Any = OrganisationMember
    found = member.select(member.organisation).where(
        member.account == ctx.actor.account_id, member.role == "OrgAdmin"
    )
    return [number for (number,) in found.tuples()]


def role_in(organisation_id: int, account_id: int) -> str:
    """Return the role of an account in an organisation, empty without one."""
    found = OrganisationMember.get_or_none(
        OrganisationMember.organisation == organisation_id,
        OrganisationMember.account == account_id,
    )
    return str(found.role) if found else ""


def members(organisation: Organisation) -> list[OrganisationMember]:
    """Return who acts for an organisation, with accounts, those who came first first."""
    return core.members(organisation)


def candidates(ctx: Context, organisation: Organisation, may_ask: bool = False) -> list[Account]:
    """Return who could take an organisation over: its members who don't run it, not the actor.

    With `may_ask` also those who ask to join it.
    """
    found = [item.account for item in members(organisation) if item.role != "OrgAdmin"]
    if may_ask:
        found += [item.account for item in requests([organisation.id])]
    return [item for item in found if item.disabled_at is None and item.id != ctx.actor.account_id]


# Invitations


def _invitations() -> Any:
    row, opener, inviter, receiver = Invitation, Account.alias(), Account.alias(), Account.alias()
    found = row.select(row, Organisation, opener, inviter, receiver).join(Organisation)
    for other, name in (
        (opener, "opened_by"),
        (inviter, "invited_by"),
        (receiver, "receiver"),
    ):
        field = getattr(row, name)
        found = found.join_from(row, other, JOIN.LEFT_OUTER, on=(field == other.id), attr=name)
    return found


def invitation(organisation: Organisation, public_id: str) -> Invitation:
    """Return an invitation of an organisation. Raises NotFound."""
    found: Invitation | None = (
        _invitations()
        .where(Invitation.public_id == public_id, Invitation.organisation == organisation.id)
        .first()
    )
    if found is None:
        raise NotFound
    return found


def by_mark(public_id: str, mark: str) -> Invitation | None:
    """Return the invitation of a link."""
    found: Invitation | None = (
        _invitations().where(Invitation.public_id == public_id, Invitation.mark == mark).first()
    )
    return found


def invitations(ctx: Context, organisation: Organisation) -> list[Invitation]:
    """Return what waits, and what ended within a month without being accepted; newest first."""
    row = Invitation
    is_recent = (row.state != ACCEPTED) & (row.ended_at > ctx.clock.now() - REST)
    found = _invitations().where(
        row.organisation == organisation.id, row.state.in_(OPEN) | is_recent
    )
    return list(found.order_by(row.sent_at.desc(), row.id.desc()).limit(MOST_LISTED))


def shown_state(row: Invitation, now: datetime) -> str:
    """Return the state of an invitation; one that waited too long is expired."""
    return EXPIRED if row.state in OPEN and row.expires_at <= now else str(row.state)


def addressed(ctx: Context, email: str) -> list[Invitation]:
    """Return what waits for the actor, whose address this is."""
    row = Invitation
    mine = ((row.email != "") & (row.email == email)) | (row.receiver == ctx.actor.account_id)
    now = ctx.clock.now()
    found = _invitations().where(
        mine, row.state.in_(OPEN), row.opens_at <= now, row.expires_at > now
    )
    return list(found.order_by(row.sent_at, row.id).limit(MOST_LISTED))


def held(ctx: Context, organisations: Sequence[int]) -> list[Invitation]:
    """Return the invitations of these organisations that an administrator has to confirm."""
    row = Invitation
    found = _invitations().where(
        row.organisation.in_(list(organisations)),
        row.state == "held",
        row.expires_at > ctx.clock.now(),
    )
    return list(found.order_by(row.sent_at, row.id).limit(MOST_LISTED))


# Signatories


def signers(organisation_id: int) -> list[tuple[Signer, int | None]]:
    """Return who may sign, each with an account: the one they confirmed with, or of their address."""
    row, account = Signer, Account.alias()
    is_theirs = (account.email == row.email) & account.verified_at.is_null(False)
    found: Any = row.select(row, account.id.alias("known")).join(
        account, JOIN.LEFT_OUTER, on=is_theirs & account.disabled_at.is_null()
    )
    found = found.where(row.organisation == organisation_id, row.ended_at.is_null())
    rows = found.order_by(row.confirmed_at, row.id).objects()
    return [(item, item.account_id or item.known) for item in rows]


def with_signatories(organisation_ids: Sequence[int]) -> set[int]:
    """Return those of the organisations for which somebody may sign, in one statement."""
    ids = list(organisation_ids)
    here = f"organisation_id IN ({', '.join('?' * len(ids))})"
    sql = (
        f"SELECT organisation_id FROM members_signatory WHERE ended_at IS NULL AND {here} UNION "
        "SELECT m.organisation_id FROM organisation_member m JOIN account a ON a.id = m.account_id "
        f"WHERE m.role = 'OrgSignatory' AND a.disabled_at IS NULL AND m.{here}"
    )
    return {number for (number,) in db.query(sql, ids + ids)} if ids else set()


def signer(organisation: Organisation, public_id: str) -> Signer:
    """Return a signatory of an organisation. Raises NotFound."""
    found: Signer | None = Signer.get_or_none(
        Signer.organisation == organisation.id, Signer.public_id == public_id
    )
    if found is None:
        raise NotFound
    return found


# Requests to join


def requests(organisations: Sequence[int]) -> list[JoinRequest]:
    """Return the requests that wait at these organisations, promised first, with account."""
    row = JoinRequest
    found = row.select(row, Account, Organisation).join(Account, on=(row.account == Account.id))
    found = found.join_from(row, Organisation)
    found = found.where(row.organisation.in_(list(organisations)), row.state == WAITING)
    return list(found.order_by(row.due_at, row.id).limit(MOST_LISTED))


def request(organisation: Organisation, public_id: str) -> JoinRequest:
    """Return a request to an organisation. Raises NotFound."""
    found: JoinRequest | None = JoinRequest.get_or_none(
        JoinRequest.organisation == organisation.id, JoinRequest.public_id == public_id
    )
    if found is None:
        raise NotFound
    return found


def own_request(ctx: Context, organisation: Organisation) -> JoinRequest | None:
    """Return what the actor last asked of an organisation."""
    row = JoinRequest
    mine = (row.organisation == organisation.id, row.account == ctx.actor.account_id)
    found: JoinRequest | None = row.select().where(*mine).order_by(row.id.desc()).first()
    return found


def sharing(domain: str) -> int:
    """Return how many organisations have a website at a domain."""
    return int(Organisation.select().where(Organisation.domain == domain).count()) if domain else 0


# For those who run the site


def _is_orphan() -> Any:
    member: Any = OrganisationMember.alias()
    running = (
        member.select(member.id)
        .join(Account)
        .where(
            member.organisation == Organisation.id,
            member.role == "OrgAdmin",
            Account.disabled_at.is_null(),
        )
    )
    anybody = OrganisationMember.select(OrganisationMember.id).where(
        OrganisationMember.organisation == Organisation.id
    )
    is_meant = (Organisation.is_fictional == False) | fn.EXISTS(anybody)  # noqa: E712  SQL
    return (Organisation.state != UNCLAIMED) & is_meant & ~fn.EXISTS(running)


def orphans() -> list[Organisation]:
    """Return the claimed organisations that nobody runs any more; made-up ones only with members."""
    found = Organisation.select().where(_is_orphan())
    return list(found.order_by(Organisation.folded_name, Organisation.id).limit(MOST_LISTED))


def count_orphans() -> int:
    """Return how many claimed organisations nobody runs any more."""
    return int(Organisation.select().where(_is_orphan()).count())


def unanswered(ctx: Context) -> list[JoinRequest]:
    """Return requests that nobody has answered long after the promised day, oldest first."""
    row = JoinRequest
    found = row.select(row, Organisation).join(Organisation)
    late = ctx.clock.now() - LATE_FOR_SITE
    found = found.where(row.state == WAITING, row.due_at < late)
    return list(found.order_by(row.due_at, row.id).limit(MOST_LISTED))


def site_invitations(organisation: Organisation) -> list[Invitation]:
    """Return the hand-overs by the site that wait for somebody."""
    row = Invitation
    mine = (row.organisation == organisation.id, row.by_site, row.state.in_(OPEN))
    return list(_invitations().where(*mine).order_by(row.id))
