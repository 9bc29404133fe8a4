"""Demonstration: a made-up host invited five people; every address ends in `.example`."""

from __future__ import annotations

from plugins.roundtable_invitations import service
from plugins.roundtable_invitations.models import BOUNCED, Invitation
from plugins.roundtables import interface as roundtables
from portal import db
from portal.context import SYSTEM, Context
from portal.i18n import _

PEOPLE = "\n".join(f"demo-guest-{at}@mail.example" for at in range(1, 6))


def load(ctx: Context) -> None:
    """Invite people to the made-up series that is open, unless somebody was invited already."""
    roundtables.load_demo(ctx)  # hooks are asked by name, and theirs comes later
    if Invitation.select().exists():
        return
    system = ctx.as_actor(SYSTEM)
    for series in roundtables.held(states=("published",)):
        if series.host.is_fictional and roundtables.is_open(system, series):
            reason = _("Demonstration: you have sent learners abroad before.")
            said = {"people": PEOPLE, "reason": reason, "source": "earlier", "lang": series.lang}
            with db.transaction():
                service.invite(system, series, said)
                rows = list(Invitation.select().order_by(Invitation.id))
                service.decline(system, rows[0])
                service.never(system, rows[1])
                Invitation.update(state=BOUNCED).where(Invitation.id == rows[2].id).execute()
            return
