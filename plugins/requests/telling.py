"""Telling organisations of a request, and inviting those that nobody has claimed yet."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

from flask import current_app
from itsdangerous import BadSignature, Signer
from peewee import fn

from plugins.directory.interface import PLATFORMS
from plugins.notices.interface import notify
from plugins.requests import queries
from plugins.requests.models import PUBLISHED, Invitation, PartnerRequest, Told
from portal import audit, db, events, mail, permissions, settings
from portal.context import Context
from portal.errors import Conflict, Invalid, NotFound, TooMany
from portal.i18n import _, ngettext
from portal.i18n import lazy_gettext as lazy
from portal.organisations import queries as organisations
from portal.organisations.models import UNCLAIMED, Organisation

TOLD = "requests.told"
KINDS: tuple[Mapping[str, Any], ...] = (
    {"kind": TOLD, "title": lazy("Somebody looks for a partner like your organisation")},
)
WEEK = timedelta(days=7)
DAY = timedelta(days=1)
MAILBOX = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,38}[a-z0-9])?")
INVITED = "requests/invitation"
_STOP = re.compile(r"^(https?://\S+/requests/no-invitations/\S+)$", re.M)
_INVITE = (
    "INSERT INTO requests_invitation (organisation_id, request_id, asker_id, invited_at) "
    "VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING organisation_id"
)


def tell(ctx: Context, request: PartnerRequest, ids: Sequence[int]) -> tuple[int, int]:
    """Tell the people of claimed organisations of an open request.

    Returns how many were told, and how many were left out because they have been told of many
    requests this week. Raises Invalid for nobody, too many, or who can't be told.
    """
    permissions.check(ctx, "run", request)
    wanted = sorted(set(ids))
    if not wanted:
        raise Invalid(_("Tick those whom you want to tell."))
    with db.transaction():
        _check_open(ctx, request)
        queries.hold(wanted)
        receivers = _receivers(request, wanted)
        known = set(told_of(request))
        fresh = [item for item in receivers if item.id not in known]
        _check_cap(ctx, len(known) + len(fresh))
        flooded = _flooded(ctx, [item.id for item in fresh])
        chosen = [item for item in fresh if item.id not in flooded]
        for receiver in chosen:
            Told.create(request=request.id, organisation=receiver.id, told_at=ctx.clock.now())
            _notify(ctx, request, receiver)
        if chosen:
            audit.record(ctx, "request.told", "requests_request", request.id, count=len(chosen))
            events.emit(ctx, "request.told", "requests_request", request.id, count=len(chosen))
    return len(chosen), len(flooded)


def _check_open(ctx: Context, request: PartnerRequest) -> None:
    """Hold the request, so that two at a time can't go beyond its cap."""
    lock = " FOR UPDATE" if db.is_postgres() else ""
    rows = db.query(
        f"SELECT state, closes_at FROM requests_request WHERE id = ?{lock}", (request.id,)
    )
    if not rows or rows[0][0] != PUBLISHED or rows[0][1] <= db.utc_text(ctx.clock.now()):
        raise Conflict(_("The request is not open. Publish it first."))


def _receivers(request: PartnerRequest, ids: Sequence[int]) -> list[Organisation]:
    owner: Organisation = request.organisation
    rows = Organisation.select().where(
        Organisation.id.in_(list(ids)),
        Organisation.id != owner.id,
        Organisation.hidden_at.is_null(),
        Organisation.state != UNCLAIMED,
        Organisation.is_fictional == owner.is_fictional,
    )
    found = organisations.in_sight(list(rows.order_by(Organisation.id)))
    if len(found) != len(ids):
        raise Invalid(_("Some of these can't be told. Look at the list as it is now."))
    return found


def told_of(request: PartnerRequest) -> list[int]:
    """Return the organisations that were told of a request."""
    rows: Any = Told.select(Told.organisation).where(Told.request == request.id)
    return [number for (number,) in rows.tuples()]


def _check_cap(ctx: Context, wanted: int) -> None:
    most = settings.of(ctx, "requests")["most_told"]
    if wanted > most:
        raise Invalid(
            ngettext(
                "One organisation can be told of a request.",
                "At most %(num)s organisations can be told of a request. Tick fewer.",
                most,
            )
        )


def _flooded(ctx: Context, ids: Sequence[int]) -> set[int]:
    """Return those of the organisations that were told of many requests within a week."""
    most = settings.of(ctx, "requests")["most_told_a_week"]
    count = fn.COUNT(Told.id)
    rows: Any = (
        Told.select(Told.organisation)
        .where(Told.organisation.in_(list(ids)), Told.told_at > ctx.clock.now() - WEEK)
        .group_by(Told.organisation)
        .having(count >= most)
    )
    return {number for (number,) in rows.tuples()}


def _notify(ctx: Context, request: PartnerRequest, receiver: Organisation) -> None:
    named = {"asker": request.organisation.name, "receiver": receiver.name, "title": request.title}
    for account in queries.editors(receiver.id):
        notify(
            ctx,
            account,
            TOLD,
            lazy("%(asker)s looks for a partner: %(title)s", **named),
            lazy(
                "They think that %(receiver)s may fit. You can read the request, and answer it here "
                "until it closes. Nobody has seen your address.",
                **named,
            ),
            url=f"/requests/{request.slug}",
            subject=f"requests_request {request.id} {receiver.id}",
        )


# Inviting those that nobody has claimed


def invite(ctx: Context, request: PartnerRequest, organisation: Organisation, mailbox: str) -> None:
    """Write once to an unclaimed organisation, to a mailbox at its own website's domain.

    Nothing that the asker typed goes along but the mailbox; that is not kept. Raises Invalid,
    Conflict for an organisation that was invited before, TooMany.
    """
    permissions.check(ctx, "run", request)
    mailbox, domain = mailbox.strip().lower(), str(organisation.domain)
    if not may_be_invited(request, organisation):
        raise Invalid(_("This organisation can't be invited: no website of its own is known."))
    if not MAILBOX.fullmatch(mailbox):
        raise Invalid(_("Write the part before the @ only, such as info or office."))
    with db.transaction():
        _check_open(ctx, request)
        if not organisations.in_sight([organisation]):
            raise NotFound
        _check_invitations(ctx, request)
        row = (organisation.id, request.id, request.organisation.id, db.utc_text(ctx.clock.now()))
        if not db.query(_INVITE, row):
            raise Conflict(_("This organisation was invited before. It is asked once only."))
        audit.record(ctx, "request.invited", "requests_request", request.id, whom=organisation.id)
        mail.enqueue(
            ctx,
            f"{mailbox}@{domain}",
            INVITED,
            organisation=organisation.name,
            asker=request.organisation.name,
            path=f"/requests/{request.public_id}",
            claim_path=f"/partners/{organisation.slug}",
            stop_path=f"/requests/no-invitations/{token_of(organisation.id)}",
        )


def may_be_invited(request: PartnerRequest, organisation: Organisation) -> bool:
    """Whether nobody has claimed it, it is real like the asker, and has a website of its own."""
    owner: Organisation = request.organisation
    return (
        organisation.state == UNCLAIMED
        and organisation.hidden_at is None
        and not organisation.is_fictional
        and not owner.is_fictional
        and bool(organisation.domain)
        and organisation.domain not in PLATFORMS
    )


def invited_before(ids: Sequence[int]) -> set[int]:
    """Return those of the organisations that were invited already."""
    rows: Any = Invitation.select(Invitation.organisation).where(
        Invitation.organisation.in_(list(ids))
    )
    return {number for (number,) in rows.tuples()}


def refuse(ctx: Context, organisation_id: int) -> None:
    """Note that an organisation wants no invitations."""
    with db.transaction():
        Invitation.update(refused_at=ctx.clock.now()).where(
            Invitation.organisation == organisation_id, Invitation.refused_at.is_null()
        ).execute()


def _check_invitations(ctx: Context, request: PartnerRequest) -> None:
    most = settings.of(ctx, "requests")["most_invited_a_day"]
    sent = Invitation.select().where(
        Invitation.asker == request.organisation.id,
        Invitation.invited_at > ctx.clock.now() - DAY,
    )
    if sent.count() >= most:
        raise TooMany(
            _("Your organisation has invited many today. Go on tomorrow."), retry_after=86_400
        )


def add_stop(row: mail.Outbox, message: EmailMessage) -> None:
    """Repeat the link that refuses invitations in the head of one; other mails are left alone."""
    links = _STOP.findall(row.text) if row.kind == INVITED else []
    if links:
        # A line folded at 78 characters would encode the address, which no mail program reads.
        message.policy = message.policy.clone(max_line_length=998)  # type: ignore[misc]
        message["List-Unsubscribe"] = f"<{links[-1]}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"


def token_of(organisation_id: int) -> str:
    """Return a signed text that names an invited organisation."""
    return _signer().sign(str(organisation_id)).decode()


def whose(token: str) -> Organisation:
    """Return the invited organisation that a token names. Raises NotFound for made-up ones."""
    try:
        number = int(_signer().unsign(token).decode())
    except (BadSignature, UnicodeError, ValueError):
        raise NotFound from None
    found = Invitation.get_or_none(Invitation.organisation == number)
    if found is None or token_of(number) != token:  # several texts read as the same signature
        raise NotFound
    return found.organisation  # type: ignore[no-any-return]


def _signer() -> Signer:
    return Signer(str(current_app.config["SECRET_KEY"]), salt="requests.invitation")
