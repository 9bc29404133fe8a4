"""Voices are kept between two computations: only those about whom something changed are made anew.

Triggers note whose ratings changed (`ratings_touched`), whichever way they did. What answers come to
depends on the day as of which they have an age, so when that moves, once a month, or somebody
changes the half-life, it is worked out for all of them; the rows are not read again for it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from datetime import date
from typing import Any

from plugins.ratings import rows, voices
from plugins.ratings.parameters import Parameters
from plugins.ratings.voices import Answer, Network, Sums, Voice
from portal import db
from portal.context import Context

BATCH = 400
COLUMNS = ("rated", "rater", "evidence", "newest", "facts", "answers", "as_of", "sums")
_STORE = (
    f"INSERT INTO ratings_voice ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"
)


def network(ctx: Context, names: rows.Names, parameters: Parameters) -> Network:
    """Return the voices of all released rows as of now, without weights and answers.

    Call it inside the transaction that stores what follows.
    """
    if db.is_postgres():  # one computation after the other; ratings go on meanwhile
        db.execute("LOCK TABLE ratings_touched IN SHARE UPDATE EXCLUSIVE MODE")
    touched = {number for (number,) in db.query("DELETE FROM ratings_touched RETURNING rated")}
    for some in _parts(sorted(touched)):
        _put_together(ctx, names, some)
    _bring_up_to_date(parameters)
    return _read(names)


def forget() -> None:
    """Have all voices put together anew by the next computation."""
    with db.transaction():
        db.execute("DELETE FROM ratings_voice")
        db.execute(
            "INSERT INTO ratings_touched (rated) "
            "SELECT DISTINCT rated_id FROM ratings_rating WHERE released_on <> ''"
        )


def _parts(numbers: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for at in range(0, len(numbers), BATCH):
        yield numbers[at : at + BATCH]


def _put_together(ctx: Context, names: rows.Names, rated: Collection[int]) -> None:
    """Make the voices about some organisations from their rows."""
    marks = ", ".join("?" * len(rated))
    db.execute(f"DELETE FROM ratings_voice WHERE rated IN ({marks})", list(rated))
    made = voices.collect(rows.released(ctx, names, rated))
    for about in made.about.values():
        for voice in about:
            answers = [
                [
                    one.role,
                    str(one.mobility_ended_on),
                    str(one.released_on),
                    one.criterion,
                    one.stars,
                ]
                for one in voice.answers
            ]
            months = [[*month, mean] for month, mean in voice.by_month().items()]
            facts = [voice.people, voice.hosting, voice.mean, months]
            numbers = names.number(voice.rated), names.number(voice.rater)
            values = (str(voice.newest), db.dump_json(facts), db.dump_json(answers), "", "")
            db.execute(_STORE, (*numbers, voice.evidence, *values))


def _bring_up_to_date(parameters: Parameters) -> None:
    """Work out what answers come to as of the newest release, where that is not known yet."""
    newest = db.query("SELECT MAX(newest) FROM ratings_voice")[0][0]
    if newest is None:
        return
    as_of = f"{newest} {parameters.half_life_days}"
    age = voices.ages(parameters, date.fromisoformat(newest))
    old = "SELECT rated, rater, evidence, answers FROM ratings_voice WHERE as_of <> ?"
    for rated, rater, evidence, answers in db.query(old, (as_of,)):
        sums = voices.sums_of(_answers(answers), age)
        db.execute(
            "UPDATE ratings_voice SET as_of = ?, sums = ? "
            "WHERE rated = ? AND rater = ? AND evidence = ?",
            (as_of, db.dump_json([sums.fresh, sums.shares, sums.counts]), rated, rater, evidence),
        )


def _answers(text: str) -> list[Answer]:
    return [
        Answer(role, date.fromisoformat(ended), date.fromisoformat(released), criterion, stars)
        for role, ended, released, criterion, stars in json.loads(text)
    ]


def _read(names: rows.Names) -> Network:
    """Read all voices, in the order in which `voices.collect` has them."""
    found = [
        (names.name(rated), names.name(rater), evidence, newest, facts, sums)
        for rated, rater, evidence, newest, facts, sums in db.query(
            "SELECT rated, rater, evidence, newest, facts, sums FROM ratings_voice"
        )
    ]
    made = Network()
    for rated, rater, evidence, newest, facts, sums in sorted(found):
        people, hosting, mean, months = json.loads(facts)
        voice = Voice(rater, rated, evidence, [], people, hosting, mean)
        voice.newest = date.fromisoformat(newest)
        voice.months = {(year, month): marks for year, month, marks in months}
        voice.sums = Sums(*json.loads(sums))
        made.add(voice)
    return made
