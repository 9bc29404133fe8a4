"""Who may do what with an object, and which objects a list shows: one map, asked in SQL.

The map is data: states of workflows and object types say which roles have a permission. Roles are
global, computed from membership and authorship, shared on an object or its parent, or given by
plugins. `may()` asks for one row what `visible()` puts into a list, so that they can't differ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import reduce
from operator import and_, or_
from typing import Any, TypeVar

from flask import g, has_request_context
from peewee import SQL, AutoField, ForeignKeyField, IntegerField, TextField

from portal import db, kept, objects
from portal.context import MEMBER, REVIEWER, SITE_ADMIN, Actor, Context
from portal.errors import NotAllowed, NotFound, Unavailable
from portal.hookspecs import ObjectType
from portal.i18n import _
from portal.organisations.models import MEMBER_ROLES, Organisation, OrganisationMember
from portal.people.models import Account

ALL: Any = SQL("1 = 1")
NONE: Any = SQL("1 = 0")
Answer = TypeVar("Answer")


class LocalRole(db.Model):
    """A role on one object, given to an account or to everybody of an organisation."""

    id = AutoField()
    object_type = TextField()
    object_id = IntegerField()
    account = ForeignKeyField(Account, null=True, on_delete="CASCADE")
    organisation = ForeignKeyField(Organisation, null=True, on_delete="CASCADE")
    role = TextField()
    granted_by = IntegerField(null=True)
    granted_at = db.UtcDateTime()
    expires_at = db.UtcDateTime(null=True)

    class Meta:
        table_name = "local_role"


class LocalRoleStop(db.Model):
    """An object that takes over nothing from its parent's sharing."""

    object_type = TextField()
    object_id = IntegerField()

    class Meta:
        table_name = "local_role_stop"
        primary_key = False


def may(ctx: Context, permission: str, obj: Any) -> bool:
    """Whether the actor may do this with an object, as it is stored now.

    Raises Unavailable when a plugin that might forbid it is out of order.
    """
    return permission in granted(ctx, obj, [permission])


def granted(ctx: Context, obj: Any, permissions: Iterable[str]) -> set[str]:
    """Return those of the permissions that the actor has on an object, in one statement."""
    return _true_of(ctx, obj, list(permissions), _condition)


def check(ctx: Context, permission: str, obj: Any) -> None:
    """Raise NotAllowed without a permission; NotFound for those who may not even see the object."""
    have = granted(ctx, obj, [permission, "view"])
    if permission not in have:
        raise NotAllowed if "view" in have else NotFound


def visible(ctx: Context, model: Any, permission: str = "view") -> Any:
    """Return the condition on a model or its alias that leaves what the actor may see (or do).

    Lists page by key: counting all that is visible costs a look at each row.
    """
    return _condition(ctx, objects.type_of(model), permission, model)


def roles(ctx: Context, obj: Any) -> set[str]:
    """Return the roles that the actor has on an object, of those that its maps name."""
    kind = objects.type_of(obj)
    named = {role for _place, allowed in allowances(kind) for role in allowed}
    return _true_of(ctx, obj, sorted(named), _holds_one)


def allowances(kind: ObjectType) -> list[tuple[str, frozenset[str]]]:
    """Return each permission with the roles that have it in some state, of types below too."""
    known = objects.types().values()
    below = [item for item in known if item.parent and item.parent[0] == kind.name]
    return [
        (name, allowed)
        for item in [kind, *below]
        for name, states in permission_map(item).items()
        for _state, allowed in states
    ]


def permission_map(kind: ObjectType) -> dict[str, list[tuple[str | None, frozenset[str]]]]:
    """Return the map of a type: for each permission the states and the roles that have it there."""
    named = {name for _state, there in _states(kind) for name in there}.union(kind.permissions)
    return {name: _allowed(kind, name) for name in sorted(named)}


def _states(kind: ObjectType) -> list[Any]:
    flow = objects.workflow_of(kind)
    return [(state.name, state.permissions) for state in flow.states] if flow else [(None, {})]


def _allowed(kind: ObjectType, name: str) -> list[tuple[str | None, frozenset[str]]]:
    always = kind.permissions.get(name, ())
    return [(at, frozenset(there.get(name, ())).union(always)) for at, there in _states(kind)]


def forget() -> None:
    """Ask again within this request: call it after changing who has which role."""
    if has_request_context():
        g.pop("permissions", None)


def _cached(key: tuple[Any, ...], make: Callable[[], Answer]) -> Answer:
    if not has_request_context():
        return make()
    known: dict[Any, Any] = g.setdefault("permissions", {})
    if key not in known:
        known[key] = make()
    return known[key]  # type: ignore[no-any-return]


def _true_of(ctx: Context, obj: Any, names: list[str], question: Callable[..., Any]) -> set[str]:
    kind = objects.type_of(obj)
    of = kind.model

    def make(ctx: Context, number: int) -> Any:
        columns = [question(ctx, kind, name, of).alias(f"q{at}") for at, name in enumerate(names)]
        return of.select(*columns).where(of.id == number)

    def ask() -> Any:
        key = (question.__name__, kind.name, *names)
        return kept.rows(ctx, key, make, obj.id, permissions=names)

    key = (ctx.actor, kind.name, obj.id, getattr(obj, kind.version_field, None), *names)
    found = _cached(key, ask) if names else []
    return {name for name, answer in zip(names, *(found or [()]), strict=False) if answer}


def _condition(ctx: Context, kind: ObjectType, permission: str, model: Any) -> Any:
    """Build the one condition that both single questions and lists are asked with."""
    if ctx.actor.system:
        return ALL
    key = (ctx.actor, kind.name, permission, model)
    return _cached(key, lambda: _build(ctx, kind, permission, model))


def _build(ctx: Context, kind: ObjectType, permission: str, model: Any) -> Any:
    by_roles: dict[frozenset[str], list[str | None]] = {}
    for state, allowed in _allowed(kind, permission):
        by_roles.setdefault(allowed, []).append(state)
    ways = []
    for allowed, states in by_roles.items():
        holds = _holds(ctx, kind, model, allowed)
        if holds is not NONE:
            there = getattr(model, kind.state_field).in_(states) if kind.workflow else ALL
            ways.append(there if holds is ALL else there & holds)
    if not ways:
        return NONE
    condition = reduce(or_, ways)
    registry = objects.registry()
    for plugin, status in registry.statuses().items():
        if permission in kept.vetoes_of(plugin) and registry.is_out_of_order(plugin):
            said = _("%(plugin)s decides about this too, and is out of order.", plugin=status.title)
            raise Unavailable(said)
    ids = model.select(model.id).where(condition)
    asked = {"permission": permission, "object_type": kind, "ids": ids}
    for _plugin, veto in registry.hooks.call("permission_veto", ctx, **asked):
        condition &= NONE if veto is False else model.id.not_in(veto)
    return condition


def _holds(ctx: Context, kind: ObjectType, model: Any, wanted: Iterable[str]) -> Any:
    """Return the condition that the actor has one of these roles; ALL and NONE as they are."""
    names, me = set(wanted), ctx.actor.account_id
    if ctx.actor.system or names & _everywhere(ctx.actor):
        return ALL
    ways = []
    if me is not None:
        in_roles = set(MEMBER_ROLES) if "OrgMember" in names else names & set(MEMBER_ROLES)
        if kind.owner_organisation and in_roles:
            only, roles = ctx.actor.organisation_id, ", ".join(map(repr, sorted(in_roles)))
            account = f"account_id = {db.database.param} AND role IN ({roles})"
            sql = f"SELECT organisation_id FROM organisation_member WHERE {account}" + (
                "" if only is None else f" AND organisation_id = {only:d}"
            )
            ways.append(getattr(model, kind.owner_organisation).in_(SQL(f"({sql})", [me])))
    if me is not None and ctx.actor.organisation_id is None:
        if kind.author and "Owner" in names:
            ways.append(getattr(model, kind.author) == me)
        ways += _shared(ctx, kind, model, names)
    ways += [model.id.in_(query) for role, query in _given(ctx, kind) if role in names]
    return reduce(or_, ways) if ways else NONE


def _holds_one(ctx: Context, kind: ObjectType, role: str, model: Any) -> Any:
    return _holds(ctx, kind, model, {role})


def _everywhere(actor: Actor) -> set[str]:
    held = {"Anonymous", *actor.roles} | ({MEMBER} if actor.signed_in else set())
    return held | ({REVIEWER} if SITE_ADMIN in held else set())


def memberships(account_id: int) -> Any:
    """Return the query of the organisations for which an account acts."""
    member: Any = OrganisationMember
    return member.select(member.organisation).where(member.account == account_id)


def _shared(ctx: Context, kind: ObjectType, model: Any, names: set[str]) -> list[Any]:
    """Return the ways to a role that was shared on the object, or on its parent."""
    ways = []
    if kind.shareable and (own := names.intersection(kind.shared_roles)):
        ways.append(model.id.in_(_shares(ctx, kind.name, own)))
    parent = objects.types().get(kind.parent[0]) if kind.parent else None
    if kind.parent and parent and parent.shareable and names.intersection(parent.shared_roles):
        above = _shares(ctx, parent.name, names.intersection(parent.shared_roles))
        stops: Any = LocalRoleStop.select(LocalRoleStop.object_id)
        stopped = stops.where(LocalRoleStop.object_type == kind.name)
        ways.append(getattr(model, kind.parent[1]).in_(above) & model.id.not_in(stopped))
    return ways


def _shares(ctx: Context, name: str, wanted: set[str]) -> Any:
    share: Any = LocalRole
    mine = ctx.actor.account_id
    conditions = [
        share.object_type == name,
        share.role.in_(sorted(wanted)),
        share.expires_at.is_null() | (share.expires_at > ctx.clock.now()),
        (share.account == mine) | share.organisation.in_(memberships(mine or 0)),
    ]
    return share.select(share.object_id).where(reduce(and_, conditions))


def _given(ctx: Context, kind: ObjectType) -> list[tuple[str, Any]]:
    """Return the roles that plugins give, each with a query of ids; a failing one gives nothing."""

    def ask() -> list[tuple[str, Any]]:
        hooks, found = objects.registry().hooks, []
        for plugin, sources in hooks.call("role_sources", ctx, object_type=kind):
            for source in sources or ():
                try:
                    if ctx.actor.organisation_id is None or source.narrows:
                        found.append((source.role, source.ids(ctx.actor)))
                except Exception as error:
                    hooks.failed(plugin, "role_sources", error)
        return found

    return _cached((ctx.actor, kind.name, "role_sources"), ask)
