"""What stands behind the scores of this portal: voices, findings, names; kept until scores change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flask import current_app

from plugins.ratings import rows
from plugins.ratings.parameters import from_settings
from plugins.ratings.score import Judgement, judge
from portal import db, settings
from portal.context import Context
from portal.organisations.models import Organisation

KEPT = "ratings.background"


@dataclass(frozen=True)
class Background:
    """A judgement of all released rows, and what organisations are called in them."""

    judged: Judgement
    names: rows.Names

    def name(self, number: int) -> str:
        """Return what an organisation is called in the rows."""
        return self.names.name(number)

    def organisations(self, names: Iterable[str]) -> dict[str, Organisation]:
        """Return the organisations of names, in one statement."""
        numbers = {self.names.number(name): name for name in names}
        found = Organisation.select().where(Organisation.id.in_(sorted(numbers)))
        return {numbers[organisation.id]: organisation for organisation in found}


def background(ctx: Context) -> Background:
    """Return it; computed anew by each process when the stored scores are others than before."""
    parameters = from_settings(settings.of(ctx, "ratings"))
    sums = "SELECT COUNT(*), SUM(score), SUM(rank_value), SUM(people) FROM ratings_score"
    mark = (current_app.config["PORTAL"].database, parameters, *map(tuple, db.query(sums)))
    kept = current_app.extensions.get(KEPT)
    if kept is None or kept[0] != mark:
        names = rows.Names()
        found = Background(judge(rows.released(ctx, names), parameters), names)
        kept = current_app.extensions[KEPT] = (mark, found)
    known: Background = kept[1]
    return known
