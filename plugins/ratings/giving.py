"""Rating, and taking it back: what is said stays sealed, so nothing here tells anybody anything.

Before the release there is no line in the audit log, no event, no notice: each would say that this
side has rated. They come with the release.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plugins.ratings import queries, rules
from plugins.ratings.models import (
    COMMENT,
    LEARNER,
    PUBLISHED,
    SEALED,
    WITHDRAWN,
    Answer,
    Ending,
    Invitation,
    Rating,
    Text,
)
from portal import audit, db, events, jobs, permissions
from portal.context import Context
from portal.errors import Conflict, Invalid, NotFound
from portal.i18n import _, locale
from portal.organisations.service import new_public_id

RECOUNT = "ratings.recount"
Stars = Mapping[str, Mapping[str, int | None]]


def rate(ctx: Context, invitation: Invitation, stars: Stars, texts: Mapping[str, str]) -> None:
    """Store what one side says, by the role of who is rated and the criterion; sealed.

    Call it inside the transaction that marks a participant's link as used, and for organisations
    with an actor who writes for one. Raises NotFound for others, Conflict when the side has rated
    or the time is over, Invalid for other stars than 1 to 5 (or None, for "cannot say").
    """
    if invitation.role != LEARNER:
        permissions.check(ctx, "rate", invitation)
    now = ctx.clock.now()
    with db.transaction():
        ending = _held(invitation.ending_id)
        if ending.released_at is not None or ending.opens_at <= now:
            raise Conflict(
                _("The time for rating this placement is over. Your text is still here.")
            )
        claimed = Invitation.update(answered_at=now).where(
            Invitation.id == invitation.id, Invitation.answered_at.is_null()
        )
        if not claimed.execute():
            raise Conflict(
                _("This was rated already, perhaps by a colleague or in another window.")
            )
        given = [
            _part(ctx, invitation, ending, part, stars, texts) for part in queries.parts(invitation)
        ]
        if not any(given):
            raise Invalid(_("Choose a step for at least one question."))


def _held(ending_id: int) -> Ending:
    """Hold a placement's ending, so that rating and release can't pass each other."""
    of: Any = Ending
    row = of.select().where(of.id == ending_id)
    found: Ending = (row.for_update() if db.is_postgres() else row).get()
    return found


def _part(
    ctx: Context,
    invitation: Invitation,
    ending: Ending,
    part: rules.Part,
    stars: Stars,
    texts: Mapping[str, str],
) -> bool:
    """Store what is said about one organisation, unless nothing can be said about it."""
    chosen = {name: stars.get(part.rated_role, {}).get(name) for name in part.criteria}
    for name, number in chosen.items():
        if number is not None and (isinstance(number, bool) or number not in rules.STARS):
            raise Invalid(_("Choose 1 to 5 stars."), field=f"{part.rated_role}-{name}")
    words = texts.get(part.rated_role, "").replace("\0", "").strip()
    if len(words) > rules.LONGEST_TEXT:
        text = _("Write at most %(most)s characters.", most=rules.LONGEST_TEXT)
        raise Invalid(text, field=f"{part.rated_role}-text")
    if all(number is None for number in chosen.values()):
        return False
    rater = ending.sending_id if invitation.role == LEARNER else invitation.organisation_id
    made = Rating.create(
        public_id=new_public_id(),
        invitation=invitation.id,
        ending=ending.id,
        rater=rater,
        rated=part.rated_id,
        role=invitation.role,
        rated_role=part.rated_role,
        account=None if invitation.role == LEARNER else ctx.actor.account_id,
        given_at=ctx.clock.now(),
    )
    Answer.insert_many(
        [{"rating": made.id, "criterion": name, "stars": number} for name, number in chosen.items()]
    ).execute()
    if words and not invitation.is_minor:
        _say(ctx, made, COMMENT, words, invitation.organisation_id)
    return True


def _say(ctx: Context, row: Rating, kind: str, words: str, organisation: int | None) -> Text:
    made: Text = Text.create(
        public_id=new_public_id(),
        rating=row.id,
        kind=kind,
        organisation=organisation,
        account=None if organisation is None else ctx.actor.account_id,
        text=words,
        lang=locale(),
        written_at=ctx.clock.now(),
    )
    return made


def withdraw(ctx: Context, invitation: Invitation) -> None:
    """Take back what one side said; it counts as withdrawn and weighs nothing.

    Raises NotFound for others than its author, Conflict when there is nothing to take back.
    """
    if invitation.role != LEARNER:
        permissions.check(ctx, "rate", invitation)
    with db.transaction():
        _held(invitation.ending_id)
        mine = Rating.invitation == invitation.id
        rows = list(Rating.select().where(mine, Rating.state.in_([SEALED, PUBLISHED])))
        if not rows:
            raise Conflict(_("There is nothing to take back."))
        Rating.update(state=WITHDRAWN).where(Rating.id.in_([row.id for row in rows])).execute()
        public = [row for row in rows if row.state == PUBLISHED]
        for row in public:
            audit.record(ctx, "rating.withdrawn", "ratings_rating", row.id, role=row.role)
            events.emit(ctx, "rating.withdrawn", "organisation", row.rated_id)
        if public:
            recount(ctx)


def recount(ctx: Context) -> None:
    """Have the scores computed anew, soon."""
    jobs.enqueue(ctx, RECOUNT)


def of_link(object_id: int) -> Invitation:
    """Return the invitation of a participant's link. Raises NotFound."""
    row: Invitation | None = Invitation.get_or_none(
        Invitation.id == object_id, Invitation.role == LEARNER
    )
    if row is None:
        raise NotFound
    return row
