"""Roles on single objects, given by people who hold as much themselves, for a time or for good."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from peewee import JOIN

from plugins.tasks import telling
from portal import audit, db, objects, permissions
from portal.context import Context
from portal.errors import Invalid, NotAllowed
from portal.i18n import _
from portal.organisations.models import Organisation
from portal.people.models import Account
from portal.permissions import LocalRole, LocalRoleStop

Principal = Account | Organisation


def share(
    ctx: Context, obj: Any, principal: Principal, role: str, expires_at: datetime | None = None
) -> LocalRole:
    """Give an account, or everybody of an organisation, a role on an object; again renews it.

    Raises NotFound or NotAllowed for those who may not share, or would give more than they hold;
    Invalid for a role that the type does not share and for a time that is over.
    """
    kind = objects.type_of(obj)
    if not kind.shareable or role not in kind.shared_roles:
        allowed = ", ".join(kind.shared_roles) if kind.shareable else "-"
        raise Invalid(_("Choose one of: %(allowed)s.", allowed=allowed), field="role")
    if expires_at is not None and expires_at <= ctx.clock.now():
        raise Invalid(_("Choose a day that is still to come."), field="expires_at")
    whose = "account" if isinstance(principal, Account) else "organisation"
    with _changing(ctx, obj):
        if not _holds_as_much(ctx, obj, role):
            raise NotAllowed(_("You can only give others what you may do yourself."))
        of, field = LocalRole, getattr(LocalRole, whose)
        values = {
            "granted_by": ctx.actor.account_id,
            "granted_at": ctx.clock.now(),
            "expires_at": expires_at,
        }
        of.insert(
            object_type=kind.name, object_id=obj.id, role=role, **{whose: principal.id}, **values
        ).on_conflict(
            conflict_target=[of.object_type, of.object_id, of.role, field], update=values
        ).execute()
        found: LocalRole = of.get(
            of.object_type == kind.name,
            of.object_id == obj.id,
            of.role == role,
            field == principal.id,
        )
        audit.record(
            ctx, f"role.shared_with_{whose}", kind.name, obj.id, role=role, to=principal.id
        )
        telling.tell_shared(ctx, obj, found, principal)
    return found


def unshare(ctx: Context, obj: Any, share_id: int) -> None:
    """Take a role on an object back; one that is gone already is fine. Raises as `share` does."""
    name = objects.type_of(obj).name
    of: Any = LocalRole
    with _changing(ctx, obj):
        here = (of.id == share_id, of.object_type == name, of.object_id == obj.id)
        for row in of.select().where(*here):
            said = {"account": row.account_id, "organisation": row.organisation_id}
            audit.record(ctx, "role.unshared", name, obj.id, role=row.role, **said)
        of.delete().where(*here).execute()


def inherit(ctx: Context, obj: Any, is_on: bool) -> None:
    """Let an object take over what is shared on its parent, or nothing."""
    name, stop = objects.type_of(obj).name, LocalRoleStop
    with _changing(ctx, obj):
        stop.delete().where(stop.object_type == name, stop.object_id == obj.id).execute()
        if not is_on:
            stop.insert(object_type=name, object_id=obj.id).execute()
        audit.record(ctx, "role.inherited" if is_on else "role.not_inherited", name, obj.id)


def inherits(obj: Any) -> bool:
    """Whether what is shared on the parent holds for this object too."""
    kind, stop = objects.type_of(obj), LocalRoleStop
    here = stop.select().where(stop.object_type == kind.name, stop.object_id == obj.id)
    return bool(kind.parent) and not here.exists()


def shares(obj: Any) -> list[LocalRole]:
    """Return who has which role on an object, with accounts and organisations, oldest first.

    Those that are over are among them until somebody takes them back.
    """
    of: Any = LocalRole
    return list(
        of.select(of, Account, Organisation)
        .join(Account, JOIN.LEFT_OUTER)
        .join_from(of, Organisation, JOIN.LEFT_OUTER)
        .where(of.object_type == objects.type_of(obj).name, of.object_id == obj.id)
        .order_by(of.granted_at, of.id)
    )


@contextmanager
def _changing(ctx: Context, obj: Any) -> Iterator[None]:
    """Change who has which role in one transaction, if the actor may share."""
    with db.transaction():
        permissions.check(ctx, "share", obj)
        yield
        permissions.forget()


def _holds_as_much(ctx: Context, obj: Any, role: str) -> bool:
    """Whether the actor's own roles allow, in every state, whatever the role allows, below too."""
    own = permissions.roles(ctx, obj)
    there = permissions.allowances(objects.type_of(obj))
    return ctx.actor.system or all(own & allowed for _name, allowed in there if role in allowed)
