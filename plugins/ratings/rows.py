"""The released rows: what the scores are made of, and what the export writes.

Organisations have other names there, made with the portal's secret key, the same in each export.
"""

from __future__ import annotations

import hmac
from collections import defaultdict
from collections.abc import Collection
from datetime import date
from typing import Any

from flask import current_app

from plugins.ratings import cells, queries
from plugins.ratings.models import LEARNER, PUBLISHED, Answer, Cell, Ending, Rating
from plugins.ratings.rowsfile import Row
from portal import settings
from portal.context import Context


class Names:
    """Names of organisations in the rows, and back."""

    def __init__(self) -> None:
        self._key = str(current_app.config["SECRET_KEY"]).encode()
        self._names: dict[int, str] = {}
        self._numbers: dict[str, int] = {}

    def name(self, number: int) -> str:
        """Return what an organisation is called in the rows."""
        if number not in self._names:
            text = hmac.digest(self._key, f"ratings.rows {number}".encode(), "sha256").hex()[:16]
            self._names[number], self._numbers[text] = text, number
        return self._names[number]

    def number(self, name: str) -> int:
        """Return the organisation that has a name in rows made with this object."""
        return self._numbers[name]


def released(
    ctx: Context, names: Names | None = None, about: Collection[int] | None = None
) -> list[Row]:
    """Return all released rows that count, participants' in whole cells alone.

    `about` narrows them to some rated organisations. Days are rounded; two statements.
    """
    called = (names or Names()).name
    return [*_of_organisations(called, about), *_of_participants(called, about)]


def _selected(about: Collection[int] | None, *more: Any) -> Any:
    of: Any = Answer
    columns = (Rating.rater, Rating.rated, of.criterion, of.stars, Ending.ended_on)
    found = of.select(*columns, *more).join(Rating).join(Ending)
    return found if about is None else found.where(Rating.rated.in_(list(about)))


def _of_organisations(called: Any, about: Collection[int] | None) -> list[Row]:
    more = (Rating.public_id, Rating.role, Rating.released_on, Ending.evidence)
    rows = _selected(about, *more).where(
        Rating.state == PUBLISHED,
        Rating.role != LEARNER,
        Rating.released_on != "",
        Answer.stars.is_null(False),
    )
    return [
        Row(
            number,
            called(rater),
            called(rated),
            role,
            criterion,
            stars,
            cells.month(date.fromisoformat(ended_on)),
            date.fromisoformat(released_on),
            evidence,
        )
        for rater, rated, criterion, stars, ended_on, number, role, released_on, evidence in rows.tuples()
    ]


def _of_participants(called: Any, about: Collection[int] | None) -> list[Row]:
    rows = _selected(about, Cell.token, Cell.released_on).join_from(Answer, Cell)
    found: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    days: dict[str, date] = {}
    for rater, rated, criterion, stars, ended_on, token, released_on in rows.where(
        Answer.cell.in_(queries.whole_cells(about))
    ).tuples():
        days[token] = cells.quarter(date.fromisoformat(ended_on))
        found[token, called(rater), called(rated), criterion, released_on].append(stars)
    return [
        row
        for (token, rater, rated, criterion, released_on), stars in found.items()
        for row in cells.cell_rows(
            token, rater, rated, criterion, stars, days[token], date.fromisoformat(released_on)
        )
    ]


def put_into_cells(ctx: Context) -> None:
    """Put released answers of participants together that are in no cell yet, where there are enough."""
    of: Any = Answer
    waiting = (
        of.select(of.id, Rating.rater, Rating.rated, of.criterion, Ending.ended_on)
        .join(Rating)
        .join(Ending)
        .where(
            Rating.role == LEARNER,
            Rating.state == PUBLISHED,
            Rating.released_on != "",
            of.stars.is_null(False),
            of.cell.is_null(),
        )
        .order_by(of.id)
    )
    asked = [
        cells.Waiting(ident, str(rater), str(rated), criterion, date.fromisoformat(ended_on))
        for ident, rater, rated, criterion, ended_on in waiting.tuples()
    ]
    smallest = int(settings.of(ctx, "ratings")["smallest_cell"])
    day = cells.month(ctx.clock.now().date()).isoformat()
    for cell in cells.new_cells(asked, smallest):
        made = Cell.create(token=cell.token, released_on=day)
        of.update(cell=made.id).where(of.id.in_(list(cell.keys))).execute()
