"""Carrying rules out: each looks at an event once, each action is done once, whatever dies between.

An action and the note that it is done are one transaction. So a run that was broken off goes on
where it stopped: a mail stands in the outbox once, a step is taken once, a message to a webhook is
queued once (and sent at least once, always with the same id).
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from peewee import IntegrityError

from plugins.rules import rules, subjects
from plugins.rules.models import (
    DONE,
    FAILED,
    PASSED,
    STOPPED,
    WAITING,
    Delivery,
    Rule,
    Run,
    Webhook,
)
from plugins.rules.rules import CALL, NOTIFY, SEND_MAIL, TRANSITION
from plugins.rules.subjects import Subject
from portal import audit, db, events, jobs, mail, objects, settings, workflow
from portal.context import SYSTEM, Context
from portal.errors import Invalid, PortalError
from portal.hookspecs import Event, Progress, Transition
from portal.i18n import _
from portal.people.models import Account

CARRY_OUT = "rules.carry_out"
DELIVER = "rules.deliver"
NOTICE = "rules.notice"
"""The kind of notices that rules tell."""
TELL = "notice_tell"
ATTEMPTS = 5
REASON_LENGTH = 500
HOUR = timedelta(hours=1)


class RunFailed(Exception):
    """A run is not over: the job tries again."""


def happened(ctx: Context, event: Event) -> None:
    """Let every active rule for an event look at it, in their order; one that fails holds up none."""
    ready: Any = Rule.select().where(
        Rule.event == event.name,
        Rule.is_active,
        Rule.deleted_at.is_null(),
    )
    failed: Exception | None = None
    for rule in ready.order_by(Rule.position, Rule.id):
        try:
            run = begin(ctx, rule, event)
            if run.state == WAITING:
                carry_out(ctx, run)
        except Exception as error:  # the others have their turn; then the job tries again
            failed = failed or error
    if failed is not None:
        raise failed


def begin(ctx: Context, rule: Rule, event: Event) -> Run:
    """Return the run of a rule for an event, judged when it is new."""
    found: Run | None = Run.get_or_none(Run.rule == rule.id, Run.event_id == event.id)
    if found is not None:
        return found
    state, reason = judged(ctx, rule, event)
    chain, depth = _place(event)
    values: dict[str, Any] = {
        "rule": rule.id,
        "event_id": event.id,
        "event": event.name,
        "subject_type": event.subject_type,
        "subject_id": event.subject_id,
        "account": Account.get_or_none(Account.id == (event.account_id or 0)),
        "payload": event.payload,
        "happened_at": event.happened_at,
        "chain": chain,
        "depth": depth,
        "created_at": ctx.clock.now(),
    }
    guard = rules.guard(chain, event.subject_type, event.subject_id)
    try:
        return _insert(ctx, values, state, reason, guard if state == WAITING else None)
    except IntegrityError:
        pass  # the same run by another worker, or the same rule and object earlier in this chain
    found = Run.get_or_none(Run.rule == rule.id, Run.event_id == event.id)
    return found or _insert(ctx, values, STOPPED, _again(), None)


def _insert(ctx: Context, values: Any, state: str, reason: str, guard: str | None) -> Run:
    over = None if state == WAITING else ctx.clock.now()
    told = {"state": state, "reason": reason, "guard": guard, "finished_at": over}
    with db.transaction(), db.database.atomic():
        run: Run = Run.create(**values, **told)
    return run


def judged(ctx: Context, rule: Rule, event: Event) -> tuple[str, str]:
    """Return what becomes of an event: waiting (to be acted on), passed or stopped, and why."""
    facts = subjects.facts(event, subjects.load(event.subject_type, event.subject_id))
    is_right, held = rules.judge(rule.matching, rule.conditions, facts)
    if not is_right:
        number = next(at for at, item in enumerate(held, 1) if not item.holds)
        return PASSED, _("Condition %(number)s did not hold.", number=number)
    stop = stopped(ctx, rule, event)
    return (STOPPED, stop) if stop else (WAITING, "")


def stopped(ctx: Context, rule: Rule, event: Event) -> str:
    """Return why the loop guard stops a rule, empty when it does not."""
    limits, (chain, depth) = settings.of(ctx, "rules"), _place(event)
    if depth > limits["most_depth"]:
        return _(
            "Rules follow from each other %(depth)s deep; %(most)s are allowed.",
            depth=depth, most=limits["most_depth"],
        )  # fmt: skip
    run: Any = Run
    here = (
        run.rule == rule.id,
        run.subject_type == event.subject_type,
        run.subject_id == event.subject_id,
    )
    acted = run.select().where(*here, run.guard.is_null(False), run.event_id != event.id)
    if acted.where(run.chain == chain).exists():
        return _again()
    if acted.where(run.created_at > ctx.clock.now() - HOUR).count() >= limits["most_an_hour"]:
        return _("It acted on this %(most)s times within an hour.", most=limits["most_an_hour"])
    return ""


def _again() -> str:
    return _("It acted on the same thing before in this chain of events.")


def _place(event: Event) -> tuple[int, int]:
    """Return the first event of a chain and how deep this one lies."""
    cause = event.payload.get(events.CAUSE) or {}
    return int(cause.get("chain", event.id)), int(cause.get("depth", 0))


# Actions


def carry_out(ctx: Context, run: Run) -> bool:
    """Do what is left of a run; False when an action failed, which is then tried again later."""
    rule = run.rule
    event = event_of(run)
    for at, action in enumerate(rule.actions):
        if at < len(run.done):
            continue
        try:
            _do(ctx, run, rule, event, at, action)
        except (PortalError, LookupError, ValueError) as error:
            _note_failure(ctx, run, str(error) or type(error).__name__)
            return False
    with db.transaction():
        if _write(run, WAITING, state=DONE, reason="", finished_at=ctx.clock.now()):
            audit.record(ctx, "rule.acted", "rule", rule.id, event=run.event_id, name=run.event)
    return True


def event_of(run: Any) -> Event:
    """Return the event that a run looks at, as it was told."""
    return Event(
        run.event_id, run.event, run.subject_type, run.subject_id, run.payload, run.happened_at,
        run.account_id,
    )  # fmt: skip


def _do(ctx: Context, run: Run, rule: Rule, event: Event, at: int, action: Any) -> None:
    """Do one action and note it, both or neither; nothing when somebody else did it meanwhile."""
    cause = {"chain": run.chain, "depth": run.depth + 1, "rule": rule.id}
    with db.transaction():
        lock = " FOR UPDATE" if db.is_postgres() else ""
        done = json.loads(
            db.query(f"SELECT done FROM rules_run WHERE id = ?{lock}", (run.id,))[0][0]
        )
        if len(done) == at:
            subject = subjects.load(event.subject_type, event.subject_id)
            with events.because(**cause):
                said = ACTIONS[action["kind"]](ctx, run, rule, event, subject, action)
            done.append(said)
            Run.update(done=done).where(Run.id == run.id).execute()
    run.done = done


def _send_mail(
    ctx: Context, _run: Run, rule: Rule, event: Event, subject: Subject, action: Any
) -> str:
    to = subjects.receivers(ctx, action, rule.mail_to, event, subject)
    letter = letter_of(ctx, event, subject, action)
    for address in to:
        mail.enqueue(ctx, address, "rules/rule", **letter)
    return _("mail to %(count)s", count=len(to)) if to else _("mail to nobody: there is no address")


def _notify(
    ctx: Context, _run: Run, _rule: Rule, event: Event, subject: Subject, action: Any
) -> str:
    if not has_notices():
        raise Invalid(notices_are_off())
    letter = letter_of(ctx, event, subject, action)
    notice = {"kind": NOTICE, "title": letter["subject"], "body": letter["text"]}
    notice["url"] = subject.url
    people = [person.id for person in subjects.people(ctx, action, event, subject)]
    for number in people:
        objects.registry().hooks.call(TELL, ctx, account_id=number, notice=notice)
    return _("notice to %(count)s", count=len(people))


def has_notices() -> bool:
    """Whether somebody tells people notices at present."""
    return bool(objects.registry().hooks.implementing(TELL))


def notices_are_off() -> str:
    """Say why no notice can be told, and what to do."""
    return _("Notices are switched off. Switch the add-on on, or write a mail instead.")


def needs_four_eyes(step: Transition) -> str:
    """Say why a rule can't take a step, and what it can do."""
    return _(
        "The step %(step)s needs four eyes: a person decides it, and not whoever asked. A rule "
        "can't replace that. Let the rule tell the reviewers instead, by a mail or a notice.",
        step=step.title,
    )


def letter_of(ctx: Context, event: Event, subject: Subject, action: Any) -> dict[str, str]:
    """Return subject and text of a mail with the values put in."""
    known = events.types(ctx).get(event.name)
    values = subjects.words(ctx, event, subject, str(known.title) if known else event.name)
    return {
        "subject": " ".join(rules.filled(action["subject"], values).split()) or event.name,
        "text": rules.filled(action["text"], values),
    }


def _take_step(
    ctx: Context, _run: Run, _rule: Rule, _event: Event, subject: Subject, action: Any
) -> str:
    if subject.row is None:
        raise Invalid(_("What the step is for is not there any more."))
    for step in subjects.steps(subject.type):
        if step.name == action["step"] and step.four_eyes:
            raise Invalid(needs_four_eyes(step))
    workflow.move(ctx.as_actor(SYSTEM), subject.row, action["step"], action["reason"])
    return _("step %(step)s", step=action["step"])


def _call(ctx: Context, run: Run, _rule: Rule, event: Event, subject: Subject, action: Any) -> str:
    hook = Webhook.get_or_none(Webhook.public_id == action["webhook"], Webhook.deleted_at.is_null())
    if hook is None:
        raise Invalid(_("The webhook is not there any more. Choose another in the rule."))
    if not hook.is_active:
        raise Invalid(_("The webhook is paused. Switch it on, then try again."))
    number = queue(ctx, hook, event.name, message(ctx, event, subject), run)
    return _("message %(number)s to a webhook", number=number)


def message(ctx: Context, event: Event, subject: Subject) -> dict[str, Any]:
    """Return what a webhook is told: numbers, codes and an address, no words of people."""
    words = subjects.words(ctx, event, subject, event.name)
    return {
        "event": event.name,
        "event_id": event.id,
        "happened_at": db.utc_text(event.happened_at),
        "subject": {
            "type": event.subject_type,
            "id": event.subject_id,
            "url": words["url"],
            "state": subject.state,
            "country": subject.country,
        },
        "payload": {key: value for key, value in event.payload.items() if key != events.CAUSE},
    }


def queue(ctx: Context, hook: Webhook, event: str, told: Mapping[str, Any], run: Run | None) -> int:
    """Queue a message to a webhook, inside the caller's transaction; returns its number."""
    name = secrets.token_urlsafe(12)
    with db.transaction():
        delivery = Delivery.create(
            public_id=name,
            webhook=hook.id,
            run=run.id if run else None,
            event=event,
            content=db.dump_json({"id": name, **told}),
            created_at=ctx.clock.now(),
        )
        jobs.enqueue(ctx, DELIVER, {"delivery": delivery.id}, key=f"delivery:{delivery.id}")
    return int(delivery.id)


ACTIONS = {SEND_MAIL: _send_mail, NOTIFY: _notify, TRANSITION: _take_step, CALL: _call}


# Failing and trying again


def _note_failure(ctx: Context, run: Run, reason: str) -> None:
    """Keep the reason; the first failure queues the job that tries again, later and later."""
    with db.transaction():
        is_first = run.attempts == 0
        values = {"state": FAILED, "reason": reason[:REASON_LENGTH], "attempts": run.attempts + 1}
        if _write(run, run.state, **values, finished_at=ctx.clock.now()) and is_first:
            later = ctx.clock.now() + jobs.FIRST_PAUSE
            jobs.enqueue(ctx, CARRY_OUT, {"run": run.id}, key=f"run:{run.id}", not_before=later)


def _write(run: Run, was: str, **values: Any) -> bool:
    """Change a run that is still in this state; False when somebody else was faster."""
    if not Run.update(**values).where(Run.id == run.id, Run.state == was).execute():
        return False
    run.__data__.update(values)
    return True


def again(ctx: Context, payload: Mapping[str, Any], _progress: Progress) -> None:
    """Job: try a failed run again. Raises RunFailed, so that the job waits longer each time."""
    run: Run | None = Run.get_or_none(Run.id == payload["run"])
    if run is None or run.state not in {FAILED, WAITING} or run.rule.deleted_at is not None:
        return
    if run.state == FAILED:
        with db.transaction():
            _write(run, FAILED, state=WAITING, attempts=max(run.attempts, 1))
    if not carry_out(ctx, run):
        raise RunFailed(run.reason)
