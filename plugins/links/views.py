"""The page for whoever opens a link that is old, used or not wanted any more."""

from __future__ import annotations

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from plugins.links import service
from plugins.links.models import Link
from portal.context import Context
from portal.errors import NotFound
from portal.i18n import _
from portal.people.views import keep_nothing, to
from portal.web.access import ANYONE, allow

blueprint = Blueprint("links", __name__, url_prefix="/links")
blueprint.after_request(keep_nothing)


@blueprint.route("/<token>", methods=["GET", "POST"])
@allow(ANYONE, owner="whoever has the mailed link; mails go to its own address")
def over(token: str) -> ResponseReturnValue:
    """Say why a link does nothing, and mail a new one to its address."""
    ctx, link = g.ctx, service.by_token(token)
    purpose = service.purpose_of(ctx, link.purpose)
    if purpose is None:
        raise NotFound
    if _is_good(ctx, link, token):
        return to(service.address(purpose, token))
    is_wanted = link.used_at is None and link.closed_at is None
    if request.method == "POST" and is_wanted:
        service.send_again(ctx, link)
        flash(_("A new link is on its way to the same address."))
        return to(url_for("links.over", token=token))
    is_replaced = link.is_good(ctx.clock.now())
    return (
        render_template(
            "links/over.html",
            link=link,
            is_wanted=is_wanted,
            is_replaced=is_replaced,
            hint=hint(link.email),
        ),
        410,
    )


def find(ctx: Context, token: str, purpose: str, *, closed: bool = False) -> Link:
    """Return the link of an opened address; with `closed` used and closed ones too.

    Raises NotFound for secrets that nobody mailed, and leads on to a page that says what to do for
    links that are too old, used, closed, or were sent anew.
    """
    link = service.by_token(token)
    if link.purpose != purpose:
        raise NotFound
    if _is_good(ctx, link, token):
        return link
    if closed and link.digest == service.digest(token) and link.expires_at > ctx.clock.now():
        return link
    abort(redirect(url_for("links.over", token=token), 303))


def _is_good(ctx: Context, link: Link, token: str) -> bool:
    return link.is_good(ctx.clock.now()) and link.digest == service.digest(token)


def hint(email: str) -> str:
    """Return enough of a mail address for its owner to know it: `m…@school.example`."""
    local, _at, domain = email.rpartition("@")
    return f"{local[:1]}…@{domain}"
