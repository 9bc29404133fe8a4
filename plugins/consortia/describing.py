"""Members say whom to write to; the lead asks those that have not."""

from __future__ import annotations

from collections.abc import Mapping

from plugins.consortia import contacts, rules, service, telling
from plugins.consortia.models import ACTIVE, Contact, Membership
from portal import db, permissions
from portal.context import Context
from portal.errors import Conflict, Invalid
from portal.i18n import _
from portal.i18n import lazy_gettext as lazy


def _fresh(membership: Membership) -> Membership:
    """Hold the consortium, and read the membership anew. Raises Conflict for who is no member."""
    service.lock(membership.consortium)
    now: Membership = Membership.get_by_id(membership.id)
    if now.state != ACTIVE:
        raise Conflict(_("This organisation is no member of the consortium."))
    return now


def set_contacts(ctx: Context, membership: Membership, chosen: Mapping[str, str]) -> None:
    """Store for roles who the contact is: the public id of an account, empty for nobody.

    Raises NotFound and NotAllowed, Invalid with the role as field, Conflict.
    """
    permissions.check(ctx, "answer", membership)
    able = {item.account.public_id: item.id for item in contacts.people(membership)}
    for role, who in chosen.items():
        if role not in contacts.ROLES or (who and who not in able):
            raise Invalid(_("Choose somebody who acts for your organisation here."), field=role)
    with db.transaction():
        now = _fresh(membership)
        wanted = {role: able[who] if who else None for role, who in chosen.items()}
        before = contacts.kept(now)
        changed = sorted(role for role, who in wanted.items() if before.get(role) != who)
        if not changed:
            return
        contacts.clear(now.id, *changed)
        for role in changed:
            if wanted[role]:
                Contact.create(membership=now.id, role=role, member=wanted[role])
        service.did(ctx, now.consortium)
        telling.note(ctx, now.consortium_id, "member.contacts", now.organisation_id)
        telling.record(
            ctx,
            "consortium.contacts",
            now.consortium_id,
            organisation=now.organisation_id,
            roles=changed,
        )


def ask_contact(ctx: Context, membership: Membership) -> None:
    """Ask a member to say whom to write to, at most every three days.

    Raises NotFound and NotAllowed, Conflict, and Invalid when it is too early.
    """
    permissions.check(ctx, "admit", membership)
    moment = ctx.clock.now()
    with db.transaction():
        now = _fresh(membership)
        consortium = now.consortium
        if now.reminded_at and now.reminded_at > moment - rules.REMIND_AGAIN:
            raise Invalid(_("This member was reminded within the last three days. Wait a little."))
        service.put(now, reminded_at=moment)
        service.did(ctx, consortium)
        telling.tell(
            ctx,
            consortium,
            now.organisation_id,
            telling.CONTACT,
            lazy("%(consortium)s asks whom to write to", consortium=consortium.name),
            lazy(
                "Choose for each task who the contact of %(name)s is.", name=now.organisation.name
            ),
            url=f"/consortia/{consortium.slug}/members/{now.public_id}",
        )
        telling.record(
            ctx, "consortium.contact_asked", consortium.id, organisation=now.organisation_id
        )
