"""The page behind a mailed link: who asks, what for, yes or no."""

from __future__ import annotations

from typing import Any

from flask import flash, g, render_template, request, url_for
from flask.typing import ResponseReturnValue

from plugins.members import accepting, forms, labels, rules
from plugins.members.models import SIGNATORY, Invitation
from plugins.members.views.base import link
from portal import settings
from portal.context import Context
from portal.errors import NotFound
from portal.i18n import _
from portal.people.views import done, page, to
from portal.web.access import ANYONE, allow


@link.errorhandler(NotFound)
def _link_is_over(_error: NotFound) -> ResponseReturnValue:
    return render_template("members/link_over.html"), 404


@link.route("/<token>", methods=["GET", "POST"])
@allow(ANYONE, owner="whoever has the mailed link; its own address, or an administrator confirms")
def answer(token: str) -> ResponseReturnValue:
    """Show an invitation, and answer it."""
    ctx = g.ctx
    own = accepting.was_mine(ctx, token)
    if own is not None:
        return to(url_for("organisations.detail", slug=own.slug))
    row, stance = accepting.find(ctx, token)
    if request.method == "POST" and request.form.get("answer") == "no":
        accepting.decline(ctx, token)
        return render_template("members/answered.html", row=row, outcome="declined")
    form = _form(row)

    def accept(ctx: Context, **values: str) -> Any:
        return "done" if accepting.accept(ctx, token, **values) else "held"

    outcome = done(form, accept)
    if outcome is None:
        return page(
            "members/answer.html",
            form,
            row=row,
            stance=stance,
            rules=rules,
            labels=labels,
            way_back=request.path,
            is_open=settings.of(ctx)["registration_open"],
        )
    if outcome == "done" and ctx.actor.signed_in:
        name = row.organisation.name
        flash(_("You act for %(organisation)s now. Welcome.", organisation=name))
        return to(url_for("organisations.detail", slug=row.organisation.slug))
    return render_template("members/answered.html", row=row, outcome=outcome)


def _form(row: Invitation) -> Any:
    if row.kind != SIGNATORY:
        return forms.Words(request.form)
    if request.method == "POST":
        return forms.ConfirmForm(request.form)
    return forms.ConfirmForm(name=row.name, function=row.function)
