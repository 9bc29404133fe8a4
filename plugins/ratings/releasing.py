"""Opening what was sealed, together and once a day; the scores that follow from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from plugins.links import interface as links
from plugins.partners import interface as partners
from plugins.ratings import cells, keeping, parameters, queries, rows, rules, telling
from plugins.ratings.inviting import PURPOSE
from plugins.ratings.models import (
    COMMENT,
    LEARNER,
    PUBLISHED,
    SEALED,
    WAITING,
    WITHDRAWN,
    Ending,
    Invitation,
    Rating,
    StoredScore,
    Text,
)
from plugins.ratings.score import Score, judge_voices
from portal import audit, db, events, settings
from portal import workflow as engine
from portal.context import Context
from portal.organisations.models import Organisation

BATCH = 500
_DUE = (
    "SELECT e.id FROM ratings_ending e WHERE e.released_at IS NULL AND (e.opens_at <= ? OR NOT EXISTS "
    "(SELECT 1 FROM ratings_invitation i WHERE i.ending_id = e.id AND i.answered_at IS NULL)) "
    "ORDER BY e.id LIMIT ?"
)


def release(ctx: Context) -> int:
    """Release what is due, at most a batch, with its scores; returns how many placements that were.

    Due is what all sides have rated, and what has waited long enough. What is released on one day
    is released together, so that nobody can tell apart whose rating changed a score.
    """
    with db.transaction():
        lock = " FOR UPDATE" if db.is_postgres() else ""
        due = db.query(_DUE + lock, (db.utc_text(ctx.clock.now()), BATCH))
        ids = [number for (number,) in due]
        if ids:
            open_seals(ctx, ids)
        count_anew(ctx)
    return len(ids)


def open_seals(ctx: Context, ids: Sequence[int]) -> None:
    """Release what was said about these placements, inside the caller's transaction."""
    now = ctx.clock.now()
    day = cells.month(now.date()).isoformat()
    ratings = list(Rating.select().where(Rating.ending.in_(ids)))
    Ending.update(released_at=now).where(Ending.id.in_(ids)).execute()
    Rating.update(released_on=day).where(Rating.ending.in_(ids)).execute()
    sealed = (Rating.ending.in_(ids), Rating.state == SEALED)
    Rating.update(state=PUBLISHED).where(*sealed).execute()
    _close_links(ctx, ids)
    Invitation.update(participant=Invitation.participant * -1).where(
        Invitation.ending.in_(ids), Invitation.participant > 0
    ).execute()
    rows.put_into_cells(ctx)
    _hand_to_reviewers(ctx, [row.id for row in ratings if row.state != WITHDRAWN])
    _tell(ctx, ids, ratings)


def _close_links(ctx: Context, ids: Sequence[int]) -> None:
    """Close the links of those who did not rate; the others may still take theirs back."""
    unused = Invitation.select().where(
        Invitation.ending.in_(ids), Invitation.role == LEARNER, Invitation.answered_at.is_null()
    )
    for row in unused:
        links.close(ctx, PURPOSE, row.id)


def _hand_to_reviewers(ctx: Context, rating_ids: Sequence[int]) -> None:
    words = (Text.rating.in_(rating_ids), Text.kind == COMMENT, Text.state == SEALED)
    found = list(Text.select().where(*words)) if rating_ids else []
    Text.update(state=WAITING).where(Text.id.in_([row.id for row in found])).execute()
    for row in found:
        row.__data__["state"] = WAITING
        engine.start(ctx, row)


def _tell(ctx: Context, ids: Sequence[int], ratings: Sequence[Rating]) -> None:
    """Note the release, and tell those whom organisations rated; participants make no notice."""
    for number in ids:
        given = Counter(row.role for row in ratings if row.ending_id == number)
        count = sum(given[role] for role in given if role != LEARNER)
        audit.record(ctx, "placement.released", "ratings_ending", number, ratings=count)
    about = {row.rated_id for row in ratings if row.role != LEARNER and row.state == SEALED}
    day = ctx.clock.now().date().isoformat()
    for organisation in Organisation.select().where(Organisation.id.in_(sorted(about))):
        telling.released(ctx, organisation, day)
        events.emit(ctx, "rating.released", "organisation", organisation.id)


# Scores


def count_anew(ctx: Context) -> int:
    """Compute and store the scores, and bring the search up to date with what people see changed.

    Voices are put together only for organisations whose ratings changed (`keeping`); the rest is
    sums, since what is usual everywhere is part of each score. Scores are as of the newest release,
    so that the export gives the same on any day. Returns how many organisations look different now.
    """
    running = parameters.from_settings(settings.of(ctx, "ratings"))
    with db.transaction():
        names = rows.Names()
        network = keeping.network(ctx, names, running)
        found = judge_voices(network, running).scores if network.about else {}
        ids = [names.number(name) for name in found]
        shares = queries.rated_of_ended(ids)
        before = _stored()
        now = {
            number: _values(number, score, _shown(score, shares.get(number, (0, 0))))
            for number, score in zip(ids, found.values(), strict=True)
        }
        _store(before, now)
        changed = sorted(
            number
            for number in before.keys() | now.keys()
            if before.get(number, {}).get("shown") != now.get(number, {}).get("shown")
        )
        partners.refresh(ctx, changed)
    return len(changed)


Stored = Mapping[int, Mapping[str, Any]]


def _stored() -> Stored:
    of: Any = StoredScore
    return {values["organisation"]: values for values in of.select().dicts()}


def _store(before: Stored, now: Stored) -> None:
    """Write the scores that differ; a new rating moves what is usual, so most do, by a hair."""
    other = [
        number for number in before.keys() | now.keys() if before.get(number) != now.get(number)
    ]
    for at in range(0, len(other), BATCH):
        some = other[at : at + BATCH]
        StoredScore.delete().where(StoredScore.organisation.in_(some)).execute()
        if values := [now[number] for number in some if number in now]:
            StoredScore.insert_many(values).execute()


def _shown(score: Score, share: tuple[int, int]) -> dict[str, Any]:
    """Return what pages and cards show; only this is compared to see whether something changed."""
    known = {
        "raters": score.raters,
        "people": score.people,
        "rated": share[0],
        "ended": share[1],
        "newest": score.newest.isoformat(),
    }
    if not score.is_enough:
        return known
    return {
        **known,
        "score": round(score.score, 1),
        "low": round(score.low, 1),
        "high": round(score.high, 1),
        "rank": rules.bucket(score.rank_value),
        "band": rules.band(score.score),
    }


def _values(number: int, score: Score, shown: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "organisation": number,
        "score": score.score,
        "low": score.low,
        "high": score.high,
        "rank_value": score.rank_value,
        "raters": score.raters,
        "people": score.people,
        "shown": shown,
    }
