"""Tickets by largest gain and swaps, many at once: the pricing of the column generation.

All sums are of whole numbers, so that every machine finds the same tickets. Needs numpy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from plugins.allocation.rules.board import Layout, board_of

BIG = 1 << 55
UNIT = 1 << 36
"""Whole numbers for the greatest price."""
EXACT = 10**12
"""Crowding is counted in units of one place squared over this, weights in thousandths."""
Numbers = Any


@dataclass(frozen=True)
class Prices:
    """What a seat is worth: for each person (one row a ticket), a new value, evenness, a rank."""

    people: Numbers
    cover: float
    even: float
    rank: float = 0.0
    table: Numbers = None


@dataclass(frozen=True)
class Batch:
    """Tickets: the person in each seat (-1 is empty), with coverage and evenness in units."""

    seats: Numbers
    cover: Numbers
    even: Numbers
    first: Numbers


class Pricer:
    """Makes tickets that are worth most at given prices, by every rule."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        people, tables = len(layout.ids), len(layout.tables)
        values = len(layout.values)
        self.dummy = values + layout.org_count
        org = np.array([values + o if o >= 0 else self.dummy for o in layout.org], dtype=np.int64)
        codes = np.array(layout.codes, dtype=np.int64).reshape(people, -1)
        self.slots = np.concatenate([codes, org[:, None]], axis=1)
        self.org = np.array([o if o >= 0 else layout.org_count for o in layout.org])
        weight = np.array([round(w * 1000) for w in layout.weight], dtype=np.int64)
        self.weight = weight
        self.told = np.array(layout.told, dtype=bool) if values else np.zeros(0, dtype=bool)
        self.members, self.rank, self.at = [], [], []
        for table in range(tables):
            who = [i for i, wanted in enumerate(layout.wants) if table in wanted]
            self.members.append(np.array(who, dtype=np.int64))
            ranks = [layout.wants[i].index(table) for i in who]
            self.rank.append(np.array(ranks, dtype=np.int64))
            position = np.full(people, len(who), dtype=np.int64)
            position[self.members[-1]] = np.arange(len(who))
            self.at.append(position)
        self.columns = [self.slots[who].T.copy() for who in self.members]
        self.order = self._order()
        self.crowd_unit = [EXACT // max(places, 1) ** 2 for places in layout.places]
        self.first_table = np.array([w[0] if w else -1 for w in layout.wants], dtype=np.int64)
        self.floors = [np.array([i in who for i in range(people)]) for who, _n in layout.floors]

    def _order(self) -> list[int]:
        """Return the table of each seat: in turns, so that none has the first pick of all."""
        places = self.layout.places
        turns = [
            ((seat + 0.5) / places[table], table)
            for table in range(len(places))
            for seat in range(min(places[table], len(self.members[table])))
        ]
        return [table for _when, table in sorted(turns)]

    def make(self, prices: Prices, swaps: int = 1, shift: int = 0) -> Batch:
        """Return one ticket for each row of prices: greedy, then each seat is given anew."""
        work = _Work(self, prices)
        order = (
            self.order[shift % max(len(self.order), 1) :]
            + self.order[: shift % max(len(self.order), 1)]
        )
        for at, table in enumerate(order):
            work.fill(at, table)
        for _swap in range(swaps):
            for at, table in enumerate(order):
                work.empty(at, table)
                work.fill(at, table)
        return work.batch(order)

    def measure(self, seats: list[list[tuple[int, int]]]) -> Batch:
        """Return tickets that were made elsewhere as a batch."""
        width = max(map(len, seats), default=0)
        who = np.full((len(seats), width), -1, dtype=np.int64)
        figures = [self.figures(pairs) for pairs in seats]
        for at, pairs in enumerate(seats):
            who[at, : len(pairs)] = [person for person, _table in pairs]
        cover, even, first = (np.array([f[n] for f in figures], dtype=np.int64) for n in range(3))
        return Batch(who, cover, even, first)

    def figures(self, pairs: list[tuple[int, int]]) -> tuple[int, int, int]:
        """Return coverage, crowding and first choices of a ticket in whole units."""
        board = board_of(self.layout, pairs)
        cover = crowd = 0
        for table, count in enumerate(board.count):
            for code, here in enumerate(count):
                if here:
                    cover += int(self.weight[code]) if self.told[code] else 0
                    crowd += int(self.weight[code]) * here * here * self.crowd_unit[table]
        first = sum(1 for i, table in pairs if self.first_table[i] == table)
        return cover, crowd, first


class _Work:
    """A batch of tickets as they grow."""

    def __init__(self, pricer: Pricer, prices: Prices) -> None:
        self.pricer, self.layout = pricer, pricer.layout
        layout = self.layout
        self.rows = np.arange(len(prices.people))
        people = np.asarray(prices.people, dtype=np.float64)
        breadth = (prices.cover + prices.even / (layout.scale or 1)) * max(layout.weight, default=1)
        top = max(float(np.abs(people).max(initial=0.0)), breadth, 1e-12)
        unit = UNIT / top
        self.price = np.rint(people * unit).astype(np.int64)
        batch, width = len(self.rows), pricer.dummy + 1
        self.count = np.zeros((len(layout.tables), batch, width), dtype=np.int64)
        self.gain = np.zeros((len(layout.tables), batch, width), dtype=np.int64)
        self.lists = []
        for table, who in enumerate(pricer.members):
            ranks = np.rint(prices.rank * unit * pricer.rank[table]).astype(np.int64)
            own = round(float(prices.table[table]) * unit) if prices.table is not None else 0
            worth = np.empty((batch, len(who) + 1), dtype=np.int64)
            worth[:, :-1] = self.price[:, who] - ranks - own
            worth[:, -1] = -BIG
            self.lists.append(worth)
        self.tables_of_gain = [self._gains(t, prices, unit) for t in range(len(layout.tables))]
        self.kind = np.concatenate(
            [
                np.arange(len(layout.values)),
                np.full(layout.org_count, len(layout.values)),
                np.full(1, len(layout.values) + 1),
            ]
        ).astype(np.int64)
        for table in range(len(layout.tables)):
            self.gain[table] = self.tables_of_gain[table][self.kind, 0]
        self.seats = np.full((batch, len(pricer.order)), -1, dtype=np.int64)
        self.seated = np.zeros((batch, len(layout.ids)), dtype=np.int64)
        self.org_all = np.zeros((batch, layout.org_count + 1), dtype=np.int64)
        self.is_series = layout.series_cap <= sum(layout.places)
        self.floor = np.zeros((batch, len(layout.floors)), dtype=np.int64)

    def _gains(self, table: int, prices: Prices, unit: float) -> Numbers:
        """Return what one more is worth, by kind of slot and how many there are already."""
        layout, _pricer = self.layout, self.pricer
        places = layout.places[table]
        values = len(layout.values)
        have = np.arange(places + 2)
        found = np.zeros((values + 2, places + 2), dtype=np.int64)
        for code in range(values):
            crowd = prices.even * layout.weight[code] * (2 * have + 1) / max(places, 1) ** 2
            worth = -crowd / (layout.scale or 1)
            if layout.told[code]:
                worth[0] += prices.cover * layout.weight[code]
            found[code] = np.rint(worth * unit).astype(np.int64)
        found[values, have >= layout.org_cap] = -BIG
        return found

    def fill(self, at: int, table: int) -> None:
        """Give one seat of a table to whoever is worth most; leave it where nobody may sit."""
        pricer, layout = self.pricer, self.layout
        who = pricer.members[table]
        worth = self.lists[table][:, :-1].copy()
        gain = self.gain[table]
        for column in pricer.columns[table]:
            worth += gain.take(column, axis=1)
        if self.is_series:
            full = self.org_all >= layout.series_cap
            full[:, -1] = False
            worth -= full[:, pricer.org[who]] * BIG
        for n, (members, (_who, seats)) in enumerate(
            zip(pricer.floors, layout.floors, strict=False)
        ):
            worth += (self.floor[:, n] < seats)[:, None] * members[who][None, :] * (BIG >> 12)
        pick = worth.argmax(axis=1)
        rows = self.rows[worth[self.rows, pick] > -(BIG >> 1)]
        if len(rows):
            person = who[pick[rows]]
            self.seats[rows, at] = person
            self._move(rows, person, table, 1)

    def empty(self, at: int, table: int) -> None:
        """Take one seat back in each ticket."""
        rows = self.rows[self.seats[:, at] >= 0]
        if len(rows):
            person = self.seats[rows, at]
            self.seats[rows, at] = -1
            self._move(rows, person, table, -1)

    def _move(self, rows: Numbers, person: Numbers, table: int, by: int) -> None:
        pricer, layout = self.pricer, self.layout
        slots = pricer.slots[person]
        cell = (rows[:, None], slots)
        have = self.count[table][cell] + by
        self.count[table][cell] = have
        have = np.minimum(have, layout.places[table] + 1)
        self.gain[table][cell] = self.tables_of_gain[table][self.kind[slots], have]
        if self.is_series:
            self.org_all[rows, pricer.org[person]] += by
        for n, members in enumerate(pricer.floors):
            self.floor[rows, n] += by * members[person]
        if layout.seats_each == 1:
            for other, worth in enumerate(self.lists):
                worth[rows, pricer.at[other][person]] -= by * BIG
            return
        before = self.seated[rows, person]
        self.seated[rows, person] = before + by
        first = np.minimum(before, before + by) == 0
        full = np.maximum(before, before + by) == layout.seats_each
        price = self.price[rows, person]
        for other, worth in enumerate(self.lists):
            less = first * price + full * BIG + (BIG if other in layout.clash[table] else 0)
            worth[rows, pricer.at[other][person]] -= by * less

    def batch(self, order: list[int]) -> Batch:
        """Return what was made, with its figures."""
        pricer, layout = self.pricer, self.layout
        values = len(layout.values)
        cover = np.zeros(len(self.rows), dtype=np.int64)
        even = np.zeros(len(self.rows), dtype=np.int64)
        for table, count in enumerate(self.count):
            here = count[:, :values]
            cover += ((here > 0) * (pricer.told * pricer.weight)).sum(axis=1)
            even += (here * here * pricer.weight).sum(axis=1) * pricer.crowd_unit[table]
        wanted = pricer.first_table[self.seats] == np.array(order, dtype=np.int64)
        first = (wanted & (self.seats >= 0)).sum(axis=1)
        return Batch(self.seats, cover, even, first)
