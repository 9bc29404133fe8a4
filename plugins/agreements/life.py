"""What follows from each step: in force, replaced, expired, ended; reminders and deletion."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from plugins.agreements import library, negotiating, queries, rules, signing, telling
from plugins.agreements.models import (
    CANCELLED,
    EXPIRED,
    FROZEN,
    IN_FORCE,
    NEGOTIATION,
    SUPERSEDED,
    TERMINATED,
    Agreement,
    Party,
    Signature,
)
from plugins.agreements.policy import Hand
from plugins.agreements.workflow import AGREEMENT, parties
from plugins.evidence.interface import keeping
from plugins.links import interface as links
from portal import audit, db, events, permissions, settings, workflow
from portal.context import SYSTEM, Context
from portal.errors import Conflict, Invalid
from portal.hookspecs import EventType, Transition
from portal.i18n import _, day
from portal.i18n import lazy_gettext as lazy

ENDED = (SUPERSEDED, EXPIRED, TERMINATED, CANCELLED)
EVENT_IN_FORCE = "agreement.in_force"
EVENTS = (
    EventType("agreement.sent", lazy("An agreement was sent to its parties"), {}, AGREEMENT),
    EventType(EVENT_IN_FORCE, lazy("An agreement came into force"), {}, AGREEMENT),
    EventType("agreement.ended", lazy("An agreement ended"), {"state": "how"}, AGREEMENT),
)
MOST_DELETED = 200
PERSONS_KEPT = timedelta(days=1_096)
"""For how long after the end of an agreement it is kept which persons took part."""


def carry_out(ctx: Context, agreement: Agreement, step: Transition, entry: Any) -> None:
    """Do what follows from a step, inside its transaction, whichever page it was taken on."""
    now = ctx.clock.now()
    if step.name == "share":
        _set(agreement, sent_at=now)
        telling.ask_to_agree(ctx, agreement)
        events.emit(ctx, "agreement.sent", AGREEMENT, agreement.id)
    elif step.name == "freeze":
        _set(agreement, frozen=agreement.number, frozen_at=now, nudged_at=None)
        telling.ask_to_sign(ctx, agreement)
    elif step.target == NEGOTIATION:
        _open_again(ctx, agreement, step.name, entry)
    elif step.name == "complete":
        _come_into_force(ctx, agreement)
    elif step.target in ENDED:
        _end(ctx, agreement, step.target, entry)


def _set(agreement: Agreement, **values: Any) -> None:
    Agreement.update(**values).where(Agreement.id == agreement.id).execute()
    for name, value in values.items():
        setattr(agreement, name, value)


def _open_again(ctx: Context, agreement: Agreement, step: str, entry: Any) -> None:
    signing.void(ctx, agreement, step)
    Party.update(confirmed=0, confirmed_at=None).where(Party.agreement == agreement.id).execute()
    _set(agreement, frozen=0, frozen_at=None, nudged_at=None)
    named = {"title": agreement.title}
    title = (
        lazy("A party declined to sign: %(title)s", **named)
        if step == "decline"
        else lazy("The text is open again: %(title)s", **named)
    )
    body = lazy("The reasons stand on its page. Signatures so far are void; all agree anew.")
    telling.tell(ctx, agreement, telling.ASKED, (title, body), f"{step} {entry.id}")


def _come_into_force(ctx: Context, agreement: Agreement) -> None:
    _set(agreement, in_force_at=ctx.clock.now(), expires_at=_midnight_after(agreement.ends_on))
    before = agreement.predecessor
    if before is not None and agreement.follows in {"amend", "renew"} and before.state == IN_FORCE:
        workflow.move(ctx.as_actor(SYSTEM), before, "supersede")
    words = (lazy("In force: %(title)s", title=agreement.title), lazy("All parties have signed."))
    telling.tell(ctx, agreement, telling.ENDED, words, "in force")
    for party in parties(agreement.id):
        if party.organisation_id is None:
            telling.send_link(ctx, agreement, party, party.email, party.name)
    events.emit(ctx, EVENT_IN_FORCE, AGREEMENT, agreement.id)


def _midnight_after(ends_on: str) -> datetime | None:
    """Return the moment at which the last day is over, in UTC; None where no day is stated."""
    if not ends_on:
        return None
    return datetime.combine(date.fromisoformat(ends_on) + timedelta(days=1), time(), UTC)


def _end(ctx: Context, agreement: Agreement, state: str, entry: Any) -> None:
    _set(agreement, ended_at=ctx.clock.now())
    if state == CANCELLED:
        signing.void(ctx, agreement, "cancel")
    links.close(ctx, telling.LINK, agreement.id)
    keeping.ended(ctx, (AGREEMENT, agreement.id))
    titles = {
        SUPERSEDED: lazy("Replaced by a newer one: %(title)s", title=agreement.title),
        EXPIRED: lazy("Expired: %(title)s", title=agreement.title),
        TERMINATED: lazy("Ended with notice: %(title)s", title=agreement.title),
        CANCELLED: lazy("Cancelled: %(title)s", title=agreement.title),
    }
    if agreement.sent_at is not None:
        body = lazy("You find it in your register as before.")
        telling.tell(ctx, agreement, telling.ENDED, (titles[state], body), f"ended {entry.id}")
        events.emit(ctx, "agreement.ended", AGREEMENT, agreement.id, state=state)


# Ending with notice


def give_notice(ctx: Context, agreement: Agreement, who: Hand, reason: str, last: date) -> None:
    """Say that an agreement in force ends after a day, with the reason. Raises Invalid, Conflict."""
    with db.transaction():
        now = queries.hold(agreement)
        permissions.check(ctx, "close", now)
        negotiating.check_writes(who)
        if now.state != IN_FORCE or now.terminates_at is not None:
            raise Conflict(_("Somebody else changed this meanwhile. Look at it as it is now."))
        reason = rules.checked_text(reason, rules.LONGEST_LONG, "reason")
        if not reason:
            raise Invalid(_("Write the reasons in a sentence or two."), field="reason")
        today = ctx.clock.now().date()
        if not today <= last <= today + timedelta(days=3 * 366):
            raise Invalid(_("Choose a day from today on, within three years."), field="last_on")
        _set(now, terminates_at=_midnight_after(last.isoformat()), notice=reason)
        audit.record(ctx, "agreement.notice_given", AGREEMENT, now.id, party=who.party.public_id)
        named = {"name": who.party.name, "title": now.title, "day": day(last)}
        words = (
            lazy("%(name)s ends %(title)s", **named),
            lazy("It stays in force until %(day)s. The reasons stand on its page.", **named),
        )
        telling.tell(ctx, now, telling.ENDED, words, f"notice {now.version} {last}", but=who.party)


def withdraw_notice(ctx: Context, agreement: Agreement, who: Hand) -> None:
    """Take back that an agreement ends. Raises Conflict."""
    with db.transaction():
        now = queries.hold(agreement)
        permissions.check(ctx, "close", now)
        negotiating.check_writes(who)
        if now.state != IN_FORCE or now.terminates_at is None:
            raise Conflict(_("Somebody else changed this meanwhile. Look at it as it is now."))
        _set(now, terminates_at=None, notice="")
        audit.record(ctx, "agreement.notice_withdrawn", AGREEMENT, now.id)
        words = (lazy("Goes on: %(title)s", title=now.title), lazy("The notice was withdrawn."))
        mark = f"goes on {ctx.clock.now().isoformat()}"
        telling.tell(ctx, now, telling.ENDED, words, mark, but=who.party)


# What the portal does by itself


def look_after(ctx: Context) -> None:
    """Remind of what waits and of what ends; freeze where the last signatory has come."""
    for row in Agreement.select().where(Agreement.state.in_([NEGOTIATION, *FROZEN])):
        with db.transaction():
            now = queries.hold(row)
            if now.state == NEGOTIATION and negotiating.settle(ctx, now):
                continue
            _nudge(ctx, now)
    today = ctx.clock.now().date()
    for row in Agreement.select().where(Agreement.state == IN_FORCE, Agreement.ends_on != ""):
        due = rules.days_before(row.ends_on, today)
        if due and (not row.reminded or due < row.reminded):
            with db.transaction():
                _set(row, reminded=due)
                _remind_of_end(ctx, row)


def _nudge(ctx: Context, agreement: Agreement) -> None:
    days = int(settings.of(ctx, "agreements")["nudge_days"])
    since = agreement.nudged_at or (
        agreement.frozen_at if agreement.state in FROZEN else agreement.sent_at
    )
    if since is None or since > ctx.clock.now() - timedelta(days=days):
        return
    _set(agreement, nudged_at=ctx.clock.now())
    telling.remind(ctx, agreement)


def _remind_of_end(ctx: Context, agreement: Agreement) -> None:
    named = {"title": agreement.title, "day": day(date.fromisoformat(agreement.ends_on))}
    words = (
        lazy("Ends on %(day)s: %(title)s", **named),
        lazy(
            "If you want to go on together, renew it from its page: what you agreed is filled in."
        ),
    )
    telling.tell(ctx, agreement, telling.REMINDED, words, f"ends {agreement.reminded}")


def forget_persons(ctx: Context) -> int:
    """Erase who persons were that took part in what ended a while ago; returns how many.

    What they signed goes on being valid: it holds salted hashes of their names alone.
    """
    old = Agreement.select(Agreement.id).where(Agreement.ended_at < ctx.clock.now() - PERSONS_KEPT)
    named = (Party.organisation.is_null(), Party.role.in_(library.PERSONS), Party.name != "")
    rows = Party.select(Party.id).where(Party.agreement.in_(old), *named).limit(MOST_DELETED)
    ids = [party.id for party in list(rows)]
    with db.transaction():
        Party.update(name="", email="").where(Party.id.in_(ids)).execute()
        Signature.update(name="", position="", salt="").where(Signature.party.in_(ids)).execute()
    return len(ids)


def forget(ctx: Context) -> int:
    """Delete agreements that ended long ago, with all that belongs to them; returns how many."""
    forget_persons(ctx)
    years = int(settings.of(ctx, "agreements")["ended_years"])
    of: Any = Agreement
    old = of.select(of.id).where(
        of.state.in_(ENDED), of.ended_at < ctx.clock.now() - timedelta(days=366 * years)
    )
    ids = [number for (number,) in old.order_by(of.id).limit(MOST_DELETED).tuples()]
    with db.transaction():
        workflow.forget_comments(AGREEMENT, ids)
        keeping.drop(AGREEMENT, ids)
        for number in ids:
            audit.record(ctx, "agreement.forgotten", AGREEMENT, number)
        return int(of.delete().where(of.id.in_(ids)).execute())
