"""What the agreements plugin answers when the portal asks."""

from __future__ import annotations

from collections.abc import Sequence

from plugins.agreements import workflow
from portal.context import Context
from portal.hookspecs import ObjectType, RoleSource, Workflow, hookimpl


@hookimpl
def workflow_list(ctx: Context) -> Sequence[Workflow]:
    """Offer the way of agreements."""
    return [workflow.FLOW]


@hookimpl
def object_type_list(ctx: Context) -> Sequence[ObjectType]:
    """Offer agreements."""
    return [workflow.TYPE]


@hookimpl
def role_sources(ctx: Context, object_type: ObjectType) -> Sequence[RoleSource]:
    """Say who belongs to a party, and who writes for one."""
    return workflow.role_sources(ctx) if object_type.name == workflow.AGREEMENT else []
