"""What happens to objects, step by step: workflows are data, histories are only ever added to.

A step is one transaction: the check of who may and of what stands against it, the new state with a
new version, the line of history, and what plugins carry out because of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from peewee import JOIN, AutoField, ForeignKeyField, IntegerField, TextField, fn

from portal import audit, db, events, objects, permissions
from portal.clock import working_days_after
from portal.context import Context
from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from portal.hookspecs import ObjectType, State, Task, Transition, Workflow
from portal.i18n import _
from portal.people.models import Account

__all__ = ["HistoryEntry", "State", "Task", "Transition", "Workflow", "move", "start"]

COMMENT_LENGTH = 4_000
ARRIVED = "review.asked"
"""The event with which an object begins to wait for a review."""


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
    step = next((step for step in flow.transitions if step.name == transition_name), None)
    if step is None:
        raise NotFound
    model, has = kind.model, kind.model.id == obj.id
    state, number = (getattr(model, name) for name in (kind.state_field, kind.version_field))
    with db.transaction():
        current = model.get_or_none(has)
        if current is None:
            raise NotFound
        seen, source = getattr(current, kind.version_field), getattr(current, kind.state_field)
        if source not in step.sources or version not in {None, seen}:
            raise _too_late(ctx, current)
        role = _check_actor(ctx, kind, current, step)
        comment = _checked_comment(comment, step)
        problems = [text for name in step.guards for text in flow.guards[name](ctx, current)]
        hooks, asked = objects.registry().hooks, {"obj_type": kind, "transition": step}
        problems += hooks.each("transition_check", ctx, obj=current, **asked)
        if problems:
            raise Invalid(" ".join(map(str, problems)))
        values = {kind.state_field: step.target, kind.version_field: seen + 1}
        if not model.update(**values).where(has, state == source, number == seen).execute():
            raise _too_late(ctx, current)
        current.__data__.update(values)
        permissions.forget()
        entry = _note(ctx, kind, current, step.name, source, step.target, role=role)
        if comment:
            HistoryComment.insert(entry=entry.id, text=comment).execute()
            entry.comment = comment
        for tell in (audit.record, events.emit):
            tell(ctx, f"{kind.name}.{step.name}", kind.name, obj.id, source=source, seq=entry.seq)
        hooks.call("transition_done", ctx, obj=current, entry=entry, **asked)
    obj.__data__.update(values)
    return entry


def _too_late(ctx: Context, obj: Any) -> Conflict | NotFound:
    if not permissions.may(ctx, "view", obj):
        return NotFound()
    return Conflict(_("Somebody else changed this meanwhile. Look at it as it is now."))


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


def forget_comments(name: str, ids: Sequence[int]) -> None:
    """Delete what people wrote with the steps of these objects; the steps stay."""
    entry: Any = HistoryEntry
    of = entry.select(entry.id).where(entry.object_type == name, entry.object_id.in_(ids))
    HistoryComment.delete().where(HistoryComment.entry.in_(of)).execute()


def panel(ctx: Context, obj: Any) -> dict[str, Any]:
    """Return what templates/macros/workflow.html needs to show state, steps and history."""
    kind, flow = _workflow_of(obj)
    states = {state.name: state for state in flow.states}
    titles = {step.name: step.title for step in flow.transitions} | {"": _("Begun")}
    past = history(obj) if permissions.may(ctx, "history", obj) else []
    return {
        "state": states[getattr(obj, kind.state_field)],
        "type": kind.name,
        "object": obj,
        "version": getattr(obj, kind.version_field),
        "steps": offered(ctx, obj),
        "history": [(titles.get(entry.transition, entry.transition), entry) for entry in past],
    }


def _workflow_of(obj: Any) -> tuple[ObjectType, Workflow]:
    kind = objects.type_of(obj)
    flow = objects.workflow_of(kind)
    if flow is None:
        raise LookupError(f"Objects of type {kind.name} have no workflow.")
    return kind, flow


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
        said = _("Somebody else must decide this: a reviewer who did not ask and is no member.")
        raise NotAllowed(said)
    state = getattr(obj, kind.state_field)
    allowed = dict(permissions.permission_map(kind)[step.permission])[state]
    return min(permissions.roles(ctx, obj) & allowed, default="")


def _is_other(ctx: Context, kind: ObjectType, obj: Any) -> bool:
    model = kind.model
    return bool(model.select().where(model.id == obj.id, four_eyes(ctx, kind)).exists())


def four_eyes(ctx: Context, kind: ObjectType) -> Any:
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
        **{"source_state": source, "target_state": target, "role": role, "at": now},
        actor_id=ctx.actor.account_id,
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
        events.emit(ctx, ARRIVED, kind.name, obj.id)
    return written
