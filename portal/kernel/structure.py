"""What plugins declare of their objects: types and workflows, checked as a whole when they load."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from types import ModuleType
from typing import Any

from portal.context import MEMBER, REVIEWER, SITE_ADMIN, Context
from portal.hookspecs import ObjectType, Workflow
from portal.kernel.manifest import Manifest
from portal.kernel.probe import BadPlugin, blaming
from portal.settings import hint

ROLES = {"Anonymous", MEMBER, REVIEWER, SITE_ADMIN, "Owner", "Viewer", "Editor"}
ROLES |= {"OrgMember", "OrgEditor", "OrgSignatory", "OrgAdmin"}
PERMISSIONS = {"view", "edit", "delete", "share", "history", "submit", "review", "reply", "sign"}
PERMISSIONS |= {"register", "allocate", "export"}


class Structure:
    """The object types and workflows of the loaded plugins; whether one is active is not known here."""

    def __init__(self) -> None:
        self.types: dict[str, ObjectType] = {}
        self.workflows: dict[str, Workflow] = {}
        self.owners: dict[str, str] = {}

    def take(
        self, ctx: Context, module: ModuleType, manifest: Manifest, required: Iterable[Manifest]
    ) -> None:
        """Take up what a plugin declares. Raises BadPlugin with the nearest right name."""
        words = _Words([manifest, *required])
        words.check("plugin.toml, vetoes", dict.fromkeys(manifest.vetoes, ()))
        flows = _declared(ctx, module, manifest, "workflow_list", Workflow, "id")
        kinds = _declared(ctx, module, manifest, "object_type_list", ObjectType, "name")
        for flow in flows.values():
            _check_workflow(flow, words)
        for kind in kinds.values():
            _check_type(kind, words, self.workflows | flows, self.types | kinds)
        self.workflows |= flows
        self.types |= kinds
        self.owners |= dict.fromkeys(kinds, manifest.id)

    def of_model(self, model: Any) -> ObjectType:
        """Return the type of a model's rows. Raises LookupError for one that nobody declared."""
        for kind in self.types.values():
            if kind.model is model:
                return kind
        raise LookupError(f"No object type has the model {model.__name__}: see object_type_list.")


class _Words:
    """The names of roles and permissions that a plugin may use: the core's, its own, required ones'."""

    def __init__(self, manifests: Iterable[Manifest]) -> None:
        own = list(manifests)
        self.roles = ROLES.union(*(names(item.roles) for item in own))
        self.permissions = PERMISSIONS.union(*(names(item.permissions) for item in own))

    def check(self, place: str, permissions: Mapping[str, Collection[str]]) -> None:
        _known(place, permissions, self.permissions, "permission")
        for roles in permissions.values():
            _known(place, roles, self.roles, "role")


def names(entries: Iterable[Any]) -> set[str]:
    """Return the names of permissions or roles that a manifest declares."""
    return {str(item["name"] if isinstance(item, Mapping) else item) for item in entries}


def _declared(
    ctx: Context, module: ModuleType, manifest: Manifest, hook: str, kind: type, key: str
) -> dict[str, Any]:
    with blaming(manifest, hook):
        offer = getattr(module, hook, None)
        found = {getattr(item, key): item for item in (offer(ctx) if offer else ())}
    for name, item in found.items():
        if not isinstance(item, kind):
            raise BadPlugin(f"{hook} must answer with {kind.__name__}s, not {item!r:.80}.")
        if not re.fullmatch(rf"{manifest.id}(_[a-z_]+)?", name):
            raise BadPlugin(f"{hook}: {name!r} must be '{manifest.id}_' and small letters.")
    return found


def _known(place: str, names: Iterable[str], known: Collection[str], what: str) -> None:
    for name in names:
        if name not in known:
            raise BadPlugin(f"{place}: there is no {what} {name!r}.{hint(name, known)}")


def _check_workflow(flow: Workflow, words: _Words) -> None:
    place = f"workflow {flow.id!r}"
    states = {state.name for state in flow.states}
    _known(place, [flow.initial], states, "state")
    for state in flow.states:
        words.check(f"{place}, state {state.name!r}", state.permissions)
    for step in flow.transitions:
        at = f"{place}, transition {step.name!r}"
        _known(at, [*step.sources, step.target], states, "state")
        _known(at, [step.permission or "view"], words.permissions, "permission")
        _known(at, step.guards, flow.guards, "guard")


def _check_type(
    kind: ObjectType, words: _Words, flows: Mapping[str, Workflow], kinds: Collection[str]
) -> None:
    place = f"object type {kind.name!r}"
    words.check(place, kind.permissions)
    words.check(place, {"share": kind.shared_roles})
    fields = ["public_id", kind.owner_organisation, kind.author, kind.parent and kind.parent[1]]
    if kind.parent:
        _known(place, kind.parent[:1], kinds, "object type")
    if kind.workflow:
        _known(place, [kind.workflow], flows, "workflow")
        fields += [kind.state_field, kind.version_field]
        fields += [step.due_field for step in flows[kind.workflow].transitions]
    columns = kind.model._meta.fields
    _known(place, filter(None, fields), columns, f"column of {kind.model.__name__}")
