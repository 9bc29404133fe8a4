"""What a participant sees behind the private link: the questions, then what was sent."""

from __future__ import annotations

from flask import flash, g, redirect, request
from flask.typing import ResponseReturnValue

from plugins.links import interface as links
from plugins.ratings import forms, giving, queries
from plugins.ratings.inviting import PURPOSE
from plugins.ratings.models import Invitation
from plugins.ratings.views.base import link
from plugins.ratings.views.giving import given_page, page
from portal import db
from portal.errors import Conflict, Invalid
from portal.i18n import _
from portal.people.forms import mark
from portal.web.access import ANYONE, allow

HOLDER = "whoever has the private link that was mailed to a participant"


@link.route("/<token>", methods=["GET", "POST"])
@allow(ANYONE, owner=HOLDER, rate="link")
def rate(token: str) -> ResponseReturnValue:
    """Rate a placement by a private link, once."""
    found = links.find(g.ctx, token, PURPOSE, closed=True)
    row = giving.of_link(found.object_id)
    if row.answered_at is not None and request.method == "GET":
        return given_page("ratings/link_given.html", row, token=token)
    form = forms.rating_form(queries.parts(row), has_text=not row.is_minor)(request.form or None)
    status = 200
    if request.method == "POST":
        status = 422
        try:
            if row.answered_at is not None or form.validate():
                _send(found, row, form)
                flash(_("Thank you. Nobody but you can see what you sent."))
                return redirect(request.path, 303)
        except (Invalid, Conflict) as error:
            mark(form, error)
            status = error.status
    return page("ratings/link.html", row, form, token=token), status


def _send(found: links.Link, row: Invitation, form: forms.RatingForm) -> None:
    with db.transaction():
        stars = {} if row.answered_at is not None else form.stars()
        giving.rate(g.ctx, row, stars, form.texts())
        links.use(g.ctx, found)


@link.post("/<token>/withdraw")
@allow(ANYONE, owner=HOLDER, rate="link")
def withdraw(token: str) -> ResponseReturnValue:
    """Take back what was sent through the link."""
    found = links.find(g.ctx, token, PURPOSE, closed=True)
    giving.withdraw(g.ctx, giving.of_link(found.object_id))
    flash(_("What you sent is withdrawn. It weighs nothing any more."))
    return redirect(f"/ratings/link/{token}", 303)
