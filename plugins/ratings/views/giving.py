"""What waits to be rated by the person's organisations, and rating it."""

from __future__ import annotations

from typing import Any

from flask import flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from plugins.ratings import forms, giving, labels, queries, standing
from plugins.ratings.models import PUBLISHED, SEALED, Invitation
from plugins.ratings.views.base import SHAPES, about, answers, blueprint
from portal.errors import Conflict, Invalid
from portal.i18n import _
from portal.people import throttle
from portal.people.forms import mark
from portal.web.access import ANYONE, SIGNED_IN, allow

EDITORS = "OrgEditor or OrgAdmin of the organisation that was asked; others get 404"


@blueprint.get("/ratings")
@allow(ANYONE)
def index() -> ResponseReturnValue:
    """Show what waits for the person, what was given, and how the own organisations stand."""
    ctx = g.ctx
    own = queries.own_organisations(ctx) if ctx.actor.signed_in else []
    known = queries.stored([item.id for item in own])
    return render_template(
        "ratings/index.html",
        waiting=queries.waiting(ctx),
        given=queries.given(ctx) if own else [],
        own=[
            (item, standing.summary(ctx, known.get(item.id), f"/ratings/about/{item.slug}"))
            for item in own
        ],
        about=about,
        labels=labels,
    )


@blueprint.route("/ratings/give/<public_id>", methods=["GET", "POST"])
@allow(SIGNED_IN, owner=EDITORS, rate="rating")
def give(public_id: str) -> ResponseReturnValue:
    """Rate a placement for one's organisation; or show what was said, to its author alone."""
    row = queries.invitation(g.ctx, public_id)
    form = forms.rating_form(queries.parts(row), has_text=True)(request.form or None)
    if request.method == "POST":
        try:
            if row.answered_at is not None or form.validate():
                throttle.spend(g.ctx, SHAPES, str(g.ctx.actor.account_id))
                giving.rate(g.ctx, row, {} if row.answered_at else form.stars(), form.texts())
                flash(_("Thank you. It is sealed until all have rated or the time is over."))
                return redirect("/ratings", 303)
        except (Invalid, Conflict) as error:
            mark(form, error)
            return page("ratings/give.html", row, form), error.status
        return page("ratings/give.html", row, form), 422
    if row.answered_at is not None:
        return given_page("ratings/given.html", row)
    return page("ratings/give.html", row, form)


@blueprint.post("/ratings/give/<public_id>/withdraw")
@allow(SIGNED_IN, owner=EDITORS)
def withdraw(public_id: str) -> ResponseReturnValue:
    """Take back what one's organisation said."""
    giving.withdraw(g.ctx, queries.invitation(g.ctx, public_id))
    flash(_("What your organisation said is withdrawn. It weighs nothing any more."))
    return redirect(f"/ratings/give/{public_id}", 303)


def page(template: str, row: Invitation, form: Any, **more: Any) -> str:
    """Show the questions."""
    ending = row.ending
    named = queries.here(ending)
    is_over = ending.released_at is not None or ending.opens_at <= g.ctx.clock.now()
    return render_template(
        template,
        row=row,
        form=form,
        parts=[
            (named[part.rated_role], labels.ROLES[part.rated_role], part) for part in form.parts
        ],
        place=about(ending, row.organisation_id),
        outcome=labels.OUTCOMES[ending.outcome],
        ending=ending,
        is_over=is_over,
        is_fictional=any(item.is_fictional for item in named.values()),
        **more,
    )


def given_page(template: str, row: Invitation, **more: Any) -> str:
    """Show its author what was said, and how far it is."""
    rows = queries.ratings_of(row.id)
    return render_template(
        template,
        row=row,
        ending=row.ending,
        place=about(row.ending, row.organisation_id),
        rows=[(item, answers(item), labels.STATES[item.state]) for item in rows],
        may_withdraw=any(item.state in {SEALED, PUBLISHED} for item in rows),
        is_fictional=any(item.rated.is_fictional for item in rows),
        **more,
    )
