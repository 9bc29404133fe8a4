"""Requests to join: a person asks to act for a claimed organisation, its administrators decide.

Whoever asks learns nothing about who its members are.
"""

from __future__ import annotations

from typing import Any

from plugins.members import policy, queries, rules, telling
from plugins.members.invitations import note
from plugins.members.models import ACCEPTED, DECLINED, OVER, WAITING, WITHDRAWN, JoinRequest
from portal import db, settings
from portal.context import Context
from portal.errors import Conflict, Invalid, NotAllowed, TooMany
from portal.i18n import _, day
from portal.i18n import lazy_gettext as lazy
from portal.organisations import service as organisations
from portal.organisations.models import UNCLAIMED, Organisation
from portal.people import throttle

MOST_REMINDED = 200


def check_open(ctx: Context, organisation: Organisation) -> None:
    """Raise Conflict, saying why, where the actor can't ask to join."""
    if organisation.state == UNCLAIMED:
        raise Conflict(_("Nobody acts for this organisation yet. If it is yours, claim it."))
    if queries.role_in(organisation.id, ctx.actor.account_id or 0):
        raise Conflict(_("You act for this organisation already."))


def rests_until(ctx: Context, last: JoinRequest | None) -> Any:
    """Return the moment from which somebody may ask again after a no; None when it is past."""
    if last is None or last.state != DECLINED:
        return None
    until = last.ended_at + rules.REST
    return until if until > ctx.clock.now() else None


def ask(ctx: Context, organisation: Organisation, *, message: str) -> JoinRequest:
    """Ask to act for a claimed organisation; its administrators are told.

    Raises NotAllowed without an account, Invalid, Conflict where it makes no sense, TooMany.
    """
    if not ctx.actor.signed_in:
        raise NotAllowed(_("Sign in and come back to this page."))
    check_open(ctx, organisation)
    message = rules.checked_text(message, "message")
    if not message:
        raise Invalid(_("Write a sentence or two, so that they know who you are."), "message")
    throttle.spend(ctx, rules.ASK_PERSON, str(ctx.actor.account_id))
    now, promised = ctx.clock.now(), int(settings.of(ctx, "members")["promised_days"])
    with db.transaction():
        organisations.lock(organisation)
        _check_again(ctx, organisation)
        row: JoinRequest = JoinRequest.create(
            public_id=organisations.new_public_id(),
            organisation=organisation.id,
            account=ctx.actor.account_id,
            message=message,
            created_at=now,
            due_at=rules.due_after(now, promised),
        )
        note(ctx, "join.asked", organisation, request=row.id)
        _tell_askers_administrators(ctx, organisation, row)
    return row


def _check_again(ctx: Context, organisation: Organisation) -> None:
    last = queries.own_request(ctx, organisation)
    if last is not None and last.state == WAITING:
        raise Conflict(_("Your request is here already and waits for an answer."))
    until = rests_until(ctx, last)
    if until is not None:
        raise Conflict(
            _("Your last request was declined. You can ask again from %(day)s on.", day=day(until))
        )
    waiting = JoinRequest.select().where(JoinRequest.state == WAITING)
    mine = waiting.where(JoinRequest.account == ctx.actor.account_id)
    there = waiting.where(JoinRequest.organisation == organisation.id)
    if mine.count() >= rules.MOST_ASKED or there.count() >= rules.MOST_WAITING:
        raise TooMany(
            _("Many requests wait for an answer. Try again in some days."), retry_after=86_400
        )


def _tell_askers_administrators(ctx: Context, organisation: Organisation, row: JoinRequest) -> None:
    named = {"name": ctx.actor.name, "organisation": organisation.name}
    people = queries.administrators(organisation.id)
    if people:
        title = lazy("%(name)s asks to act for %(organisation)s", **named)
        telling.tell(ctx, people, telling.ASKED, title, url=path_of(organisation, row))
        return
    title = lazy("Somebody asks to join %(organisation)s, which nobody runs", **named)
    url = f"/setup/members/{organisation.slug}"
    telling.tell(ctx, queries.site_administrators(), telling.ASKED, title, url=url)


def path_of(organisation: Organisation, row: JoinRequest) -> str:
    """Return the address of the page on which a request is decided."""
    return f"{telling.path(organisation)}/requests/{row.public_id}"


def withdraw(ctx: Context, organisation: Organisation) -> None:
    """Take the own request back. Raises Conflict when it was answered, or there is none."""
    row = queries.own_request(ctx, organisation)
    if row is None:
        raise Conflict(_("There is no request of yours."))
    with db.transaction():
        _end(ctx, row, state=WITHDRAWN)
        note(ctx, "join.withdrawn", organisation, request=row.id)


def decide(
    ctx: Context,
    organisation: Organisation,
    row: JoinRequest,
    *,
    decision: str,
    role: str,
    answer: str,
) -> None:
    """Let somebody join with a role, or decline politely; the person is told.

    Raises NotFound or NotAllowed for all but the organisation's administrators, Invalid, Conflict
    when it was decided or withdrawn meanwhile.
    """
    policy.check_manager(ctx, organisation)
    if decision not in (ACCEPTED, DECLINED):
        raise Invalid(_("Choose accept or decline."), "decision")
    if decision == ACCEPTED:
        rules.checked_role(role, rules.INVITABLE)
    answer = rules.checked_text(answer, "answer")
    with db.transaction():
        organisations.lock(organisation)
        me = ctx.actor.account_id
        _end(ctx, row, state=decision, answer=answer, decided_by=me)
        note(ctx, f"join.{decision}", organisation, request=row.id, account=row.account_id)
        if decision == ACCEPTED and rules.is_more(
            role, queries.role_in(organisation.id, row.account_id)
        ):
            organisations.add_member(ctx, organisation, row.account_id, role)
        _tell_decision(ctx, organisation, row, decision, answer)


def _end(ctx: Context, row: JoinRequest, **values: Any) -> None:
    ended = JoinRequest.update(ended_at=ctx.clock.now(), **values).where(
        JoinRequest.id == row.id, JoinRequest.state == WAITING
    )
    if not ended.execute():
        raise Conflict(_("This request was answered or withdrawn meanwhile."))


def _tell_decision(
    ctx: Context, organisation: Organisation, row: JoinRequest, decision: str, answer: str
) -> None:
    named = {"organisation": organisation.name}
    if decision == ACCEPTED:
        title = lazy("You may act for %(organisation)s now", **named)
        url = f"/organisations/{organisation.slug}/"
        telling.tell(ctx, [row.account_id], telling.DECIDED, title, answer, url)
        return
    title = lazy("%(organisation)s did not accept your request to join", **named)
    polite = lazy(
        "Thank you for asking. Its administrators don't let you act for it at the moment; that says "
        "nothing about you. A colleague who knows you can invite you."
    )
    url = f"/organisations/{organisation.slug}/join"
    telling.tell(ctx, [row.account_id], telling.DECIDED, title, answer or polite, url)


def look_after(ctx: Context) -> int:
    """Remind administrators of requests that are due or late, close those that nobody answers.

    Returns how many requests were concerned.
    """
    now, row = ctx.clock.now(), JoinRequest
    waiting = row.select(row, Organisation).join(Organisation).where(row.state == WAITING)
    soon = (row.reminders == 0) & (row.due_at < now + rules.REMIND_BEFORE)
    late = (row.reminders < 2) & (row.due_at < now)
    over = row.due_at < now - rules.CLOSED_AFTER
    rows = list(waiting.where(soon | late | over).order_by(row.id).limit(MOST_REMINDED))
    for item in rows:
        with db.transaction():
            if item.due_at < now - rules.CLOSED_AFTER:
                _close(ctx, item)
            else:
                _remind(ctx, item, is_late=item.due_at < now)
    return len(rows)


def _remind(ctx: Context, row: JoinRequest, is_late: bool) -> None:
    count = 2 if is_late else 1
    counted = JoinRequest.update(reminders=count).where(
        JoinRequest.id == row.id, JoinRequest.state == WAITING, JoinRequest.reminders < count
    )
    if not counted.execute():
        return
    organisation = row.organisation
    named = {"organisation": organisation.name}
    title = lazy("Somebody still waits for an answer of %(organisation)s", **named)
    if is_late:
        title = lazy("An answer of %(organisation)s is late", **named)
    people = queries.administrators(organisation.id)
    telling.tell(ctx, people, telling.ASKED, title, url=path_of(organisation, row))


def _close(ctx: Context, row: JoinRequest) -> None:
    ended = JoinRequest.update(state=OVER, ended_at=ctx.clock.now()).where(
        JoinRequest.id == row.id, JoinRequest.state == WAITING
    )
    if not ended.execute():
        return
    note(ctx, "join.over", row.organisation, request=row.id)
    title = lazy(
        "%(organisation)s has not answered your request to join",
        organisation=row.organisation.name,
    )
    body = lazy(
        "It is closed. We are sorry; those who run this site can see it. You can ask again."
    )
    url = f"/organisations/{row.organisation.slug}/join"
    telling.tell(ctx, [row.account_id], telling.DECIDED, title, body, url)
