"""Making rules and webhooks, changing, pausing and deleting them; trying failed runs again."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from peewee import fn

from plugins.rules import addresses, delivering, queries, rules, running, subjects
from plugins.rules.models import FAILED, PASSED, SENT, WAITING, Delivery, Rule, Run, Webhook
from portal import audit, db, events, jobs, settings, versions
from portal.context import Context
from portal.errors import Conflict, Invalid, NotAllowed
from portal.i18n import _
from portal.settings import hint

MOST_RULES = 200
MOST_WEBHOOKS = 50
DELETED_KEPT = timedelta(days=1)
PASSED_KEPT = timedelta(days=2)
MOST_EXPIRED = 5_000


@dataclass(frozen=True)
class Typed:
    """What was typed of a rule. `actions` are as in `rules.py`, a mail's address in `mail_to`."""

    title: str
    event: str
    actions: Sequence[Mapping[str, Any]]
    mail_to: str = ""
    matching: str = rules.ALL
    conditions: Sequence[Mapping[str, Any]] = field(default_factory=list)


# Rules


def create_rule(ctx: Context, typed: Typed) -> Rule:
    """Make a rule; it is active at once. Raises Invalid with the field, Conflict at too many."""
    _check_admin(ctx)
    values = checked(ctx, typed)
    with db.transaction():
        rules_there = Rule.select().where(Rule.deleted_at.is_null())
        if rules_there.count() >= MOST_RULES:
            raise Conflict(_("There are %(most)s rules. Delete one first.", most=MOST_RULES))
        last = Rule.select(fn.MAX(Rule.position)).scalar() or 0
        rule: Rule = Rule.create(
            public_id=secrets.token_urlsafe(9),
            position=last + 1,
            created_by=ctx.actor.account_id,
            created_at=ctx.clock.now(),
            **values,
        )
        _record(ctx, "rule.created", rule)
    return rule


def change_rule(ctx: Context, rule: Rule, typed: Typed, version: int) -> None:
    """Change a rule as a whole. Raises Invalid with the field, Conflict when it changed meanwhile."""
    _check_admin(ctx)
    values = checked(ctx, typed)
    with db.transaction():
        here = (Rule.id == rule.id, Rule.version == version, Rule.deleted_at.is_null())
        if not Rule.update(**values, version=Rule.version + 1).where(*here).execute():
            raise _overtaken(Rule.get_by_id(rule.id), values)
        _record(ctx, "rule.changed", Rule.get_by_id(rule.id))


def _overtaken(now: Any, values: Mapping[str, Any]) -> Conflict:
    return versions.both(values, now.version, {name: getattr(now, name) for name in values}, {})


def checked(ctx: Context, typed: Typed) -> dict[str, Any]:
    """Return the columns of a rule. Raises Invalid with the field for the first wrong thing."""
    known = events.types(ctx)
    if typed.event not in known:
        text = _("There is no event %(name)s.", name=typed.event[:80]) if typed.event else ""
        raise Invalid(
            (text + hint(typed.event, known)).strip() or _("Choose when it happens."), "event"
        )
    title = " ".join(typed.title.replace("\0", "").split()) or str(known[typed.event].title)
    if len(title) > rules.TITLE_LENGTH:
        raise Invalid(_("Write at most %(most)s characters.", most=rules.TITLE_LENGTH), "title")
    if typed.matching not in rules.MATCHINGS:
        raise Invalid(_("Choose all or any."), "matching")
    actions = _actions(ctx, typed, known[typed.event].fields)
    is_to_one = any(action.get("to") == rules.ADDRESS for action in actions)
    return {
        "title": title,
        "event": typed.event,
        "matching": typed.matching,
        "conditions": _conditions(ctx, typed, known[typed.event].fields),
        "actions": actions,
        "mail_to": rules.checked_address(typed.mail_to, "address") if is_to_one else "",
    }


def _actions(ctx: Context, typed: Typed, fields: Mapping[str, str]) -> list[dict[str, Any]]:
    if not typed.actions:
        raise Invalid(_("Choose what happens: who gets a mail, or one of the other acts."), "to")
    if len(typed.actions) > rules.MOST_ACTIONS:
        raise Invalid(_("A rule has at most %(most)s acts.", most=rules.MOST_ACTIONS), "to")
    found = []
    for at, action in enumerate(typed.actions):
        try:
            found.append(_action(ctx, typed, action, fields))
        except Invalid as error:
            field = rules.place(error.field, action.get("at", at))
            raise Invalid(error.message, field) from None
    return found


def _conditions(ctx: Context, typed: Typed, fields: Mapping[str, str]) -> list[dict[str, Any]]:
    if len(typed.conditions) > rules.MOST_CONDITIONS:
        raise Invalid(
            _("Write at most %(most)s conditions.", most=rules.MOST_CONDITIONS), "matching"
        )
    found = []
    known = subjects.field_names(subjects.type_of(ctx, typed.event))
    for at, condition in enumerate(typed.conditions):
        try:
            found.append(rules.checked_condition(condition, fields, known))
        except Invalid as error:
            place = condition.get("at", at)
            raise Invalid(error.message, f"c{place}_{error.field}") from None
    return found


def _action(
    ctx: Context, typed: Typed, action: Mapping[str, Any], fields: Mapping[str, str]
) -> dict[str, Any]:
    kind = action.get("kind")
    if kind in {rules.SEND_MAIL, rules.NOTIFY}:
        return _mail(action, fields)
    if kind == rules.TRANSITION:
        return _step(subjects.type_of(ctx, typed.event), action)
    if kind == rules.CALL:
        hook = str(action.get("webhook", ""))
        if hook not in {row.public_id for row in queries.webhooks()}:
            raise Invalid(_("There is no such webhook. Make one first."), "webhook")
        return {"kind": kind, "webhook": hook}
    raise Invalid(_("Choose one of: %(allowed)s.", allowed=", ".join(running.ACTIONS)), "to")


def _mail(action: Mapping[str, Any], fields: Mapping[str, str]) -> dict[str, Any]:
    is_mail = action["kind"] == rules.SEND_MAIL
    if action.get("to") not in (rules.RECEIVERS if is_mail else rules.READERS):
        said = _("Choose who gets the mail.") if is_mail else _("Choose who gets the notice.")
        raise Invalid(said, "to")
    if not is_mail and not running.has_notices():
        raise Invalid(running.notices_are_off(), "to")
    known = {*rules.WORDS, *fields}
    subject = " ".join(str(action.get("subject", "")).split())
    return {
        "kind": action["kind"],
        "to": action["to"],
        "subject": rules.checked_words(subject, known, "subject", rules.SUBJECT_LENGTH),
        "text": rules.checked_words(str(action.get("text", "")), known, "text", rules.TEXT_LENGTH),
    }


def _step(subject_type: str, action: Mapping[str, Any]) -> dict[str, Any]:
    of, _dot, name = str(action.get("step", "")).rpartition(".")
    steps = {step.name: step for step in subjects.steps(subject_type)}
    if name not in steps or of not in {"", subject_type}:
        if not steps:
            raise Invalid(
                _("What this event is about has no workflow, so no step can be taken."), "step"
            )
        free = {key: step for key, step in steps.items() if not step.four_eyes}
        if not free:
            raise Invalid(
                _("Each step of this workflow needs four eyes, so a rule can take none of them."),
                "step",
            )
        allowed = ", ".join(f"{step.title} ({key})" for key, step in free.items())
        raise Invalid(_("Choose a step of this workflow: %(allowed)s.", allowed=allowed), "step")
    if steps[name].four_eyes:
        raise Invalid(running.needs_four_eyes(steps[name]), "step")
    reason = str(action.get("reason", "")).replace("\0", "").strip()
    if not reason and steps[name].comment_required:
        raise Invalid(_("Write the reason; this step needs one."), "reason")
    if len(reason) > rules.TEXT_LENGTH:
        raise Invalid(_("Write at most %(most)s characters.", most=rules.TEXT_LENGTH), "reason")
    return {"kind": rules.TRANSITION, "step": name, "reason": reason}


def switch_rule(ctx: Context, rule: Rule, is_active: bool) -> None:
    """Let a rule act, or pause it; what happens while it is paused is not made up for."""
    _check_admin(ctx)
    with db.transaction():
        Rule.update(is_active=is_active, version=Rule.version + 1).where(
            Rule.id == rule.id
        ).execute()
        _record(ctx, "rule.switched_on" if is_active else "rule.paused", rule)


def move_rule(ctx: Context, rule: Rule, is_up: bool) -> None:
    """Change places with the rule before or after; harmless at the ends."""
    _check_admin(ctx)
    with db.transaction():
        rows = queries.rules()
        at = [row.id for row in rows].index(rule.id)
        other = at - 1 if is_up else at + 1
        if not 0 <= other < len(rows):
            return
        rows[at], rows[other] = rows[other], rows[at]
        for place, row in enumerate(rows, 1):
            Rule.update(position=place).where(Rule.id == row.id, Rule.position != place).execute()
        _record(ctx, "rule.moved", rule)


def delete_rule(ctx: Context, rule: Rule) -> None:
    """Delete a rule; for a day it can be brought back, with its log."""
    _check_admin(ctx)
    with db.transaction():
        Rule.update(deleted_at=ctx.clock.now()).where(Rule.id == rule.id).execute()
        _record(ctx, "rule.deleted", rule)


def restore_rule(ctx: Context, rule: str) -> None:
    """Bring a deleted rule back as it was. Raises NotFound."""
    _check_admin(ctx)
    found = queries.rule(rule, deleted=True)
    with db.transaction():
        Rule.update(deleted_at=None).where(Rule.id == found.id).execute()
        _record(ctx, "rule.restored", found)


def retry_run(ctx: Context, run: Any) -> None:
    """Let the worker try a failed run again. Raises Conflict when it did not fail."""
    _check_admin(ctx)
    if run.state not in {FAILED, WAITING}:
        raise Conflict(_("Only what failed can be tried again."))
    with db.transaction():
        jobs.enqueue(ctx, running.CARRY_OUT, {"run": run.id}, key=f"run:{run.id}")
        audit.record(ctx, "run.retried", "rule", run.rule_id, event=run.event_id)


def _record(ctx: Context, action: str, rule: Rule) -> None:
    audit.record(ctx, action, "rule", rule.id, event=rule.event, version=rule.version)


# Webhooks


def create_webhook(ctx: Context, title: str, url: str) -> Webhook:
    """Make a webhook. Raises Invalid with the field, Conflict at too many."""
    _check_admin(ctx)
    values = _checked_webhook(ctx, title, url)
    with db.transaction():
        if len(queries.webhooks()) >= MOST_WEBHOOKS:
            raise Conflict(_("There are %(most)s webhooks. Delete one first.", most=MOST_WEBHOOKS))
        hook: Webhook = Webhook.create(
            public_id=secrets.token_urlsafe(9),
            nonce=secrets.token_urlsafe(16),
            created_by=ctx.actor.account_id,
            created_at=ctx.clock.now(),
            **values,
        )
        _record_hook(ctx, "webhook.created", hook, url=hook.url)
    return hook


def change_webhook(ctx: Context, hook: Webhook, title: str, url: str, version: int) -> None:
    """Change name and address. Raises Invalid with the field, Conflict when it changed meanwhile."""
    _check_admin(ctx)
    values = _checked_webhook(ctx, title, url)
    with db.transaction():
        here = (Webhook.id == hook.id, Webhook.version == version, Webhook.deleted_at.is_null())
        if not Webhook.update(**values, version=Webhook.version + 1).where(*here).execute():
            raise _overtaken(Webhook.get_by_id(hook.id), values)
        _record_hook(ctx, "webhook.changed", hook, url=values["url"])


def _checked_webhook(ctx: Context, title: str, url: str) -> dict[str, Any]:
    title = " ".join(title.replace("\0", "").split())
    if not title or len(title) > rules.TITLE_LENGTH:
        raise Invalid(
            _("Write a name of at most %(most)s characters.", most=rules.TITLE_LENGTH), "title"
        )
    addresses.checked(url, settings.of(ctx, "rules")["allow_http"])
    return {"title": title, "url": url.strip()}


def show_secret(ctx: Context, hook: Webhook) -> str:
    """Return the secret of a webhook, once. Raises Conflict when it was shown before."""
    _check_admin(ctx)
    with db.transaction():
        unseen = Webhook.update(secret_shown_at=ctx.clock.now()).where(
            Webhook.id == hook.id, Webhook.secret_shown_at.is_null()
        )
        if not unseen.execute():
            raise Conflict(_("The secret was shown before. If it is lost, change it."))
        _record_hook(ctx, "webhook.secret_shown", hook)
    return delivering.secrets_of(ctx, Webhook.get_by_id(hook.id))[0]


def rotate_secret(ctx: Context, hook: Webhook) -> None:
    """Give a webhook another secret; for a day messages carry the signature of the old one too."""
    _check_admin(ctx)
    with db.transaction():
        current = Webhook.get_by_id(hook.id)
        Webhook.update(
            nonce=secrets.token_urlsafe(16),
            old_nonce=current.nonce,
            old_until=ctx.clock.now() + delivering.OVERLAP,
            secret_shown_at=None,
        ).where(Webhook.id == hook.id).execute()
        _record_hook(ctx, "webhook.secret_changed", hook)


def end_overlap(ctx: Context, hook: Webhook) -> None:
    """Let the old secret sign nothing any more, at once."""
    _check_admin(ctx)
    with db.transaction():
        Webhook.update(old_nonce="", old_until=None).where(Webhook.id == hook.id).execute()
        _record_hook(ctx, "webhook.old_secret_ended", hook)


def switch_webhook(ctx: Context, hook: Webhook, is_active: bool) -> None:
    """Let a webhook be told, or pause it; what waits while it is paused fails and can be retried."""
    _check_admin(ctx)
    with db.transaction():
        Webhook.update(is_active=is_active).where(Webhook.id == hook.id).execute()
        _record_hook(ctx, "webhook.switched_on" if is_active else "webhook.paused", hook)


def delete_webhook(ctx: Context, hook: Webhook) -> None:
    """Delete a webhook that no rule uses; for a day it can be brought back. Raises Conflict."""
    _check_admin(ctx)
    with db.transaction():
        using = [row.title for row in queries.rules() if _uses(row, hook)]
        if using:
            raise Conflict(
                _("These rules use it, change them first: %(rules)s.", rules=", ".join(using))
            )
        Webhook.update(deleted_at=ctx.clock.now()).where(Webhook.id == hook.id).execute()
        _record_hook(ctx, "webhook.deleted", hook)


def _uses(rule: Rule, hook: Webhook) -> bool:
    return any(action.get("webhook") == hook.public_id for action in rule.actions)


def restore_webhook(ctx: Context, webhook: str) -> None:
    """Bring a deleted webhook back as it was. Raises NotFound."""
    _check_admin(ctx)
    found = queries.webhook(webhook, deleted=True)
    with db.transaction():
        Webhook.update(deleted_at=None).where(Webhook.id == found.id).execute()
        _record_hook(ctx, "webhook.restored", found)


def send_test(ctx: Context, hook: Webhook) -> None:
    """Queue a message that says that it is a test. Raises Conflict while the webhook is paused."""
    _check_admin(ctx)
    if not hook.is_active:
        raise Conflict(_("The webhook is paused. Switch it on, then try again."))
    with db.transaction():
        running.queue(ctx, hook, "webhook.tested", delivering.sample(ctx), None)
        _record_hook(ctx, "webhook.tested", hook)


def retry_delivery(ctx: Context, delivery: Any) -> None:
    """Try a message that was given up again, as often as a new one. Raises Conflict otherwise."""
    _check_admin(ctx)
    with db.transaction():
        values = {"state": WAITING, "attempts": 0, "error": ""}
        dead = Delivery.update(**values).where(Delivery.id == delivery.id, Delivery.state == FAILED)
        if not dead.execute():
            raise Conflict(_("Only what failed can be tried again."))
        told = {"delivery": delivery.id}
        jobs.enqueue(ctx, running.DELIVER, told, key=f"delivery:{delivery.id}")
        audit.record(ctx, "delivery.retried", "webhook", delivery.webhook_id, number=delivery.id)


def _record_hook(ctx: Context, action: str, hook: Webhook, url: str = "") -> None:
    audit.record(ctx, action, "webhook", hook.id, personal={"url": url} if url else None)


# Upkeep


def expire(ctx: Context) -> None:
    """Delete what is older than the setting says, what no condition let through after two days."""
    now, days = ctx.clock.now(), settings.of(ctx, "rules")["log_days"]
    oldest = now - timedelta(days=days)
    run: Any = Run
    delivery: Any = Delivery
    old_runs = (run.created_at < oldest) | (
        (run.state == PASSED) & (run.created_at < now - PASSED_KEPT)
    )
    old = (delivery.created_at < oldest) & ((delivery.state == SENT) | (delivery.state == FAILED))
    for model, condition in ((run, old_runs), (delivery, old)):
        found = [0]
        while found:
            with db.transaction():
                some = model.select(model.id).where(condition).limit(MOST_EXPIRED)
                found = [number for (number,) in some.tuples()]
                model.delete().where(model.id.in_(found)).execute()
    with db.transaction():
        for thing in (Rule, Webhook):
            thing.delete().where(thing.deleted_at < now - DELETED_KEPT).execute()


def _check_admin(ctx: Context) -> None:
    if not ctx.actor.is_admin:
        raise NotAllowed(_("Only administrators change rules and webhooks."))
