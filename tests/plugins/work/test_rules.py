"""What may need what, which amounts add up, when people are reminded: plain values."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.work import gantt, rules
from plugins.work.rules import Span
from portal.errors import Invalid

DAYS = [f"2027-01-{number:02}" for number in range(1, 29)]
deeds = st.lists(
    st.tuples(
        st.sampled_from(["need", "drop", "move", "away"]),
        st.integers(0, 5),
        st.integers(0, 5),
        st.integers(0, 27),
        st.integers(0, 27),
    ),
    max_size=40,
)


@given(deeds)
@settings(max_examples=60, deadline=None)
def test_whatever_is_planned_nothing_needs_itself_and_days_hold(asked: list[tuple]) -> None:
    spans = {number: Span(number, str(number), DAYS[0], DAYS[0]) for number in range(6)}
    needs: dict[int, set[int]] = {}
    away: dict[int, list[tuple[int, int]]] = {}
    for what, item, other, first, last in asked:
        here = {key: some for key, some in spans.items() if key not in away}
        try:
            if what == "away" and item in here:  # taken away with its lines, back if they fit
                away[item] = [(a, b) for a, some in needs.items() for b in some if item in (a, b)]
                for a, b in away[item]:
                    needs[a].discard(b)
            elif what == "away":
                lines = away.pop(item)
                for a, b in lines:
                    if a not in away and b not in away:
                        try:
                            rules.check_need(spans, needs, a, b)
                        except Invalid:
                            continue
                        needs.setdefault(a, set()).add(b)
            elif item not in here:
                continue
            elif what == "need" and other in here:
                rules.check_need(spans, needs, item, other)
                needs.setdefault(item, set()).add(other)
            elif what == "drop":
                needs.get(item, set()).discard(other)
            elif what == "move":
                moved = Span(item, str(item), DAYS[min(first, last)], DAYS[max(first, last)])
                rules.check_moved(spans, needs, moved)
                spans[item] = moved
        except Invalid as error:
            assert error.field in {"needs", "starts_on", "ends_on"}
        graph = nx.DiGraph([(a, b) for a, some in needs.items() for b in some])
        assert nx.is_directed_acyclic_graph(graph)
        for a, b in graph.edges:
            assert spans[a].begins_on >= spans[b].ends_on


@given(
    st.dictionaries(st.integers(0, 6), st.sets(st.integers(0, 6))),
    st.integers(0, 6),
    st.integers(0, 6),
)
@settings(max_examples=60, deadline=None)
def test_a_named_circle_is_one_and_none_is_overlooked(
    needs: dict[int, set[int]], item: int, new: int
) -> None:
    way = rules.circle(needs, item, new)
    graph = nx.DiGraph([(a, b) for a, some in needs.items() for b in some])
    graph.add_nodes_from([item, new])
    assert bool(way) is nx.has_path(graph, new, item)
    if way:
        assert way[0] == way[-1] == item and way[1] == new
        assert all(b in needs[a] for a, b in pairwise(way[1:]))
        assert len(way) == len(nx.shortest_path(graph, new, item)) + 1


def test_a_refusal_names_the_circle_and_the_days() -> None:
    spans = {
        1: Span(1, "Draft", "2027-01-01", "2027-01-05"),
        2: Span(2, "Test", "2027-01-06", "2027-01-09"),
        3: Span(3, "Print", "2027-01-08", "2027-01-20"),
    }
    with pytest.raises(Invalid, match="“Draft” → “Test” → “Draft”"):
        rules.check_need(spans, {2: {1}}, 1, 2)
    with pytest.raises(Invalid, match=r"“Print” begins on .*8.*“Test”, which is due on .*9"):
        rules.check_need(spans, {}, 3, 2)


@pytest.mark.parametrize(
    ("total", "shares", "said"),
    [
        (100_00, [60_00, 40_00], ""),
        (100_00, [], ""),
        (100_00, [0, 0], ""),
        (100_00, [60_00, 39_99], "€0.01 is not given"),
        (100_00, [60_00, 41_00], "€1 too much"),
    ],
)
def test_shares_add_up_to_the_budget(total: int, shares: list[int], said: str) -> None:
    if not said:
        return rules.check_shares(total, shares)
    with pytest.raises(Invalid, match=said):
        rules.check_shares(total, shares)


@pytest.mark.parametrize(
    ("typed", "cents"),
    [
        ("", 0),
        ("12500", 1_250_000),
        ("12 500,5", 1_250_050),
        ("12'500.50", 1_250_050),
        ("€ 3", 300),
    ],
)
def test_amounts_are_read_as_people_type_them(typed: str, cents: int) -> None:
    assert rules.cents(typed, "cents") == cents


@pytest.mark.parametrize("typed", ["1.000", "-5", "abc", "1e9", "99999999999", "1,2,3"])
def test_what_is_no_amount_is_refused(typed: str) -> None:
    with pytest.raises(Invalid):
        rules.cents(typed, "cents")


@pytest.mark.parametrize(
    ("today", "which"),
    [
        ("2027-03-01", ""), ("2027-03-08", "soon"), ("2027-03-14", "soon"), ("2027-03-15", "due"),
        ("2027-03-21", "due"), ("2027-03-22", "late 1"), ("2027-03-29", "late 2"),
    ],
)  # fmt: skip
def test_reminders_come_a_week_before_on_the_day_and_each_week_after(
    today: str, which: str
) -> None:
    assert rules.reminder("2027-03-15", date.fromisoformat(today)) == which


def test_periods_are_whole_months_quarters_or_as_many_days() -> None:
    assert rules.period("month", date(2028, 2, 9)) == (date(2028, 2, 1), date(2028, 2, 29))
    assert rules.period("quarter", date(2026, 11, 22)) == (date(2026, 10, 1), date(2026, 12, 31))
    before = rules.shifted("quarter", date(2026, 1, 1), date(2026, 3, 31), -1)
    assert before == (date(2025, 10, 1), date(2025, 12, 31))
    own = rules.shifted("own", date(2026, 1, 5), date(2026, 1, 14), 1)
    assert own == (date(2026, 1, 15), date(2026, 1, 24))
    assert rules.due_report("month", "2026-10-31", date(2026, 11, 22)) is None
    assert rules.due_report("month", "2026-09-30", date(2026, 11, 22)) == date(2026, 10, 31)


def test_the_picture_places_bars_by_day_and_names_few_months() -> None:
    first, last = date(2026, 1, 10), date(2032, 12, 20)
    bars = [
        gantt.Bar(1, "WP 1", "package", first, last),
        gantt.Bar(2, "A very long title that would run into the bars", "task", first, last, "late"),
        gantt.Bar(3, "There", "milestone", last, last, "done"),
    ]
    chart = gantt.draw(bars, {3: [2]}, date(2027, 1, 1), {n: str(n) for n in range(1, 13)})
    assert len(chart.heads) <= gantt.MOST_HEADS and len(chart.lines) == 1
    assert all(0 <= row.x <= row.x + row.width <= chart.width for row in chart.rows)
    assert chart.rows[1].title.endswith("…") and chart.today
    assert gantt.draw([], {}, first, {}).rows == []
