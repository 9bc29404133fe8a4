"""Learners' answers leave the portal in cells, never one by one.

A cell holds the answers of at least three learners (setting) of one sending organisation about one
organisation, to one question, about mobilities that ended in the same quarter. It is shown whole or
not at all: a newcomer waits for others, and when one of its answers is withdrawn or removed all of
them go. So two snapshots differ by whole cells, and nobody can tell one learner's answer from them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from random import Random, SystemRandom
from secrets import token_hex

from plugins.ratings.rowsfile import LEARNER, Row


def month(day: date) -> date:
    """Return the first day of a month, by which public days are rounded."""
    return day.replace(day=1)


def quarter(day: date) -> date:
    """Return the first day of a quarter, by which the ends of learners' mobilities are rounded."""
    return date(day.year, day.month - (day.month - 1) % 3, 1)


@dataclass(frozen=True)
class Waiting:
    """A released answer of a learner that is in no cell yet; `key` is the caller's id of it."""

    key: Hashable
    rater_organisation: str
    rated_organisation: str
    criterion: str
    mobility_ended_on: date


@dataclass(frozen=True)
class Cell:
    """Answers that go out together from now on. The token is kept secret with them."""

    token: str
    keys: tuple[Hashable, ...]


def new_cells(
    waiting: Iterable[Waiting], smallest: int = 3, random: Random | None = None
) -> list[Cell]:
    """Put answers together by chance, as small as cells may be; the others go on waiting.

    Small ones, since a withdrawn answer takes its cell along. The caller stores the token with each
    answer of a cell and never puts an answer into another one.
    """
    draw = random or SystemRandom()
    together: dict[tuple[str, str, str, date], list[Hashable]] = defaultdict(list)
    for one in waiting:
        quarter_start = quarter(one.mobility_ended_on)
        place = (one.rater_organisation, one.rated_organisation, one.criterion, quarter_start)
        together[place].append(one.key)
    found = []
    for keys in together.values():
        draw.shuffle(keys)
        while len(keys) >= smallest:
            size = smallest if len(keys) >= 2 * smallest else len(keys)
            found.append(Cell(token_hex(16), tuple(keys[:size])))
            keys = keys[size:]
    return found


def cell_rows(
    token: str,
    rater_organisation: str,
    rated_organisation: str,
    criterion: str,
    stars: Sequence[int],
    mobility_ended_on: date,
    released_on: date,
) -> list[Row]:
    """Return the rows of a whole cell; their ids tell neither the cell nor the learner."""
    ended, released = quarter(mobility_ended_on), month(released_on)
    return [
        Row(
            sha256(f"{token}/{place}".encode()).hexdigest()[:16],
            rater_organisation,
            rated_organisation,
            LEARNER,
            criterion,
            mark,
            ended,
            released,
        )
        for place, mark in enumerate(sorted(stars))
    ]
