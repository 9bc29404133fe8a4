"""The demonstration set: what made-up organisations said about the made-up stays of the mobilities."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any

from plugins.mobilities import interface as mobilities
from plugins.ratings import answering, giving, inviting, queries, releasing
from plugins.ratings.models import COMMENT, HOST, LEARNER, WAITING, Ending, Invitation, Rating, Text
from plugins.ratings.rowsfile import LIVE
from portal import db, workflow
from portal.clock import FixedClock
from portal.context import Context
from portal.organisations.models import Organisation
from portal.organisations.service import new_public_id

DATA = Path(__file__).parent / "data" / "demo.json"
SEED = 5
RECENT = timedelta(days=62)
"""Stays of the demonstration school that ended later wait to be rated by it."""
NOISE, LAZY = 0.7, 0.15


def load(ctx: Context) -> None:
    """Let those rate who were there, unless somebody did; in the order in which the stays ended."""
    if Ending.select().exists():
        return
    data, random = json.loads(DATA.read_text(encoding="utf-8")), Random(SEED)  # noqa: S311  made up
    of: Any = Organisation
    known = {row.id: row for row in of.select().where(of.is_fictional).order_by(of.id)}
    now = ctx.clock.now()
    with db.transaction():
        for stay in _stays(known):
            over = datetime.combine(stay.ended_on or stay.ends_on, time(8), UTC) + timedelta(days=7)
            is_own = next(iter(known)) in {stay.sending_id, stay.host_id}
            waits = is_own and now - over < RECENT
            ending = inviting.ask(_at(ctx, now if waits else over), stay.id, silently=True)
            if ending is not None:
                _rate(ctx if waits else _at(ctx, over), ending, known, data, random, waits)
                if not waits and ending.opens_at <= now:
                    releasing.open_seals(_at(ctx, ending.opens_at), [ending.id])
        releasing.count_anew(ctx)
        _discuss(ctx, data)


def _at(ctx: Context, moment: datetime) -> Context:
    return replace(ctx, clock=FixedClock(moment))


def _stays(known: Mapping[int, Organisation]) -> Iterator[mobilities.Placement]:
    """Yield the stays of these organisations that were recorded here, each once, by their end."""
    found = {
        stay.id: stay
        for number in known
        for stay in mobilities.ended_of(number)
        if stay.evidence == LIVE
    }
    yield from sorted(found.values(), key=lambda stay: (stay.ended_on or stay.ends_on, stay.id))


def _rate(
    ctx: Context,
    ending: Ending,
    known: Mapping[int, Organisation],
    data: Mapping[str, Any],
    random: Random,
    waits: bool,
) -> None:
    """Let most of those who were asked rate; where it waits, the demonstration school has not."""
    people = mobilities.participants(ending.placement)
    for person in people:
        Invitation.create(
            public_id=new_public_id(),
            ending=ending.id,
            role=LEARNER,
            participant=person.id,
            is_minor=person.is_minor,
        )
    school = next(iter(known))
    of: Any = Invitation
    for row in of.select().where(of.ending == ending.id).order_by(of.id):
        if waits and row.organisation_id == school:
            continue
        if random.random() < LAZY and school not in {ending.sending_id, ending.host_id}:
            continue
        parts = queries.parts(row)
        stars = {
            part.rated_role: {
                name: _stars(known[part.rated_id], ending, data, random) for name in part.criteria
            }
            for part in parts
        }
        texts = {}
        if row.role != LEARNER and random.random() < 0.35:
            texts = {part.rated_role: random.choice(data["words"]) for part in parts[:1]}
        if any(number for chosen in stars.values() for number in chosen.values()):
            giving.rate(ctx, row, stars, texts)


def _stars(
    organisation: Organisation, ending: Ending, data: Mapping[str, Any], random: Random
) -> int | None:
    if random.random() < 0.07:
        return None
    quality = data["quality"].get(organisation.name, 3.9)
    if ending.outcome != "ended":
        quality -= 0.8
    return min(5, max(1, round(random.gauss(quality, NOISE))))


def _mean(row: Rating) -> float:
    stars: list[int] = [each.stars for each in queries.with_answers([row])[0].given if each.stars]
    return sum(stars) / len(stars)


def _discuss(ctx: Context, data: Mapping[str, Any]) -> None:
    """Let reviewers show most of the words, hosts answer, and one rating be removed."""
    waiting = list(Text.select().where(Text.state == WAITING).order_by(Text.id))
    for row in waiting[:-2]:
        workflow.move(ctx, row, "show")
    of: Any = Rating
    open_now = of.select(of, Ending).join(Ending).where(
        of.state == "published",
        of.role != LEARNER,
        of.rated_role == HOST,
        Ending.released_at > ctx.clock.now() - timedelta(days=80),
    )  # fmt: skip
    rows = list(open_now.order_by(of.id))
    said = {row.rating_id for row in Text.select().where(Text.kind == COMMENT)}
    with_words = [row for row in rows if row.id in said]
    for row, text in zip(with_words, data["replies"], strict=False):
        workflow.move(ctx, answering.reply(ctx, row, text), "show")
    others = sorted((row for row in rows if row.id not in said), key=_mean)
    if len(others) > 1:
        made = answering.dispute(ctx, others[0], "not-there", data["dispute"])
        workflow.move(ctx, made, "remove", data["decision"])
        answering.dispute(ctx, others[1], "not-there", data["open_dispute"])
    releasing.count_anew(ctx)
