"""Telling people of consortia, and the lines of a consortium's history."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plugins.consortia import contacts
from plugins.consortia.hookspecs import Seen
from plugins.consortia.models import Consortium, Entry
from plugins.consortia.workflow import CONSORTIUM
from plugins.notices.interface import notify
from portal import audit
from portal.context import Context
from portal.i18n import lazy_gettext as lazy
from portal.organisations import queries as organisations

INVITED, ANSWERED = "consortia.invited", "consortia.answered"
LEAD, CHANGED = "consortia.lead", "consortia.changed"
CONTACT = "consortia.contact"
editors = organisations.editors
KINDS: tuple[Mapping[str, Any], ...] = (
    {"kind": INVITED, "title": lazy("Your organisation is invited to a consortium")},
    {"kind": ANSWERED, "title": lazy("Somebody answers, joins or leaves your consortium")},
    {"kind": LEAD, "title": lazy("The lead of a consortium changes hands")},
    {"kind": CHANGED, "title": lazy("A consortium starts, is suspended or closed")},
    {"kind": CONTACT, "title": lazy("A lead asks whom to write to at your organisation")},
)


def note(
    ctx: Context, consortium_id: int, what: str, organisation_id: int | None = None, **detail: Any
) -> Entry:
    """Add a line to a consortium's history, inside the caller's transaction."""
    made: Entry = Entry.create(
        consortium=consortium_id,
        organisation=organisation_id,
        account=ctx.actor.account_id,
        what=what,
        detail=detail,
        at=ctx.clock.now(),
    )
    return made


def record(ctx: Context, what: str, consortium_id: int, **detail: Any) -> None:
    """Write into the audit log what was done with a consortium."""
    audit.record(ctx, what, CONSORTIUM, consortium_id, **detail)


def tell(
    ctx: Context,
    consortium: Consortium | Seen,
    organisation_id: int,
    kind: str,
    title: Any,
    body: Any = "",
    subject: str = "",
    url: str = "",
) -> int:
    """Tell an organisation's contact and those who write for it, but the actor; returns how many."""
    first = contacts.general(consortium.id, organisation_id)
    accounts = list(dict.fromkeys([*first, *editors(organisation_id)]))
    for account in accounts:
        if account != ctx.actor.account_id:
            notify(
                ctx,
                account,
                kind,
                title,
                body,
                url=url or f"/consortia/{consortium.slug}",
                subject=f"{CONSORTIUM} {consortium.id} {subject}" if subject else "",
                is_fictional=consortium.is_fictional,
            )
    return len(accounts)
