"""What the round tables plugin answers when the portal asks."""

from __future__ import annotations

from collections.abc import Sequence

from plugins.roundtables.workflow import FLOW, TYPES
from portal.context import Context
from portal.hookspecs import ObjectType, Workflow, hookimpl


@hookimpl
def workflow_list(ctx: Context) -> Sequence[Workflow]:
    """Offer the way of a series."""
    return [FLOW]


@hookimpl
def object_type_list(ctx: Context) -> Sequence[ObjectType]:
    """Offer the series."""
    return TYPES
