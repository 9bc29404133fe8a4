"""The nouns of the active plugins: found by name, by row, by number."""

from __future__ import annotations

from typing import Any

from flask import current_app
from peewee import ModelAlias

from portal.errors import NotFound
from portal.hookspecs import ObjectType, Workflow
from portal.kernel.registry import Registry

__all__ = ["ObjectType", "find", "load", "registry", "type_of", "types", "workflow_of"]


def registry() -> Registry:
    """Return the plugins of the running portal."""
    found: Registry = current_app.extensions["portal"].registry
    return found


def types() -> dict[str, ObjectType]:
    """Return the object types of the active plugins, by name."""
    known, is_active = registry().structure, registry().is_active
    return {name: kind for name, kind in known.types.items() if is_active(known.owners[name])}


def type_of(row: Any) -> ObjectType:
    """Return the type of a row, model or alias. Raises LookupError for one that nobody declared."""
    model = row.model if isinstance(row, ModelAlias) else row
    return registry().structure.of_model(model if isinstance(model, type) else type(model))


def workflow_of(kind: ObjectType) -> Workflow | None:
    """Return the workflow of a type, None without one."""
    return registry().structure.workflows[kind.workflow] if kind.workflow else None


def load(name: str, number: int) -> Any:
    """Return an object by its type and number. Raises NotFound, for inactive types too."""
    return _get(name, "id", number)


def find(name: str, public_id: str) -> Any:
    """Return an object by its type and the id in its address. Raises NotFound."""
    return _get(name, "public_id", public_id)


def _get(name: str, column: str, value: Any) -> Any:
    kind = types().get(name)
    if kind is None:
        raise NotFound
    row = kind.model.get_or_none(getattr(kind.model, column) == value)
    if row is None:
        raise NotFound
    return row
