"""The last touches to tickets: nobody loses by not telling a group, and the averages are right."""

from __future__ import annotations

from collections.abc import Sequence

from plugins.allocation.rules.board import Layout, board_of

Pairs = Sequence[tuple[int, int]]
Figures = tuple[float, float]
SLACK, ROUNDS, LOOKED_AT = 1e-9, 4, 60


def finish(
    layout: Layout,
    tickets: Sequence[Pairs],
    broadest: Sequence[Pairs],
    goals: Figures,
    least: Figures,
) -> list[list[tuple[int, int]]]:
    """Return the tickets with both promises kept.

    `broadest` are tickets with the greatest coverage and evenness known, `goals` the means of
    both that the tickets must reach, `least` what each must have.
    """
    work = _Tickets(layout, tickets)
    for _round in range(ROUNDS):
        work.broaden(broadest, goals)
        if not work.lift_untold(least):
            break
    else:
        work.broaden(broadest, goals)
    return [list(pairs) for pairs in work.tickets]


class _Tickets:
    def __init__(self, layout: Layout, tickets: Sequence[Pairs]) -> None:
        self.layout = layout
        self.tickets = [tuple(sorted(pairs)) for pairs in tickets]
        known: dict[Pairs, Figures] = {}
        for pairs in self.tickets:
            if pairs not in known:
                known[pairs] = _figures(layout, pairs)
        self.figures = [known[pairs] for pairs in self.tickets]
        self.had = [0] * len(layout.ids)
        for pairs in self.tickets:
            self._count(pairs, 1)

    def _count(self, pairs: Pairs, by: int) -> None:
        for person in {person for person, _table in pairs}:
            self.had[person] += by

    def _put(self, at: int, pairs: Pairs, figures: Figures) -> None:
        self._count(self.tickets[at], -1)
        self._count(pairs, 1)
        self.tickets[at], self.figures[at] = tuple(sorted(pairs)), figures

    def broaden(self, broadest: Sequence[Pairs], goals: Figures) -> None:
        """Put broader tickets in the place of the narrowest until the averages are right.

        Of those that are broad enough in both, the one goes in whose people have had fewest seats.
        """
        known = [(_figures(self.layout, pairs), pairs) for pairs in broadest]
        for part in (0, 1):
            order = sorted(range(len(self.tickets)), key=lambda n: (self.figures[n][part], n))
            total = sum(figure[part] for figure in self.figures)
            most = max(figures[part] for figures, _pairs in known)
            enough = (goals[part] + most) / 2
            broad = [one for one in known if one[0][part] >= enough - SLACK]
            for at in order:
                if total >= goals[part] * len(order) - SLACK:
                    break
                figures, pairs = max(
                    broad, key=lambda one: (sum(1 / (self.had[i] + 1) for i, _table in one[1]), one)
                )
                total += figures[part] - self.figures[at][part]
                self._put(at, pairs, figures)

    def lift_untold(self, least: Figures) -> bool:
        """Let nobody who kept a group to themselves have fewer seats than the least of their like.

        Their like chose the same tables and told all. Seats come from those of them who have most,
        in the tickets that stay broadest. Returns whether anything changed.
        """
        layout, changed = self.layout, False
        untold = [not all(layout.told[code] for code in codes) for codes in layout.codes]
        like: dict[frozenset[int], list[int]] = {}
        for person, tables in enumerate(layout.wants):
            if tables and not untold[person]:
                like.setdefault(frozenset(tables), []).append(person)
        for person, tables in enumerate(layout.wants):
            if not untold[person]:
                continue
            others = like.get(frozenset(tables), [])
            while others and self.had[person] < min(self.had[i] for i in others):
                if not self._give(person, sorted(others, key=lambda i: (-self.had[i], i)), least):
                    break
                changed = True
        return changed

    def _give(self, person: int, donors: Sequence[int], least: Figures) -> bool:
        for donor in donors:
            best: tuple[float, float, int, Pairs] | None = None
            looked = 0
            for at, pairs in enumerate(self.tickets):
                inside = {i for i, _table in pairs}
                if donor not in inside or person in inside or looked >= LOOKED_AT:
                    continue
                looked += 1
                table = next(table for i, table in pairs if i == donor)
                rest = [pair for pair in pairs if pair != (donor, table)]
                board = board_of(self.layout, rest)
                if not board.may_sit(person, table):
                    continue
                board.sit(person, table)
                figures = board.coverage(), board.simpson()
                if figures[0] < least[0] - SLACK or figures[1] < least[1] - SLACK:
                    continue
                if board.meets_floors() and (best is None or (*figures, -at) > best[:3]):
                    best = (*figures, -at, tuple(board.pairs()))
            if best is not None:
                self._put(-best[2], best[3], best[:2])
                return True
        return False


def _figures(layout: Layout, pairs: Pairs) -> Figures:
    board = board_of(layout, pairs)
    return board.coverage(), board.simpson()
