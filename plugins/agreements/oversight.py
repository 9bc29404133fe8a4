"""Administrators of the site and agreements of others: metadata, and the text for a reason alone."""

from __future__ import annotations

from plugins.agreements import rules, telling
from plugins.agreements.models import Agreement, Opening
from plugins.agreements.workflow import AGREEMENT
from portal import audit, db, permissions
from portal.context import Context
from portal.errors import Invalid, NotAllowed
from portal.i18n import _
from portal.i18n import lazy_gettext as lazy

MOST_LISTED = 500
SHORTEST_REASON = 15


def listed() -> list[Agreement]:
    """Return the newest agreements of the site."""
    return list(Agreement.select().order_by(Agreement.id.desc()).limit(MOST_LISTED))


def look(ctx: Context, agreement: Agreement, reason: str) -> None:
    """Open an agreement of others for an hour; its parties are told. Raises Invalid, NotAllowed."""
    if not ctx.actor.is_admin:
        raise NotAllowed
    reason = rules.checked_text(reason, 1_000, "reason")
    if len(reason) < SHORTEST_REASON:
        raise Invalid(_("Write in a sentence why you need to see this agreement."), field="reason")
    with db.transaction():
        Opening.create(
            agreement=agreement.id,
            account=ctx.actor.account_id,
            reason=reason,
            opened_at=ctx.clock.now(),
        )
        number = audit.record(ctx, "agreement.opened_by_site", AGREEMENT, agreement.id)
        permissions.forget()
        words = (
            lazy("Somebody who runs the site opened %(title)s", title=agreement.title),
            lazy("The reason stands on the page of the agreement."),
        )
        telling.tell(ctx, agreement, telling.ENDED, words, f"opened {number}")
