"""Links to the status page: who gets one, and taking it back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from plugins.consortia.interface import CLOSED, Seen, lock, note, of_ids
from plugins.links import interface as links
from plugins.links.interface import Link
from portal import audit, db, settings
from portal.context import Context
from portal.errors import Conflict, Invalid, NotFound, TooMany
from portal.i18n import _, ngettext
from portal.i18n import lazy_gettext as lazy
from portal.organisations.service import new_public_id
from portal.settings import MAIL

PURPOSE = "sharing.status"
NAME_LENGTH = 120


def readers(ctx: Context, consortium: Seen) -> list[Link]:
    """Return the links to the status page that are good now, the latest first."""
    now = ctx.clock.now()
    found = [link for link in links.links_of(PURPOSE, consortium.id) if link.is_good(now)]
    return sorted(found, key=lambda link: -link.id)


def share(ctx: Context, consortium: Seen, email: str, name: str, language: str) -> Link:
    """Mail somebody a link to the status page. Raises Invalid, TooMany, NotFound, NotAllowed."""
    address, called = email.strip().lower(), " ".join(name.split())
    if not MAIL.fullmatch(address):
        raise Invalid(_("Write the address as name@domain."), field="email")
    if len(called) > NAME_LENGTH:
        raise Invalid(_("Write at most %(most)s characters.", most=NAME_LENGTH), field="name")
    kept = settings.of(ctx, "sharing")
    with db.transaction():
        now = lock(ctx, consortium)
        if now.state == CLOSED:
            raise Conflict(_("This consortium is closed."))
        good = readers(ctx, now)
        if address in {link.email for link in good}:
            raise Invalid(_("This address has a link already."), field="email")
        if len(good) >= int(kept["most_links"]):
            most = int(kept["most_links"])
            message = ngettext(
                "At most %(num)s person can follow a consortium. Take a link back first.",
                "At most %(num)s people can follow a consortium. Take a link back first.",
                most,
            )
            raise TooMany(message, retry_after=3_600)
        made = links.send(
            ctx,
            purpose=PURPOSE,
            object_id=now.id,
            role=new_public_id(),
            email=address,
            name=called,
            language=language,
            until=ctx.clock.now() + timedelta(days=int(kept["link_days"])),
        )
        note(ctx, now, lazy("Somebody outside got a link to the status page"))
        audit.record(
            ctx, "consortium.shared", "consortia_consortium", now.id, personal={"email": address}
        )
    return made


def take_back(ctx: Context, consortium: Seen, key: str) -> None:
    """Close one of the links. Raises NotFound for one that is not there."""
    with db.transaction():
        now = lock(ctx, consortium)
        if not key or not links.close(ctx, PURPOSE, now.id, key):
            raise NotFound
        note(ctx, now, lazy("A link to the status page was taken back"))
        audit.record(ctx, "consortium.unshared", "consortia_consortium", now.id)


def consortium_of(ctx: Context, link: Link) -> Seen:
    """Return the consortium of a link as somebody outside sees it. Raises NotFound."""
    found = of_ids(ctx, [link.object_id]).get(link.object_id)
    if found is None:
        raise NotFound
    return replace(found, part="")


def letter(ctx: Context, link: Any) -> tuple[str, dict[str, Any]] | None:
    """Return the mail that brings a link; nothing where the consortium is gone."""
    found = of_ids(ctx, [link.object_id]).get(link.object_id)
    if found is None:
        return None
    return "sharing/status", {"consortium": found.name, "demo": found.is_fictional}
