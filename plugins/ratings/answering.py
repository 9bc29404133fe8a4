"""What the rated organisation may do once a rating is public: answer it once, dispute it once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from plugins.ratings import rules, telling
from plugins.ratings.giving import recount
from plugins.ratings.models import (
    PUBLISHED,
    REASONS,
    REFUSED,
    REMOVED,
    REPLY,
    WAITING,
    Dispute,
    Rating,
    Text,
)
from plugins.ratings.workflow import DISPUTE, TEXT
from portal import audit, db, events, permissions, workflow
from portal.context import Context
from portal.errors import Conflict, Invalid
from portal.hookspecs import ObjectType, Transition
from portal.i18n import _, locale
from portal.i18n import lazy_gettext as lazy
from portal.organisations.service import new_public_id


def reply(ctx: Context, rating: Rating, text: str) -> Text:
    """Answer a rating in public, once; a reviewer reads the answer before others do.

    Raises NotFound, Invalid, Conflict when it was answered or the time for it is over.
    """
    text = _checked(text)
    with db.transaction():
        _check_open(ctx, rating)
        if Text.select().where(Text.rating == rating.id, Text.kind == REPLY).exists():
            raise Conflict(_("This rating was answered already. There is one answer to each."))
        made: Text = Text.create(
            public_id=new_public_id(),
            rating=rating.id,
            kind=REPLY,
            organisation=rating.rated_id,
            account=ctx.actor.account_id,
            text=text,
            lang=locale(),
            state=WAITING,
            written_at=ctx.clock.now(),
        )
        workflow.start(ctx, made)
        audit.record(ctx, "rating.answered", "ratings_rating", rating.id)
    return made


def dispute(ctx: Context, rating: Rating, reason: str, text: str) -> Dispute:
    """Ask for a rating to be removed, once; it stays and counts until that is decided.

    Raises NotFound, Invalid, Conflict when it was disputed or the time for it is over.
    """
    if reason not in REASONS:
        raise Invalid(_("Choose what is wrong with it."), field="reason")
    text = _checked(text)
    with db.transaction():
        _check_open(ctx, rating)
        if Dispute.select().where(Dispute.rating == rating.id).exists():
            raise Conflict(_("This rating was disputed already. Each is decided once."))
        made: Dispute = Dispute.create(
            public_id=new_public_id(),
            rating=rating.id,
            organisation=rating.rated_id,
            account=ctx.actor.account_id,
            reason=reason,
            text=text,
            created_at=ctx.clock.now(),
        )
        workflow.start(ctx, made)
        audit.record(ctx, "rating.disputed", "ratings_rating", rating.id, reason=reason)
        events.emit(ctx, "rating.disputed", "organisation", rating.rated_id)
    return made


def open_until(rating: Rating) -> Any:
    """Return until when a released rating can be answered and disputed."""
    return rating.ending.released_at + rules.DISPUTED_WITHIN + timedelta(days=1)


def _check_open(ctx: Context, rating: Rating) -> None:
    """Hold the rating, so that two windows can't answer it at once."""
    permissions.check(ctx, "reply", rating)
    lock = " FOR UPDATE" if db.is_postgres() else ""
    state = db.query(f"SELECT state FROM ratings_rating WHERE id = ?{lock}", (rating.id,))
    if not state or state[0][0] != PUBLISHED:
        raise Conflict(_("This rating is not public any more."))
    if ctx.clock.now() >= open_until(rating):
        raise Conflict(_("The time for answering and disputing this rating is over."))


def _checked(text: str) -> str:
    text = text.replace("\0", "").strip()
    if not text:
        raise Invalid(_("Write a sentence or two."), field="text")
    if len(text) > rules.LONGEST_TEXT:
        problem = _("Write at most %(most)s characters.", most=rules.LONGEST_TEXT)
        raise Invalid(problem, field="text")
    return text


def carry_out(
    ctx: Context, kind: ObjectType, obj: Any, transition: Transition, comment: str
) -> None:
    """Carry out what a reviewer decided, inside the step's transaction, and tell both sides."""
    if kind.name == DISPUTE:
        _decided(ctx, obj, transition.target, comment)
    elif kind.name == TEXT and transition.target == REFUSED:
        _refused(ctx, obj, comment)


def _decided(ctx: Context, row: Dispute, outcome: str, comment: str) -> None:
    rating: Rating = row.rating
    title: Any = lazy("A disputed rating stays: read why")
    if outcome == REMOVED:
        title = lazy("A disputed rating was removed: read why")
        Rating.update(state=REMOVED, removed_for=row.reason).where(
            Rating.id == rating.id, Rating.state == PUBLISHED
        ).execute()
        audit.record(ctx, "rating.removed", "ratings_rating", rating.id, reason=row.reason)
        events.emit(ctx, "rating.removed", "organisation", rating.rated_id)
        recount(ctx)
    subject = f"{DISPUTE} {row.id}"
    telling.decided(ctx, row.organisation, title, comment, subject)
    if rating.invitation.organisation_id is not None:
        telling.decided(ctx, rating.rater, title, comment, f"{subject} author")


def _refused(ctx: Context, row: Text, comment: str) -> None:
    if row.organisation is not None:
        title = lazy("Your words beside a rating are not shown: read why")
        telling.decided(ctx, row.organisation, title, comment, f"{TEXT} {row.id}")
