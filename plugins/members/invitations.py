"""Inviting: colleagues with roles, signatories, whoever takes over; withdrawing, sending again.

An address gets the same whether it has an account or not, and so does whoever invites it.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from flask import current_app
from itsdangerous import BadData, URLSafeSerializer

from plugins.members import policy, queries, rules, telling
from plugins.members.models import (
    COLLEAGUE,
    DECLINED,
    EXPIRED,
    HANDOVER,
    OPEN,
    REFUSED,
    SENT,
    SIGNATORY,
    WITHDRAWN,
    Invitation,
)
from portal import audit, db, mail, settings
from portal.context import Context
from portal.errors import Conflict, Invalid, NotAllowed, NotFound, TooMany
from portal.i18n import _
from portal.i18n import lazy_gettext as lazy
from portal.organisations import service as organisations
from portal.organisations.models import Organisation
from portal.people import throttle
from portal.people.models import Account
from portal.people.rules import normal_address, normal_name


def invite(ctx: Context, organisation: Organisation, *, email: str, role: str) -> Invitation:
    """Ask somebody by mail to act for an organisation.

    Raises Invalid naming the field, Conflict when this address is asked already or declined not
    long ago, TooMany, and NotFound or NotAllowed for all but its administrators.
    """
    policy.check_manager(ctx, organisation)
    rules.checked_role(role, rules.INVITABLE)
    return _send(ctx, organisation, kind=COLLEAGUE, role=role, email=_address(ctx, email))


def invite_signatory(
    ctx: Context, organisation: Organisation, *, email: str, name: str, function: str, purpose: str
) -> Invitation:
    """Ask somebody by mail to confirm that they sign for an organisation; they need no account.

    Raises what `invite` raises.
    """
    policy.check_manager(ctx, organisation)
    return _send(
        ctx,
        organisation,
        kind=SIGNATORY,
        role="OrgSignatory",
        email=_address(ctx, email),
        name=normal_name(name),
        function=rules.checked_line(function, "function", _("Write the function, such as head.")),
        purpose=rules.checked_text(purpose, "purpose", rules.PURPOSE_LENGTH),
    )


def hand_over(
    ctx: Context, organisation: Organisation, *, person: str, email: str, afterwards: str
) -> Invitation:
    """Ask somebody to run an organisation in the actor's place; nothing changes until they accept.

    `person` is the public id of somebody who acts for it already, else `email` counts. Raises what
    `invite` raises.
    """
    policy.check_manager(ctx, organisation)
    if afterwards not in rules.AFTERWARDS:
        raise Invalid(_("Choose what you will be afterwards."), "afterwards")
    mine = Invitation.select().where(
        Invitation.organisation == organisation.id,
        Invitation.invited_by == ctx.actor.account_id,
        *_is_open(ctx),
        Invitation.kind == HANDOVER,
    )
    if mine.exists():
        raise Conflict(_("You have asked somebody already. Withdraw that first."))
    whom = _receiver(ctx, organisation, person, email)
    more = {"kind": HANDOVER, "role": "OrgAdmin", "afterwards": afterwards}
    return _send(ctx, organisation, **whom, **more)


def hand_over_by_site(
    ctx: Context, organisation: Organisation, *, person: str, email: str, reason: str
) -> Invitation:
    """Ask somebody to run an organisation whose administrators are gone, or don't answer.

    Everybody who acts for it is told, with the reason. Where administrators are left, they have a
    week in which they can stop it. Raises Invalid, Conflict, and NotFound for all but
    administrators of the site.
    """
    policy.check_site(ctx)
    reason = rules.checked_text(reason, "reason")
    if not reason:
        raise Invalid(
            _("Write the reason; everybody who acts for the organisation reads it."), "reason"
        )
    whom = _receiver(ctx, organisation, person, email, may_ask=True)
    present = queries.administrators(organisation.id)
    opens_at = ctx.clock.now() + (rules.OBJECTION if present else timedelta())
    more = {"kind": HANDOVER, "role": "OrgAdmin", "by_site": True, "purpose": reason}
    with db.transaction():
        row = _send(ctx, organisation, opens_at=opens_at, **whom, **more)
        title = lazy(
            "Those who run this site ask somebody to take %(organisation)s over",
            organisation=organisation.name,
        )
        why = lazy("The reason: %(reason)s", reason=reason)
        stop = lazy(
            "Within %(days)s days you can stop it there: withdraw the invitation. The reason: "
            "%(reason)s",
            days=rules.OBJECTION.days,
            reason=reason,
        )
        for item in queries.members(organisation):
            number = item.account.id
            body, url = (stop if number in present else why), telling.path(organisation)
            telling.tell(ctx, [number], telling.HANDED_OVER, title, body, url)
    return row


def _address(ctx: Context, email: str) -> str:
    address = normal_address(email)
    own: Account | None = Account.get_or_none(Account.id == ctx.actor.account_id)
    if own is not None and own.email == address:
        raise Invalid(_("This is your own address."), "email")
    return address


def _receiver(
    ctx: Context, organisation: Organisation, person: str, email: str, may_ask: bool = False
) -> dict[str, Any]:
    """Return who is to take over: an account that acts for it (or asked to), else an address."""
    if not person and email.strip():
        return {"email": _address(ctx, email)}
    for candidate in queries.candidates(ctx, organisation, may_ask):
        if candidate.public_id == person:
            return {"receiver": candidate.id}
    raise Invalid(_("Choose one of the people listed, or write an address."), "person")


def _is_open(ctx: Context) -> tuple[Any, ...]:
    return (Invitation.state.in_(OPEN), Invitation.expires_at > ctx.clock.now())


def _send(ctx: Context, organisation: Organisation, **values: Any) -> Invitation:
    """Store an invitation and mail its link."""
    _spend(ctx, values.get("email", ""))
    now = ctx.clock.now()
    with db.transaction():
        organisations.lock(organisation)
        if values.get("email"):
            _check_again(ctx, organisation, values["kind"], values["email"])
        if not values.get("by_site"):
            _check_count(ctx, organisation)
        opens_at = values.pop("opens_at", now)
        row: Invitation = Invitation.create(
            public_id=organisations.new_public_id(),
            organisation=organisation.id,
            invited_by=ctx.actor.account_id,
            mark=secrets.token_hex(16),
            created_at=now,
            sent_at=now,
            opens_at=opens_at,
            expires_at=opens_at + _life(ctx),
            **values,
        )
        _deliver(ctx, organisation, row)
        told: dict[str, Any] = {"kind": row.kind, "role": row.role, "invitation": row.id}
        if row.by_site:
            told |= {"by_site": True}
        personal = {"address": row.email, "reason": row.purpose if row.by_site else ""}
        personal = {name: value for name, value in personal.items() if value}
        note(ctx, "invitation.sent", organisation, personal, **told)
    return row


def note(
    ctx: Context,
    what: str,
    organisation: Organisation,
    personal: dict[str, str] | None = None,
    **told: Any,
) -> None:
    """Write down in the audit log what became of an invitation or a request."""
    audit.record(ctx, what, "organisation", organisation.id, personal=personal, **told)


def _spend(ctx: Context, email: str) -> None:
    if not ctx.actor.system:
        throttle.spend(ctx, rules.INVITE_PERSON, str(ctx.actor.account_id))
    if email:
        throttle.spend(ctx, rules.INVITE_ADDRESS, email)


def _life(ctx: Context) -> timedelta:
    return timedelta(days=int(settings.of(ctx, "members")["invitation_days"]))


def _check_again(ctx: Context, organisation: Organisation, kind: str, email: str) -> None:
    """Refuse to ask an address twice, or soon after it declined; too old ones make room."""
    now, row = ctx.clock.now(), Invitation
    same = (row.organisation == organisation.id, row.kind == kind, row.email == email)
    row.update(state=EXPIRED, ended_at=now).where(
        *same, row.state.in_(OPEN), row.expires_at <= now
    ).execute()
    if row.select().where(*same, row.state.in_(OPEN)).exists():
        raise Conflict(
            _("This address is invited already. You can send that invitation again."), "email"
        )
    no = row.select().where(*same, row.state == DECLINED, row.ended_at > now - rules.REST)
    if no.exists():
        raise Conflict(
            _("This address has declined not long ago. Talk to the person first."), "email"
        )


def _check_count(ctx: Context, organisation: Organisation) -> None:
    waiting = Invitation.select().where(Invitation.organisation == organisation.id, *_is_open(ctx))
    if waiting.count() >= int(settings.of(ctx, "members")["most_waiting"]):
        raise TooMany(
            _("Many invitations of your organisation wait. Withdraw some, or wait for answers."),
            retry_after=86_400,
        )


def _deliver(ctx: Context, organisation: Organisation, row: Invitation) -> None:
    """Mail the link to an address, or tell the person who acts for the organisation already."""
    named = {"organisation": organisation.name}
    if row.email:
        mail.enqueue(
            ctx,
            row.email,
            "members/invitation",
            what=row.kind,
            organisation=organisation.name,
            path=path_of(row),
            opens_at=row.opens_at if row.opens_at > ctx.clock.now() else None,
            expires_at=row.expires_at,
        )
        return
    telling.tell(
        ctx,
        [row.receiver_id or 0],
        telling.HAND_OVER,
        lazy("You are asked to take %(organisation)s over", **named),
        lazy("Nothing changes until you accept."),
        path_of(row),
        subject=f"invitation {row.id} {row.mark}",
    )


# Links


def path_of(row: Invitation) -> str:
    """Return the address of the page on which an invitation is answered."""
    return f"/invitations/{_signer().dumps([row.public_id, row.mark])}"


def linked(token: str) -> Invitation:
    """Return the invitation of a link, whatever its state. Raises NotFound for made-up links.

    A link that was sent before the last one is good no longer.
    """
    try:
        public_id, mark = _signer().loads(token)
        found = queries.by_mark(str(public_id), str(mark))
    except (BadData, ValueError, TypeError):
        raise NotFound from None
    if found is None or not path_of(found).endswith(f"/{token}"):  # one spelling only
        raise NotFound
    return found


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.config["SECRET_KEY"]), "members.invitation")


# What the organisation does with its invitations


def send_again(ctx: Context, organisation: Organisation, row: Invitation) -> None:
    """Mail a new link, good for the whole time again; the one before works no more.

    Raises Conflict for what was accepted or declined, or when another one waits for the address.
    """
    policy.check_manager(ctx, organisation)
    if row.state not in (*OPEN, EXPIRED, WITHDRAWN, REFUSED) or row.by_site:
        raise Conflict(_("This invitation was answered. Write a new one."))
    if row.kind == HANDOVER and row.invited_by_id != ctx.actor.account_id:
        raise NotAllowed(_("Only the person who hands over can send this again."))
    _spend(ctx, row.email)
    now = ctx.clock.now()
    with db.transaction():
        organisations.lock(organisation)
        if row.state not in OPEN and row.email:
            _check_again(ctx, organisation, row.kind, row.email)
        fresh: dict[str, Any] = {
            "state": SENT,
            "mark": secrets.token_hex(16),
            "opened_by": None,
            "own_name": "",
            "own_function": "",
            "invited_by": ctx.actor.account_id,
            "sent_at": now,
            "opens_at": now,
            "expires_at": now + _life(ctx),
            "ended_at": None,
        }
        change(row, [row.state], **fresh)
        _deliver(ctx, organisation, Invitation.get_by_id(row.id))
        note(ctx, "invitation.sent_again", organisation, invitation=row.id)


def withdraw(ctx: Context, organisation: Organisation, row: Invitation) -> None:
    """Take an invitation back: its link works no more. Raises Conflict when it was answered.

    One that is held is confirmed or refused, so that whoever opened it is told.
    """
    check_settler(ctx, organisation, row)
    with db.transaction():
        change(row, [SENT], state=WITHDRAWN, ended_at=ctx.clock.now())
        note(ctx, "invitation.withdrawn", organisation, invitation=row.id)


def check_settler(ctx: Context, organisation: Organisation, row: Invitation) -> None:
    """Let administrators of the organisation settle an invitation, and those of the site their own.

    Raises NotFound, NotAllowed.
    """
    if not (row.by_site and ctx.actor.is_admin):
        policy.check_manager(ctx, organisation)


def bring_back(ctx: Context, organisation: Organisation, row: Invitation) -> None:
    """Let a withdrawn invitation wait again, with the link that was mailed."""
    policy.check_manager(ctx, organisation)
    with db.transaction():
        organisations.lock(organisation)
        if row.email:
            _check_again(ctx, organisation, row.kind, row.email)
        change(row, [WITHDRAWN], state=SENT, opened_by=None, ended_at=None)
        note(ctx, "invitation.brought_back", organisation, invitation=row.id)


def change(row: Invitation, states: Any, **values: Any) -> None:
    """Change an invitation that is still in one of these states: of two at once, one succeeds.

    Raises Conflict for the other.
    """
    same = (Invitation.id == row.id, Invitation.mark == row.mark)
    if not Invitation.update(**values).where(*same, Invitation.state.in_(list(states))).execute():
        raise Conflict(_("Somebody else answered this invitation meanwhile."))
