"""The linear programs: how fair and broad it could be at best, and how often to use each ticket.

One thread, no time limits, whole-number data wherever it can be: the same solver version gives
the same answer. Needs highspy and numpy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np

from plugins.allocation.rules.board import Layout

INFINITE = highspy.kHighsInf
Numbers = Any
Entry = tuple[int, float]
LEVELS, TINY, NODES = 6, 1e-9, 200


def _solver() -> highspy.Highs:
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("parallel", "off")
    solver.setOptionValue("random_seed", 0)
    solver.setOptionValue("solver", "simplex")
    return solver


class Program:
    """A program that is maximised, and solved anew from where it was left."""

    def __init__(self) -> None:
        self.solver = _solver()
        self.solver.changeObjectiveSense(highspy.ObjSense.kMaximize)
        self.columns = self.rows = 0

    def add_rows(self, lower: Sequence[float], upper: Sequence[float]) -> int:
        """Add rows without entries; return the number of the first."""
        none = np.zeros(0, dtype=np.int32)
        self.solver.addRows(
            len(lower),
            np.array(lower, dtype=np.float64),
            np.array(upper, dtype=np.float64),
            0,
            np.zeros(len(lower), dtype=np.int32),
            none,
            np.zeros(0),
        )
        self.rows += len(lower)
        return self.rows - len(lower)

    def add_columns(
        self, costs: Sequence[float], upper: Sequence[float], entries: Sequence[Sequence[Entry]]
    ) -> int:
        """Add columns from zero to their upper bounds; return the number of the first."""
        starts = np.cumsum([0, *map(len, entries)])[:-1].astype(np.int32)
        rows = np.array([row for column in entries for row, _v in column], dtype=np.int32)
        values = np.array([value for column in entries for _r, value in column], dtype=np.float64)
        self.add_sparse(np.array(costs, dtype=np.float64), upper, starts, rows, values)
        return self.columns - len(entries)

    def add_sparse(
        self,
        costs: Numbers,
        upper: Sequence[float],
        starts: Numbers,
        rows: Numbers,
        values: Numbers,
    ) -> None:
        """Add columns that are packed already."""
        self.solver.addCols(
            len(costs),
            costs,
            np.zeros(len(costs)),
            np.array(upper, dtype=np.float64),
            len(rows),
            starts,
            rows,
            values,
        )
        self.columns += len(costs)

    def cost(self, column: int, value: float) -> None:
        """Change what a column is worth."""
        self.solver.changeColCost(column, value)

    def bounds(self, column: int, lower: float, upper: float) -> None:
        """Change between what a column may lie."""
        self.solver.changeColBounds(column, lower, upper)

    def row_bounds(self, row: int, lower: float, upper: float) -> None:
        """Change between what a row may lie."""
        self.solver.changeRowBounds(row, lower, upper)

    def solve(self) -> float | None:
        """Return the greatest value; None where nothing fits all rows."""
        self.solver.run()
        if self.solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        return float(self.solver.getInfo().objective_function_value)

    def values(self) -> Numbers:
        """Return the columns of the last solution."""
        return np.array(self.solver.getSolution().col_value)

    def prices(self) -> Numbers:
        """Return what one more on the right of each row would add."""
        return np.array(self.solver.getSolution().row_dual)


@dataclass(frozen=True)
class Limits:
    """How even chances could be at most: the lowest one, and a fair one for each person.

    The fair chances are level by level as high as can be: first the lowest, then the next.
    """

    lowest: float
    fair: Numbers


class Relaxation:
    """All allocations and all mixtures of them, and a little more: seats may be split.

    Being present is at most the number of seats and at most one, crowding is what whole steps
    would cost: so its best values are upper bounds for any lottery over tickets.
    """

    def __init__(self, layout: Layout, seats: int) -> None:
        self.layout, self.program = layout, Program()
        add = self.program.add_rows
        people, tables = range(len(layout.ids)), range(len(layout.tables))
        self.fill = add([seats], [seats])
        self.places = add([0] * len(tables), layout.places)
        self.person = add([0] * len(people), [layout.seats_each] * len(people))
        self.chance = add([0] * len(people), [INFINITE] * len(people))
        self.cover = add([-INFINITE], [INFINITE])
        self.crowd = add([-INFINITE], [INFINITE])
        self.floors = add([n for _w, n in layout.floors], [INFINITE] * len(layout.floors))
        self._add_people()

    def _add_people(self) -> None:
        layout, program = self.layout, self.program
        orgs: dict[tuple[int, int], int] = {}
        slots: dict[tuple[int, int], int] = {}
        sizes: dict[int, int] = {}
        series: dict[int, int] = {}
        columns: list[list[Entry]] = []
        for person, wanted in enumerate(layout.wants):
            for table in wanted:
                column = [(self.fill, 1.0), (self.places + table, 1.0)]
                column += [(self.person + person, 1.0), (self.chance + person, 1.0)]
                org = layout.org[person]
                if org >= 0:
                    if (org, table) not in orgs:
                        orgs[org, table] = program.add_rows([0], [layout.org_cap])
                    column.append((orgs[org, table], 1.0))
                    if layout.series_cap < sum(layout.places):
                        if org not in series:
                            series[org] = program.add_rows([0], [layout.series_cap])
                        column.append((series[org], 1.0))
                for code in layout.codes[person]:
                    if (table, code) not in slots:
                        slots[table, code] = program.add_rows([0], [0])
                    row = slots[table, code]
                    sizes[row] = sizes.get(row, 0) + 1
                    column.append((row, 1.0))
                for at, (members, _seats) in enumerate(layout.floors):
                    if person in members:
                        column.append((self.floors + at, 1.0))
                columns.append(column)
        self.pairs = [(i, table) for i, wanted in enumerate(layout.wants) for table in wanted]
        program.add_columns([0.0] * len(columns), [1.0] * len(columns), columns)
        self._add_clashes()
        self._add_steps(slots, sizes)
        entries = [(self.chance + i, -1.0) for i, wanted in enumerate(layout.wants) if wanted]
        self.least = program.add_columns([0.0], [1.0], [entries])

    def _add_clashes(self) -> None:
        layout = self.layout
        numbers = {pair: at for at, pair in enumerate(self.pairs)}
        if layout.seats_each == 1:
            return
        for (person, table), column in numbers.items():
            for other in sorted(layout.clash[table]):
                if other > table and (person, other) in numbers:
                    row = self.program.add_rows([0], [1])
                    self.program.solver.changeCoeff(row, column, 1.0)
                    self.program.solver.changeCoeff(row, numbers[person, other], 1.0)

    def _add_steps(self, slots: dict[tuple[int, int], int], sizes: dict[int, int]) -> None:
        """Add a column for the first, second ... seat of a value at a table."""
        layout = self.layout
        columns: list[list[Entry]] = []
        for (table, code), row in slots.items():
            weight, places = layout.weight[code], layout.places[table]
            for step in range(min(places, sizes[row])):
                crowd = weight * (2 * step + 1) / places**2 / (layout.scale or 1)
                column = [(row, -1.0), (self.crowd, crowd)]
                if step == 0 and layout.told[code]:
                    column.append((self.cover, weight))
                columns.append(column)
        self.steps = self.program.columns
        self.step_columns = columns
        self.program.add_columns([0.0] * len(columns), [1.0] * len(columns), columns)

    def _aim(self, row: int | None, sign: float = 1.0) -> float | None:
        """Maximise what stands in a row, or the least chance."""
        for at, column in enumerate(self.step_columns):
            value = sum(v for r, v in column if r == row) if row is not None else 0.0
            self.program.cost(self.steps + at, sign * value)
        self.program.cost(self.least, 1.0 if row is None else 0.0)
        return self.program.solve()

    def best(self) -> tuple[float, float]:
        """Return bounds for the greatest coverage and the smallest crowding."""
        cover = self._aim(self.cover) or 0.0
        return cover, -(self._aim(self.crowd, -1.0) or 0.0)

    def whole(self, part: int) -> tuple[float, list[tuple[int, int]]]:
        """Return a closer bound for coverage (0) or crowding (1), and the ticket that shows it.

        No seat is split here; the search ends after a number of steps that never changes.
        """
        solver, count = self.program.solver, len(self.pairs)
        numbers = np.arange(count, dtype=np.int32)
        whole, split = (
            np.full(count, int(kind), dtype=np.uint8)
            for kind in (highspy.HighsVarType.kInteger, highspy.HighsVarType.kContinuous)
        )
        solver.setOptionValue("mip_max_nodes", NODES)
        solver.setOptionValue("solver", "choose")
        solver.changeColsIntegrality(count, numbers, whole)
        self._aim((self.cover, self.crowd)[part], (1.0, -1.0)[part])
        bound, found = float(solver.getInfo().mip_dual_bound), self.program.values()
        seats = [pair for pair, value in zip(self.pairs, found, strict=False) if value > 0.5]
        solver.changeColsIntegrality(count, numbers, split)
        solver.setOptionValue("solver", "simplex")
        return (bound, -bound)[part], seats

    def limits(self, cover: float, even: float) -> Limits | None:
        """Return the most even chances with at least such coverage and evenness; None for none."""
        program, people = self.program, len(self.layout.ids)
        program.row_bounds(self.cover, cover - 1e-9, INFINITE)
        program.row_bounds(self.crowd, -INFINITE, 1 - even + 1e-9)
        fair = np.zeros(people)
        left = np.array([bool(wanted) for wanted in self.layout.wants])
        lowest, chance = 0.0, self._aim(None)
        if chance is None:
            return None
        for _level in range(LEVELS):
            chance = min(max(chance, 0.0), 1.0)
            lowest = lowest if lowest > TINY else chance
            fair[left] = chance
            bound = -program.prices()[self.chance : self.chance + people] > TINY
            if not (left & bound).any() or (left & bound).all():
                break
            for person in np.nonzero(left & bound)[0]:  # these can't get more than this
                program.solver.changeCoeff(int(self.chance + person), self.least, 0.0)
                program.row_bounds(int(self.chance + person), chance - TINY, INFINITE)
            left &= ~bound
            if not left.any():
                break
            chance = program.solve()
            if chance is None:
                break
        return Limits(lowest, fair)


class Master:
    """How often to use each ticket, so that everybody has the same share of their fair chance.

    It is kept in its dual form: a price for each person and for breadth, and one row a ticket,
    which says that no ticket is worth more than all cost. New tickets are new rows, from which
    the dual simplex method goes on where it was.
    """

    def __init__(self, fair: Numbers, cover: float, even: float) -> None:
        self.goals = cover, even
        self.program = Program()
        self.count = len(fair)
        none = np.zeros(0, dtype=np.int32)
        for cost, lower in [*[(0.0, 0.0)] * (self.count + 2), (-1.0, -INFINITE)]:
            self.program.solver.addCol(cost, lower, INFINITE, 0, none, np.zeros(0))
        everyone = np.arange(self.count, dtype=np.int32)
        self.program.solver.addRow(1.0, INFINITE, self.count, everyone, np.asarray(fair))

    def add(self, held: Numbers, cover: Numbers, even: Numbers, worth: Numbers) -> None:
        """Add tickets: who sits (one row each, of the people that count), figures, a small worth."""
        size = held.sum(axis=1).astype(np.int64)
        starts = np.concatenate([[0], np.cumsum(size + 3)[:-1]])
        total = int(size.sum()) + 3 * len(size)
        column, value = np.empty(total, dtype=np.int32), np.full(total, -1.0)
        tickets, people = np.nonzero(held)
        within = np.arange(len(people)) - np.repeat(np.cumsum(size) - size, size)
        column[starts[tickets] + within] = people
        more = (self.goals[0] - cover, self.goals[1] - even, np.ones(len(size)))
        for at, figures in enumerate(more):
            column[starts + size + at] = self.count + at
            value[starts + size + at] = figures
        upper = np.full(len(size), INFINITE)
        self.program.solver.addRows(
            len(size), np.asarray(worth, dtype=np.float64), upper, total,
            starts.astype(np.int32), column, value,
        )  # fmt: skip

    def solve(self) -> tuple[float, Numbers, Numbers, float, float] | None:
        """Return the common share, how often each ticket is used, and prices for new ones.

        None where no mixture of the tickets is broad enough.
        """
        if self.program.solve() is None:
            return None
        price = self.program.values()
        shares = np.abs(self.program.prices()[1:])
        people = np.maximum(price[: self.count], 0.0)
        return float(price[-1]), shares, people, float(price[-3]), float(price[-2])
