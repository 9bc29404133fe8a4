"""What whoever opens an invitation does, and how an administrator settles one that is held.

An invitation belongs to the address it was sent to. Whoever opens it with another account asks to
be confirmed; so does an invitation of somebody who runs the organisation no more, and a signatory
who writes another name or function than was asked about.
"""

from __future__ import annotations

from typing import Any

from plugins.members import policy, queries, rules, telling
from plugins.members.invitations import change, check_settler, linked, note
from plugins.members.models import (
    ACCEPTED,
    DECLINED,
    HANDOVER,
    HELD,
    LEAVE,
    OPEN,
    REFUSED,
    SIGNATORY,
    Invitation,
    Signer,
)
from portal import audit, db, events
from portal.context import Context
from portal.errors import Conflict, NotAllowed, NotFound
from portal.i18n import _
from portal.i18n import lazy_gettext as lazy
from portal.organisations import service as organisations
from portal.organisations.models import Organisation, OrganisationMember
from portal.people.models import Account
from portal.people.rules import normal_name

CONFIRMED, ENDED = "signatory.confirmed", "signatory.ended"


def find(ctx: Context, token: str) -> tuple[Invitation, str]:
    """Return an invitation by its link, with what whoever opened it can do (see `rules`).

    Raises NotFound alike for links that were made up, used, withdrawn, sent anew or are too old.
    """
    row = linked(token)
    if row.state not in OPEN or row.expires_at <= ctx.clock.now():
        raise NotFound
    return row, _stance(ctx, row)


def was_mine(ctx: Context, token: str) -> Organisation | None:
    """Return the organisation of an invitation that the actor has accepted already."""
    try:
        row = linked(token)
    except NotFound:
        return None
    mine = ctx.actor.signed_in and row.opened_by_id == ctx.actor.account_id
    is_member = mine and queries.role_in(row.organisation.id, ctx.actor.account_id or 0)
    return row.organisation if row.state == ACCEPTED and is_member else None


def _stance(ctx: Context, row: Invitation) -> str:
    account = _account(ctx)
    found = rules.stance(
        row.kind,
        row.state,
        is_early=row.opens_at > ctx.clock.now(),
        signed_in=account is not None,
        is_meant=account is not None and _is_meant(row, account),
        is_opener=account is not None and row.opened_by_id == account.id,
        has_address=bool(row.email),
    )
    if found == rules.NOBODY:
        raise NotFound
    return found


def _account(ctx: Context) -> Account | None:
    found: Account | None = Account.get_or_none(Account.id == ctx.actor.account_id)
    return found


def _is_meant(row: Invitation, account: Account) -> bool:
    by_address = bool(row.email) and row.email == account.email and account.verified_at is not None
    return by_address or row.receiver_id == account.id


def accept(ctx: Context, token: str, name: str = "", function: str = "") -> bool:
    """Accept an invitation; a signatory says name and function.

    True when it is done, False when an administrator has to confirm it first. Raises NotFound,
    NotAllowed for those who must sign in first, Invalid, Conflict when somebody else was faster.
    """
    row, stance = find(ctx, token)
    if stance == rules.SIGN_IN:
        raise NotAllowed(_("Sign in and come back to this page."))
    if stance == rules.EARLY:
        raise Conflict(_("It is too early: those who are there can still stop it."))
    if stance == rules.WAITS:
        raise Conflict(_("This invitation waits until an administrator has confirmed it."))
    own = {"own_name": "", "own_function": ""}
    if row.kind == SIGNATORY:
        told = _("Write your function, such as head.")
        own = {"own_name": normal_name(name)}
        own["own_function"] = rules.checked_line(function, "function", told)
    with db.transaction():
        organisation = Organisation.get_by_id(row.organisation.id)
        organisations.lock(organisation)
        if stance == rules.HOLD or not _is_backed(row) or _differs(row, own):
            _hold(ctx, organisation, row, own)
            return False
        now, me = ctx.clock.now(), ctx.actor.account_id
        change(row, OPEN, state=ACCEPTED, opened_by=me, ended_at=now, **own)
        _carry_out(ctx, organisation, Invitation.get_by_id(row.id), me)
        _tell_answer(ctx, organisation, row, ACCEPTED, own["own_name"])
    return True


def decline(ctx: Context, token: str) -> None:
    """Say no to an invitation that was sent to oneself. Raises NotFound, NotAllowed, Conflict."""
    row, stance = find(ctx, token)
    if stance == rules.HOLD or stance == rules.WAITS:
        raise NotAllowed(_("Whoever it was sent to can decline it."))
    with db.transaction():
        change(row, OPEN, state=DECLINED, ended_at=ctx.clock.now())
        note(ctx, "invitation.declined", row.organisation, invitation=row.id)
        _tell_answer(ctx, row.organisation, row, DECLINED)


def _differs(row: Invitation, own: dict[str, str]) -> bool:
    asked = {"own_name": row.name, "own_function": row.function}
    same = {key: text.casefold() for key, text in own.items()}
    return row.kind == SIGNATORY and same != {key: text.casefold() for key, text in asked.items()}


def _is_backed(row: Invitation) -> bool:
    """Whether whoever sent an invitation still runs the organisation, or the site."""
    if row.invited_by_id is None:
        return False
    if row.by_site:
        return row.invited_by_id in queries.site_administrators()
    return row.invited_by_id in queries.administrators(row.organisation_id)


def _hold(ctx: Context, organisation: Organisation, row: Invitation, own: dict[str, str]) -> None:
    change(row, OPEN, state=HELD, opened_by=ctx.actor.account_id, **own)
    until = max(row.expires_at, ctx.clock.now() + rules.REST)
    Invitation.update(expires_at=until).where(Invitation.id == row.id).execute()
    note(ctx, "invitation.held", organisation, invitation=row.id)
    title = lazy(
        "An invitation of %(organisation)s waits until you confirm it",
        organisation=organisation.name,
    )
    people = queries.administrators(organisation.id)
    telling.tell(ctx, people, telling.HELD, title, url=telling.path(organisation))
    if not people:
        url = f"/setup/members/{organisation.slug}"
        telling.tell(ctx, queries.site_administrators(), telling.HELD, title, url=url)


def _carry_out(
    ctx: Context, organisation: Organisation, row: Invitation, account_id: int | None
) -> None:
    """Do what an accepted invitation says; it never takes a role away from who has more."""
    note(ctx, "invitation.accepted", organisation, invitation=row.id, account=account_id)
    if row.kind == SIGNATORY:
        _sign_up(ctx, organisation, row, account_id)
    if account_id is None:
        return
    if rules.is_more(row.role, queries.role_in(organisation.id, account_id)):
        organisations.add_member(ctx, organisation, account_id, row.role)
    if row.kind == HANDOVER:
        _step_back(ctx, organisation, row, account_id)


def _sign_up(
    ctx: Context, organisation: Organisation, row: Invitation, account_id: int | None
) -> None:
    account: Account | None = Account.get_or_none(Account.id == account_id)
    now, address = ctx.clock.now(), account.email if account else row.email
    same = (Signer.organisation == organisation.id, Signer.email == address)
    Signer.update(ended_at=now).where(*same, Signer.ended_at.is_null()).execute()
    signer = Signer.create(
        public_id=organisations.new_public_id(),
        organisation=organisation.id,
        name=row.own_name or row.name,
        function=row.own_function or row.function,
        email=address,
        account=account_id,
        confirmed_at=now,
    )
    events.emit(ctx, CONFIRMED, "organisation", organisation.id, signatory=signer.id)


def _step_back(ctx: Context, organisation: Organisation, row: Invitation, account_id: int) -> None:
    """Let the one who hands over leave or become what they chose, after the other one has begun."""
    giver = row.invited_by_id
    audit.record(
        ctx, "organisation.handed_over", "organisation", organisation.id,
        account=account_id, was=giver, by_site=bool(row.by_site),
    )  # fmt: skip
    if row.by_site or row.afterwards == "OrgAdmin" or giver is None or giver == account_id:
        return
    if queries.role_in(organisation.id, giver) != "OrgAdmin":
        return
    if row.afterwards == LEAVE:
        organisations.remove_member(ctx, organisation, giver)
    else:
        organisations.add_member(ctx, organisation, giver, row.afterwards)


def _tell_answer(
    ctx: Context, organisation: Organisation, row: Invitation, state: str, name: str = ""
) -> None:
    """Tell administrators what became of an invitation, and whoever waited to be confirmed for it."""
    who = name or ctx.actor.name
    named: dict[str, Any] = {"organisation": organisation.name, "name": who}
    if state == ACCEPTED and who:
        title = lazy("%(name)s accepted the invitation of %(organisation)s", **named)
    elif state == ACCEPTED:
        title = lazy("An invitation of %(organisation)s was accepted", **named)
    else:
        title = lazy("An invitation of %(organisation)s was declined", **named)
    kind = telling.HANDED_OVER if row.kind == HANDOVER else telling.ANSWERED
    people = set(queries.administrators(organisation.id))
    if row.kind == HANDOVER and row.invited_by_id:
        people.add(row.invited_by_id)
    telling.tell(ctx, sorted(people), kind, title, url=telling.path(organisation))
    if row.state == HELD and row.opened_by_id:
        _tell_opener(ctx, organisation, row.opened_by_id, is_confirmed=False)


# What an administrator does with an invitation that is held


def confirm(ctx: Context, organisation: Organisation, row: Invitation) -> None:
    """Let whoever opened an invitation have it. Raises Conflict when it is not held any more."""
    check_settler(ctx, organisation, row)
    if row.opened_by_id is None and row.kind != SIGNATORY:
        raise Conflict(_("Whoever opened it has no account any more. Send the invitation again."))
    with db.transaction():
        organisations.lock(organisation)
        change(row, [HELD], state=ACCEPTED, ended_at=ctx.clock.now())
        note(ctx, "invitation.confirmed", organisation, invitation=row.id)
        _carry_out(ctx, organisation, row, row.opened_by_id)
        if row.opened_by_id:
            _tell_opener(ctx, organisation, row.opened_by_id, is_confirmed=True)


def refuse(ctx: Context, organisation: Organisation, row: Invitation) -> None:
    """Say no to whoever opened an invitation; its link works no more, it can be sent again."""
    check_settler(ctx, organisation, row)
    with db.transaction():
        change(row, [HELD], state=REFUSED, ended_at=ctx.clock.now())
        note(ctx, "invitation.refused", organisation, invitation=row.id)
        if row.opened_by_id:
            _tell_opener(ctx, organisation, row.opened_by_id, is_confirmed=False)


def _tell_opener(
    ctx: Context, organisation: Organisation, account_id: int, is_confirmed: bool
) -> None:
    named = {"organisation": organisation.name}
    if is_confirmed:
        title = lazy("Your invitation of %(organisation)s is confirmed", **named)
        url = f"/organisations/{organisation.slug}/"
        telling.tell(ctx, [account_id], telling.DECIDED, title, url=url)
        return
    title = lazy("The invitation of %(organisation)s was meant for somebody else", **named)
    body = lazy("If you work there, you can ask to join: its administrators decide.")
    url = f"/organisations/{organisation.slug}/join"
    telling.tell(ctx, [account_id], telling.DECIDED, title, body, url)


# Signatories


def end_signatory(ctx: Context, organisation: Organisation, signer: Signer) -> bool:
    """Let somebody sign no more; returns whether they lost the role of a signatory with it."""
    policy.check_manager(ctx, organisation)
    with db.transaction():
        ended = Signer.update(ended_at=ctx.clock.now()).where(
            Signer.id == signer.id, Signer.ended_at.is_null()
        )
        if not ended.execute():
            raise Conflict(_("This person signs no more already."))
        note(ctx, ENDED, organisation, signatory=signer.id)
        events.emit(ctx, ENDED, "organisation", organisation.id, signatory=signer.id)
        account = signer.account_id or 0
        had_role = queries.role_in(organisation.id, account) == "OrgSignatory"
        if had_role:
            organisations.remove_member(ctx, organisation, account)
    return had_role


def bring_signatory_back(
    ctx: Context, organisation: Organisation, signer: Signer, had_role: bool
) -> None:
    """Let somebody sign again, with the role that they had."""
    policy.check_manager(ctx, organisation)
    member = OrganisationMember
    with db.transaction():
        Signer.update(ended_at=None).where(Signer.id == signer.id).execute()
        note(ctx, CONFIRMED, organisation, signatory=signer.id)
        events.emit(ctx, CONFIRMED, "organisation", organisation.id, signatory=signer.id)
        is_member = member.get_or_none(
            member.organisation == organisation.id, member.account == signer.account_id
        )
        if had_role and signer.account_id and is_member is None:
            organisations.add_member(ctx, organisation, signer.account_id, "OrgSignatory")
