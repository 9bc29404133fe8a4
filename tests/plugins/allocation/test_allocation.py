"""How places are given: hard rules, breadth, equal chances, the same on every machine."""

from __future__ import annotations

import os
import random
import resource
import subprocess
import sys
import time
from collections import Counter, deque
from functools import cache
from itertools import pairwise
from typing import Any

import pytest

from plugins.allocation import rules
from plugins.allocation.rules.board import Layout, board_of, most_seats
from plugins.allocation.rules.checking import seated
from plugins.allocation.rules.greedy import broadest
from portal.errors import Invalid
from tests.plugins.allocation.pools import BEST, LARGER, STORED, large_settings, made_up, stored

needs_solver = pytest.mark.skipif(not rules.has_solver(), reason="needs the extra `allocation`")


@cache
def result(name: str, plain: bool = False) -> rules.Result:
    """Allocate one of the stored pools, once for all tests."""
    return rules.allocate(*stored(name), plain=plain, tickets=200 if plain else 1_000)


# Hard rules


def any_instance(number: int) -> tuple[rules.Pool, rules.Settings]:
    """Return a small random instance with whatever a host can wish."""
    chance = random.Random(number)
    tables = {f"T{n}": chance.randint(0 if n > 1 else 1, 5) for n in range(1, chance.randint(2, 5))}
    features = ("a", "b", "c")[: chance.randint(0, 3)]
    people = tuple(
        rules.Person(
            f"p{n}",
            n,
            chance.choice(["", "x", "y", "z", f"o{n}"]),
            {name: chance.choice(["", "1", "2", "3"]) for name in features},
            tuple(chance.sample(sorted(tables), chance.randint(0, len(tables)))),
        )
        for n in range(chance.randint(1, 25))
    )
    seats = chance.choice([1, 1, 1, 2])
    names = sorted(tables)
    clashes = ((names[0], names[1]),) if seats > 1 and len(names) > 1 else ()
    return rules.Pool(people), rules.Settings(
        tables=tables,
        org_cap=chance.choice([1, 1, 2, None]),
        series_cap=chance.choice([None, None, None, 2]),
        features=features,
        seats_per_person=seats,
        epsilon=chance.choice([0.02, 0.1, 0.2]),
        clashes=clashes,
    )


def greatest_flow(layout: Layout) -> int:
    """Return how many seats a network lets through: another program than the portal's."""
    room: dict[tuple[Any, Any], int] = {}

    def pipe(one: Any, other: Any, most: int) -> None:
        room[one, other] = max(most, room.get((one, other), 0))
        room.setdefault((other, one), 0)

    for person, tables in enumerate(layout.wants):
        org = layout.org[person] if layout.org[person] >= 0 else f"alone {person}"
        cap = layout.org_cap if layout.org[person] >= 0 else 1
        pipe("from", ("org", org), layout.series_cap if layout.org[person] >= 0 else 99)
        pipe(("org", org), ("person", person), layout.seats_each)
        for table in tables:
            slot = min(layout.clash[table])
            pipe(("person", person), ("slot", person, slot), 1)
            pipe(("slot", person, slot), ("at", org, table), 1)
            pipe(("at", org, table), ("table", table), cap)
            pipe(("table", table), "to", layout.places[table])
    near: dict[Any, list[Any]] = {}
    for one, other in room:
        near.setdefault(one, []).append(other)
    flow = 0
    while True:
        came, row = {"from": None}, deque(["from"])
        while row and "to" not in came:
            node = row.popleft()
            for other in near.get(node, ()):
                if other not in came and room[node, other] > 0:
                    came[other] = node
                    row.append(other)
        if "to" not in came:
            return flow
        node = "to"
        while came[node] is not None:
            room[came[node], node] -= 1
            room[node, came[node]] += 1
            node = came[node]
        flow += 1


def broken(number: int, plain: bool) -> list[str]:
    """Return the rules that an allocation of a random instance breaks."""
    pool, settings = any_instance(number)
    layout = Layout(pool, settings)
    found = rules.allocate(pool, settings, plain=plain, tickets=6)
    wrong = [why for ticket in found.tickets for why in [seated(layout, ticket)[1]] if why]
    if {len(ticket) for ticket in found.tickets} != {greatest_flow(layout)}:
        wrong.append("seats are left empty")
    return [f"{number}: {why}" for why in wrong]


def test_no_ticket_breaks_a_rule_or_leaves_a_seat_empty() -> None:
    assert [why for number in range(250) for why in broken(number, plain=True)] == []


@needs_solver
def test_no_ticket_of_the_solver_breaks_a_rule_or_leaves_a_seat_empty() -> None:
    assert [why for number in range(1_000, 1_030) for why in broken(number, plain=False)] == []


@pytest.mark.full
@pytest.mark.timeout(1_200)
@pytest.mark.parametrize("part", range(10))
def test_ten_thousand_random_instances_keep_all_rules(part: int) -> None:
    numbers = range(2_000 + part * 1_000, 3_000 + part * 1_000)

    assert [why for n in numbers for why in broken(n, plain=not rules.has_solver())] == []


# Breadth and chances


@needs_solver
@pytest.mark.parametrize("name", STORED)
def test_breadth_stays_within_epsilon_and_each_ticket_within_twice_that(name: str) -> None:
    found = result(name)
    cover, even = BEST[name]

    assert found.coverage.best == cover
    assert found.simpson.best == pytest.approx(even, abs=1e-4)
    assert min(found.coverage.expected_share, found.simpson.expected_share) >= 0.90
    assert min(found.coverage.worst_share, found.simpson.worst_share) >= 0.80


@needs_solver
@pytest.mark.parametrize("name", STORED)
def test_the_lowest_chance_is_near_what_anybody_could_reach(name: str) -> None:
    found = result(name)

    assert found.bound is not None
    assert found.lowest >= 0.90 * found.bound
    assert found.bound == pytest.approx(bound_of(name), abs=1e-6)


def bound_of(name: str) -> float:
    """Return the bound by a program written for this test, in the words of the formulation."""
    import highspy

    pool, settings = stored(name)
    cover = BEST[name][0]
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    seat = {
        (person.id, table): solver.addVariable(0, 1)
        for person in pool.people
        for table in person.choices
    }
    least = solver.addVariable(0, 1)
    for person in pool.people:
        mine = sum(seat[person.id, table] for table in person.choices)
        solver.addConstr(mine <= 1)
        solver.addConstr(mine >= least)
    present, crowd = [], []
    for table, places in settings.tables.items():
        at = [person for person in pool.people if table in person.choices]
        solver.addConstr(sum(seat[person.id, table] for person in at) == places)
        for org in {person.org for person in at}:
            solver.addConstr(sum(seat[p.id, table] for p in at if p.org == org) <= 1)
        for feature in settings.features:
            for value in {person.features[feature] for person in at}:
                inside = [p for p in at if p.features[feature] == value]
                steps = [solver.addVariable(0, 1) for _n in range(min(len(inside), places))]
                solver.addConstr(sum(seat[p.id, table] for p in inside) == sum(steps))
                present.append(steps[0])
                crowd += [(2 * n + 1) / places**2 * step for n, step in enumerate(steps)]
    scale = len(settings.features) * len(settings.tables)
    even = result(name).simpson.best  # as published, with more digits
    solver.addConstr(sum(present) >= 0.9 * cover)
    solver.addConstr(sum(crowd) <= scale * (1 - 0.9 * even))
    solver.maximize(least)
    return float(solver.getInfo().objective_function_value)


@needs_solver
def test_real_applications_get_broad_tables_and_even_chances() -> None:
    found = result("opencon2015_300")
    first, lottery = rules.rivals(*stored("opencon2015_300"))

    assert found.coverage.expected >= first.coverage + 0.10 * found.coverage.best
    assert found.lowest >= lottery.lowest
    assert found.gini <= 0.15
    assert found.first_choice >= 0.75
    assert rules.problems(found.pool, found.settings) == []


def test_without_a_solver_places_are_broad_and_nobody_is_without_a_chance() -> None:
    found = result("opencon2015_300", plain=True)

    assert not found.exact
    assert found.bound is None
    assert min(found.coverage.expected_share, found.simpson.expected_share) >= 0.90
    assert min(found.coverage.worst_share, found.simpson.worst_share) >= 0.80
    assert found.lowest > 0


def test_everybody_is_placed_without_a_draw_where_interest_fits() -> None:
    people = [rules.Person(f"p{n}", n, "", {}, ("A", "B")) for n in range(5)]
    found = rules.allocate(rules.Pool(tuple(people)), rules.Settings(tables={"A": 3, "B": 2}))

    assert not found.needs_draw
    assert set(found.chances.values()) == {1.0}
    assert found.first_choice == 0.6


@pytest.mark.parametrize("plain", [True, pytest.param(False, marks=needs_solver)])
def test_whoever_keeps_a_group_to_themselves_is_not_behind_all_of_their_like(plain: bool) -> None:
    pool, settings = stored("synthetic_vet_100")
    people = tuple(
        person
        if at % 9
        else rules.Person(
            person.id,
            person.order,
            person.org,
            dict(person.features) | {"fewer": ""},
            person.choices,
        )
        for at, person in enumerate(pool.people)
    )
    found = rules.allocate(rules.Pool(people), settings, plain=plain, tickets=200)
    like: dict[frozenset[str], list[float]] = {}
    for person in people:
        if person.features["fewer"]:
            like.setdefault(frozenset(person.choices), []).append(found.chances[person.id])

    for person in people[::9]:
        others = like.get(frozenset(person.choices))
        assert not others or found.chances[person.id] >= min(others)
    assert found.coverage.expected_share >= 0.90
    assert found.coverage.worst_share >= 0.80


def test_floors_are_met_in_each_ticket() -> None:
    pool, settings = stored("synthetic_vet_100")
    floor = rules.Floor("fewer", "yes", 9)
    wished = rules.Settings(tables=settings.tables, features=settings.features, floors=(floor,))
    few = {person.id for person in pool.people if person.features["fewer"] == "yes"}

    for plain in (True, not rules.has_solver()):
        found = rules.allocate(pool, wished, plain=plain, tickets=20)
        assert min(sum(code in few for code, _t in ticket) for ticket in found.tickets) >= 9


def test_the_broadest_allocation_is_as_broad_as_can_be() -> None:
    board = broadest(Layout(*stored("synthetic_vet_100")), random.Random(1))

    assert board.coverage() >= 0.97 * BEST["synthetic_vet_100"][0]
    assert board.filled() == most_seats(board.layout) == 24


def test_figures_are_those_of_the_formulation() -> None:
    found = result("synthetic_vet_100", plain=True)
    pool, settings = found.pool, found.settings
    covers, evens = [], []
    for ticket in found.tickets:
        groups = Counter(
            (table, feature, pool.by_id[code].features[feature])
            for code, table in ticket
            for feature in settings.features
        )
        covers.append(len(groups))
        crowd = sum((n / 8) ** 2 for n in groups.values())
        evens.append(1 - crowd / 3 / len(settings.features))

    assert found.coverage.expected == pytest.approx(sum(covers) / 200)
    assert found.coverage.worst == min(covers)
    assert found.simpson.expected == pytest.approx(sum(evens) / 200)
    assert found.simpson.worst == pytest.approx(min(evens))


# The same everywhere, and stoppable

AGAIN = """
from plugins.allocation import rules
from tests.plugins.allocation.pools import stored
print(rules.commitment(rules.allocate(*stored("synthetic_vet_100")))["all"])
"""


@needs_solver
def test_tickets_are_the_same_bit_for_bit_whatever_the_hash_seed() -> None:
    found = {
        subprocess.run(
            [sys.executable, "-c", AGAIN],
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "77")
    }

    assert found == {rules.commitment(result("synthetic_vet_100"))["all"]}


def test_the_order_of_the_list_changes_nothing() -> None:
    pool, settings = stored("synthetic_vet_100")
    turned = rules.Pool(tuple(reversed(pool.people)))

    assert rules.allocate(turned, settings, plain=True, tickets=20).tickets == (
        rules.allocate(pool, settings, plain=True, tickets=20).tickets
    )


def test_an_allocation_says_how_far_it_is_and_can_be_stopped() -> None:
    pool, settings = stored("synthetic_vet_100")
    shares: list[float] = []

    with pytest.raises(rules.Stopped):
        rules.allocate(pool, settings, progress=shares.append, cancelled=lambda: len(shares) > 3)

    assert len(shares) == 4
    assert shares == sorted(shares)


@needs_solver
def test_the_curve_trades_breadth_for_equal_chances() -> None:
    pool, settings = stored("synthetic_vet_100")

    single = rules.point_of(rules.allocate(pool, rules.with_epsilon(settings, 0.05)))
    points = list(rules.trade_off(pool, settings, (0.05, 0.10, 0.20), known={0.05: single}))

    assert [point.epsilon for point in points] == [0.05, 0.10, 0.20] and points[0] is single
    alone = rules.allocate(pool, rules.with_epsilon(settings, 0.20))
    assert points[2] == rules.point_of(alone)  # what a host gets who chooses it
    assert all(
        one.coverage > other.coverage and one.lowest <= other.lowest
        for one, other in pairwise(points)
    )
    assert all(point.coverage >= 1 - point.epsilon and point.bound for point in points)
    assert all(point.lowest <= (point.bound or 0) for point in points)


# Larger pools


@needs_solver
@pytest.mark.full
@pytest.mark.timeout(3_000)
@pytest.mark.parametrize(("seed", "share"), [(2000, 0.75), (2001, 0.60)])
def test_larger_pools_keep_their_gates(seed: int, share: float) -> None:
    pool, settings = made_up(LARGER[seed], seed), large_settings()
    before = time.process_time()

    found = rules.allocate(pool, settings)

    assert time.process_time() - before <= {2000: 60, 2001: 180}[seed]
    assert found.bound is not None
    assert found.lowest >= share * found.bound
    assert min(found.coverage.expected_share, found.simpson.expected_share) >= 0.90
    assert min(found.coverage.worst_share, found.simpson.worst_share) >= 0.80
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 1024 * 1024


# What can't be


def test_a_pool_of_nobody_and_one_without_groups_have_an_answer() -> None:
    settings = rules.Settings(tables={"A": 2})
    nobody = rules.allocate(rules.Pool(()), settings)
    same = [rules.Person(f"p{n}", n, "", {}, ("A",)) for n in range(6)]
    alike = rules.allocate(rules.Pool(tuple(same)), settings)

    assert nobody.fill == 0
    assert not nobody.needs_draw
    assert alike.fill == 2
    assert alike.lowest == pytest.approx(1 / 3, abs=0.02)


def test_wishes_that_fail_are_named_with_the_smallest_change_that_helps() -> None:
    people = [
        rules.Person(f"p{n}", n, "same" if n < 6 else f"o{n}", {"a": "1", "b": str(n % 2)}, ("A",))
        for n in range(8)
    ]
    people.append(rules.Person("lost", 9, "", {"a": "1", "b": "0"}, ()))
    settings = rules.Settings(
        tables={"A": 6, "B": 3},
        features=("a", "b"),
        floors=(rules.Floor("b", "1", 6),),
    )

    found = {one.code: one for one in rules.problems(rules.Pool(tuple(people)), settings)}

    assert found["no_choice"].people == ("lost",)
    assert "“B”" in found["unwanted"].message
    assert found["org_cap"].change == "Allow 4 of one organisation."
    assert "“a”" in found["same"].message
    assert found["floor"].change == "Ask for 2."


@pytest.mark.parametrize(
    ("field", "more"),
    [
        ("tables", {"tables": {}}),
        ("tables", {"tables": {"A B": 3}}),
        ("tables", {"tables": {"A": -1}}),
        ("tables", {"tables": {"A": True}}),
        ("org_cap", {"org_cap": 0}),
        ("epsilon", {"epsilon": 0.9}),
        ("epsilon", {"epsilon": float("nan")}),
        ("weights", {"weights": {"town": 2}}),
        ("weights", {"features": ("a",), "weights": {"a": -1}}),
        ("clashes", {"clashes": (("A", "C"),)}),
    ],
)
def test_settings_that_make_no_sense_are_refused(field: str, more: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused:
        rules.Settings(**({"tables": {"A": 3}} | more))

    assert refused.value.field == field


def test_a_choice_that_is_no_table_is_refused_by_name() -> None:
    pool = rules.Pool((rules.Person("p1", 1, "", {}, ("Z",)),))

    with pytest.raises(Invalid, match="“Z”"):
        rules.allocate(pool, rules.Settings(tables={"A": 1}))


def test_a_board_counts_what_a_seat_adds() -> None:
    layout = Layout(*stored("synthetic_vet_100"))
    board = board_of(layout, [])
    table = layout.wants[0][0]
    before = board.coverage(), board.simpson()
    new, even = board.gain(0, table)

    board.sit(0, table)

    assert board.coverage() - before[0] == new == len(layout.settings.features)
    assert board.simpson() - before[1] == pytest.approx(even)
    board.leave(0, table)
    assert (board.coverage(), board.simpson()) == before
