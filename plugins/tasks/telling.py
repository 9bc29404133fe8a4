"""Whom tasks tell what: a review that waits or is late, something that was shared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from plugins.tasks import queries
from portal import db, objects
from portal.context import MEMBER, REVIEWER, SITE_ADMIN, Actor, Context
from portal.hookspecs import Event
from portal.i18n import lazy_gettext as lazy
from portal.organisations.models import Organisation, OrganisationMember
from portal.people.models import Account
from portal.permissions import LocalRole
from portal.workflow import ARRIVED

LATE, WAITING, SHARED = "tasks.late", "tasks.waiting", "tasks.shared"
KINDS = (
    {"kind": LATE, "title": lazy("A review is late")},
    {"kind": WAITING, "title": lazy("Something waits for your decision"), "default": "daily"},
    {"kind": SHARED, "title": lazy("Something was shared with you")},
)
MOST_TOLD = 200
"""People of an organisation who are told that something was shared with it."""


def tell(ctx: Context, account_id: int, **notice: Any) -> bool:
    """Let notices tell a person; False where nobody answers for them."""
    told = objects.registry().hooks.call("notice_tell", ctx, account_id=account_id, notice=notice)
    return any(answer for _plugin, answer in told)


def reviewers() -> Iterator[tuple[Account, Actor]]:
    """Yield the people to whom reviews may fall, and each as an actor."""
    can = (Account.role.in_([REVIEWER, SITE_ADMIN]), Account.disabled_at.is_null())
    for person in list(Account.select().where(*can).order_by(Account.id)):
        yield person, Actor(person.id, person.name, frozenset({MEMBER, person.role}))


def is_for(person: Account, holder: Account | None) -> bool:
    """Whether a review is the person's to hear of: nobody has it, or nobody who still decides."""
    if holder is None or holder.disabled_at or holder.role not in {REVIEWER, SITE_ADMIN}:
        return True
    return bool(holder.id == person.id)


def tell_waiting(ctx: Context, event: Event) -> None:
    """Tell reviewers what begins to wait for their decision; once each time that it does."""
    if event.name != ARRIVED:
        return
    for person, actor in reviewers():
        asking = ctx.as_actor(actor)
        for kind, row in queries.reviews(asking, (event.subject_type, event.subject_id)):
            if person.id != event.account_id and is_for(person, row.review.taken_by):
                tell(
                    ctx,
                    person.id,
                    kind=WAITING,
                    title=lazy("This waits for your decision: %(title)s", title=kind.label(row)),
                    body=kind.title,
                    url=kind.url(row),
                    subject=f"{kind.name} {row.id} since {db.utc_text(row.review.since)}",
                )


def tell_shared(ctx: Context, obj: Any, role: LocalRole, principal: Account | Organisation) -> None:
    """Tell those who got a role on an object, inside that transaction; not whoever gave it."""
    kind = objects.type_of(obj)
    named = {"title": kind.label(obj), "organisation": principal.name}
    if isinstance(principal, Account):
        people, title = [principal.id], lazy("Shared with you: %(title)s", **named)
    else:
        member: Any = OrganisationMember
        own = member.select(member.account).where(member.organisation == principal.id)
        people = [number for (number,) in own.order_by(member.id).limit(MOST_TOLD).tuples()]
        title = lazy("Shared with %(organisation)s: %(title)s", **named)
    until = role.expires_at.date().isoformat() if role.expires_at else ""
    body: Any = lazy("Until the end of %(day)s.", day=until) if until else kind.title
    for number in people:
        if number != ctx.actor.account_id:
            tell(
                ctx,
                number,
                kind=SHARED,
                title=title,
                body=body,
                url=kind.url(obj),
                subject=f"{kind.name} {obj.id} {role.role} {until}",
            )
