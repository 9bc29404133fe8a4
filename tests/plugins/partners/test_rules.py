"""Decisions on plain values: how complete, what differs, what a fee says, how dark a tile is."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.partners.rules import WISHES, cents, completeness, differs, map_step

FULL = {name: ["something"] for name, *_rest in WISHES}


def test_weights_add_up_to_a_hundred() -> None:
    assert sum(weight for _name, weight, *_texts in WISHES) == 100


def test_full_profile_is_complete() -> None:
    assert completeness(FULL, {"a": "2026-01-01"}) == (100, [])


def test_empty_profile_lacks_everything() -> None:
    done, missing = completeness({}, {})
    assert done == 0
    assert {item.name for item in missing} == set(FULL)


def test_most_useful_is_asked_for_first() -> None:
    _done, missing = completeness({}, {})
    weights = [item.weight for item in missing]
    assert weights == sorted(weights, reverse=True)


@given(st.sets(st.sampled_from([name for name in FULL if name != "commitments"])))
def test_each_thing_counts_by_its_weight(given_names: set[str]) -> None:
    done, missing = completeness({name: FULL[name] for name in given_names}, {})
    assert done == sum(weight for name, weight, *_texts in WISHES if name in given_names)
    assert {item.name for item in missing} == set(FULL) - given_names


@pytest.mark.parametrize(
    ("count", "most", "step"),
    [
        (0, 10, 0),
        (0, 0, 0),
        (1, 0, 0),
        (1, 1000, 1),
        (6, 100, 1),
        (7, 100, 2),
        (20, 100, 2),
        (21, 100, 3),
        (45, 100, 3),
        (46, 100, 4),
        (75, 100, 4),
        (76, 100, 5),
        (1, 1, 1),
        (3, 5, 3),
        (5, 5, 5),
        (6, 6, 5),
    ],
)
def test_tile_is_the_darker_the_larger_its_share(count: int, most: int, step: int) -> None:
    assert map_step(count, most) == step


@given(st.integers(0, 10_000), st.integers(0, 10_000), st.integers(1, 10_000))
def test_more_is_never_lighter(one: int, other: int, most: int) -> None:
    few, many = sorted((one, other))
    assert map_step(min(few, most), most) <= map_step(min(many, most), most) <= 5


@pytest.mark.parametrize(
    ("values", "apart"),
    [
        ([], []),
        (["a"], [False]),
        (["a", "a"], [False, False]),
        (["a", "b"], [True, True]),
        (["a", "a", "b"], [False, False, True]),
        (["a", "b", "c"], [True, True, True]),
        (["a", "a", "b", "b"], [True, True, True, True]),
        (["a", ""], [False, False]),
        (["", "a", "b"], [False, True, True]),
        (["a", "", "a", "b"], [False, False, False, True]),
        (["", ""], [False, False]),
    ],
)
def test_what_stands_apart(values: list[str], apart: list[bool]) -> None:
    assert differs(values) == apart


@given(st.lists(st.sampled_from(["", "a", "b", "c"]), max_size=4))
def test_unknown_never_differs(values: list[str]) -> None:
    marks = differs(values)
    assert len(marks) == len(values)
    assert not any(mark for value, mark in zip(values, marks, strict=True) if not value)


@given(st.lists(st.sampled_from(["a", "b"]), max_size=4), st.integers(0, 3))
def test_unknown_changes_nothing_for_the_others(values: list[str], unknown: int) -> None:
    assert differs([*values, *[""] * unknown])[: len(values)] == differs(values)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("", None),
        ("  ", None),
        ("0", 0),
        ("12", 1200),
        ("12.50", 1250),
        ("12,50", 1250),
        ("12,5", 1250),
        (" 0.05 ", 5),
        ("100000", 10_000_000),
    ],
)
def test_fee_is_read_as_people_write_it(text: str, amount: int | None) -> None:
    assert cents(text) == amount


@pytest.mark.parametrize(
    "text", ["x", "-1", "+1", "1.234,50", "12.345", "12.", ".5", "1e3", "100000.01", "٣", "12 €"]
)
def test_what_is_no_fee_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(text)):
        cents(text)


@given(st.integers(0, 10_000_000), st.sampled_from(".,"))
def test_every_amount_survives_being_written(amount: int, mark: str) -> None:
    assert cents(f"{amount // 100}{mark}{amount % 100:02}") == amount
