"""Who is told what about past cooperation and references."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plugins.cooperation import queries
from plugins.notices.interface import notify
from portal.context import Context
from portal.i18n import lazy_gettext as lazy
from portal.organisations.models import Organisation

ASKED, ANSWERED = "cooperation.asked", "cooperation.answered"
KINDS: tuple[Mapping[str, Any], ...] = (
    {
        "kind": ASKED,
        "title": lazy("A partner asks you to confirm past cooperation, or for a reference"),
    },
    {"kind": ANSWERED, "title": lazy("Somebody answered about past cooperation or a reference")},
)


def tell(
    ctx: Context, whom: Organisation, kind: str, title: Any, body: Any, path: str, subject: str = ""
) -> None:
    """Tell those who write for an organisation, but the actor."""
    for account in queries.editors(whom.id):
        if account != ctx.actor.account_id:
            notify(ctx, account, kind, title, body, path, subject, bool(whom.is_fictional))
