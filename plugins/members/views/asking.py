"""The page on which somebody asks to join an organisation."""

from __future__ import annotations

from flask import flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from plugins.members import forms, joining, queries
from plugins.members.models import WAITING, JoinRequest
from plugins.members.views.base import pages
from portal import settings
from portal.context import Context
from portal.i18n import _
from portal.organisations import queries as organisations
from portal.people.views import done, page, to
from portal.web.access import SIGNED_IN, allow


@pages.route("/organisations/<slug>/join", methods=["GET", "POST"])
@allow(SIGNED_IN, rate="join")
def join(slug: str) -> ResponseReturnValue:
    """Ask to act for an organisation that others have claimed."""
    ctx = g.ctx
    organisation = organisations.public(slug)
    if queries.role_in(organisation.id, ctx.actor.account_id or 0):
        return redirect(url_for("organisations.detail", slug=organisation.slug), 303)
    joining.check_open(ctx, organisation)
    form = forms.AskForm(request.form)

    def ask(ctx: Context, message: str) -> JoinRequest:
        return joining.ask(ctx, organisation, message=message)

    if done(form, ask):
        flash(_("Your request is here. You get a notice with the answer."))
        return to(url_for(".join", slug=organisation.slug))
    last = queries.own_request(ctx, organisation)
    return page(
        "members/join.html",
        form,
        organisation=organisation,
        last=last,
        waits=last is not None and last.state == WAITING,
        days=int(settings.of(ctx, "members")["promised_days"]),
        rests_until=joining.rests_until(ctx, last),
    )


@pages.post("/organisations/<slug>/join/withdraw")
@allow(SIGNED_IN)
def withdraw_request(slug: str) -> ResponseReturnValue:
    """Take the own request to join back."""
    organisation = organisations.public(slug)
    joining.withdraw(g.ctx, organisation)
    flash(_("Your request is withdrawn. You can write another one."))
    return to(url_for(".join", slug=organisation.slug))
