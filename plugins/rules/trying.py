"""Trying a rule out: what it would make of a past event or of an object; nothing is done."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from plugins.rules import labels, queries, rules, running, subjects
from plugins.rules.models import Rule
from plugins.rules.subjects import Subject
from portal.context import Context
from portal.errors import NotFound
from portal.events import EventRow
from portal.hookspecs import Event
from portal.i18n import _, pgettext


@dataclass(frozen=True)
class Act:
    """What an action would do: a heading, facts to show, and what stands against it, if anything."""

    title: str
    facts: Sequence[tuple[str, str]]
    text: str = ""
    problem: str = ""


@dataclass(frozen=True)
class Trial:
    """What a rule would make of an event. `stop` is why the loop guard would stop it."""

    about: str
    held: Sequence[tuple[str, rules.Held]]
    would_act: bool
    stop: str
    acts: Sequence[Act]


def chosen(ctx: Context, rule: Rule, choice: str) -> Event:
    """Return the event of a choice: `event:NUMBER`, or `object:NUMBER` as if it happened now.

    Raises NotFound for what is not there.
    """
    kind, _colon, text = choice.partition(":")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1
    if kind == "event":
        row: EventRow | None = EventRow.get_or_none(
            EventRow.id == number, EventRow.name == rule.event
        )
        if row is None:
            raise NotFound
        return Event(
            row.id, row.name, row.subject_type, row.subject_id, row.payload, row.happened_at, row.account_id
        )  # fmt: skip
    found = Event(0, rule.event, subjects.type_of(ctx, rule.event), number, {}, ctx.clock.now())
    if kind != "object" or subjects.load(found.subject_type, number).row is None:
        raise NotFound
    return found


def run(ctx: Context, rule: Rule, event: Event) -> Trial:
    """Return what a rule would do now; paused rules too."""
    subject = subjects.load(event.subject_type, event.subject_id)
    would_act, held = rules.judge(rule.matching, rule.conditions, subjects.facts(event, subject))
    stop = running.stopped(ctx, rule, event) if would_act else ""
    return Trial(
        about(event, subject),
        [(labels.condition(item.condition), item) for item in held],
        would_act and not stop,
        stop,
        [_act(ctx, rule, event, subject, action) for action in rule.actions],
    )


def about(event: Event, subject: Subject) -> str:
    """Return what an event is about, in words."""
    if subject.row is not None:
        return f"{subject.type_title}: {subject.title}"
    return f"{event.subject_type} {event.subject_id}" if event.subject_id else event.subject_type


def _act(ctx: Context, rule: Rule, event: Event, subject: Subject, action: Any) -> Act:
    if action["kind"] == rules.NOTIFY:
        return _notice(ctx, event, subject, action)
    if action["kind"] == rules.SEND_MAIL:
        return _mail(ctx, rule, event, subject, action)
    if action["kind"] == rules.TRANSITION:
        return _step(event, subject, action)
    hook = next((row for row in queries.webhooks() if row.public_id == action["webhook"]), None)
    if hook is None:
        return Act(_("Tell a webhook"), [], "", _("The webhook is not there any more."))
    told = json.dumps(running.message(ctx, event, subject), indent=2, ensure_ascii=False)
    problem = "" if hook.is_active else _("The webhook is paused.")
    return Act(_("Tell a webhook"), [(_("Webhook"), hook.title)], told, problem)


def _mail(ctx: Context, rule: Rule, event: Event, subject: Subject, action: Any) -> Act:
    to = subjects.receivers(ctx, action, rule.mail_to, event, subject)
    letter = running.letter_of(ctx, event, subject, action)
    shown = [(pgettext("recipient", "To"), ", ".join(to)), (_("Subject"), letter["subject"])]
    problem = (
        ""
        if to
        else _("Nobody gets it: %(who)s has no address here.", who=labels.receiver(action["to"]))
    )
    return Act(_("Send a mail"), shown, letter["text"], problem)


def _notice(ctx: Context, event: Event, subject: Subject, action: Any) -> Act:
    people = subjects.people(ctx, action, event, subject)
    letter = running.letter_of(ctx, event, subject, action)
    shown = [
        (pgettext("recipient", "To"), ", ".join(person.name for person in people)),
        (_("Title"), letter["subject"]),
    ]
    problem = ""
    if not running.has_notices():
        problem = running.notices_are_off()
    elif not people:
        problem = _("Nobody gets it: %(who)s is nobody here.", who=labels.receiver(action["to"]))
    return Act(labels.act(rules.NOTIFY), shown, letter["text"], problem)


def _step(event: Event, subject: Subject, action: Any) -> Act:
    step = next(
        (item for item in subjects.steps(event.subject_type) if item.name == action["step"]), None
    )
    title = str(step.title) if step else action["step"]
    problem = ""
    if step is None:
        problem = _("There is no such step any more.")
    elif step.four_eyes:
        problem = running.needs_four_eyes(step)
    elif subject.state not in step.sources:
        problem = _("It can't be taken from the state %(state)s.", state=subject.state_title or "-")
    shown = [(_("Step"), title), (_("Reason"), action["reason"])]
    return Act(_("Take a step"), shown, "", problem)
