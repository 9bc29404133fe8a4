"""Both kinds of sets do the same, and store the same bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.search.bitset import INTEGERS, ROARING, SetKind

pytest.importorskip("pyroaring")
assert ROARING is not None
KINDS = [INTEGERS, ROARING]

sparse = st.sets(st.integers(0, 200_000), max_size=60)
dense = st.builds(
    lambda first, length, step: set(range(first, first + length, step)),
    st.integers(0, 140_000),
    st.integers(0, 30_000),
    st.integers(1, 3),
)
numbers = st.one_of(sparse, dense, st.builds(set.union, sparse, dense))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
@given(a=numbers, b=numbers)
def test_operations_are_those_of_sets(kind: SetKind, a: set[int], b: set[int]) -> None:
    left, right = kind.from_ids(a), kind.from_ids(b)
    assert set(kind.iterate(left & right)) == a & b
    assert set(kind.iterate(left | right)) == a | b
    assert set(kind.iterate(kind.difference(left, right))) == a - b
    assert set(kind.iterate(kind.union([left, right, kind.empty]))) == a | b
    assert kind.count(left) == len(a)
    assert kind.and_count(left, right) == len(a & b)
    assert kind.and_counts(left, [right, left, kind.empty]) == [len(a & b), len(a), 0]
    assert bool(left) == bool(a)
    assert all(kind.contains(left, number) == (number in a) for number in (*list(b)[:5], 0, 7))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
@given(a=numbers, start=st.integers(0, 200_000))
def test_iteration_turns_around_its_start(kind: SetKind, a: set[int], start: int) -> None:
    ordered = sorted(a)
    expected = [n for n in ordered if n >= start] + [n for n in ordered if n < start]
    assert list(kind.iterate(kind.from_ids(a), start)) == expected


@given(a=numbers)
def test_both_kinds_store_the_same_bytes_and_read_each_other(a: set[int]) -> None:
    stored = {kind.to_bytes(kind.from_ids(a)) for kind in KINDS}
    assert len(stored) == 1
    for kind in KINDS:
        assert set(kind.iterate(kind.from_bytes(next(iter(stored))))) == a


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
@given(a=numbers, b=numbers)
def test_stored_bytes_do_not_tell_how_a_set_came_to_be(
    kind: SetKind, a: set[int], b: set[int]
) -> None:
    made = kind.difference(kind.from_ids(a) | kind.from_ids(b), kind.from_ids(b))
    assert kind.to_bytes(made) == kind.to_bytes(kind.from_ids(a - b))
    blobs = [kind.to_bytes(kind.from_ids(ids)) for ids in (a, b)]
    assert kind.union_of_bytes(blobs) == kind.from_ids(a | b)


def test_foreign_bytes_are_refused() -> None:
    with pytest.raises(ValueError, match="Not a stored set"):
        INTEGERS.from_bytes(b"\x00" * 16)
