"""Mail links, find whose a secret is, send again, close."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from flask import current_app

from plugins.links.models import Link
from portal import audit, mail, objects
from portal.context import Context
from portal.db import transaction
from portal.errors import Conflict, NotFound
from portal.i18n import _
from portal.people import throttle
from portal.people.throttle import Limit

AGAIN = Limit("links-again", 3, 3_600)
"""Mails that somebody with an old link can have sent to its address."""
AGAIN_FOR = timedelta(days=30)
"""So long a link that was sent again is good, unless it was good for less at first."""

Letter = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class Purpose:
    """What a plugin mails links for.

    `name` is "<plugin>.<what>", `endpoint` a page with the one value `token`. `mail` returns the
    mail's kind and values, as `portal.mail.enqueue` takes them, to which `path` and `expires_at` of
    the link are added; None when the link is not wanted any more.
    """

    name: str
    endpoint: str
    mail: Callable[[Context, Link], Letter | None]


def purpose_of(ctx: Context, name: str) -> Purpose | None:
    """Return a purpose of the active plugins."""
    offered = objects.registry().hooks.each("link_purposes", ctx)
    known: dict[str, Purpose] = {each.name: each for each in offered}
    return known.get(name)


def send(
    ctx: Context,
    *,
    purpose: str,
    object_id: int,
    email: str,
    until: datetime,
    role: str = "",
    name: str = "",
    language: str = "en",
) -> Link:
    """Make a link and put the mail with it into the outbox, inside the caller's transaction.

    Whoever sends to addresses that somebody typed limits how many. Raises LookupError for a purpose
    that no plugin named, ValueError for what is no mail address.
    """
    token = secrets.token_urlsafe(32)
    with transaction():
        link: Link = Link.create(
            public_id=secrets.token_hex(8),
            purpose=purpose,
            object_id=object_id,
            role=role,
            email=email.strip(),
            name=name,
            language=language,
            digest=digest(token),
            sent_at=ctx.clock.now(),
            expires_at=until,
        )
        if not _deliver(ctx, link, token):
            raise LookupError(
                f"No plugin mails links for {purpose!r}, or it does not want this one."
            )
    return link


def send_again(ctx: Context, link: Link) -> None:
    """Mail a new secret to the same address; the one before leads to a page that says so.

    Raises Conflict for what was used or is not wanted any more, TooMany.
    """
    throttle.spend(ctx, AGAIN, link.public_id)
    now, token = ctx.clock.now(), secrets.token_urlsafe(32)
    first = link.expires_at - link.sent_at
    until = max(link.expires_at, now + min(first, AGAIN_FOR))
    with transaction():
        changed = (
            Link.update(
                digest=digest(token), digest_before=link.digest, sent_at=now, expires_at=until
            )
            .where(
                Link.id == link.id,
                Link.digest == link.digest,
                Link.used_at.is_null(),
                Link.closed_at.is_null(),
            )
            .execute()
        )
        if not changed or not _deliver(ctx, Link.get_by_id(link.id), token):
            raise Conflict(_("This link is not needed any more. There is nothing you need to do."))
        audit.record(ctx, "link.sent_again", personal={"email": link.email}, link=link.id)


def _deliver(ctx: Context, link: Link, token: str) -> bool:
    purpose = purpose_of(ctx, link.purpose)
    spoken = replace(ctx, locale=link.language)
    letter = purpose.mail(spoken, link) if purpose else None
    if purpose is None or letter is None:
        return False
    kind, values = letter
    path = address(purpose, token)
    mail.enqueue(spoken, link.email, kind, **values, path=path, expires_at=link.expires_at)
    return True


def address(purpose: Purpose, token: str) -> str:
    """Return the address of the page that a link opens, without the site's."""
    return current_app.url_map.bind("").build(purpose.endpoint, {"token": token})


def by_token(token: str) -> Link:
    """Return the link of a secret, the last one mailed or the one before. Raises NotFound."""
    wanted = digest(token)
    link: Link | None = Link.get_or_none((Link.digest == wanted) | (Link.digest_before == wanted))
    if link is None:
        raise NotFound(_("This link is not known. Look whether it was copied whole from the mail."))
    return link


def use(ctx: Context, link: Link) -> None:
    """Note that what can be done once is done, inside the caller's transaction.

    Raises Conflict when somebody with the same link was faster.
    """
    done = (
        Link.update(used_at=ctx.clock.now())
        .where(Link.id == link.id, Link.used_at.is_null(), Link.closed_at.is_null())
        .execute()
    )
    if not done:
        raise Conflict(_("This was done already with the same link."))


def close(ctx: Context, purpose: str, object_id: int, role: str | None = None) -> int:
    """Close the links to an object, all or those in a role; returns how many were open."""
    where = [Link.purpose == purpose, Link.object_id == object_id, Link.closed_at.is_null()]
    if role is not None:
        where.append(Link.role == role)
    with transaction():
        return int(Link.update(closed_at=ctx.clock.now()).where(*where).execute())


def links_of(purpose: str, object_id: int) -> list[Link]:
    """Return the links to an object, in the order in which they were made."""
    where = (Link.purpose == purpose, Link.object_id == object_id)
    return list(Link.select().where(*where).order_by(Link.id))


def digest(token: str) -> str:
    """Return what is kept of a secret."""
    return hashlib.sha256(token.encode()).hexdigest()
