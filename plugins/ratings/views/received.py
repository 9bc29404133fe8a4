"""How an organisation was rated, for everybody; answering and disputing, for its people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from plugins.ratings import answering, forms, labels, queries, standing
from plugins.ratings.models import KEPT, OPEN, PUBLISHED, REMOVED, REPLY, SHOWN, Rating
from plugins.ratings.rowsfile import BACKFILLED
from plugins.ratings.views.base import SHAPES, answers, blueprint
from portal import settings, workflow
from portal.context import Context
from portal.errors import Conflict, Invalid
from portal.i18n import _, country_name, number
from portal.organisations import queries as organisations
from portal.people import throttle
from portal.people.forms import mark
from portal.web.access import ANYONE, SIGNED_IN, allow

EDITORS = "OrgEditor or OrgAdmin of the rated organisation; others get 404"


@blueprint.get("/ratings/about/<slug>")
@allow(ANYONE)
def about(slug: str) -> ResponseReturnValue:
    """Show how an organisation was rated, by whom in general, and what became of it."""
    ctx, organisation = g.ctx, organisations.public(slug)
    if organisation.slug != slug:
        return redirect(f"/ratings/about/{organisation.slug}", 301)
    own = {item.id for item in queries.own_organisations(ctx)} if ctx.actor.signed_in else set()
    known = queries.stored([organisation.id]).get(organisation.id)
    means = queries.learner_means(organisation.id)
    return render_template(
        "ratings/about.html",
        organisation=organisation,
        is_own=organisation.id in own,
        summary=standing.summary(ctx, known),
        rows=[_row(ctx, row) for row in queries.received(organisation.id)],
        learners=[
            (str(labels.NAMES[name]), number(mean, 1), count)
            for name, (mean, count) in means.items()
        ],
        words=queries.said_by_learners(organisation.id),
        totals=queries.totals(organisation.id),
        least=int(settings.of(ctx, "ratings")["smallest_cell"]),
    )


def _row(ctx: Context, row: Rating) -> dict[str, Any]:
    """Return a released rating as everybody sees it: role, country and year, never a name."""
    words = {
        kind: text
        for kind, text in row.words.items()
        if row.state == PUBLISHED and (text.state == SHOWN)
    }
    return {
        "id": row.public_id,
        "who": _("%(role)s, %(country)s, %(year)s", role=labels.ROLES[row.role],
                 country=country_name(row.rater.country), year=row.ending.ended_on[:4]),
        "outcome": labels.OUTCOMES[row.ending.outcome],
        "is_backfilled": row.ending.evidence == BACKFILLED,
        "state": row.state,
        "tag": labels.STATES[row.state],
        "removed_for": str(labels.REASONS.get(row.removed_for, "")),
        "answers": answers(row) if row.state == PUBLISHED else [],
        "comment": words.get("comment"),
        "reply": words.get(REPLY),
        "is_disputed": row.dispute is not None and row.dispute.state == OPEN,
        "was_kept": row.dispute is not None and row.dispute.state == KEPT,
        "may_answer": row.state == PUBLISHED and ctx.clock.now() < answering.open_until(row),
    }  # fmt: skip


@blueprint.get("/ratings/received/<public_id>")
@allow(SIGNED_IN, owner=EDITORS)
def received(public_id: str) -> ResponseReturnValue:
    """Show a rating to the people of the rated organisation, to answer or dispute it."""
    return _page(queries.rating(g.ctx, public_id))


@blueprint.post("/ratings/received/<public_id>/reply")
@allow(SIGNED_IN, owner=EDITORS, rate="rating")
def reply(public_id: str) -> ResponseReturnValue:
    """Answer a rating in public."""
    form = forms.ReplyForm(request.form)

    def act(row: Rating) -> None:
        answering.reply(g.ctx, row, form.text.data or "")
        flash(_("Your answer is with a reviewer; then everybody can read it."))

    return _act(public_id, form, "reply", act)


@blueprint.post("/ratings/received/<public_id>/dispute")
@allow(SIGNED_IN, owner=EDITORS, rate="rating")
def dispute(public_id: str) -> ResponseReturnValue:
    """Dispute a rating."""
    form = forms.DisputeForm(request.form)

    def act(row: Rating) -> None:
        answering.dispute(g.ctx, row, form.reason.data or "", form.text.data or "")
        flash(_("A reviewer without a link to either side decides within ten days."))

    return _act(public_id, form, "dispute", act)


def _act(
    public_id: str, form: Any, name: str, act: Callable[[Rating], None]
) -> ResponseReturnValue:
    row, status = queries.rating(g.ctx, public_id), 422
    try:
        if form.validate():
            throttle.spend(g.ctx, SHAPES, str(g.ctx.actor.account_id))
            act(row)
            return redirect(f"/ratings/received/{public_id}", 303)
    except (Invalid, Conflict) as error:
        mark(form, error)
        status = error.status
    return _page(queries.rating(g.ctx, public_id), **{name: form}), status


def _page(row: Rating, **typed: Any) -> str:
    comments = [entry.comment for entry in workflow.history(row.dispute)] if row.dispute else []
    return render_template(
        "ratings/received.html",
        rating=row,
        organisation=row.rated,
        row=_row(g.ctx, row),
        reply=row.words.get(REPLY),
        dispute=row.dispute,
        decision=comments[-1] if comments and row.dispute.state in {KEPT, REMOVED} else "",
        reply_form=typed.get("reply") or forms.ReplyForm(),
        dispute_form=typed.get("dispute") or forms.DisputeForm(),
    )
