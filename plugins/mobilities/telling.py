"""Telling the people of the sides what happened with a mobility."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from plugins.mobilities import queries
from plugins.mobilities.models import HOST, SENDING, SUPPORTING, Mobility
from plugins.mobilities.workflow import MOBILITY
from plugins.notices.interface import notify
from portal.context import Context
from portal.i18n import lazy_gettext as lazy

STEP = "mobilities.step_taken"
REPORTED = "mobilities.end_reported"
ENDED = "mobilities.ended"
DUE = "mobilities.steps_due"
KINDS: tuple[Mapping[str, Any], ...] = (
    {
        "kind": STEP,
        "title": lazy("A mobility of your organisation was agreed, changed or declined"),
    },
    {"kind": REPORTED, "title": lazy("Somebody reports that a stay does not end as planned")},
    {"kind": ENDED, "title": lazy("A stay has ended")},
    {"kind": DUE, "title": lazy("Steps of a mobility are due"), "default": "daily"},
)


def organisation_of(mobility: Mobility, side: str) -> int | None:
    """Return the number of the organisation on a side."""
    sides = {SENDING: mobility.sending_id, HOST: mobility.host_id}
    return {**sides, SUPPORTING: mobility.supporting_id}[side]


def tell(
    ctx: Context,
    mobility: Mobility,
    sides: Iterable[str],
    kind: str,
    title: Any,
    body: Any,
    mark: str,
) -> None:
    """Tell those who write for some sides, each person once; the actor knows already."""
    accounts = [
        account
        for side in sides
        for account in queries.editors(organisation_of(mobility, side))
        if account != ctx.actor.account_id
    ]
    for account in dict.fromkeys(accounts):
        subject = f"{MOBILITY} {mobility.id} {mark}"
        notify(ctx, account, kind, title, body, f"/mobilities/{mobility.public_id}", subject)
