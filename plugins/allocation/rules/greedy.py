"""The plain way to give places broadly, in pure Python: largest gain first, chances by turns.

It needs no solver: whoever has had fewer seats in the tickets so far weighs more in the next one.
Nobody proves how even the chances could be at best; results are marked as such.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Sequence

from plugins.allocation.rules.board import Board, Layout, most_seats
from plugins.allocation.rules.finishing import finish

Seats = list[tuple[int, int]]
Ready = Callable[[float], None]
FLOOR_BONUS = 1_000.0
TRIES = 12


def build(
    layout: Layout,
    weights: Sequence[float],
    evenness: float = 1.0,
    sure: frozenset[int] = frozenset(),
) -> Board:
    """Fill the tables by largest gain: a person's weight, new values, evenness, rank.

    A gain only shrinks while tables fill, so that each is looked at again when it leads only.
    `sure` people go first, as far as the limits let them. As many seats are filled as possible.
    """
    board = Board(layout)
    total = sum(layout.settings.weight(name) for name in layout.settings.features) or 1.0
    crowd = [evenness * (layout.scale or 1) * places / 2 / total for places in layout.places]
    step = layout.settings.preference
    missing = [seats for _members, seats in layout.floors]

    def worth(person: int, table: int, rank: int) -> float:
        new, even = board.gain(person, table)
        bonus = sum(
            FLOOR_BONUS
            for (members, _seats), open_seats in zip(layout.floors, missing, strict=False)
            if open_seats > 0 and person in members
        )
        first = 2 * FLOOR_BONUS if person in sure else 0.0
        return weights[person] + new / total + even * crowd[table] - step * rank + bonus + first

    heap = [
        (-worth(person, table, rank), person, table, rank, 0)
        for person, tables in enumerate(layout.wants)
        for rank, table in enumerate(tables)
    ]
    heapq.heapify(heap)
    stamp = len(board.at) * [0]
    met = 0
    while heap:
        _worth, person, table, rank, seen = heapq.heappop(heap)
        if not board.has_room(table) or not board.may_sit(person, table):
            continue
        if seen != stamp[table] + met:
            fresh = -worth(person, table, rank)
            if heap and (fresh, person, table) > heap[0][:3]:
                heapq.heappush(heap, (fresh, person, table, rank, stamp[table] + met))
                continue
        board.sit(person, table)
        stamp[table] += 1
        for at, (members, _seats) in enumerate(layout.floors):
            if person in members:
                missing[at] -= 1
                if missing[at] == 0:
                    met += sum(layout.places)  # gains of all tables are stale
    board.fill_up()
    return board


def broadest(layout: Layout, chance: random.Random) -> Board:
    """Return the broadest of some allocations that look at nothing but breadth."""
    found = []
    for turn in range(TRIES):
        noise = [chance.random() * 0.02 for _person in layout.ids]
        board = build(layout, noise, evenness=(0.3, 1.0)[turn % 2])
        found.append((board.coverage(), board.simpson(), -turn, board))
    return max(found)[3]


def everybody(layout: Layout) -> Seats | None:
    """Return the seats when interest fits the places, by preference; None when it doesn't."""
    wanted = sum(min(len(tables), layout.seats_each) for tables in layout.wants)
    if wanted > sum(layout.places):
        return None
    board = Board(layout)
    for person, tables in enumerate(layout.wants):  # first choices first, then who still can
        if tables and board.has_room(tables[0]) and board.may_sit(person, tables[0]):
            board.sit(person, tables[0])
    board.fill_up()
    is_all = all(
        len(board.of[person]) == min(len(tables), layout.seats_each)
        for person, tables in enumerate(layout.wants)
    )
    return board.pairs() if is_all and board.meets_floors() else None


def lottery(
    layout: Layout, tickets: int, seed: str, ready: Ready
) -> tuple[list[Seats], float, float]:
    """Return tickets by turns, with the greatest coverage and evenness that were found.

    How much a person's turn weighs against breadth is steered so that the average of the tickets
    stays within epsilon of the best, and each ticket within twice that.
    """
    chance = random.Random(seed)  # noqa: S311 - replayable by anyone, the draw itself is public
    best = broadest(layout, chance)
    cover, even = best.coverage(), best.simpson()
    goal, least = 1 - layout.settings.epsilon, 1 - 2 * layout.settings.epsilon
    full = most_seats(layout)
    people = sum(layout.can_have_a_seat()) or 1
    fair = full / people
    had = [0] * len(layout.ids)
    kept: list[Seats] = []
    total_cover = total_even = 0.0
    strength, tries = 1.0, 0
    while len(kept) < tickets:
        turn = len(kept) + 1
        weights = [strength * (min(max(turn * fair - n, -2.0), 4.0) + chance.random()) for n in had]
        board = build(layout, weights)
        share_cover = board.coverage() / cover if cover else 1.0
        share_even = board.simpson() / even if even else 1.0
        if min(share_cover, share_even) < least or not board.meets_floors():
            tries += 1
            strength *= 0.8
            if (tries > 40 and not kept) or tries > 40 + tickets:
                board = best  # nothing else is broad enough
            else:
                continue
        for person, _table in board.pairs():
            had[person] += 1
        kept.append(board.pairs())
        total_cover += board.coverage()
        total_even += board.simpson()
        is_broad = total_cover >= goal * cover * len(kept) and total_even >= goal * even * len(kept)
        strength = min(strength * 1.06, 50.0) if is_broad else max(strength / 1.12, 1e-4)
        ready(len(kept) / tickets)
    goals, lowest = (goal * cover, goal * even), (least * cover, least * even)
    return finish(layout, kept, [best.pairs()], goals, lowest), cover, even


def first_come(layout: Layout) -> Board:
    """Return who would sit if places went by the order of registration."""
    people = layout.pool.people
    order = sorted(range(len(people)), key=lambda i: (people[i].order, people[i].id))
    return in_row(layout, order)


def in_row(layout: Layout, order: Sequence[int]) -> Board:
    """Give each in turn the best table of their list that is left, once around per seat."""
    board = Board(layout)
    for _seat in range(layout.seats_each):
        for person in order:
            for table in layout.wants[person]:
                if board.has_room(table) and board.may_sit(person, table):
                    board.sit(person, table)
                    break
    return board


def plain_lottery(layout: Layout, draws: int, seed: str) -> tuple[list[float], float]:
    """Return each person's chance in a plain lottery, estimated, and its mean coverage."""
    chance = random.Random(seed)  # noqa: S311 - a comparison, replayable
    had, cover = [0] * len(layout.ids), 0.0
    order = list(range(len(layout.ids)))
    for _draw in range(draws):
        chance.shuffle(order)
        board = in_row(layout, order)
        cover += board.coverage()
        for person, tables in enumerate(board.of):
            had[person] += bool(tables)
    return [n / draws for n in had], cover / draws
