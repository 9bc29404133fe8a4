"""Who takes a place that was given back, and who was next in line: replayable by anyone."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from plugins.allocation.rules.board import Board, Layout
from plugins.allocation.rules.draw import lottery_number
from plugins.allocation.rules.pool import Pool, Settings
from plugins.allocation.rules.tickets import numbered

Seat = tuple[str, str]


def replace(
    pool: Pool,
    settings: Settings,
    seated: Sequence[Seat],
    gone: Collection[str],
    beacon: str,
    tables: Collection[str] | None = None,
    most: int | None = None,
) -> list[Seat]:
    """Return who takes the free places, in the order in which they are called.

    One place after the other goes to whoever brings most values that the table does not have;
    then to whoever makes its groups most even; then to the lower lottery number of the draw.
    `seated` are all who sit or are offered a seat, `gone` those who withdrew, declined or let an
    offer pass. People who asked late are in the pool like the others. `tables` and `most` limit
    where places are given and how many.
    """
    layout = Layout(pool, settings)
    board = _board(layout, seated)
    number = {i: lottery_number(beacon, code) for i, code in enumerate(layout.ids)}
    out = set(gone)
    open_to = [i for i, code in enumerate(layout.ids) if code not in out]
    allowed = set(layout.tables if tables is None else tables)
    called: list[Seat] = []
    while most is None or len(called) < most:
        best = min(
            (
                (*_key(board, person, table), number[person], table, person)
                for person in open_to
                for table in layout.wants[person]
                if layout.tables[table] in allowed
                and board.has_room(table)
                and board.may_sit(person, table)
            ),
            default=None,
        )
        if best is None:
            break
        *_rest, table, person = best
        board.sit(person, table)
        called.append((layout.ids[person], layout.tables[table]))
    return called


def standing(
    pool: Pool, settings: Settings, seated: Sequence[Seat], gone: Collection[str], beacon: str
) -> dict[str, dict[str, int]]:
    """Return, by person who waits and by table, their place in line if a seat there came free.

    It changes with each seat that is given back or taken: the rule is fixed, the line is not.
    """
    layout = Layout(pool, settings)
    board = _board(layout, seated)
    out = set(gone)
    found: dict[str, dict[str, int]] = {}
    for table, name in enumerate(layout.tables):
        line = sorted(
            (*_key(board, person, table), lottery_number(beacon, code), code)
            for person, code in enumerate(layout.ids)
            if code not in out and table in layout.wants[person] and board.may_sit(person, table)
        )
        for place, key in enumerate(line, 1):
            found.setdefault(str(key[-1]), {})[name] = place
    return found


def _board(layout: Layout, seated: Sequence[Seat]) -> Board:
    board = Board(layout)
    for person, table in numbered(layout, seated):
        board.sit(person, table)
    return board


def _key(board: Board, person: int, table: int) -> tuple[float, float]:
    new, even = board.gain(person, table)
    return -round(new, 9), -round(even, 12)
