"""Reads of ratings, in a bounded number of statements; nothing sealed leaves but to its author."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from peewee import JOIN, fn

from plugins.ratings import rules
from plugins.ratings.models import (
    COMMENT,
    LEARNER,
    PUBLISHED,
    REMOVED,
    SEALED,
    SHOWN,
    SIDES,
    WITHDRAWN,
    Answer,
    Dispute,
    Ending,
    Invitation,
    Rating,
    StoredScore,
    Text,
)
from plugins.ratings.workflow import EDITORS
from portal import db, permissions
from portal.context import Context
from portal.errors import NotFound
from portal.organisations import queries as organisations
from portal.organisations.models import UNCLAIMED, Organisation, OrganisationMember
from portal.people.models import Account

MOST_LISTED = 200
MOST_PUBLIC = 50
MOST_NAMED = 400
"""Organisations that a statement names one by one."""
own_organisations = organisations.own_organisations


def is_here(organisation: Organisation | None) -> bool:
    """Whether an organisation has people here: nobody else is rated."""
    return (
        organisation is not None
        and organisation.state != UNCLAIMED
        and organisation.hidden_at is None
    )


def here(ending: Ending) -> dict[str, Organisation]:
    """Return the organisations of a placement that have people here, by their role."""
    wanted = rules.sides(ending.sending_id, ending.host_id, ending.supporting_id)
    of: Any = Organisation
    found = {row.id: row for row in of.select().where(of.id.in_(list(wanted.values())))}
    return {role: found[ident] for role, ident in wanted.items() if is_here(found.get(ident))}


def parts(invitation: Invitation) -> tuple[rules.Part, ...]:
    """Return what somebody who was asked rates."""
    ending: Ending = invitation.ending
    sides = {role: int(item.id) for role, item in here(ending).items()}
    return rules.parts(ending.criteria, ending.outcome, invitation.role, sides)


def editors(organisation_id: int) -> list[int]:
    """Return the accounts that write for an organisation."""
    member: Any = OrganisationMember
    found = member.select(member.account).join(Account)
    rows = found.where(
        member.organisation == organisation_id,
        member.role.in_(sorted(EDITORS)),
        Account.disabled_at.is_null(),
        Account.verified_at.is_null(False),
    )
    return [number for (number,) in rows.order_by(member.account).tuples()]


# What the own side was asked


def _asked(ctx: Context) -> Any:
    of: Any = Invitation
    found = of.select(of, Ending).join(Ending)
    return found.where(of.role.in_(SIDES), permissions.visible(ctx, of, "rate"))


def waiting(ctx: Context) -> list[Invitation]:
    """Return what the actor's organisations may rate now, due first."""
    if not ctx.actor.signed_in:
        return []
    open_now = (
        Invitation.answered_at.is_null(),
        Ending.released_at.is_null(),
        Ending.opens_at > ctx.clock.now(),
    )
    rows = _asked(ctx).where(*open_now)
    return _with_sides(list(rows.order_by(Ending.opens_at, Invitation.id).limit(MOST_LISTED)))


def given(ctx: Context) -> list[Invitation]:
    """Return what the actor's organisations rated, the newest end first."""
    rows = _asked(ctx).where(Invitation.answered_at.is_null(False))
    ordered = rows.order_by(Ending.ended_on.desc(), Invitation.id.desc())
    return _with_sides(list(ordered.limit(MOST_LISTED)))


def _with_sides(rows: list[Invitation]) -> list[Invitation]:
    """Read the organisations of these placements in one statement."""
    endings = [row.ending for row in rows]
    ids = {
        ident
        for ending in endings
        for ident in (ending.sending_id, ending.host_id, ending.supporting_id)
        if ident is not None
    }
    of: Any = Organisation
    found = {row.id: row for row in of.select().where(of.id.in_(sorted(ids)))} if ids else {}
    for ending in endings:
        for name in SIDES:
            ident = getattr(ending, f"{name}_id")
            if ident is not None:
                setattr(ending, name, found[ident])
    return rows


def invitation(ctx: Context, public_id: str) -> Invitation:
    """Return an invitation for those who rate for its organisation. Raises NotFound."""
    row: Invitation | None = _asked(ctx).where(Invitation.public_id == public_id).first()
    if row is None:
        raise NotFound
    return row


def ratings_of(invitation_id: int) -> list[Rating]:
    """Return what came of an invitation, with answers and words, for its author."""
    of: Any = Rating
    found = of.select(of, Organisation).join(Organisation, on=of.rated)
    return with_answers(list(found.where(of.invitation == invitation_id).order_by(of.id)))


def with_answers(rows: list[Rating]) -> list[Rating]:
    """Read answers, words and disputes of ratings in three statements."""
    ids = [row.id for row in rows]
    answers: dict[int, list[Answer]] = defaultdict(list)
    for answer in Answer.select().where(Answer.rating.in_(ids)).order_by(Answer.id) if ids else ():
        answers[answer.rating_id].append(answer)
    words: dict[int, dict[str, Text]] = defaultdict(dict)
    for text in Text.select().where(Text.rating.in_(ids)) if ids else ():
        words[text.rating_id][text.kind] = text
    disputes = {
        row.rating_id: row
        for row in (Dispute.select().where(Dispute.rating.in_(ids)) if ids else ())
    }
    for row in rows:
        row.given, row.words = answers[row.id], words[row.id]
        row.dispute = disputes.get(row.id)
    return rows


# What is public


def received(organisation_id: int) -> list[Rating]:
    """Return the released ratings that organisations gave this one, the newest first.

    What participants said is not among them: that is only shown summed up.
    """
    of: Any = Rating
    rater: Any = Organisation.alias()
    rows = (
        of.select(of, rater, Ending)
        .join(rater, on=(of.rater == rater.id), attr="rater")
        .join_from(of, Ending)
        .where(
            of.rated == organisation_id,
            of.role != LEARNER,
            of.state.in_([PUBLISHED, REMOVED, WITHDRAWN]),
            of.released_on != "",
        )
        .order_by(of.released_on.desc(), of.public_id)
        .limit(MOST_PUBLIC)
    )
    return with_answers(list(rows))


def _in_cells() -> Any:
    """Return the query of the participants' ratings that have an answer in a cell."""
    of: Any = Answer
    return of.select(of.rating).where(of.cell.is_null(False))


def said_by_learners(organisation_id: int) -> list[Text]:
    """Return words that a reviewer let through, of participants whose answers are in cells."""
    of: Any = Rating
    mine = (of.rated == organisation_id, of.role == LEARNER, of.state == PUBLISHED)
    text: Any = Text
    rows = text.select(text, of).join(of).where(*mine, text.kind == COMMENT, text.state == SHOWN)
    found = rows.where(of.id.in_(_in_cells()))
    return list(found.order_by(text.public_id).limit(MOST_PUBLIC))


def learner_means(organisation_id: int) -> dict[str, tuple[float, int]]:
    """Return mean and number of participants' stars by criterion, of whole cells alone."""
    of: Any = Answer
    rows = (
        of.select(of.criterion, fn.AVG(of.stars), fn.COUNT(of.stars))
        .join(Rating)
        .where(Rating.rated == organisation_id, of.cell.in_(whole_cells()))
        .group_by(of.criterion)
    )
    return {name: (float(mean), int(count)) for name, mean, count in rows.tuples()}


def whole_cells(about: Collection[int] | None = None) -> Any:
    """Return the query of the cells of which no answer was withdrawn or removed.

    `about` narrows them to some rated organisations; a cell is about one.
    """
    of: Any = Answer
    found = of.select(of.cell).join(Rating).where(of.cell.is_null(False))
    found = found if about is None else found.where(Rating.rated.in_(list(about)))
    return found.group_by(of.cell).having(
        fn.MIN(Rating.state) == PUBLISHED, fn.MAX(Rating.state) == PUBLISHED
    )


def totals(organisation_id: int) -> dict[str, int]:
    """Return how many ratings were received, published, removed and withdrawn, of those released.

    What participants said counts from when it is in a cell.
    """
    of: Any = Rating
    rows = of.select(of.state, fn.COUNT(of.id)).where(
        of.rated == organisation_id,
        of.state != SEALED,
        of.released_on != "",
        (of.role != LEARNER) | of.id.in_(_in_cells()),
    )
    counts = dict.fromkeys((PUBLISHED, REMOVED, WITHDRAWN), 0)
    counts |= {state: int(count) for state, count in rows.group_by(of.state).tuples()}
    return counts | {"received": sum(counts.values())}


def rated_of_ended(ids: Collection[int]) -> dict[int, tuple[int, int]]:
    """Return, by organisation, how many placements were rated, of how many whose seal is open."""
    if not ids:
        return {}
    is_few = len(ids) <= MOST_NAMED
    narrowed = f" IN ({', '.join('?' * len(ids))})" if is_few else " IS NOT NULL"
    sides = " UNION ".join(
        f"SELECT id, {side}_id AS organisation_id FROM ratings_ending "
        f"WHERE released_at IS NOT NULL AND evidence = 'live' AND {side}_id{narrowed}"
        for side in SIDES
    )
    rows = db.query(
        "SELECT e.organisation_id, COUNT(*), COUNT(r.ending_id) "
        f"FROM ({sides}) AS e LEFT JOIN (SELECT DISTINCT ending_id, rated_id FROM ratings_rating "
        "WHERE state = 'published') AS r ON r.ending_id = e.id AND r.rated_id = e.organisation_id "
        "GROUP BY e.organisation_id",
        [*ids] * 3 if is_few else [],
    )
    wanted = set(ids)
    return {
        organisation: (rated, ended)
        for organisation, ended, rated in rows
        if organisation in wanted
    }


def stored(ids: Collection[int]) -> dict[int, Mapping[str, Any]]:
    """Return what is shown of the scores of organisations, in one statement."""
    of: Any = StoredScore
    rows = of.select(of.organisation, of.shown).where(of.organisation.in_(list(ids)))
    return dict(rows.tuples()) if ids else {}


def rating(ctx: Context, public_id: str) -> Rating:
    """Return a released rating for those who write for the rated organisation. Raises NotFound."""
    of: Any = Rating
    rater: Any = Organisation.alias()
    found = (
        of.select(of, rater, Ending)
        .join(rater, on=(of.rater == rater.id), attr="rater")
        .join_from(of, Ending)
        .where(
            of.public_id == public_id,
            of.released_on != "",
            of.state == PUBLISHED,
            permissions.visible(ctx, of, "reply"),
        )
    )
    row: Rating | None = found.first()
    if row is None or (row.role == LEARNER and not _is_shown(row)):
        raise NotFound
    return with_answers([row])[0]


def _is_shown(row: Rating) -> bool:
    shown = (Text.rating == row.id, Text.kind == COMMENT, Text.state == SHOWN)
    return bool(Text.select().where(*shown).exists())


# Moderation


def text(public_id: str) -> Text:
    """Return words that a reviewer reads. Raises NotFound."""
    row: Text | None = Text.get_or_none(Text.public_id == public_id)
    if row is None or row.state == SEALED:
        raise NotFound
    return row


def dispute(public_id: str) -> Dispute:
    """Return a dispute. Raises NotFound."""
    row: Dispute | None = Dispute.get_or_none(Dispute.public_id == public_id)
    if row is None:
        raise NotFound
    return row


def to_moderate(model: Any, state: str) -> Sequence[Any]:
    """Return texts or disputes in a state, oldest first, with rating and rated organisation."""
    of: Any = Rating
    found = (
        model.select(model, of, Organisation)
        .join(of)
        .join(Organisation, JOIN.INNER, on=of.rated)
        .where(model.state == state)
    )
    return list(found.order_by(model.id).limit(MOST_LISTED))


# For what is around


def taking_part(ids: Collection[int]) -> set[int]:
    """Return those of the organisations that are a side of a placement that was to be rated."""
    if not ids:
        return set()
    marks = ", ".join("?" * len(ids))
    selects = " UNION ".join(
        f"SELECT {side}_id FROM ratings_ending WHERE {side}_id IN ({marks})" for side in SIDES
    )
    return {number for (number,) in db.query(selects, [*ids] * len(SIDES))}


def scored() -> list[int]:
    """Return the organisations that have a score, shown or not."""
    of: Any = StoredScore
    return [number for (number,) in of.select(of.organisation).order_by(of.organisation).tuples()]


def sealed_among(ids: Sequence[int]) -> int:
    """Count ended placements between some organisations whose ratings nobody can read yet."""
    of: Any = Ending
    here = (of.sending.in_(list(ids)), of.host.in_(list(ids)), of.released_at.is_null())
    return int(of.select().where(*here).count())
