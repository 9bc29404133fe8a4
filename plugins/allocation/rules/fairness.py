"""Breadth within epsilon, then equal chances: column generation over whole tickets.

1. The relaxation says how broad an allocation can be and how even chances can be at best, and
   what a person, a new value and evenness are worth there.
2. Tickets that are worth most at such prices are made by the hundred (greedy and swaps).
3. A master program says how often to use each, and gives new prices; and so on until the lowest
   chance is near its bound or no ticket helps any more. Then the other chances are raised.
4. The shares are rounded to 1,000 tickets; what rounding takes from somebody is given back by
   tickets made for those who lack most.
No clock is looked at: limits are counts. Needs highspy and numpy.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import highspy
import numpy as np

from plugins.allocation.rules.board import Layout, board_of, most_seats
from plugins.allocation.rules.columns import EXACT, Batch, Pricer, Prices
from plugins.allocation.rules.finishing import finish
from plugins.allocation.rules.linear import Master, Relaxation
from plugins.allocation.rules.tickets import Result, result_of
from portal.errors import Invalid
from portal.i18n import _

Numbers = Any
Ready = Callable[[float], None]
BATCH = 16
ROUNDS, NEAR_ENOUGH = 80, 0.975
LOOK_BACK, PROGRESS, FAR = 6, 0.015, 0.5
REPAIRS, PATIENCE, CANDIDATES, MARGIN = 400, 40, 12, 5e-4
RANK, WORTH_OF_FIRST, LEXIMIN = 5.0, 1e-3, 0.6
SLACK, NEARLY_NONE, BROADEST = 1e-9, 1e-7, 40


class _Columns:
    """The tickets known so far."""

    def __init__(self, layout: Layout, pricer: Pricer, full: int) -> None:
        self.layout, self.pricer, self.full = layout, pricer, full
        self.least = -np.inf, -np.inf
        self.people = np.array([i for i, wanted in enumerate(layout.wants) if wanted])
        self.known: dict[bytes, int] = {}
        self.pairs: list[tuple[tuple[int, int], ...]] = []
        self.held = np.zeros((0, len(layout.ids)), dtype=np.int8)
        self.cover = np.zeros(0)
        self.even = np.zeros(0)
        self.first = np.zeros(0)

    def add(self, batch: Batch, order: list[int]) -> list[int]:
        """Keep the tickets that fill all seats and are broad enough; return their numbers."""
        made = []
        for row, seats in enumerate(batch.seats):
            pairs = tuple(sorted((int(i), t) for i, t in zip(seats, order, strict=True) if i >= 0))
            numbers = int(batch.cover[row]), int(batch.even[row]), int(batch.first[row])
            if len(pairs) < self.full:
                board = board_of(self.layout, pairs)
                board.fill_up()
                pairs = tuple(board.pairs())
                numbers = self.pricer.figures(list(pairs))
            made.append((pairs, numbers))
        return self._add(made)

    def _add(
        self, made: list[tuple[tuple[tuple[int, int], ...], tuple[int, int, int]]]
    ) -> list[int]:
        found, held, figures = [], [], []
        for pairs, numbers in made:
            cover, even = self.units(numbers)
            if cover < self.least[0] - SLACK or even < self.least[1] - SLACK:
                continue
            if len(pairs) < self.full:
                continue
            if self.layout.floors and not board_of(self.layout, pairs).meets_floors():
                continue
            key = np.array(pairs, dtype=np.int32).tobytes()
            if key in self.known:
                found.append(self.known[key])
                continue
            self.known[key] = len(self.pairs)
            found.append(len(self.pairs))
            self.pairs.append(pairs)
            row_held = np.zeros(len(self.layout.ids), dtype=np.int8)
            row_held[[i for i, _t in pairs]] = 1
            held.append(row_held)
            figures.append((cover, even, numbers[2] / max(self.full, 1)))
        if held:
            self.held = np.concatenate([self.held, np.array(held)])
            more = np.array(figures)
            self.cover = np.concatenate([self.cover, more[:, 0]])
            self.even = np.concatenate([self.even, more[:, 1]])
            self.first = np.concatenate([self.first, more[:, 2]])
        return found

    def keep(self, tickets: list[list[tuple[int, int]]]) -> list[int]:
        """Keep tickets that were made elsewhere."""
        whole = []
        for pairs in tickets:
            board = board_of(self.layout, pairs)
            board.fill_up()
            whole.append(board.pairs())
        return self._add([(tuple(pairs), self.pricer.figures(pairs)) for pairs in whole])

    def units(self, numbers: tuple[int, int, int]) -> tuple[float, float]:
        """Return coverage and evenness of a ticket from whole units."""
        return numbers[0] / 1000, 1 - numbers[1] / 1000 / EXACT / (self.layout.scale or 1)

    def narrow(self, batch: Batch) -> tuple[int, int]:
        """Return how many tickets have too little coverage, and how many too little evenness."""
        found = [
            self.units((int(c), int(e), 0)) for c, e in zip(batch.cover, batch.even, strict=False)
        ]
        low = [(c < self.least[0] - SLACK, e < self.least[1] - SLACK) for c, e in found]
        return sum(one for one, _other in low), sum(other for _one, other in low)


def allocate_evenly(layout: Layout, tickets: int, seed: str, ready: Ready) -> Result:
    """Return the result of the column generation for a layout."""
    return _Allocation(layout, tickets, seed, ready).run()


class _Allocation:
    def __init__(self, layout: Layout, tickets: int, seed: str, ready: Ready) -> None:
        self.layout, self.tickets, self.ready, self.seed = layout, tickets, ready, seed
        digest = hashlib.sha256(seed.encode()).digest()
        self.random = np.random.RandomState(np.frombuffer(digest, dtype=np.uint32))
        self.full = most_seats(layout)
        self.pricer = Pricer(layout)
        self.push = [0.1, 1.0]
        self.columns = _Columns(layout, self.pricer, self.full)
        self._broadest(Relaxation(layout, self.full))

    def _broadest(self, relaxation: Relaxation) -> None:
        """Find how broad tickets can be, and from that what they must be; make the broadest."""
        layout, columns = self.layout, self.columns
        cover, crowd = relaxation.best()
        count = len(layout.ids)
        noise = self._noisy(np.full(count, 1e-2 / max(count, 1)), 1.0)
        for times in (0.1, 0.3, 1.0):
            self._price(noise, count / max(cover, 1.0), times * count / max(1 - crowd, 1e-9), 2)
        self._price(noise, 0.0, float(count), 2)
        is_whole = all(float(weight).is_integer() for weight in layout.weight)
        if columns.known and columns.cover.max() < cover - (1 if is_whole else 0.005 * cover):
            cover, seats = relaxation.whole(0)
            columns.keep([seats])
        cover = float(np.floor(cover + 1e-6)) if is_whole else cover
        if columns.known and columns.even.max() < (1 - crowd) * 0.99:
            crowd, seats = relaxation.whole(1)
            columns.keep([seats])
        if not columns.known:
            raise Invalid(_("No allocation keeps all limits and floors."))
        self.best = cover, 1 - crowd
        loss = layout.settings.epsilon
        figures = list(zip(columns.cover.tolist(), columns.even.tolist(), strict=True))
        scale = max(cover, 1e-9), max(1 - crowd, 1e-9)
        surest = max(figures, key=lambda f: min(f[0] / scale[0], f[1] / scale[1]))
        self.goal, columns.least = (  # what is broadest in both can always be kept
            (
                min((1 - part * loss) * self.best[0], surest[0]),
                min((1 - part * loss) * self.best[1], surest[1]),
            )
            for part in (1, 2)
        )
        limits = relaxation.limits(*self.goal)
        if limits is None:
            raise Invalid(_("No allocation keeps all limits and floors."))
        self.limits = limits

    def run(self) -> Result:
        """Make tickets, find how often to use each, round."""
        self.ready(0.05)
        self._begin()
        columns = self.columns
        chosen = self._rounded(*self._generate())
        broad = np.minimum(
            columns.cover / max(self.goal[0], SLACK), columns.even / max(self.goal[1], SLACK)
        )
        broadest = [columns.pairs[at] for at in np.argsort(-broad, kind="stable")[:BROADEST]]
        made = [columns.pairs[at] for at in chosen]
        tickets = finish(self.layout, made, broadest, self.goal, columns.least)
        able = [bool(wanted) for wanted in self.layout.wants]
        return result_of(
            self.layout,
            tickets,
            self.best,
            impossible=[
                code
                for code, can, fair in zip(self.layout.ids, able, self.limits.fair, strict=True)
                if not can or fair < NEARLY_NONE
            ],
            bound=self.limits.lowest,
            exact=True,
            seed=self.seed,
            solver=f"HiGHS {highspy.Highs().version()}",
        )

    def _price(self, people: Numbers, cover: float, even: float, swaps: int = 1) -> list[int]:
        """Make tickets at prices, one for each row of people; return the numbers of those kept.

        Where many are too narrow to be kept, breadth is worth more from then on.
        """
        mean = float(people.mean())
        cover, even = max(cover, self.push[0] * mean), max(even, self.push[1] * mean)
        rank = RANK * self.layout.settings.preference * mean
        batch = self.pricer.make(Prices(people, cover, even, rank), swaps)
        narrow = self.columns.narrow(batch)
        for at, count in enumerate(narrow):
            self.push[at] *= 1.25 if count > len(people) / 4 else 0.93 if not count else 1.0
        return self.columns.add(batch, self.pricer.order)

    def _noisy(self, people: Numbers, strength: float, rows: int = BATCH) -> Numbers:
        """Return rows of prices around given ones, the first exactly as given."""
        noise = np.exp(strength * (2 * self.random.random_sample((rows, len(people))) - 1))
        noise[0] = 1.0
        return people * noise

    def _begin(self) -> None:
        """Make some tickets for everybody in turn."""
        count = len(self.layout.ids)
        unit, even = 1.0 / max(self.best[0], 1.0), 1.0 / max(self.best[1], 1e-9)
        had = np.zeros(count)
        for turn in range(24):
            lack = turn * BATCH * self.full / count - had
            weights = np.exp(np.clip(lack / BATCH * 2, -4, 4)) / count
            strength = 3.0 ** (turn % 5 - 2)
            rows = self._noisy(weights, 0.7)
            for at in self._price(rows, strength * unit * 0.3, strength * even * 0.1):
                had += self.columns.held[at]

    def _generate(self) -> tuple[Numbers, Numbers]:
        """Return chances that everybody can have at least, and how often to use each ticket."""
        columns = self.columns
        fair = self.limits.lowest + LEXIMIN * (self.limits.fair - self.limits.lowest)
        fair = np.maximum(np.minimum(fair, self.limits.fair), 0.0)
        master = Master(fair[columns.people], *self.goal)
        added, values = 0, []
        smooth: Numbers = None
        for turn in range(ROUNDS):
            held = columns.held[added:, columns.people]
            worth = WORTH_OF_FIRST * columns.first[added:]
            master.add(held, columns.cover[added:], columns.even[added:], worth)
            added = len(columns.pairs)
            found = master.solve()
            if found is None:
                raise Invalid(_("No mixture of tickets is broad enough."))
            value, shares, people, cover, even = found
            values.append(value)
            is_slow = turn > LOOK_BACK and value < values[-LOOK_BACK] + PROGRESS
            is_slow = is_slow and (value > FAR or turn > ROUNDS / 2)
            if value >= NEAR_ENOUGH or is_slow:
                break
            prices = np.zeros(len(self.layout.ids))
            prices[columns.people] = people
            smooth = prices if smooth is None else 0.5 * prices + 0.5 * smooth
            self._price(self._noisy(prices, 0.3), cover, even)
            self._price(self._noisy(smooth, 0.5), cover, even)
            self.ready(0.1 + 0.5 * turn / ROUNDS)
        return values[-1] * fair, shares

    def _rounded(self, aims: Numbers, shares: Numbers) -> list[int]:
        """Return the tickets, each as often as its share says; rounding is made good.

        `aims` are the chances that everybody should have at least.
        """
        whole = np.floor(np.maximum(shares, 0) * self.tickets + 1e-9).astype(int)
        chosen = [at for at, times in enumerate(whole) for _time in range(times)]
        self.aims = np.floor(aims * self.tickets + SLACK)
        self.strength = [0.3, 0.3]
        while len(chosen) < self.tickets:
            chosen.append(self._next(chosen))
            if len(chosen) % 50 == 0:
                self.ready(0.6 + 0.2 * len(chosen) / self.tickets)
        return self._repaired(chosen)

    def _lack(self, had: Numbers) -> Numbers:
        return np.clip(self.aims - had, 0, None) / np.sqrt(np.maximum(self.aims, 1.0))

    def _next(self, chosen: list[int]) -> int:
        """Return a ticket that helps those who lack seats, and breadth where it is too small."""
        columns = self.columns
        had = columns.held[chosen].sum(axis=0, dtype=np.int64)
        weights = self._lack(had) + 1e-6
        weights /= float(np.sort(weights)[-self.full :].sum())
        figures, price = (columns.cover, columns.even), [0.0, 0.0]
        for part, goal in enumerate(self.goal):
            mean = float(figures[part][chosen].sum()) / max(len(chosen), 1)
            is_short = mean < goal * (1 + MARGIN)
            strength = self.strength[part] * (1.3 if is_short else 0.9)
            self.strength[part] = min(max(strength, 0.01), 100.0)
            price[part] = self.strength[part] / max(self.best[part], SLACK)
        new = self._price(self._noisy(weights, 0.3, 4), price[0], price[1])
        at = np.array(new or range(len(columns.pairs)))
        worth = (
            columns.held[at] @ weights + price[0] * columns.cover[at] + price[1] * columns.even[at]
        )
        return int(at[int(worth.argmax())])

    def _short(self, chosen: list[int]) -> float:
        """Return by how many tickets' worth the breadth of all is too small."""
        figures = (self.columns.cover, self.columns.even)
        return sum(
            max(goal * len(chosen) * (1 + SLACK) - float(values[chosen].sum()), 0.0) / goal
            for values, goal in zip(figures, self.goal, strict=True)
            if goal > 0
        )

    def _repaired(self, chosen: list[int]) -> list[int]:
        """Exchange tickets one by one while that helps those who lack most, or breadth."""
        columns, waited = self.columns, 0
        for turn in range(REPAIRS):
            had = columns.held[chosen].sum(axis=0, dtype=np.int64)
            lack, short = self._lack(had), self._short(chosen)
            if waited > PATIENCE or not (lack.any() or short):
                break
            loss = columns.held[chosen] @ (self._lack(had - 1) ** 2 - lack**2)
            if short:
                loss = loss + self._breadth(chosen)
            row = np.argsort(loss, kind="stable")
            out = int(row[self.random.randint(min(CANDIDATES, len(row)))])
            rest = chosen[:out] + chosen[out + 1 :]
            at = self._next(rest)
            after = had - columns.held[chosen[out]] + columns.held[at]
            before = (lack**2).sum() + short**2
            is_better = (self._lack(after) ** 2).sum() + self._short(
                [*rest, at]
            ) ** 2 < before - SLACK
            waited = 0 if is_better else waited + 1
            chosen = [*rest, at] if is_better else chosen
            if turn % 20 == 0:
                self.ready(0.8 + 0.2 * turn / REPAIRS)
        return chosen

    def _breadth(self, chosen: list[int]) -> Numbers:
        """Return how broad tickets are, as shares of the best."""
        columns = self.columns
        cover = columns.cover[chosen] / max(self.best[0], SLACK)
        return cover + columns.even[chosen] / max(self.best[1], SLACK)
