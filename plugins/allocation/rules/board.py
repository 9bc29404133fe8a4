"""One allocation as it grows: who sits where, what a seat adds to breadth, which seats are free.

Numbers instead of names: people, tables, organisations and values are counted from zero, in the
order of the pool and the settings. Everything here is exact and the same on every machine.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any

from plugins.allocation.rules.pool import Pool, Settings
from portal.errors import Invalid
from portal.i18n import _


class Layout:
    """Pool and settings in numbers, made once and shared by all boards. Raises Invalid."""

    def __init__(self, pool: Pool, settings: Settings) -> None:
        self.pool, self.settings = pool, settings
        self.tables = sorted(settings.tables)
        self.places = [settings.tables[name] for name in self.tables]
        number = {name: at for at, name in enumerate(self.tables)}
        self.ids = [person.id for person in pool.people]
        self.wants: list[list[int]] = []
        for person in pool.people:
            for name in person.choices:
                if name not in number:
                    raise Invalid(
                        _(
                            "%(code)s chose the table “%(name)s”, which the settings don't have.",
                            code=person.id,
                            name=name,
                        ),
                        "choices",
                    )
            chosen = dict.fromkeys(number[name] for name in person.choices)
            self.wants.append([at for at in chosen if self.places[at]])
        orgs: dict[str, int] = {}
        self.org = [orgs.setdefault(p.org, len(orgs)) if p.org else -1 for p in pool.people]
        self.org_count = len(orgs)
        values: dict[tuple[int, str], int] = {}
        self.codes = [
            [
                values.setdefault((at, person.features.get(name, "")), len(values))
                for at, name in enumerate(settings.features)
            ]
            for person in pool.people
        ]
        self.values = list(values)
        self.weight = [settings.weight(settings.features[at]) for at, _value in values]
        self.told = [value != "" for _at, value in values]
        self.seats_each = settings.seats_per_person
        self.org_cap = settings.org_cap or len(pool.people) + 1
        self.series_cap = settings.series_cap or sum(self.places) + 1
        self.clash = [{at} for at in range(len(self.tables))]
        for one, other in settings.clashes:
            self.clash[number[one]].add(number[other])
            self.clash[number[other]].add(number[one])
        self.floors = [
            (
                {i for i, p in enumerate(pool.people) if p.features.get(f.feature) == f.value},
                f.seats,
            )
            for f in settings.floors
        ]
        total = sum(settings.weight(name) for name in settings.features)
        self.scale = total * sum(1 for places in self.places if places)
        self.base = self.scale

    def can_have_a_seat(self) -> list[bool]:
        """Say of each person whether any chosen table has a place at all."""
        return [bool(tables) for tables in self.wants]


class Board:
    """Who sits where."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.at: list[list[int]] = [[] for _tables in layout.tables]
        self.of: list[list[int]] = [[] for _person in layout.ids]
        self.count = [[0] * len(layout.values) for _tables in layout.tables]
        self.org_at: dict[tuple[int, int], int] = {}
        self.org_all: dict[int, int] = {}

    def sit(self, person: int, table: int) -> None:
        """Give a seat; whoever calls has asked `may_sit`."""
        self._move(person, table, 1)
        self.at[table].append(person)
        self.of[person].append(table)

    def leave(self, person: int, table: int) -> None:
        """Take a seat back."""
        self._move(person, table, -1)
        self.at[table].remove(person)
        self.of[person].remove(table)

    def _move(self, person: int, table: int, by: int) -> None:
        count = self.count[table]
        for code in self.layout.codes[person]:
            count[code] += by
        org = self.layout.org[person]
        if org >= 0:
            self.org_at[org, table] = self.org_at.get((org, table), 0) + by
            self.org_all[org] = self.org_all.get(org, 0) + by

    def has_room(self, table: int) -> bool:
        """Say whether a place is free at a table."""
        return len(self.at[table]) < self.layout.places[table]

    def may_sit(self, person: int, table: int) -> bool:
        """Say whether a person may have a seat at a table that has room, by every limit."""
        layout, org = self.layout, self.layout.org[person]
        seated = self.of[person]
        return (
            len(seated) < layout.seats_each
            and layout.clash[table].isdisjoint(seated)
            and (
                org < 0
                or (
                    self.org_at.get((org, table), 0) < layout.org_cap
                    and self.org_all.get(org, 0) < layout.series_cap
                )
            )
        )

    def gain(self, person: int, table: int) -> tuple[float, float]:
        """Return what a seat adds: values not yet at the table, and evenness (not above zero).

        Evenness is the change of the mean Gini-Simpson index, 1 - sum of (n/places) squared.
        """
        layout, count = self.layout, self.count[table]
        new = crowd = 0.0
        for code in layout.codes[person]:
            here = count[code]
            if not here and layout.told[code]:
                new += layout.weight[code]
            crowd += layout.weight[code] * (2 * here + 1)
        return new, -crowd / (layout.places[table] ** 2 * (layout.scale or 1))

    def filled(self) -> int:
        """Return how many seats are taken."""
        return sum(map(len, self.at))

    def coverage(self) -> float:
        """Return how many (table, feature, value) are present, by weight; untold ones never."""
        layout = self.layout
        return sum(
            layout.weight[code]
            for count in self.count
            for code, here in enumerate(count)
            if here and layout.told[code]
        )

    def simpson(self) -> float:
        """Return the mean Gini-Simpson index of tables and features, by weight.

        Those who did not tell are one group more. Without features nothing is uneven.
        """
        layout = self.layout
        if not layout.scale:
            return 1.0
        crowd = sum(
            layout.weight[code] * here * here / layout.places[table] ** 2
            for table, count in enumerate(self.count)
            for code, here in enumerate(count)
            if here
        )
        return 1 - crowd / layout.scale

    def meets_floors(self) -> bool:
        """Say whether each floor is met."""
        return all(
            sum(len(self.of[i]) for i in members) >= seats for members, seats in self.layout.floors
        )

    def pairs(self) -> list[tuple[int, int]]:
        """Return who sits where, sorted."""
        return sorted((i, table) for table, people in enumerate(self.at) for i in people)

    # As many seats as possible

    def fill_up(self) -> int:
        """Seat as many as possible without unseating anyone, moving some; return how many sit.

        The limits make a network, so no other allocation seats more (augmenting paths).
        """
        room = sum(map(self.has_room, range(len(self.at))))
        while room:
            path = self._path()
            if path is None:
                break
            for person, table in path[1]:
                self.leave(person, table)
            for person, table in path[0]:
                self.sit(person, table)
            room = sum(map(self.has_room, range(len(self.at))))
        return self.filled()

    def _path(self) -> tuple[list[tuple[int, int]], list[tuple[int, int]]] | None:
        """Return the seats that a shortest augmenting path gives, and those it takes."""
        layout = self.layout
        came: dict[tuple[int, int], tuple[tuple[int, int], tuple[int, int] | None]] = {}
        row: deque[tuple[int, int]] = deque()
        for person, tables in enumerate(layout.wants):
            free = self.org_all.get(layout.org[person], 0) < layout.series_cap
            if tables and free and len(self.of[person]) < layout.seats_each:
                start = (person, -1)  # somebody, and the table they leave for another
                came[start] = (start, None)
                row.append(start)
        while row:
            node = row.popleft()
            person, left = node
            for table in layout.wants[person]:
                others = [t for t in self.of[person] if t != left]
                if table in self.of[person] or not layout.clash[table].isdisjoint(others):
                    continue
                org = layout.org[person]
                full = org >= 0 and self.org_at.get((org, table), 0) >= layout.org_cap
                if self.has_room(table) and not full:
                    return self._unwound(came, node, table)
                for other in self.at[table]:
                    if (full and layout.org[other] != org) or (other, table) in came:
                        continue
                    came[other, table] = (node, (person, table))
                    row.append((other, table))
                    if layout.series_cap <= sum(layout.places):
                        self._colleagues(came, row, other, table)
        return None

    def _colleagues(
        self, came: dict[tuple[int, int], Any], row: deque[tuple[int, int]], person: int, table: int
    ) -> None:
        """Let a colleague have the seat of the series that somebody gives up."""
        org = self.layout.org[person]
        for other, mine in enumerate(self.layout.org):
            node = (other, -1)
            has_turn = len(self.of[other]) < self.layout.seats_each
            if mine == org >= 0 and node not in came and other != person and has_turn:
                came[node] = ((person, table), None)
                row.append(node)

    def _unwound(
        self,
        came: dict[tuple[int, int], Any],
        node: tuple[int, int],
        table: int,
    ) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        given, taken = [(node[0], table)], []
        while True:
            before, seat = came[node]
            if node[1] >= 0:
                taken.append(node)
            if before == node:
                return given, taken
            if seat is not None:
                given.append(seat)
            node = before


def most_seats(layout: Layout) -> int:
    """Return how many seats can be filled at once, by a greatest flow."""
    board = Board(layout)
    for person, tables in enumerate(layout.wants):
        for table in tables:
            if board.has_room(table) and board.may_sit(person, table):
                board.sit(person, table)
    return board.fill_up()


def board_of(layout: Layout, seats: Iterable[tuple[int, int]]) -> Board:
    """Return a board with these seats taken, unchecked."""
    board = Board(layout)
    for person, table in seats:
        board.sit(person, table)
    return board


def first_choices(layout: Layout, seats: Sequence[tuple[int, int]]) -> int:
    """Return how many of those seated got the first table of their list."""
    return sum(1 for person, table in seats if layout.wants[person][:1] == [table])
