"""Who may decide about an organisation: others than its own people.

The operator's own organisations count as one: whoever serves one of them decides about none.
"""

from __future__ import annotations

from typing import Any

import peewee
from peewee import fn

from portal.context import Context
from portal.errors import NotAllowed
from portal.hookspecs import ObjectType
from portal.i18n import _
from portal.organisations.models import Organisation
from portal.permissions import memberships

DECISION = "review"
"""The permission with which decisions are made, in every workflow."""


def bound(account_id: int) -> Any:
    """Return the query of the organisations about which this person must not decide."""
    own, operators, found = memberships(account_id), Organisation.alias(), Organisation.alias()
    serves: Any = operators.select(operators.id).where(operators.is_operator, operators.id.in_(own))
    return found.select(found.id).where(found.id.in_(own) | (found.is_operator & fn.EXISTS(serves)))


def vetoed(
    ctx: Context, permission: str, object_type: ObjectType, ids: peewee.Select
) -> peewee.Select | None:
    """Return the query of those candidates about which the actor must not decide."""
    owner = object_type.owner_organisation
    if permission != DECISION or owner is None or ctx.actor.account_id is None:
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
