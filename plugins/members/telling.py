"""Telling people what happened: by notices, by mail where these are switched off."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from plugins.members import queries
from portal import mail, objects
from portal.context import Context
from portal.i18n import lazy_gettext as lazy
from portal.organisations.models import Organisation
from portal.people.models import Account

ANSWERED = "members.invitation_answered"
HELD = "members.invitation_held"
ASKED = "members.asked"
DECIDED = "members.decided"
HAND_OVER = "members.hand_over"
HANDED_OVER = "members.handed_over"
LEFT = "members.left"
KINDS: tuple[Mapping[str, Any], ...] = (
    {"kind": ANSWERED, "title": lazy("An invitation of your organisation was answered")},
    {"kind": HELD, "title": lazy("An invitation was opened by somebody else and waits for you")},
    {"kind": ASKED, "title": lazy("Somebody asks to join your organisation")},
    {"kind": DECIDED, "title": lazy("Your request to join an organisation was answered")},
    {"kind": HAND_OVER, "title": lazy("You are asked to take an organisation over")},
    {"kind": HANDED_OVER, "title": lazy("Your organisation has another administrator")},
    {"kind": LEFT, "title": lazy("Somebody left your organisation")},
)


def tell(
    ctx: Context,
    people: Iterable[int],
    kind: str,
    title: Any,
    body: Any = "",
    url: str = "",
    subject: str = "",
) -> None:
    """Tell people something, inside the transaction of the deed; the actor knows already."""
    hooks = objects.registry().hooks
    notice = {"kind": kind, "title": title, "body": body, "url": url, "subject": subject}
    for number in people:
        if number == ctx.actor.account_id:
            continue
        told = hooks.call("notice_tell", ctx, account_id=number, notice=notice)
        if not any(answer for _plugin, answer in told):
            _write(ctx, number, title, body, url)


def tell_administrators(
    ctx: Context, organisation: Organisation, kind: str, title: Any, body: Any = "", url: str = ""
) -> None:
    """Tell all who run an organisation."""
    people = queries.administrators(organisation.id)
    tell(ctx, people, kind, title, body, url or path(organisation))


def path(organisation: Organisation) -> str:
    """Return the address of the page of an organisation's people."""
    return f"/organisations/{organisation.slug}/members"


def _write(ctx: Context, number: int, title: Any, body: Any, url: str) -> None:
    person: Account | None = Account.get_or_none(
        Account.id == number, Account.verified_at.is_null(False), Account.disabled_at.is_null()
    )
    if person is not None:
        mail.enqueue(ctx, person.email, "members/told", title=title, body=body, path=url)
