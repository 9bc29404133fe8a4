"""Reviews are taken and given back, reviewers reminded, dated steps taken."""

from __future__ import annotations

import logging
from datetime import UTC, date, datetime, time
from typing import Any

from plugins.tasks import queries, telling
from portal import db, mail, objects, workflow
from portal.context import Context
from portal.errors import Conflict, Invalid, NotFound, PortalError
from portal.hookspecs import Transition
from portal.i18n import _, in_locale
from portal.i18n import lazy_gettext as lazy
from portal.organisations import queries as organisations
from portal.organisations.models import Organisation
from portal.people import throttle
from portal.people.models import Account
from portal.workflow import ReviewTask

log = logging.getLogger("portal.tasks")

MOST_STEPS = 200
LOOK_UP = throttle.Limit("sharing-address", 30, 3_600)
"""Addresses of people that one account may try out."""


def take(ctx: Context, obj: Any, is_taken: bool = True) -> None:
    """Say that the actor looks after a review, or give it back.

    Raises NotFound for those who have nothing to decide there, Conflict when somebody has it.
    """
    kind, task = objects.type_of(obj), ReviewTask
    if not any(step.review for step in workflow.offered(ctx, obj)):
        raise NotFound
    me = ctx.actor.account_id
    whose = task.taken_by.is_null() if is_taken else task.taken_by == me
    with db.transaction():
        here = (task.object_type == kind.name, task.object_id == obj.id, whose)
        if not task.update(taken_by=me if is_taken else None).where(*here).execute():
            raise Conflict(_("Somebody else has taken this meanwhile."))


def remind_late(ctx: Context) -> int:
    """Write to reviewers, once, about what was promised for an earlier time; returns how many mails.

    What somebody has taken is told to that person alone.
    """
    task, now, sent = ReviewTask, ctx.clock.now(), 0
    with db.transaction():
        late = {
            row.id for row in task.select().where(task.due_at < now, task.reminded_at.is_null())
        }
        told: set[int] = set()
        for person, actor in telling.reviewers() if late else ():
            with in_locale(person.locale or ctx.locale):
                own = {
                    row.review.id: queries.title(kind, row)
                    for kind, row in queries.reviews(ctx.as_actor(actor))
                    if row.review.id in late and telling.is_for(person, row.review.taken_by)
                }
            if own:
                titles = list(own.values())
                if not _told(ctx, person, titles):
                    mail.enqueue(ctx, person.email, "tasks/late", tasks=titles, path="/tasks")
                told.update(own)
                sent += 1
        for number in told:
            task.update(reminded_at=now).where(task.id == number).execute()
    return sent


def _told(ctx: Context, person: Account, titles: list[str]) -> bool:
    return telling.tell(
        ctx,
        person.id,
        kind=telling.LATE,
        title=lazy("What was promised for an earlier day still waits for your decision"),
        body="\n".join(titles),
        url="/tasks",
    )


def take_due(ctx: Context) -> int:
    """Take the automatic steps whose moment has come; returns how many were taken.

    A step that is refused is logged and tried again the next time.
    """
    taken = 0
    for kind in objects.types().values():
        flow = objects.workflow_of(kind)
        for step in flow.transitions if flow else ():
            if step.automatic and step.due_field:
                state, due = (
                    getattr(kind.model, kind.state_field),
                    getattr(kind.model, step.due_field),
                )
                waiting = kind.model.select().where(
                    state.in_(list(step.sources)), due <= ctx.clock.now()
                )
                rows = list(waiting.order_by(due, kind.model.id).limit(MOST_STEPS))
                taken += sum(_try(ctx, row, step) for row in rows)
    return taken


def _try(ctx: Context, row: Any, step: Transition) -> bool:
    try:
        workflow.move(ctx, row, step.name)
    except PortalError as error:
        log.warning("%s of %r %s was refused: %s", step.name, type(row), row.id, error.message)
        return False
    return True


def principal(ctx: Context, who: str) -> Account | Organisation:
    """Return the person with a mail address, or the organisation with an address here.

    Raises Invalid when there is none, TooMany when an account tries too many.
    """
    who = who.strip()
    throttle.spend(ctx, LOOK_UP, str(ctx.actor.account_id))
    found = (
        Account.get_or_none(
            Account.email == who.lower(),
            Account.verified_at.is_null(False),
            Account.disabled_at.is_null(),
        )
        if "@" in who
        else Organisation.get_or_none(
            Organisation.slug == who.rstrip("/").rpartition("/")[2],
            Organisation.hidden_at.is_null(),
        )
    )
    if isinstance(found, Organisation) and not organisations.in_sight([found]):
        found = None
    if found is None:
        raise Invalid(
            _("Write the mail address of somebody with an account, or an organisation's address."),
            field="who",
        )
    return found  # type: ignore[no-any-return]


def end_of(day: date | None) -> datetime | None:
    """Return the moment at which a day is over, in UTC; None for no day."""
    return None if day is None else datetime.combine(day, time.max, UTC)
