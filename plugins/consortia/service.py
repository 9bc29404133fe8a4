"""What people do with consortia: found one, change it, ask to join, answer, leave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from plugins.consortia import contacts, rules, telling
from plugins.consortia.models import (
    ACTIVE,
    APPLIED,
    CLOSED,
    INVITED,
    RUNNING,
    STOPPED,
    SUSPENDED,
    Consortium,
    Membership,
    Motion,
)
from plugins.links import interface as links
from plugins.partners.interface import is_field
from portal import db, events, permissions, settings, workflow
from portal.context import SYSTEM, Context
from portal.errors import Conflict, Invalid, NotFound, TooMany
from portal.hookspecs import EventType, Transition
from portal.i18n import _, ngettext
from portal.i18n import lazy_gettext as lazy
from portal.organisations import queries as organisations
from portal.organisations.models import UNCLAIMED, Organisation
from portal.organisations.service import new_public_id

PURPOSE = "consortia.invitation"
SUBJECT = "consortia_consortium"
own_organisations = organisations.own_organisations
WHO = {"organisation": "number of the organisation"}
EVENTS = (
    EventType("consortium.founded", lazy("A consortium was founded"), {}, SUBJECT),
    EventType("consortium.joined", lazy("An organisation joined a consortium"), WHO, SUBJECT),
    EventType(
        "consortium.left", lazy("An organisation is no longer in a consortium"), WHO, SUBJECT
    ),
    EventType("consortium.led", lazy("A consortium has another lead"), WHO, SUBJECT),
)


def found(ctx: Context, values: Mapping[str, Any], organisation: Organisation) -> Consortium:
    """Found a consortium that an organisation leads; it is its first member.

    Raises Invalid with the field, NotFound for organisations of others, TooMany.
    """
    kept = _known(rules.checked(values))
    if not ctx.actor.system and organisation.id not in {item.id for item in own_organisations(ctx)}:
        raise NotFound
    if organisation.state == UNCLAIMED and not ctx.actor.system:
        raise Invalid(_("Claim your organisation first."), field="organisation")
    with db.transaction():
        _check_led(ctx, organisation)
        public_id = new_public_id()
        made: Consortium = Consortium.create(
            public_id=public_id,
            slug=rules.slug_of(kept["name"], public_id),
            lead=organisation.id,
            account=ctx.actor.account_id,
            is_fictional=organisation.is_fictional,
            created_at=ctx.clock.now(),
            **kept,
        )
        workflow.start(ctx, made)
        telling.note(ctx, made.id, "founded", organisation.id)
        member = add_member(ctx, made, organisation, ACTIVE, parts=[])
        put(member, joined_on=ctx.clock.now().date().isoformat())
        telling.record(ctx, "consortium.founded", made.id)
        events.emit(ctx, "consortium.founded", SUBJECT, made.id)
    return made


def _check_led(ctx: Context, organisation: Organisation) -> None:
    most = settings.of(ctx, "consortia")["most_led"]
    led = Consortium.select().where(Consortium.lead == organisation.id, Consortium.state != CLOSED)
    if led.count() >= most:
        raise TooMany(
            ngettext(
                "Your organisation leads a consortium already. Close it first.",
                "Your organisation leads %(num)s consortia already. Close one first.",
                most,
            ),
            retry_after=3_600,
        )


def _known(values: dict[str, Any]) -> dict[str, Any]:
    if not all(map(is_field, values["fields"])):
        raise Invalid(_("Choose from the list."), field="fields")
    return values


def change(
    ctx: Context, consortium: Consortium, values: Mapping[str, Any], version: int | None
) -> Consortium:
    """Change what a consortium says of itself. Raises Invalid, NotFound, NotAllowed, Conflict."""
    kept = _known(rules.checked(values))
    with db.transaction():
        permissions.check(ctx, "edit", consortium)
        of: Any = Consortium
        here = of.id == consortium.id
        if version is not None:
            here &= of.version == version
        if not of.update(version=of.version + 1, **kept).where(here).execute():
            now: Consortium = of.get_by_id(consortium.id)
            message = _(
                "Somebody else saved this while you were writing. Nothing of yours is lost."
            )
            raise Conflict(message, version=now.version)
        permissions.forget()
        changed = sorted(name for name, value in kept.items() if getattr(consortium, name) != value)
        if changed:
            did(ctx, consortium)
            telling.note(ctx, consortium.id, "changed", fields=changed)
            telling.record(ctx, "consortium.changed", consortium.id, fields=changed)
        return of.get_by_id(consortium.id)  # type: ignore[no-any-return]


def lock(consortium: Consortium) -> Consortium:
    """Let others who change this consortium wait until the transaction is over; read it anew."""
    of: Any = Consortium
    of.update(version=of.version).where(of.id == consortium.id).execute()
    return of.get_by_id(consortium.id)  # type: ignore[no-any-return]


def did(ctx: Context, consortium: Consortium) -> None:
    """Take note that the lead is there: what others do to replace it stops."""
    own = {item.id for item in own_organisations(ctx)} if ctx.actor.signed_in else set()
    if consortium.lead_id not in own:
        return
    Motion.update(state=STOPPED, closed_at=ctx.clock.now()).where(
        Motion.consortium == consortium.id, Motion.state == "open", Motion.kind == "replacement"
    ).execute()


def add_member(
    ctx: Context,
    consortium: Consortium,
    organisation: Organisation,
    state: str,
    *,
    role: str = "partner",
    parts: Sequence[str] = (),
    message: str = "",
) -> Membership:
    """Write a new membership and the beginning of its history, inside the caller's transaction."""
    made: Membership = Membership.create(
        public_id=new_public_id(),
        consortium=consortium.id,
        organisation=organisation.id,
        account=ctx.actor.account_id,
        role=role,
        parts=list(parts),
        message=message,
        state=state,
        asked_at=ctx.clock.now(),
    )
    workflow.start(ctx, made)
    telling.note(ctx, consortium.id, f"member.{state}", organisation.id)
    return made


def put(row: Any, **values: Any) -> None:
    """Store columns of a row, and set them on it."""
    type(row).update(**values).where(type(row).id == row.id).execute()
    for name, value in values.items():
        setattr(row, name, value)


def apply(
    ctx: Context, consortium: Consortium, organisation: Organisation, message: str
) -> Membership:
    """Ask to join an active consortium. Raises Invalid, NotFound, and Conflict for who is there."""
    text = rules.checked_text(message, "message", may_be_empty=True)
    if organisation.id not in {item.id for item in own_organisations(ctx)}:
        raise NotFound
    with db.transaction():
        permissions.check(ctx, "view", consortium)
        now = lock(consortium)
        if now.state != RUNNING:
            raise Conflict(_("This consortium takes no new members at the moment."))
        check_kind(now, organisation)
        known = Membership.get_or_none(
            Membership.consortium == now.id, Membership.organisation == organisation.id
        )
        if known is None:
            check_room(ctx, now)
            made = add_member(ctx, now, organisation, APPLIED, message=text)
            _tell_applied(ctx, now, organisation)
            return made
        if known.state in {ACTIVE, APPLIED, INVITED}:
            raise Conflict(_("Your organisation is a member, invited, or has asked already."))
        workflow.move(ctx, known, "apply", text)
        return known  # type: ignore[no-any-return]


def check_kind(consortium: Consortium, organisation: Organisation) -> None:
    """Refuse to mix real and made-up organisations. Raises Invalid."""
    if consortium.is_fictional != organisation.is_fictional:
        raise Invalid(_("Real and made-up organisations can't be in one consortium."))


def check_room(ctx: Context, consortium: Consortium, wanted: int = 1) -> None:
    """Refuse more members than a consortium may have. Raises TooMany."""
    most = settings.of(ctx, "consortia")["most_members"]
    of = Membership
    here = of.select().where(
        of.consortium == consortium.id, of.state.in_([ACTIVE, INVITED, APPLIED])
    )
    if here.count() + wanted > most:
        raise TooMany(
            _("A consortium may have at most %(most)s members.", most=most), retry_after=3_600
        )


def describe(ctx: Context, membership: Membership, role: str, parts: Sequence[str]) -> Membership:
    """Say what a member is formally, and what it does. The lead does this, or the member itself.

    The role is the lead's to say.
    """
    if role not in rules.ROLES or not set(parts) <= set(rules.PARTS):
        raise Invalid(_("Choose from the list."), field="role")
    have = permissions.granted(ctx, membership, ["admit", "answer"])
    if not have:
        raise NotFound
    values: dict[str, Any] = {"parts": [part for part in rules.PARTS if part in parts]}
    if "admit" in have:
        values["role"] = role
    with db.transaction():
        put(membership, **values)
        did(ctx, membership.consortium)
        telling.note(
            ctx, membership.consortium_id, "member.described", membership.organisation_id, **values
        )
    return membership


# What follows from steps


def carry_out_member(ctx: Context, row: Membership, step: Transition, comment: str) -> None:
    """Do what follows from a step of a membership, inside its transaction."""
    consortium = lock(row.consortium)
    organisation: Organisation = row.organisation
    now = ctx.clock.now()
    values: dict[str, Any] = {}
    told = "consortium.left" if step.name in {"leave", "end"} else ""
    if row.state == ACTIVE:
        check_room(ctx, consortium, 0)
        values = {"joined_on": now.date().isoformat(), "left_on": "", "answered_at": now}
        told = "consortium.joined"
    elif told:
        values = {"left_on": now.date().isoformat()}
    elif row.state in {INVITED, APPLIED}:
        check_room(ctx, consortium)
        values = {"asked_at": now, "answered_at": None, "reminded_at": None}
    else:
        values = {"answered_at": now}
    put(row, **values)
    if row.state != ACTIVE:
        contacts.clear(row.id)
    if row.state != INVITED:
        links.close(ctx, PURPOSE, row.id)
    if told:
        events.emit(ctx, told, SUBJECT, consortium.id, organisation=organisation.id)
    if told == "consortium.left":
        _stop_motions(ctx, consortium, organisation.id)
    did(ctx, consortium)
    by_link = {"by": "link"} if ctx.actor.system and step.name in {"accept", "decline"} else {}
    reason = {"reason": comment} if comment else {}
    telling.note(ctx, consortium.id, f"member.{step.name}", organisation.id, **by_link, **reason)
    _tell_step(ctx, consortium, organisation, step)


def _stop_motions(ctx: Context, consortium: Consortium, organisation_id: int) -> None:
    """Nobody can become the lead who is no member any more."""
    Motion.update(state=STOPPED, closed_at=ctx.clock.now()).where(
        Motion.consortium == consortium.id,
        Motion.candidate == organisation_id,
        Motion.state == "open",
    ).execute()


def _tell_applied(ctx: Context, consortium: Consortium, organisation: Organisation) -> None:
    named = {"name": organisation.name, "consortium": consortium.name}
    telling.tell(
        ctx,
        consortium,
        consortium.lead_id,
        telling.ANSWERED,
        lazy("%(name)s wants to join %(consortium)s", **named),
        lazy("Admit it or refuse it on the page of the members."),
    )


def _tell_step(
    ctx: Context, consortium: Consortium, organisation: Organisation, step: Transition
) -> None:
    named = {"name": organisation.name, "consortium": consortium.name}
    to_lead = {
        "accept": lazy("%(name)s is now a member of %(consortium)s", **named),
        "decline": lazy("%(name)s declines to join %(consortium)s", **named),
        "withdraw": lazy("%(name)s does not want to join %(consortium)s any more", **named),
        "leave": lazy("%(name)s has left %(consortium)s", **named),
    }
    to_member = {
        "take_back": lazy("%(name)s is not invited to %(consortium)s any more", **named),
        "admit": lazy("%(name)s is now a member of %(consortium)s", **named),
        "refuse": lazy("%(name)s can't join %(consortium)s", **named),
        "end": lazy("The lead ended the participation of %(name)s in %(consortium)s", **named),
        "invite": lazy("%(name)s is invited to join %(consortium)s", **named),
    }
    if step.name in to_lead:
        telling.tell(ctx, consortium, consortium.lead_id, telling.ANSWERED, to_lead[step.name])
    elif step.name in to_member:
        telling.tell(ctx, consortium, organisation.id, telling.ANSWERED, to_member[step.name])
    elif step.name == "apply":
        _tell_applied(ctx, consortium, organisation)


def carry_out(ctx: Context, row: Consortium, step: Transition, comment: str) -> None:
    """Do what follows from a step of a consortium, inside its transaction."""
    reason = {"reason": comment} if comment else {}
    telling.note(ctx, row.id, step.name, None, **reason)
    did(ctx, row)
    if row.state == CLOSED:
        _close(ctx, row)
    titles = {
        RUNNING: lazy("%(consortium)s is active", consortium=row.name),
        SUSPENDED: lazy("%(consortium)s is suspended", consortium=row.name),
        CLOSED: lazy("%(consortium)s is closed", consortium=row.name),
    }
    of: Any = Membership
    members = of.select(of.organisation).where(of.consortium == row.id, of.state == ACTIVE)
    for (member,) in members.tuples():
        telling.tell(ctx, row, member, telling.CHANGED, titles[row.state], comment)


def _close(ctx: Context, row: Consortium) -> None:
    """Nobody waits for an answer of a consortium that is over."""
    of: Any = Membership
    system = ctx.as_actor(SYSTEM)
    for member in of.select().where(of.consortium == row.id, of.state.in_([INVITED, APPLIED])):
        if member.state == INVITED:
            workflow.move(system, member, "take_back")
        else:
            workflow.move(system, member, "refuse", _("The consortium is closed."))
    Motion.update(state=STOPPED, closed_at=ctx.clock.now()).where(
        Motion.consortium == row.id, Motion.state == "open"
    ).execute()
