"""What pages ask about rules and webhooks, in a bounded number of statements; lists go by key."""

from __future__ import annotations

from typing import Any

from peewee import fn

from plugins.rules.models import FAILED, STOPPED, Delivery, Rule, Run, Webhook
from portal.errors import NotFound
from portal.events import EventRow

PAGE = 50
MOST_EXPORTED = 10_000
MOST_OFFERED = 20


def rules() -> list[Rule]:
    """Return the rules in their order."""
    found: Any = Rule.select().where(Rule.deleted_at.is_null())
    return list(found.order_by(Rule.position, Rule.id))


def rule(public_id: str, deleted: bool = False) -> Rule:
    """Return a rule, or one that was deleted. Raises NotFound."""
    return _one(Rule, public_id, deleted)  # type: ignore[no-any-return]


def webhooks() -> list[Webhook]:
    """Return the webhooks by name."""
    found: Any = Webhook.select().where(Webhook.deleted_at.is_null())
    return list(found.order_by(Webhook.title, Webhook.id))


def webhook(public_id: str, deleted: bool = False) -> Webhook:
    """Return a webhook, or one that was deleted. Raises NotFound."""
    return _one(Webhook, public_id, deleted)  # type: ignore[no-any-return]


def _one(model: Any, public_id: str, deleted: bool) -> Any:
    found = model.get_or_none(model.public_id == public_id, model.deleted_at.is_null(not deleted))
    if found is None:
        raise NotFound
    return found


def troubles() -> dict[int, dict[str, int]]:
    """Count failed and stopped runs by rule and state."""
    query: Any = (
        Run.select(Run.rule, Run.state, fn.COUNT(Run.id))
        .join(Rule)
        .where(Run.state.in_([FAILED, STOPPED]), Rule.deleted_at.is_null())
        .group_by(Run.rule, Run.state)
    )
    found: dict[int, dict[str, int]] = {}
    for number, state, count in query.tuples():
        found.setdefault(number, {})[state] = count
    return found


def runs(rule_id: int | None = None, state: str = "") -> Any:
    """Return a query for runs with their rules."""
    found: Any = Run.select(Run, Rule).join(Rule).where(Rule.deleted_at.is_null())
    found = found.where(Run.rule == rule_id) if rule_id else found
    return found.where(Run.state == state) if state else found


def run(number: int) -> Run:
    """Return a run. Raises NotFound."""
    found: Run | None = runs().where(Run.id == number).first()
    if found is None:
        raise NotFound
    return found


def deliveries(hook: Webhook, state: str = "") -> Any:
    """Return a query for the messages to a webhook."""
    found: Any = Delivery.select().where(Delivery.webhook == hook.id)
    return found.where(Delivery.state == state) if state else found


def delivery(hook: Webhook, number: int) -> Delivery:
    """Return a message to a webhook. Raises NotFound."""
    found: Delivery | None = deliveries(hook).where(Delivery.id == number).first()
    if found is None:
        raise NotFound
    return found


def dead_letters() -> dict[int, int]:
    """Count the messages that were given up, by webhook."""
    query: Any = (
        Delivery.select(Delivery.webhook, fn.COUNT(Delivery.id))
        .join(Webhook)
        .where(Delivery.state == FAILED, Webhook.deleted_at.is_null())
        .group_by(Delivery.webhook)
    )
    return dict(query.tuples())


def past_events(name: str) -> list[EventRow]:
    """Return the newest events of a name."""
    query: Any = EventRow.select().where(EventRow.name == name)
    return list(query.order_by(EventRow.id.desc()).limit(MOST_OFFERED))


def paged(query: Any, key: Any, after: int | None) -> tuple[list[Any], int | None]:
    """Return the rows behind a key, newest first, and the key of the next page if there is one."""
    if after is not None:
        query = query.where(key < after)
    rows = list(query.order_by(key.desc()).limit(PAGE + 1))
    return rows[:PAGE], rows[PAGE - 1].id if len(rows) > PAGE else None
