"""What happens to objects, step by step: workflows are data, histories are only ever added to.

A step is one transaction: the check of who may and of what stands against it, the new state with a
new version, the line of history, and what plugins carry out because of it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

from peewee import JOIN, AutoField, ForeignKeyField, IntegerField, TextField, fn

from portal import db, mail, objects, permissions
from portal.clock import working_days_after
from portal.context import MEMBER, REVIEWER, SITE_ADMIN, Actor, Context
from portal.errors import Conflict, Invalid, NotAllowed, NotFound, PortalError
from portal.hookspecs import ObjectType, State, Task, Transition, Workflow
from portal.i18n import _
from portal.organisations.models import Organisation
from portal.people.models import Account

__all__ = ["HistoryEntry", "State", "Task", "Transition", "Workflow", "move", "start"]

log = logging.getLogger("portal.workflow")

COMMENT_LENGTH = 4_000
MOST_LISTED = 200


class HistoryEntry(db.Model):
    """One step of an object; the database refuses to change or delete it.

    `history()` also fills in `comment` and `actor_name`, empty where they are gone or never were.
    """

    id = AutoField()
    object_type = TextField()
    object_id = IntegerField()
    seq = IntegerField()
    transition = TextField()
    source_state = TextField(default="")
    target_state = TextField()
    actor_id = IntegerField(null=True)
    role = TextField(default="")
    at = db.UtcDateTime()
    version = IntegerField()
    comment = ""
    actor_name = ""

    class Meta:
        table_name = "workflow_history"


class HistoryComment(db.Model):
    """What somebody wrote with a step; it stands apart so that it can be deleted."""

    entry = ForeignKeyField(HistoryEntry, primary_key=True, on_delete="CASCADE")
    text = TextField()

    class Meta:
        table_name = "workflow_comment"


class ReviewTask(db.Model):
    """An object that waits for a review: since when, promised until when, and who has taken it."""

    id = AutoField()
    object_type = TextField()
    object_id = IntegerField()
    since = db.UtcDateTime()
    due_at = db.UtcDateTime(null=True)
    taken_by = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    reminded_at = db.UtcDateTime(null=True)

    class Meta:
        table_name = "review_task"


# Steps


def start(ctx: Context, obj: Any) -> HistoryEntry:
    """Begin the history of an object that was just stored, inside the caller's transaction."""
    kind, _flow = _workflow_of(obj)
    with db.transaction():
        return _note(ctx, kind, obj, "", "", getattr(obj, kind.state_field))


def move(
    ctx: Context, obj: Any, transition_name: str, comment: str = "", version: int | None = None
) -> HistoryEntry:
    """Take a step; `version` is what the actor saw, if it matters.

    Raises NotFound for those who may not see the object and for unknown steps, NotAllowed without
    the permission or four eyes, Conflict when it is in another state or version by now, Invalid
    for a missing comment and for what stands against it, Unavailable when a plugin that has a say
    in it is out of order.
    """
    kind, flow = _workflow_of(obj)
    step = _step(flow, transition_name)
    comment = _checked_comment(comment, step)
    with db.transaction():
        current = kind.model.get_or_none(kind.model.id == obj.id)
        if current is None:
            raise NotFound
        seen, source = getattr(current, kind.version_field), getattr(current, kind.state_field)
        if source not in step.sources or version not in {None, seen}:
            if not permissions.may(ctx, "view", current):
                raise NotFound
            raise Conflict(_("Somebody else changed this meanwhile. Look at it as it is now."))
        role = _check_actor(ctx, kind, current, step)
        problems = [text for name in step.guards for text in flow.guards[name](ctx, current)]
        hooks, asked = objects.registry().hooks, {"obj_type": kind, "transition": step}
        problems += hooks.each("transition_check", ctx, obj=current, **asked)
        if problems:
            raise Invalid(" ".join(map(str, problems)))
        values = {kind.state_field: step.target, kind.version_field: seen + 1}
        model, has = kind.model, kind.model.id == obj.id
        here = (getattr(model, kind.version_field) == seen, getattr(model, kind.state_field))
        if not model.update(**values).where(has, here[0], here[1] == source).execute():
            raise Conflict(_("Somebody else changed this meanwhile. Look at it as it is now."))
        for row in (current, obj):
            row.__data__.update(values)
        permissions.forget()
        entry = _note(ctx, kind, current, step.name, source, step.target, role=role)
        if comment:
            HistoryComment.insert(entry=entry.id, text=comment).execute()
        hooks.call("transition_done", ctx, obj=current, entry=entry, **asked)
    entry.comment = comment
    return entry


def offered(ctx: Context, obj: Any) -> list[Transition]:
    """Return the steps that the actor may take now; what guards object to is told on trying."""
    kind, flow = _workflow_of(obj)
    state = getattr(obj, kind.state_field)
    steps = [step for step in flow.transitions if state in step.sources]
    have = permissions.granted(ctx, obj, sorted({step.permission for step in steps} - {""}))
    bound = any(step.four_eyes for step in steps) and not _is_other(ctx, kind, obj)
    return [step for step in steps if step.permission in have and not (step.four_eyes and bound)]


def history(obj: Any) -> list[Any]:
    """Return the steps of an object, oldest first, with `comment` and `actor_name`."""
    entry: Any = HistoryEntry
    text = fn.COALESCE(HistoryComment.text, "").alias("comment")
    rows = (
        entry.select(entry, text, fn.COALESCE(Account.name, "").alias("actor_name"))
        .join(HistoryComment, JOIN.LEFT_OUTER)
        .join_from(entry, Account, JOIN.LEFT_OUTER, on=(Account.id == entry.actor_id))
        .where(entry.object_type == objects.type_of(obj).name, entry.object_id == obj.id)
    )
    return list(rows.order_by(entry.seq).objects())


def state_of(obj: Any) -> State:
    """Return the state of an object as its workflow describes it."""
    kind, flow = _workflow_of(obj)
    return next(item for item in flow.states if item.name == getattr(obj, kind.state_field))


def panel(ctx: Context, obj: Any) -> dict[str, Any]:
    """Return what templates/macros/workflow.html needs to show state, steps and history."""
    kind, flow = _workflow_of(obj)
    state = state_of(obj)
    past = history(obj) if permissions.may(ctx, "history", obj) else []
    titles = {step.name: step.title for step in flow.transitions}
    return {
        "state": state,
        "version": getattr(obj, kind.version_field),
        "steps": offered(ctx, obj),
        "action": f"/workflow/{kind.name}/{obj.public_id}/",
        "history": [(titles.get(entry.transition, _("Begun")), entry) for entry in past],
    }


def _workflow_of(obj: Any) -> tuple[ObjectType, Workflow]:
    kind = objects.type_of(obj)
    flow = objects.workflow_of(kind)
    if flow is None:
        raise LookupError(f"Objects of type {kind.name} have no workflow.")
    return kind, flow


def _step(flow: Workflow, name: str) -> Transition:
    for step in flow.transitions:
        if step.name == name:
            return step
    raise NotFound


def _checked_comment(comment: str, step: Transition) -> str:
    comment = comment.replace("\0", "").strip()
    if step.comment_required and not comment:
        raise Invalid(_("Write the reasons in a sentence or two."), field="comment")
    if len(comment) > COMMENT_LENGTH:
        raise Invalid(_("Write at most %(most)s characters.", most=COMMENT_LENGTH), field="comment")
    return comment


def _check_actor(ctx: Context, kind: ObjectType, obj: Any, step: Transition) -> str:
    """Refuse those without permission or four eyes; return the role that the actor acts in."""
    if ctx.actor.system:
        return "system"
    permissions.check(ctx, step.permission, obj)
    if step.four_eyes and not _is_other(ctx, kind, obj):
        raise NotAllowed(
            _("Somebody else must decide this: a reviewer who did not ask and is no member.")
        )
    state = getattr(obj, kind.state_field)
    allowed = dict(permissions.permission_map(kind)[step.permission])[state]
    return min(permissions.roles(ctx, obj) & allowed, default="")


def _is_other(ctx: Context, kind: ObjectType, obj: Any) -> bool:
    model = kind.model
    return bool(model.select().where(model.id == obj.id, _four_eyes(ctx, kind)).exists())


def _four_eyes(ctx: Context, kind: ObjectType) -> Any:
    """Return the condition that the actor did not ask, did not make the last step, is no member."""
    me, model = ctx.actor.account_id, kind.model
    if me is None:
        return permissions.ALL if ctx.actor.system else permissions.NONE
    entry: Any = HistoryEntry
    later: Any = entry.alias()
    newest = later.select(fn.MAX(later.seq)).where(
        later.object_type == entry.object_type, later.object_id == entry.object_id
    )
    own = entry.select(entry.object_id).where(
        entry.object_type == kind.name, entry.actor_id == me, entry.seq == newest
    )
    condition = model.id.not_in(own)
    if kind.author:
        author = getattr(model, kind.author)
        condition &= author.is_null() | (author != me)
    if kind.owner_organisation:
        owner = getattr(model, kind.owner_organisation)
        condition &= owner.is_null() | owner.not_in(permissions.memberships(me))
    return condition


def _note(
    ctx: Context, kind: ObjectType, obj: Any, name: str, source: str, target: str, role: Any = ""
) -> HistoryEntry:
    """Write the next line of a history, and what now waits for a review."""
    now, entry = ctx.clock.now(), HistoryEntry
    of = (entry.object_type == kind.name, entry.object_id == obj.id)
    written: HistoryEntry = entry.create(
        object_type=kind.name,
        object_id=obj.id,
        seq=(entry.select(fn.MAX(entry.seq)).where(*of).scalar() or 0) + 1,
        transition=name,
        source_state=source,
        target_state=target,
        actor_id=ctx.actor.account_id,
        role=role,
        at=now,
        version=getattr(obj, kind.version_field),
    )
    task = ReviewTask
    task.delete().where(task.object_type == kind.name, task.object_id == obj.id).execute()
    _kind, flow = _workflow_of(obj)
    steps = [step for step in flow.transitions if step.review and target in step.sources]
    if steps:
        days = min((step.promised_days for step in steps if step.promised_days), default=None)
        due = working_days_after(now, days) if days else None
        task.create(object_type=kind.name, object_id=obj.id, since=now, due_at=due)
    return written


# What waits


def tasks(ctx: Context) -> list[Task]:
    """Return what waits for the actor: reviews and what plugins add, promised first."""
    found = [
        Task(
            kind.label(row),
            kind.url(row),
            row.review.since,
            row.review.due_at,
            str(kind.title),
            row.review.taken_by.name if row.review.taken_by else "",
            f"/tasks/{kind.name}/{row.public_id}",
        )
        for kind, row in _reviews(ctx)
    ]
    found += objects.registry().hooks.each("task_list", ctx)
    return sorted(found, key=lambda task: (task.due_at is None, task.due_at or task.since))


def _reviews(ctx: Context) -> Iterator[tuple[ObjectType, Any]]:
    """Yield the objects that the actor may review, a statement for each type and permission."""
    for kind in objects.types().values():
        flow = objects.workflow_of(kind)
        groups: dict[tuple[str, bool], set[str]] = {}
        for step in flow.transitions if flow else ():
            if step.review:
                groups.setdefault((step.permission, step.four_eyes), set()).update(step.sources)
        seen: set[int] = set()
        for (permission, four_eyes), states in groups.items():
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
                _four_eyes(ctx, kind) if four_eyes else permissions.ALL,
            )
            for row in query.order_by(task.due_at, task.id).limit(MOST_LISTED):
                if row.id not in seen:
                    seen.add(row.id)
                    yield kind, row


def take(ctx: Context, obj: Any, is_taken: bool = True) -> None:
    """Say that the actor looks after a review, or give it back.

    Raises NotFound for those who have nothing to decide there, Conflict when somebody has it.
    """
    kind, task = objects.type_of(obj), ReviewTask
    if not any(step.review for step in offered(ctx, obj)):
        raise NotFound
    me = ctx.actor.account_id
    mine = task.taken_by.is_null() if is_taken else task.taken_by == me
    with db.transaction():
        here = (task.object_type == kind.name, task.object_id == obj.id, mine)
        if not task.update(taken_by=me if is_taken else None).where(*here).execute():
            raise Conflict(_("Somebody else has taken this meanwhile."))


def remind(ctx: Context) -> None:
    """Write to reviewers, once, about what was promised for an earlier time."""
    task, now = ReviewTask, ctx.clock.now()
    with db.transaction():
        late = {
            row.id for row in task.select().where(task.due_at < now, task.reminded_at.is_null())
        }
        can = (Account.role.in_([REVIEWER, SITE_ADMIN]), Account.disabled_at.is_null())
        for person in Account.select().where(*can) if late else ():
            actor = Actor(person.id, person.name, frozenset({MEMBER, person.role}))
            own = [
                kind.label(row)
                for kind, row in _reviews(ctx.as_actor(actor))
                if row.review.id in late and row.review.taken_by_id in {None, person.id}
            ]
            if own:
                mail.enqueue(ctx, person.email, "tasks-overdue", tasks=own, path="/tasks")
        task.update(reminded_at=now).where(task.id.in_(list(late))).execute()


def run_due(ctx: Context) -> int:
    """Take the automatic steps whose moment has come; returns how many were taken.

    A step that is refused is logged and tried again the next time.
    """
    taken = 0
    for kind in objects.types().values():
        flow = objects.workflow_of(kind)
        for step in flow.transitions if flow else ():
            if not (step.automatic and step.due_field):
                continue
            state, due = (getattr(kind.model, name) for name in (kind.state_field, step.due_field))
            waiting = kind.model.select().where(
                state.in_(list(step.sources)), due <= ctx.clock.now()
            )
            for row in waiting.order_by(due, kind.model.id).limit(MOST_LISTED):
                taken += _try(ctx, row, step)
    return taken


def _try(ctx: Context, row: Any, step: Transition) -> bool:
    try:
        move(ctx, row, step.name)
    except PortalError as error:
        log.warning("%s was not taken for %s %s: %s", step.name, type(row), row.id, error.message)
        return False
    return True
