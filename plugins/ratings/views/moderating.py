"""Pages of reviewers: words that wait to be shown, disputed ratings."""

from __future__ import annotations

from flask import g, render_template
from flask.typing import ResponseReturnValue

from plugins.ratings import labels, queries
from plugins.ratings.models import OPEN, REPLY, WAITING, Dispute, Text
from plugins.ratings.views.base import answers, blueprint
from portal import workflow
from portal.web.access import REVIEWER, allow

FOUR_EYES = "four eyes: nobody decides who belongs to one of the sides"


@blueprint.get("/ratings/moderation")
@allow(REVIEWER)
def moderation() -> ResponseReturnValue:
    """List what waits for a reviewer, oldest first."""
    return render_template(
        "ratings/moderation.html",
        texts=queries.to_moderate(Text, WAITING),
        disputes=queries.to_moderate(Dispute, OPEN),
        labels=labels,
        reply=REPLY,
    )


@blueprint.get("/ratings/texts/<public_id>")
@allow(REVIEWER, owner=FOUR_EYES)
def words(public_id: str) -> ResponseReturnValue:
    """Show words beside a rating to a reviewer, to decide on them."""
    row = queries.text(public_id)
    rating = queries.with_answers([row.rating])[0]
    return render_template(
        "ratings/text.html",
        row=row,
        rating=rating,
        is_reply=row.kind == REPLY,
        answers=answers(rating),
        role=labels.ROLES[rating.role],
        flow=workflow.panel(g.ctx, row),
    )


@blueprint.get("/ratings/disputes/<public_id>")
@allow(REVIEWER, owner=FOUR_EYES)
def disputed(public_id: str) -> ResponseReturnValue:
    """Show a dispute to a reviewer, to decide it."""
    row = queries.dispute(public_id)
    rating = queries.with_answers([row.rating])[0]
    return render_template(
        "ratings/dispute.html",
        row=row,
        rating=rating,
        reason=labels.REASONS[row.reason],
        answers=answers(rating),
        role=labels.ROLES[rating.role],
        flow=workflow.panel(g.ctx, row),
    )
