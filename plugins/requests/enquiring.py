"""Enquiries: one organisation asks another without seeing an address; what both write, how it ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from plugins.notices.interface import notify
from plugins.requests import queries, rules
from plugins.requests.models import ANSWERED, DECLINED, OPEN, RUNNING, Enquiry, Message, Silence
from plugins.requests.workflow import ENQUIRY, LAPSE
from portal import audit, db, events, permissions, settings, workflow
from portal.context import Context
from portal.errors import Conflict, Invalid, NotAllowed, NotFound, TooMany
from portal.hookspecs import Transition
from portal.i18n import _, day
from portal.i18n import lazy_gettext as lazy
from portal.organisations import queries as organisations
from portal.organisations.models import UNCLAIMED, Organisation
from portal.organisations.service import new_public_id

WRITTEN = "requests.enquiry_written"
KINDS: tuple[Mapping[str, Any], ...] = (
    {"kind": WRITTEN, "title": lazy("Somebody wrote to your organisation")},
)
DAY, WEEK = timedelta(days=1), timedelta(days=7)
MOST_FORGOTTEN = 500
RELAYED = lazy("Read it and answer here; nobody's address is shown.")


def may_ask(asker: Organisation, receiver: Organisation) -> bool:
    """Whether one may ask another: both have people here and are in sight, both real or made up."""
    both = [item for item in (asker, receiver) if is_here(item)]
    return (
        len(both) == 2
        and asker.id != receiver.id
        and bool(asker.is_fictional) == bool(receiver.is_fictional)
        and len(organisations.in_sight(both)) == 2
    )


def is_here(organisation: Organisation) -> bool:
    """Whether an organisation has people here who read what is asked."""
    return organisation.state != UNCLAIMED and organisation.hidden_at is None


def ask(
    ctx: Context,
    asker: Organisation,
    receiver: Organisation,
    text: str,
    about: Organisation | None = None,
) -> Enquiry:
    """Begin an enquiry; `about` is whom the receiver worked with and is asked about.

    Raises Invalid, NotAllowed, TooMany beyond the caps, Conflict while an earlier one is open.
    """
    own = {item.id for item in queries.own_organisations(ctx)}
    if asker.id not in own and not ctx.actor.system:
        raise NotFound
    if receiver.id in own:
        raise NotAllowed(_("You write for %(name)s yourself.", name=receiver.name))
    if not may_ask(asker, receiver):
        raise NotAllowed(
            _("Publish your organisation's profile first; then it can ask others that are here.")
        )
    text, projects = rules.checked_text(text), _together(ctx, asker, receiver, about)
    now = ctx.clock.now()
    with db.transaction():
        queries.hold(sorted((asker.id, receiver.id)))
        if queries.running([asker], receiver, about):
            raise Conflict(_("Your last enquiry to them is still open. Go on in that one."))
        _check_caps(ctx, asker, receiver)
        made: Enquiry = Enquiry.create(
            public_id=new_public_id(),
            asker=asker.id,
            receiver=receiver.id,
            about=about.id if about else None,
            projects=projects,
            created_at=now,
            waits_since=now,
            last_at=now,
            closes_at=now + rules.LAPSES_AFTER,
        )
        workflow.start(ctx, made)
        message = _write(ctx, made, asker, text)
        audit.record(ctx, "enquiry.sent", ENQUIRY, made.id)
        events.emit(ctx, "enquiry.sent", ENQUIRY, made.id)
        _tell(ctx, made, message, asker, receiver)
    return made


def _together(
    ctx: Context, asker: Organisation, receiver: Organisation, about: Organisation | None
) -> str:
    """Return what receiver and the third were in together, empty without a third."""
    if about is None:
        return ""
    known = {item.id: projects for item, projects in queries.past_partners(ctx, about)}
    if receiver.id not in known or about.id == asker.id:
        raise Invalid(_("No project is known in which both took part."))
    return known[receiver.id]


def _check_caps(ctx: Context, asker: Organisation, receiver: Organisation) -> None:
    now, most = ctx.clock.now(), settings.of(ctx, "requests")
    sent = Enquiry.select().where(Enquiry.asker == asker.id, Enquiry.created_at > now - DAY)
    if sent.count() >= most["most_asked_a_day"]:
        raise TooMany(_("Your organisation has asked many today. Go on tomorrow."), 86_400)
    of: Any = Enquiry
    rows = of.select(of.asker, of.created_at).order_by(of.created_at.desc())
    got = list(rows.where(of.receiver == receiver.id, of.created_at > now - WEEK).tuples())
    if sum(number == asker.id for number, _moment in got) >= rules.MOST_OF_ONE:
        raise TooMany(_("You asked them several times this week. Leave them some time."), 86_400)
    times = [moment for _number, moment in got]
    if len(times) >= most["most_received_a_week"]:
        free_at = times[most["most_received_a_week"] - 1] + WEEK
        raise TooMany(
            _(
                "They got as many enquiries as one organisation gets in a week. Ask them again on "
                "%(day)s.",
                day=day((free_at + DAY).date(), "medium"),
            ),
            int((free_at - now).total_seconds()),
        )


def go_on(ctx: Context, enquiry: Enquiry, text: str, *, is_answer: bool, ending: str = "") -> None:
    """Write in an enquiry for the receiver (an answer) or the asker, end it, or both.

    `ending` is close, or decline for a receiver who was asked; the text may be left out then.
    Raises Invalid, Conflict for what comes too late or after many messages in a row, what steps
    raise for those who may not.
    """
    with db.transaction():
        now = _held(enquiry)
        if now.state not in RUNNING:
            raise Conflict(_("This enquiry is over. Your text is still here, to copy it."))
        permissions.check(ctx, "answer" if is_answer else "ask", now)
        side, other = (now.receiver, now.asker) if is_answer else (now.asker, now.receiver)
        message = None
        if text.strip() or not ending:
            text = rules.checked_text(text)
            _check_talk(now, side, other)
            message = _write(ctx, now, side, text)
        if message and ending != "decline":
            _tell(ctx, now, message, side, other)
        if message and is_answer and now.state == OPEN and ending != "decline":
            workflow.move(ctx, now, "answer")
        elif message and not is_answer and now.state == ANSWERED and not ending:
            workflow.move(ctx, now, "ask_on")
        if ending:
            workflow.move(ctx, now, "end" if ending == "close" and is_answer else ending)


def _held(enquiry: Enquiry) -> Enquiry:
    if db.is_postgres():
        db.query("SELECT id FROM requests_enquiry WHERE id = ? FOR UPDATE", (enquiry.id,))
    found: Enquiry = Enquiry.get_by_id(enquiry.id)
    return found


def _check_talk(enquiry: Enquiry, side: Organisation, other: Organisation) -> None:
    if not may_ask(side, other):
        raise Conflict(_("%(name)s can't be reached here any more.", name=other.name))
    of: Any = Message
    writers = of.select(of.organisation).where(of.enquiry == enquiry.id).order_by(of.id.desc())
    numbers = [number for (number,) in writers.tuples()]
    if numbers[: rules.MOST_IN_A_ROW] == [side.id] * rules.MOST_IN_A_ROW:
        raise Conflict(_("You wrote several times in a row. Wait for their answer."))
    if len(numbers) >= rules.MOST_MESSAGES:
        raise Conflict(_("This thread is full. Close it and begin a new enquiry."))


def _write(ctx: Context, enquiry: Enquiry, side: Organisation, text: str) -> Message:
    now = ctx.clock.now()
    written: Message = Message.create(
        enquiry=enquiry.id,
        organisation=side.id,
        account=ctx.actor.account_id,
        text=text,
        created_at=now,
    )
    closes_at = now + rules.LAPSES_AFTER
    Enquiry.update(last_at=now, closes_at=closes_at).where(Enquiry.id == enquiry.id).execute()
    return written


def _tell(
    ctx: Context, enquiry: Enquiry, message: Message, writer: Organisation, whom: Organisation
) -> None:
    named = {"name": writer.name, "other": whom.name}
    if enquiry.about and writer.id == enquiry.asker.id:
        title = lazy("%(name)s asks %(other)s about %(third)s", third=enquiry.about.name, **named)
    else:
        title = lazy("%(name)s wrote to %(other)s", **named)
    notify_side(ctx, enquiry, whom, WRITTEN, f"requests_message {message.id}", (title, RELAYED))


def notify_side(
    ctx: Context,
    enquiry: Enquiry,
    whom: Organisation,
    kind: str,
    subject: str,
    words: tuple[Any, Any],
) -> None:
    """Tell those who write for one side of an enquiry; `words` are title and body."""
    title, body = words
    for account in queries.editors(whom.id):
        notify(ctx, account, kind, title, body, f"/enquiries/{enquiry.public_id}", subject)


def carry_out(ctx: Context, enquiry: Enquiry, step: Transition, entry_id: int) -> None:
    """Do what follows from a step, inside its transaction, whichever page it was taken on."""
    now = ctx.clock.now()
    values: dict[str, Any] = {}
    if step.name in {"answer", "decline"} and enquiry.answered_at is None:
        values["answered_at"] = now
        events.emit(ctx, "enquiry.answered", ENQUIRY, enquiry.id)
    if step.target in RUNNING:
        values |= {"waits_since": now, "reminders": 0}
    else:
        values["closes_at"] = now
    Enquiry.update(**values).where(Enquiry.id == enquiry.id).execute()
    subject, named = f"{ENQUIRY} {enquiry.id} {entry_id}", {"name": enquiry.receiver.name}
    if step.name in {"answer", "decline"}:
        Silence.delete().where(Silence.organisation == enquiry.receiver.id).execute()
    others = lazy("Others may fit: search, or write a partner request.")
    if step.target == DECLINED:
        title = lazy("%(name)s can't help this time", **named)
    elif step.name == LAPSE and enquiry.answered_at is None:
        title = lazy("%(name)s did not answer; your enquiry is closed", **named)
    else:
        return
    notify_side(ctx, enquiry, enquiry.asker, WRITTEN, subject, (title, others))


def forget(ctx: Context) -> int:
    """Delete enquiries in which nobody wrote for long; returns how many."""
    days = int(settings.of(ctx, "requests")["reply_days"])
    of: Any = Enquiry
    old = of.select(of.id).where(of.last_at < ctx.clock.now() - timedelta(days=days))
    with db.transaction():
        ids = [number for (number,) in old.order_by(of.id).limit(MOST_FORGOTTEN).tuples()]
        workflow.forget_comments(ENQUIRY, ids)
        return int(of.delete().where(of.id.in_(ids)).execute())


def forget_of(ids: Sequence[int]) -> None:
    """Delete what was written with the steps of enquiries of organisations that go."""
    of: Any = Enquiry
    rows = of.select(of.id).where(of.asker.in_(list(ids)) | of.receiver.in_(list(ids)))
    workflow.forget_comments(ENQUIRY, [number for (number,) in rows.tuples()])
