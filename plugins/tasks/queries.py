"""What waits for whom: a statement for each kind of review, whatever their number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from peewee import JOIN

from portal import objects, permissions, workflow
from portal.context import Context
from portal.hookspecs import ObjectType, Task
from portal.i18n import _
from portal.organisations.models import Organisation
from portal.people.models import Account
from portal.workflow import ReviewTask

MOST_LISTED = 200


@dataclass(frozen=True)
class Review(Task):
    """A task that a workflow asks for; made up where the organisation is."""

    is_fictional: bool = False


def tasks(ctx: Context) -> list[Task]:
    """Return what waits for the actor: reviews and what plugins add, promised first."""
    found = [_task(ctx, kind, row) for kind, row in reviews(ctx)]
    found += objects.registry().hooks.each("task_list", ctx)
    return sorted(found, key=lambda task: (task.due_at is None, task.due_at or task.since))


def _task(ctx: Context, kind: ObjectType, row: Any) -> Task:
    review = row.review
    return Review(
        title=kind.label(row),
        url=kind.url(row),
        since=review.since,
        due_at=review.due_at,
        kind=str(kind.title),
        taken_by=review.taken_by.name if review.taken_by else "",
        take_url=f"/tasks/{kind.name}/{row.public_id}",
        is_mine=review.taken_by_id == ctx.actor.account_id,
        is_fictional=_is_fictional(kind, row),
    )


def title(kind: ObjectType, row: Any) -> str:
    """Return what a review is about, with a mark where the organisation was made up."""
    label = kind.label(row)
    return _("%(title)s (demonstration)", title=label) if _is_fictional(kind, row) else label


def _is_fictional(kind: ObjectType, row: Any) -> bool:
    owner = getattr(row, kind.owner_organisation) if kind.owner_organisation else None
    return owner is not None and bool(owner.is_fictional)


def reviews(ctx: Context, only: tuple[str, int] | None = None) -> Iterator[tuple[ObjectType, Any]]:
    """Yield the objects that the actor may review; their `review` says since when and until when.

    `only` names one object by its type and number.
    """
    name, number = only or ("", None)
    for kind in objects.types().values():
        if only and kind.name != name:
            continue
        flow = objects.workflow_of(kind)
        groups: dict[tuple[str, bool], set[str]] = {}
        for step in flow.transitions if flow else ():
            if step.review:
                groups.setdefault((step.permission, step.four_eyes), set()).update(step.sources)
        seen: set[int] = set()
        for (permission, is_bound), states in groups.items():
            for row in _waiting(ctx, kind, permission, is_bound, states, number):
                if row.id not in seen:
                    seen.add(row.id)
                    yield kind, row


def _waiting(
    ctx: Context,
    kind: ObjectType,
    permission: str,
    is_bound: bool,
    states: set[str],
    number: int | None,
) -> Any:
    model, task = kind.model, ReviewTask
    here = (task.object_type == kind.name) & (task.object_id == model.id)
    query = model.select(model, task, Account).join(task, on=here, attr="review")
    query = query.join(Account, JOIN.LEFT_OUTER)
    if kind.owner_organisation:
        owner = getattr(model, kind.owner_organisation)
        query = query.select_extend(Organisation)
        query = query.join_from(model, Organisation, JOIN.LEFT_OUTER, on=owner)
    query = query.where(
        getattr(model, kind.state_field).in_(sorted(states)),
        permissions.visible(ctx, model, permission),
        workflow.four_eyes(ctx, kind) if is_bound else permissions.ALL,
        permissions.ALL if number is None else model.id == number,
    )
    return query.order_by(task.due_at, task.id).limit(MOST_LISTED)
