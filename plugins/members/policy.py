"""Who looks after the people of an organisation: its administrators and nobody else."""

from __future__ import annotations

from portal.context import Context
from portal.errors import NotAllowed, NotFound
from portal.i18n import _
from portal.organisations.models import Organisation
from portal.organisations.policy import may_see_inside, role_of


def may_manage(ctx: Context, organisation: Organisation) -> bool:
    """Whether the actor is an administrator of the organisation; those of the site are not."""
    return ctx.actor.system or role_of(ctx.actor, organisation) == "OrgAdmin"


def check_manager(ctx: Context, organisation: Organisation) -> None:
    """Raise NotFound for strangers, NotAllowed for everybody else who is no administrator."""
    if may_manage(ctx, organisation):
        return
    if not may_see_inside(ctx.actor, organisation):
        raise NotFound
    raise NotAllowed(_("Only an administrator of your organisation can do this."))


def check_site(ctx: Context) -> None:
    """Raise NotFound for all but administrators of the site."""
    if not ctx.actor.is_admin:
        raise NotFound
