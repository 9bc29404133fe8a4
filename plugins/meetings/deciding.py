"""Decisions of members: put to them, spoken about, counted; one voice for each, until the deadline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plugins.calendars.interface import Moment, moment
from plugins.consortia.interface import CLOSED, Seen, lock, note, of_ids
from plugins.meetings import queries, rules, telling
from plugins.meetings.models import (
    CARRIED,
    NOTED,
    OPEN,
    WITHDRAWN,
    Decision,
    Meeting,
    Sealed,
    Voice,
)
from plugins.meetings.service import may_write
from portal import audit, db
from portal.context import Context
from portal.errors import Conflict, Invalid, NotAllowed, TooMany
from portal.i18n import _
from portal.i18n import lazy_gettext as lazy
from portal.organisations.models import Organisation
from portal.organisations.service import new_public_id

MOST_DECISIONS = 1_000


def _open(ctx: Context, consortium: Seen, permission: str = "run") -> Seen:
    now = lock(ctx, consortium, permission)
    if now.state == CLOSED:
        raise Conflict(_("This consortium is closed."))
    return now


def put(
    ctx: Context, consortium: Seen, values: Mapping[str, Any], row: Meeting | None = None
) -> Decision:
    """Put something to the members, until a moment. Raises Invalid naming the field, TooMany."""
    closes_at = moment(values["day"], values["time"], values["zone"], "day")
    kept = {
        "title": rules.line(values["title"], "title"),
        "text": rules.text(values["text"], "text", may_be_empty=False),
        "closes_at": rules.not_past(closes_at, ctx.clock.now(), "day", rules.LONGEST_OPEN),
        "zone": values["zone"],
        **rules.terms(values),
    }
    with db.transaction():
        now = _open(ctx, consortium)
        made = _create(ctx, now, row, kept)
        _tell(
            ctx,
            now,
            made,
            lazy("%(name)s decides: %(title)s", name=now.name, title=made.title),
            lazy("Speak for your organisation until %(when)s.", when=until(made)),
        )
        note(ctx, now, lazy("A decision was put to the members: %(title)s", title=made.title))
        audit.record(ctx, "decision.put", "meetings_decision", made.id)
    return made


def _create(
    ctx: Context, consortium: Seen, row: Meeting | None, values: Mapping[str, Any]
) -> Decision:
    here = Decision.select().where(Decision.consortium_id == consortium.id)
    if here.count() >= MOST_DECISIONS:
        raise TooMany(_("There are %(most)s decisions already.", most=MOST_DECISIONS))
    made: Decision = Decision.create(
        public_id=new_public_id(),
        consortium_id=consortium.id,
        meeting=row.id if row else None,
        account=ctx.actor.account_id,
        created_at=ctx.clock.now(),
        **values,
    )
    return made


def note_taken(ctx: Context, consortium: Seen, row: Meeting, title: str, text: str) -> Decision:
    """Note what a meeting has decided; whoever writes its minutes does. Raises Invalid, NotAllowed."""
    kept = {"title": rules.line(title, "title"), "text": rules.text(text, "text")}
    with db.transaction():
        now = _open(ctx, consortium, "inside")
        if not may_write(ctx, now, row):
            raise NotAllowed
        at = ctx.clock.now()
        made = _create(
            ctx,
            now,
            row,
            {**kept, "way": NOTED, "state": CARRIED, "closes_at": at, "closed_at": at},
        )
        note(ctx, now, lazy("A decision was noted: %(title)s", title=made.title))
        audit.record(ctx, "decision.noted", "meetings_decision", made.id)
    return made


def until(row: Decision) -> Moment:
    """Return until when members can speak, for sentences in any language."""
    return Moment(row.closes_at, row.zone)


def _tell(ctx: Context, consortium: Seen, row: Decision, title: Any, body: Any) -> None:
    ids = [item.id for item in queries.members(consortium)]
    url = telling.base_of(consortium, row, "decisions")
    telling.tell(ctx, consortium, ids, telling.DECIDING, title, body, url)


def _hold(row: Decision) -> Decision:
    """Let others who speak, withdraw or count wait until the transaction is over; read it anew."""
    Decision.update(state=Decision.state).where(Decision.id == row.id).execute()
    return Decision.get_by_id(row.id)  # type: ignore[no-any-return]


def speak(
    ctx: Context, consortium: Seen, row: Decision, slug: str, choice: str, reason: str = ""
) -> None:
    """Speak for a member: once, and changed as often as it likes until the deadline.

    Raises Invalid, NotAllowed for who writes for no member, Conflict when it is too late.
    """
    if row.way == NOTED or choice not in rules.CHOICES[row.way]:
        raise Invalid(_("Choose what your organisation says."), "choice")
    told = rules.text(reason, "reason", 2_000)
    if choice == rules.OBJECT and not told:
        raise Invalid(_("Say what you object to, so that it can be mended."), "reason")
    with db.transaction():
        now = _open(ctx, consortium, "inside")
        held = _hold(row)
        _check_open(ctx, held)
        members = queries.own_members(ctx, queries.members(now))
        owner = next((item for item in members if item.slug == slug), None)
        if owner is None:
            raise NotAllowed(_("You don't write for a member of this consortium."))
        speak_for(ctx, held, owner, choice, told)
        audit.record(ctx, "decision.spoken", "meetings_decision", row.id, organisation=owner.id)


def speak_for(
    ctx: Context, row: Decision, owner: Organisation, choice: str, reason: str = ""
) -> None:
    """Write a voice down, inside the caller's transaction, which has checked everything."""
    if row.is_secret:
        of = (Sealed.decision == row.id, Sealed.organisation == owner.id)
        Sealed.delete().where(*of).execute()
        Sealed.create(decision=row.id, organisation=owner.id, choice=choice)
    Voice.create(
        decision=row.id,
        organisation=owner.id,
        account=ctx.actor.account_id,
        choice="" if row.is_secret else choice,
        reason="" if row.is_secret else reason,
        at=ctx.clock.now(),
    )


def _check_open(ctx: Context, row: Decision) -> None:
    if row.state == WITHDRAWN:
        raise Conflict(_("This decision was withdrawn."))
    if row.state != OPEN or ctx.clock.now() >= row.closes_at:
        told = _("It is too late: members could speak until %(when)s.", when=until(row))
        raise Conflict(told)


def withdraw(ctx: Context, consortium: Seen, row: Decision, reason: str) -> None:
    """Take a decision back that members still speak about. Raises Invalid, Conflict."""
    told = rules.line(reason, "reason", 300)
    with db.transaction():
        now = _open(ctx, consortium)
        held = _hold(row)
        _check_open(ctx, held)
        Decision.update(state=WITHDRAWN, closed_at=ctx.clock.now(), result={"reason": told}).where(
            Decision.id == row.id
        ).execute()
        Sealed.delete().where(Sealed.decision == row.id).execute()
        title = lazy("Withdrawn: %(title)s (%(name)s)", title=row.title, name=now.name)
        _tell(ctx, now, held, title, lazy("The reason: %(reason)s", reason=told))
        line = lazy(
            "The decision %(title)s was withdrawn: %(reason)s", title=row.title, reason=told
        )
        note(ctx, now, line)
        audit.record(ctx, "decision.withdrawn", "meetings_decision", row.id)


def count_due(ctx: Context) -> int:
    """Count the decisions whose deadline has passed; returns how many."""
    of: Any = Decision
    rows = of.select().where(of.state == OPEN, of.closes_at <= ctx.clock.now())
    return sum(_count(ctx, row) for row in rows.order_by(of.id))


def _count(ctx: Context, row: Decision) -> bool:
    """Count the voices of those who are members now; what was said in secret is deleted then."""
    with db.transaction():
        held = _hold(row)
        if held.state != OPEN:
            return False
        consortium = of_ids(ctx, [held.consortium_id])[held.consortium_id]
        members = [item.id for item in queries.members(consortium)]
        terms = rules.Terms(held.way, held.quorum, held.majority, held.tie)
        found = rules.count(terms, queries.choices(held), members, consortium.lead_id)
        Decision.update(state=found.state, result=found.stored(), closed_at=ctx.clock.now()).where(
            Decision.id == held.id
        ).execute()
        Sealed.delete().where(Sealed.decision == held.id).execute()
        if found.state == CARRIED:
            line = lazy("The members decided: %(title)s", title=held.title)
            title = lazy("%(name)s has decided: %(title)s", name=consortium.name, title=held.title)
        else:
            line = lazy("The members did not decide: %(title)s", title=held.title)
            title = lazy("%(name)s has not decided: %(title)s", name=consortium.name,
                         title=held.title)  # fmt: skip
        _tell(ctx, consortium, held, title, "")
        note(ctx, consortium, line)
        audit.record(ctx, "decision.counted", "meetings_decision", held.id, state=found.state)
    return True
