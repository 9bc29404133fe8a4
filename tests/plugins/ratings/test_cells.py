"""Learners' answers leave in cells; two snapshots differ by whole cells."""

from __future__ import annotations

from collections import Counter
from datetime import date
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.ratings.cells import Waiting, cell_rows, month, new_cells, quarter
from plugins.ratings.rowsfile import LEARNER, Row


def waiting(key: object, criterion: str = "tasks", ended: date = date(2026, 2, 3)) -> Waiting:
    return Waiting(key, "a", "b", criterion, ended)


@pytest.mark.parametrize(
    ("day", "first"), [((2026, 1, 31), (2026, 1, 1)), ((2026, 6, 1), (2026, 4, 1)), ((2026, 12, 9), (2026, 10, 1))]
)  # fmt: skip
def test_days_are_rounded_to_quarters_and_months(day, first) -> None:
    assert quarter(date(*day)) == date(*first)
    assert month(date(*day)) == date(day[0], day[1], 1)


def test_two_learners_wait_for_a_third() -> None:
    assert new_cells([waiting(1), waiting(2)]) == []
    (cell,) = new_cells([waiting(1), waiting(2), waiting(3)])
    assert sorted(cell.keys) == [1, 2, 3]


def test_a_cell_has_one_question_one_quarter_and_one_pair() -> None:
    some = [waiting(1), waiting(2), waiting(3, "safety"), waiting(4, ended=date(2026, 5, 1))]
    other = Waiting(5, "c", "b", "tasks", date(2026, 2, 3))
    assert new_cells([*some, other]) == []


@pytest.mark.parametrize("count", range(3, 20))
def test_cells_are_as_small_as_may_be_and_nobody_is_left_behind(count: int) -> None:
    cells = new_cells([waiting(key) for key in range(count)])
    assert sorted(key for cell in cells for key in cell.keys) == list(range(count))
    assert all(3 <= len(cell.keys) <= 5 for cell in cells)


def test_a_larger_cell_can_be_asked_for() -> None:
    assert new_cells([waiting(key) for key in range(4)], smallest=5) == []


def test_who_is_together_is_chance() -> None:
    made = {
        frozenset(new_cells([waiting(k) for k in range(6)], random=Random(seed))[0].keys)
        for seed in range(9)
    }
    assert len(made) > 1


def test_rows_of_a_cell_tell_neither_the_cell_nor_who_it_was() -> None:
    stars = [5, 1, 4]
    rows = cell_rows("secret", "a", "b", "tasks", stars, date(2026, 2, 3), date(2026, 5, 9))
    assert [row.stars for row in rows] == [1, 4, 5]
    assert {row.role for row in rows} == {LEARNER}
    assert {(row.mobility_ended_on, row.released_on) for row in rows} == {
        (date(2026, 1, 1), date(2026, 5, 1))
    }
    assert len({row.rating_id for row in rows}) == 3
    assert not any("secret" in row.rating_id for row in rows)
    other = cell_rows("token", "a", "b", "tasks", stars, date(2026, 2, 3), date(2026, 5, 9))
    assert not {row.rating_id for row in rows} & {row.rating_id for row in other}


Stored = dict[int, tuple[str, int]]


def snapshot(stored: Stored, stars: dict[int, int], gone: set[int]) -> Counter[Row]:
    """Return the rows that the public sees: whole cells without anybody who is gone."""
    tokens: dict[str, list[int]] = {}
    for key, (token, _place) in stored.items():
        tokens.setdefault(token, []).append(key)
    rows: Counter[Row] = Counter()
    for token, keys in tokens.items():
        if not gone & set(keys):
            marks = [stars[key] for key in keys]
            rows.update(
                cell_rows(token, "a", "b", "tasks", marks, date(2026, 2, 1), date(2026, 5, 1))
            )
    return rows


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.integers(1, 5), st.just("withdraw"), st.just("release")), max_size=40))
def test_no_two_snapshots_differ_by_fewer_rows_than_a_cell(steps: list[int | str]) -> None:
    stars: dict[int, int] = {}
    stored: Stored = {}
    gone: set[int] = set()
    before: Counter[Row] = Counter()
    for step in steps:
        if isinstance(step, int):
            stars[len(stars)] = step
        elif step == "withdraw" and stars:
            gone.add((len(gone) * 7) % len(stars))
        elif step == "release":
            free = [key for key in stars if key not in stored and key not in gone]
            for cell in new_cells([waiting(key) for key in free]):
                stored.update({key: (cell.token, place) for place, key in enumerate(cell.keys)})
        after = snapshot(stored, stars, gone)
        for difference in (after - before, before - after):
            assert sum(difference.values()) == 0 or sum(difference.values()) >= 3
        before = after


def test_without_cells_a_single_answer_would_be_seen() -> None:
    one = cell_rows("t", "a", "b", "tasks", [4, 4, 4], date(2026, 2, 1), date(2026, 5, 1))
    more = cell_rows("t", "a", "b", "tasks", [4, 4, 4, 1], date(2026, 2, 1), date(2026, 5, 1))
    assert sum((Counter(r.stars for r in more) - Counter(r.stars for r in one)).values()) == 1
