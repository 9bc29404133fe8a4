"""The ways of words and of disputes: a reviewer without a link to either side decides both."""

from __future__ import annotations

from typing import Any

import peewee

from plugins.ratings.models import (
    KEPT,
    OPEN,
    REFUSED,
    REMOVED,
    SHOWN,
    WAITING,
    Dispute,
    Ending,
    Invitation,
    Rating,
    Text,
)
from plugins.ratings.rules import DECIDED_WITHIN
from portal import permissions
from portal.context import REVIEWER, Context
from portal.hookspecs import ObjectType, State, Transition, Workflow
from portal.i18n import lazy_gettext as lazy

TEXT, DISPUTE, INVITATION, RATING = (
    "ratings_text", "ratings_dispute", "ratings_invitation", "ratings_rating"
)  # fmt: skip
EDITORS = {"OrgEditor", "OrgAdmin"}
_REVIEW: Any = {"review": {REVIEWER}}
_ASKED: dict[str, Any] = {
    "four_eyes": True, "review": True, "promised_days": DECIDED_WITHIN * 6 // 10
}  # fmt: skip
"""Six working days are never more than ten days."""

TEXT_FLOW = Workflow(
    TEXT,
    lazy("Words beside ratings"),
    WAITING,
    (
        State(WAITING, lazy("waits for a reviewer"), _REVIEW, tag="warn"),
        State(SHOWN, lazy("shown"), _REVIEW, final=True, tag="ok"),
        State(REFUSED, lazy("not shown"), _REVIEW, final=True, tag="bad"),
    ),
    (
        Transition("show", lazy("Show it to everybody"), {WAITING}, SHOWN, "review", **_ASKED),
        Transition(
            "refuse", lazy("Do not show it"), {WAITING}, REFUSED, "review",
            comment_required=True, **_ASKED,
        ),
        Transition(
            "take_back", lazy("Show it no more"), {SHOWN}, REFUSED, "review",
            comment_required=True, four_eyes=True,
        ),
    ),
)  # fmt: skip

DISPUTE_FLOW = Workflow(
    DISPUTE,
    lazy("Disputed ratings"),
    OPEN,
    (
        State(OPEN, lazy("waits for a reviewer"), _REVIEW, tag="warn"),
        State(KEPT, lazy("the rating stays"), {}, final=True, tag="ok"),
        State(REMOVED, lazy("the rating was removed"), {}, final=True, tag="bad"),
    ),
    (
        Transition(
            "keep", lazy("Keep the rating"), {OPEN}, KEPT, "review",
            comment_required=True, **_ASKED,
        ),
        Transition(
            "remove", lazy("Remove the rating"), {OPEN}, REMOVED, "review",
            comment_required=True, **_ASKED,
        ),
    ),
)  # fmt: skip

TYPES = (
    ObjectType(
        INVITATION,
        lazy("Invitation to rate"),
        Invitation,
        label=lambda row: str(row.public_id),
        url=lambda row: f"/ratings/give/{row.public_id}",
        owner_organisation="organisation",
        permissions={"view": EDITORS, "rate": EDITORS},
    ),
    ObjectType(
        RATING,
        lazy("Rating"),
        Rating,
        label=lambda row: str(row.public_id),
        url=lambda row: f"/ratings/received/{row.public_id}",
        owner_organisation="rated",
        permissions={"reply": EDITORS},
    ),
    ObjectType(
        TEXT,
        lazy("Words beside a rating"),
        Text,
        label=lambda row: str(row.rating.rated.name),
        url=lambda row: f"/ratings/texts/{row.public_id}",
        workflow=TEXT,
        owner_organisation="organisation",
        author="account",
        permissions={"view": {REVIEWER}, "history": {REVIEWER}},
    ),
    ObjectType(
        DISPUTE,
        lazy("Disputed rating"),
        Dispute,
        label=lambda row: str(row.organisation.name),
        url=lambda row: f"/ratings/disputes/{row.public_id}",
        workflow=DISPUTE,
        owner_organisation="organisation",
        author="account",
        permissions={"view": {REVIEWER}, "history": {REVIEWER}},
    ),
)


def linked(ctx: Context, object_type: str, ids: peewee.Select) -> peewee.Select | None:
    """Return those of the texts or disputes with whose sides the actor has to do."""
    if object_type not in {TEXT, DISPUTE} or not ctx.actor.signed_in:
        return None
    own = permissions.memberships(ctx.actor.account_id or 0)
    model: Any = Text if object_type == TEXT else Dispute
    end: Any = Ending
    is_side = end.sending.in_(own) | end.host.in_(own) | end.supporting.in_(own)
    rating: Any = Rating
    about = rating.select(rating.id).join(end).where(is_side)
    found: peewee.Select = model.select(model.id).where(model.id.in_(ids), model.rating.in_(about))
    return found
