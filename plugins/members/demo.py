"""Demonstration: what waits at the made-up school that a demonstration account looks after."""

from __future__ import annotations

from plugins.members import invitations, joining
from plugins.members.models import Invitation, Signer
from portal import db
from portal.context import MEMBER, Actor, Context
from portal.organisations.models import Organisation, OrganisationMember
from portal.organisations.service import add_member, new_public_id
from portal.people import service as people
from portal.people.models import Account

COLLEAGUE = ("colleague@demo.example", "Colleague (demonstration)")
NEWCOMER = ("newcomer@demo.example", "Newcomer (demonstration)")


def load(ctx: Context) -> None:
    """Load it where a person runs a made-up organisation, unless it is there already."""
    member = OrganisationMember
    own = (
        member.select(member, Organisation, Account)
        .join(Organisation)
        .switch(member)
        .join(Account)
        .where(Organisation.is_fictional, member.role == "OrgAdmin")
        .order_by(member.id)
        .first()
    )
    if own is None or Invitation.select().exists():
        return
    school: Organisation = own.organisation
    with db.transaction():
        mine = ctx.as_actor(_actor(own.account))
        colleague, newcomer = _account(ctx, *COLLEAGUE), _account(ctx, *NEWCOMER)
        add_member(ctx, school, colleague.id, "OrgEditor")
        invitations.invite(mine, school, email="workshop@demo.example", role="OrgEditor")
        Signer.create(
            public_id=new_public_id(),
            organisation=school.id,
            name="Head (demonstration)",
            function="head of school",
            email="head@demo.example",
            confirmed_at=ctx.clock.now(),
        )
        words = "I teach in the workshop for metal and plan the placements abroad."
        joining.ask(ctx.as_actor(_actor(newcomer)), school, message=words)


def _account(ctx: Context, email: str, name: str) -> Account:
    """Return an account that nobody signs in with: it has no password."""
    found = people.insert(ctx, email, name=name, verified_at=ctx.clock.now())
    return found or people.existing(email)


def _actor(account: Account) -> Actor:
    return Actor(account.id, account.name, frozenset({MEMBER}))
