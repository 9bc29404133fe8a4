"""Who may decide about an organisation: others than its own people.

The operator's own organisations count as one: whoever serves one of them decides about none.
"""

from __future__ import annotations

from typing import Any

import peewee
from peewee import fn

from portal import objects
from portal.context import Context
from portal.errors import NotAllowed
from portal.hookspecs import ObjectType, Workflow
from portal.i18n import _
from portal.organisations.models import Organisation
from portal.permissions import memberships

DECISION = "review"
"""The permission with which decisions are made, unless a workflow names others."""


def bound(account_id: int) -> Any:
    """Return the query of the organisations about which this person must not decide."""
    own, operators, found = memberships(account_id), Organisation.alias(), Organisation.alias()
    serves: Any = operators.select(operators.id).where(operators.is_operator, operators.id.in_(own))
    return found.select(found.id).where(found.id.in_(own) | (found.is_operator & fn.EXISTS(serves)))


def decisions(flow: Workflow | None) -> set[str]:
    """Return the permissions with which a workflow decides: with four eyes, or as a review.

    One that other steps ask for too is none: it would be taken from people for these as well.
    """
    steps = flow.transitions if flow else ()
    deciding = {step.permission for step in steps if step.four_eyes or step.review}
    others = {step.permission for step in steps if not (step.four_eyes or step.review)}
    return {DECISION} | (deciding - others - {""})


def vetoed(
    ctx: Context, permission: str, object_type: ObjectType, ids: peewee.Select
) -> peewee.Select | None:
    """Return the query of those candidates about which the actor must not decide."""
    owner = object_type.owner_organisation
    if owner is None or ctx.actor.account_id is None:
        return None
    if permission not in decisions(objects.workflow_of(object_type)):
        return None
    model = object_type.model
    return model.select(model.id).where(  # type: ignore[no-any-return]
        model.id.in_(ids), getattr(model, owner).in_(bound(ctx.actor.account_id))
    )


def check_other(ctx: Context, organisation: Organisation) -> None:
    """Raise NotAllowed when the actor must not decide about an organisation."""
    about = bound(ctx.actor.account_id or 0).tuples()
    if organisation.id in {number for (number,) in about}:
        raise NotAllowed(_("You belong to this organisation: somebody else must decide this."))
