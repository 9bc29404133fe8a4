"""What events of the core tell people."""

from __future__ import annotations

from typing import Any

from plugins.notices import rules, service
from portal.context import Context
from portal.hookspecs import Event
from portal.i18n import lazy_gettext as lazy
from portal.organisations.models import Organisation

ADDED, REMOVED = "notices.member_added", "notices.member_removed"
KINDS = (
    {
        "kind": ADDED,
        "title": lazy("You may act for an organisation"),
        "default": rules.DAILY,
    },
    {"kind": REMOVED, "title": lazy("You may no longer act for an organisation")},
)


def tell(ctx: Context, event: Event) -> None:
    """Tell somebody that others let them act for an organisation, or no longer."""
    person = event.payload.get("account")
    if event.name not in {"member.added", "member.removed"} or person == event.account_id:
        return
    organisation: Organisation | None = Organisation.get_or_none(
        Organisation.id == event.subject_id
    )
    if organisation is None or not isinstance(person, int):
        return
    named = {"organisation": organisation.name}
    same: dict[str, Any] = {
        "subject": f"event {event.id}",
        "is_fictional": organisation.is_fictional,
    }
    if event.name == "member.added":
        title = lazy("You may act for %(organisation)s", **named)
        url = f"/organisations/{organisation.slug}"
        service.notify(ctx, person, ADDED, title, url=url, **same)
    else:
        title = lazy("You no longer act for %(organisation)s", **named)
        service.notify(ctx, person, REMOVED, title, **same)
