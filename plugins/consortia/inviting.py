"""Inviting organisations, one or many, reminding those that have not answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from plugins.consortia import rules, service, telling
from plugins.consortia.models import ACTIVE, APPLIED, CLOSED, INVITED, Consortium, Membership
from plugins.consortia.rules import Line
from plugins.links import interface as links
from portal import db, permissions, settings, workflow
from portal.context import SYSTEM, Context
from portal.errors import Conflict, Invalid, PortalError, TooMany
from portal.i18n import _
from portal.i18n import lazy_gettext as lazy
from portal.organisations import queries as organisations
from portal.organisations.models import UNCLAIMED, Organisation, OrganisationIdentifier
from portal.organisations.rules import folded
from portal.settings import MAIL

DAY = timedelta(days=1)
TONGUES = {"DE": "de", "AT": "de", "ES": "es", "IT": "it", "NL": "nl", "LV": "lv"}
"""Which of our languages an organisation of a country reads, unless it says another."""


@dataclass(frozen=True)
class Result:
    """What became of a line of a list: the organisation that was invited, or why nobody was."""

    line: Line
    invited: Organisation | None
    problem: str = ""


def invite_all(
    ctx: Context, consortium: Consortium, lines: Sequence[Line], message: str, parts: Sequence[str]
) -> list[Result]:
    """Invite everybody of a list who can be; says of each other line why not, and the remedy.

    Raises Invalid for a message that is too long, NotFound and NotAllowed.
    """
    permissions.check(ctx, "run", consortium)
    text = rules.checked_text(message, "message", may_be_empty=True)
    results = []
    for line in lines:
        try:
            organisation = find(line)
            _check_role(line.role)
            does = [part for part in rules.PARTS if part in line.parts.lower().split()]
            invite(
                ctx,
                consortium,
                organisation,
                email=line.email,
                role=line.role or "partner",
                message=text,
                parts=does or parts,
            )
            results.append(Result(line, organisation))
        except PortalError as error:
            results.append(Result(line, None, error.message))
    return results


def _check_role(role: str) -> None:
    if role and role not in rules.ROLES:
        known = ", ".join(rules.ROLES)
        raise Invalid(
            _("There is no role “%(role)s”. Write one of: %(known)s.", role=role, known=known)
        )


def find(line: Line) -> Organisation:
    """Return the organisation that a line names: by address, number, or name and country.

    Raises Invalid for one that is not there, or when several have that name.
    """
    typed = line.organisation.rstrip("/").rsplit("/", 1)[-1]
    of: Any = Organisation
    rows = list(of.select().where(of.slug == typed, of.hidden_at.is_null()))
    scheme, colon, value = line.organisation.partition(":")
    if not rows and colon:
        number: Any = OrganisationIdentifier
        same = number.select(number.organisation).where(
            number.scheme == scheme.strip().lower(), number.value == value.strip()
        )
        rows = list(of.select().where(of.id.in_(same), of.hidden_at.is_null()))
    if not rows:
        here = (of.folded_name == folded(line.organisation)) & of.hidden_at.is_null()
        if line.country:
            here &= of.country == line.country.upper()
        rows = list(of.select().where(here).order_by(of.id).limit(3))
    rows = organisations.in_sight(rows)
    if len(rows) > 1:
        raise Invalid(_("Several organisations have this name. Add the country, or the number."))
    if not rows:
        raise Invalid(
            _(
                "There is no such organisation here. Look for it under Partners and copy the address "
                "of its profile."
            )
        )
    return rows[0]  # type: ignore[no-any-return]


def invite(
    ctx: Context,
    consortium: Consortium,
    organisation: Organisation,
    *,
    email: str = "",
    role: str = "partner",
    parts: Sequence[str] = (),
    message: str = "",
) -> Membership:
    """Invite an organisation: its people are told; with an address a link is mailed as well.

    Raises Conflict for a member or somebody who is invited, Invalid for an address that is not the
    organisation's, TooMany.
    """
    address = checked_address(organisation, email)
    with db.transaction():
        permissions.check(ctx, "run", consortium)
        now = service.lock(consortium)
        if now.state == CLOSED:
            raise Conflict(_("This consortium is closed."))
        service.check_kind(now, organisation)
        known = Membership.get_or_none(
            Membership.consortium == now.id, Membership.organisation == organisation.id
        )
        _check_known(known, organisation)
        has_people = organisation.state != UNCLAIMED and bool(telling.editors(organisation.id))
        if not has_people and not address and not organisation.is_fictional:
            raise Invalid(
                _("Nobody acts for this organisation here yet. Add an address of its own domain."),
                field="email",
            )
        _check_flood(ctx, now)
        if known is None:
            service.check_room(ctx, now)
            known = service.add_member(
                ctx, now, organisation, INVITED, role=role, parts=parts, message=message
            )
            service.did(ctx, now)
            named = {"name": organisation.name, "consortium": now.name}
            title = lazy("%(name)s is invited to join %(consortium)s", **named)
            telling.tell(ctx, now, organisation.id, telling.INVITED, title, message)
        else:
            workflow.move(ctx, known, "invite")
            known = Membership.get_by_id(known.id)
            service.put(known, role=role, parts=list(parts), message=message)
        if address:
            _mail(ctx, known, organisation, address)
        telling.record(ctx, "consortium.invited", now.id, organisation=organisation.id)
    return known  # type: ignore[no-any-return]


def _check_known(known: Membership | None, organisation: Organisation) -> None:
    if known is None or known.state not in {ACTIVE, APPLIED, INVITED}:
        return
    told = {
        ACTIVE: _("%(name)s is a member already.", name=organisation.name),
        APPLIED: _("%(name)s has asked to join. Admit it below.", name=organisation.name),
        INVITED: _("%(name)s is invited already. You can remind it.", name=organisation.name),
    }
    raise Conflict(told[known.state])


def checked_address(organisation: Organisation, email: str) -> str:
    """Return the address to which a link may go: one at the organisation's own domain.

    Raises Invalid. Whoever has the link answers for the organisation, so others can't get it.
    """
    address = rules.line(email).lower()
    if not address:
        return ""
    if not MAIL.fullmatch(address):
        raise Invalid(_("Write the address as name@domain."), field="email")
    domain, own = address.rpartition("@")[2], organisation.domain
    if organisation.is_fictional and domain.endswith(".example"):
        return address
    if not own or (domain != own and not domain.endswith("." + own)):
        raise Invalid(
            _(
                "A link may go only to an address of the organisation's own domain: %(domain)s.",
                domain=own or _("none is known; its people have to claim their entry first"),
            ),
            field="email",
        )
    return address


def _check_flood(ctx: Context, consortium: Consortium) -> None:
    most = settings.of(ctx, "consortia")["most_invited_a_day"]
    of = Membership
    today = of.select().where(
        of.consortium == consortium.id,
        of.asked_at > ctx.clock.now() - DAY,
        of.organisation != consortium.lead_id,
    )
    if today.count() >= most and not ctx.actor.system:
        raise TooMany(
            _("At most %(most)s organisations can be invited within a day.", most=most),
            retry_after=3_600,
        )


def _mail(ctx: Context, row: Membership, organisation: Organisation, address: str) -> None:
    links.close(ctx, service.PURPOSE, row.id)
    days = settings.of(ctx, "consortia")["answer_days"]
    links.send(
        ctx,
        purpose=service.PURPOSE,
        object_id=row.id,
        role="member",
        email=address,
        language=organisation.name_lang or TONGUES.get(organisation.country, "en"),
        until=ctx.clock.now() + timedelta(days=days),
    )


def letter(_ctx: Context, link: Any) -> tuple[str, dict[str, Any]] | None:
    """Return the mail that brings an invitation; nothing when it is not open any more."""
    row = Membership.get_or_none(Membership.id == link.object_id)
    if row is None or row.state != INVITED:
        return None
    consortium: Consortium = row.consortium
    values = {
        "consortium": consortium.name,
        "lead": consortium.lead.name,
        "organisation": row.organisation.name,
        "demo": consortium.is_fictional,
    }
    return "consortia/invitation", values


def answer(ctx: Context, link: Any, says_yes: bool) -> Membership:
    """Accept or decline for whoever has a mailed link. Raises Conflict when it is too late."""
    with db.transaction():
        row: Membership = Membership.get_by_id(link.object_id)
        if row.state != INVITED:
            raise Conflict(_("This invitation is not open any more."))
        links.use(ctx, link)
        telling.record(
            ctx,
            "consortium.answered",
            row.consortium_id,
            role=link.role,
            organisation=row.organisation_id,
            yes=says_yes,
        )
        workflow.move(ctx.as_actor(SYSTEM), row, "accept" if says_yes else "decline")
    return row


def waiting(consortium: Consortium) -> list[Membership]:
    """Return the invitations without an answer, the oldest first."""
    of: Any = Membership
    rows = of.select(of, Organisation).join(Organisation, on=of.organisation == Organisation.id)
    here = (of.consortium == consortium.id, of.state == INVITED)
    return list(rows.where(*here).order_by(of.asked_at, of.id))


def remind(ctx: Context, consortium: Consortium) -> int:
    """Remind all that have not answered, at most every three days; returns how many.

    Raises Invalid when everybody was reminded a short while ago.
    """
    permissions.check(ctx, "run", consortium)
    now = ctx.clock.now()
    with db.transaction():
        service.lock(consortium)
        due = [
            row
            for row in waiting(consortium)
            if (row.reminded_at or row.asked_at) <= now - rules.REMIND_AGAIN
        ]
        if not due:
            raise Invalid(_("All were asked within the last three days. Wait a little."))
        for row in due:
            service.put(row, reminded_at=now)
            named = {"consortium": consortium.name, "name": row.organisation.name}
            title = lazy("%(consortium)s waits for an answer of %(name)s", **named)
            telling.tell(ctx, consortium, row.organisation_id, telling.INVITED, title)
            mailed = [
                item
                for item in links.links_of(service.PURPOSE, row.id)
                if not item.closed_at and not item.used_at
            ]
            if mailed:
                _mail(ctx, row, row.organisation, mailed[-1].email)
        service.did(ctx, consortium)
        telling.note(ctx, consortium.id, "reminded", count=len(due))
        telling.record(ctx, "consortium.reminded", consortium.id, count=len(due))
    return len(due)
