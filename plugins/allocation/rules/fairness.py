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
from plugins.allocation.rules.linear import Master, Relaxation
from plugins.allocation.rules.tickets import Result, result_of
from portal.errors import Invalid
from portal.i18n import _

Numbers = Any
Ready = Callable[[float], None]
BATCH = 16
ROUNDS, PATIENCE, NEAR_ENOUGH = 120, 10, 0.975
RANK, WORTH_OF_FIRST, LEXIMIN = 5.0, 1e-3, 0.6
SLACK = 1e-9


class _Columns:
    """The tickets known so far."""

    def __init__(self, layout: Layout, pricer: Pricer, full: int, least: tuple[float, float]):
        self.layout, self.pricer, self.full, self.least = layout, pricer, full, least
        self.people = np.array([i for i, wanted in enumerate(layout.wants) if wanted])
        self.known: dict[bytes, int] = {}
        self.pairs: list[tuple[tuple[int, int], ...]] = []
        self.held = np.zeros((0, len(layout.ids)), dtype=np.int8)
        self.cover = np.zeros(0)
        self.even = np.zeros(0)
        self.first = np.zeros(0)

    def add(self, batch: Batch, order: list[int]) -> list[int]:
        """Keep the tickets that fill all seats and are broad enough; return their numbers."""
        found, held, figures = [], [], []
        for row, seats in enumerate(batch.seats):
            pairs = tuple(sorted((int(i), t) for i, t in zip(seats, order, strict=False) if i >= 0))
            numbers = int(batch.cover[row]), int(batch.even[row]), int(batch.first[row])
            if len(pairs) < self.full:
                board = board_of(self.layout, pairs)
                board.fill_up()
                pairs = tuple(board.pairs())
                numbers = self.pricer.figures(list(pairs))
            cover, even = self.units(numbers)
            if cover < self.least[0] - SLACK or even < self.least[1] - SLACK:
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
        relaxation = Relaxation(layout, self.full)
        cover, crowd = relaxation.best()
        if all(float(weight).is_integer() for weight in layout.weight):
            cover = float(np.floor(cover + 1e-6))
        self.best = cover, 1 - crowd
        epsilon = layout.settings.epsilon
        self.goal = (1 - epsilon) * cover, (1 - epsilon) * (1 - crowd)
        limits = relaxation.limits(*self.goal)
        if limits is None:
            raise Invalid(_("No allocation keeps all limits and floors."))
        self.limits = limits
        least = (1 - 2 * epsilon) * cover, (1 - 2 * epsilon) * (1 - crowd)
        self.columns = _Columns(layout, self.pricer, self.full, least)
        self.push = [0.1, 1.0]

    def run(self) -> Result:
        """Make tickets, find how often to use each, round."""
        self.ready(0.05)
        self._begin()
        chances, shares = self._generate()
        chosen = self._rounded(chances, shares)
        return result_of(
            self.layout,
            [self.columns.pairs[at] for at in chosen],
            self.best,
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
        """Make the broadest tickets, and some for everybody in turn."""
        count = len(self.layout.ids)
        flat = np.full(count, 1.0 / count)
        unit, even = 1.0 / max(self.best[0], 1.0), 1.0 / max(self.best[1], 1e-9)
        for times in (0.3, 1.0, 3.0):
            self._price(self._noisy(flat * 1e-2, 1.0), unit * count, times * even * count / 3, 2)
        had = np.zeros(count)
        for turn in range(24):
            lack = turn * BATCH * self.full / count - had
            weights = np.exp(np.clip(lack / BATCH * 2, -4, 4)) / count
            strength = 3.0 ** (turn % 5 - 2)
            rows = self._noisy(weights, 0.7)
            for at in self._price(rows, strength * unit * 0.3, strength * even * 0.1):
                had += self.columns.held[at]

    def _generate(self) -> tuple[Numbers, Numbers]:
        """Return chances, and how often to use each ticket."""
        columns = self.columns
        fair = self.limits.lowest + LEXIMIN * (self.limits.fair - self.limits.lowest)
        fair = np.maximum(np.minimum(fair, self.limits.fair), 0.0)
        master = Master(fair[columns.people], *self.goal)
        added, best, waited = 0, 0.0, 0
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
            waited = 0 if value > best * 1.002 else waited + 1
            best = max(best, value)
            if value >= NEAR_ENOUGH or waited > PATIENCE:
                break
            prices = np.zeros(len(self.layout.ids))
            prices[columns.people] = people
            smooth = prices if smooth is None else 0.5 * prices + 0.5 * smooth
            self._price(self._noisy(prices, 0.3), cover, even)
            self._price(self._noisy(smooth, 0.5), cover, even)
            self.ready(0.1 + 0.6 * turn / ROUNDS)
        self.prices = cover, even
        return shares @ columns.held[:added], shares

    def _rounded(self, chances: Numbers, shares: Numbers) -> list[int]:
        """Return the tickets, each as often as its share says; rounding is made good."""
        columns, goal = self.columns, chances * self.tickets
        whole = np.floor(np.maximum(shares, 0) * self.tickets + 1e-9).astype(int)
        chosen = [at for at, times in enumerate(whole) for _time in range(times)]
        had = columns.held[chosen].sum(axis=0, dtype=np.int64).astype(float)
        sums = [float(columns.cover[chosen].sum()), float(columns.even[chosen].sum())]
        strength = 1.0
        while len(chosen) < self.tickets:
            weights = np.clip(goal - had, 0, None) / np.maximum(goal, 1.0)
            weights /= max(float(weights.sum()), 1e-9)
            cover = strength * (self.prices[0] + 0.05 / max(self.best[0], 1.0))
            new = self._price(self._noisy(weights, 0.3, 4), cover, strength * self.prices[1])
            fits = columns.held[new] @ weights if new else columns.held @ weights
            at = (new or range(len(columns.pairs)))[int(fits.argmax())]
            chosen.append(at)
            had += columns.held[at]
            sums[0] += float(columns.cover[at])
            sums[1] += float(columns.even[at])
            is_broad = all(
                got >= goal * len(chosen) for got, goal in zip(sums, self.goal, strict=False)
            )
            strength *= 0.9 if is_broad else 1.2
            if len(chosen) % 50 == 0:
                self.ready(0.7 + 0.3 * len(chosen) / self.tickets)
        return self._broad_enough(chosen, sums)

    def _broad_enough(self, chosen: list[int], sums: list[float]) -> list[int]:
        """Put broader tickets in the place of the narrowest until the averages are right."""
        columns = self.columns
        for part, figures in enumerate((columns.cover, columns.even)):
            broadest = int(figures.argmax())
            for at in sorted(range(len(chosen)), key=lambda n: (figures[chosen[n]], n)):
                if sums[part] >= self.goal[part] * len(chosen) - SLACK:
                    break
                for other, values in enumerate((columns.cover, columns.even)):
                    sums[other] += float(values[broadest] - values[chosen[at]])
                chosen[at] = broadest
        return chosen
