"""Loads, what hangs on one member, cut points, and the signs made of them: on plain values."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

import pytest

from plugins.consortia.interface import Balance, Planned, balances
from plugins.consortium_health import measures, signs
from plugins.consortium_health.measures import Fact, Sole

networkx = pytest.importorskip("networkx")
Pairs = list[tuple[int, int]]


# Gini, shares and cut points are those of a definition worked out another way; faults are noticed.

BY_HAND = [
    ([], 0.0),
    ([0, 0], 0.0),
    ([5, 5, 5], 0.0),
    ([0, 10], 0.5),
    ([1, 2, 3, 4], 0.25),
    ([0, 0, 0, 8], 0.75),
]


def check_gini(gini: Callable[[list[int]], float]) -> None:
    """Compare with values computed by hand, and with half the mean difference over the mean."""
    for values, expected in BY_HAND:
        assert gini(values) == pytest.approx(expected)
    chance = random.Random(7)
    for _time in range(50):
        values = [chance.randint(0, 40) for _v in range(chance.randint(1, 30))]
        if sum(values):
            pairs = sum(abs(a - b) for a, b in itertools.product(values, values))
            assert gini(values) == pytest.approx(pairs / (2 * len(values) * sum(values)))


def check_shares(carriers: Callable[[dict[int, int]], list[int]]) -> None:
    """Compare with the smallest of all groups that carry seven tenths."""
    assert carriers({1: 50, 2: 20, 3: 20, 4: 10}) == [1, 2]
    assert carriers({1: 0, 2: 0}) == []
    assert carriers({1: 1, 2: 1, 3: 1}) == [1, 2, 3]
    chance = random.Random(5)
    for _time in range(50):
        loads = {at: chance.randint(0, 20) for at in range(chance.randint(1, 7))}
        enough = 0.7 * sum(loads.values())
        fewest = min(
            size
            for size in range(len(loads) + 1)
            for some in itertools.combinations(loads.values(), size)
            if sum(some) >= enough - 1e-9
        )
        found = carriers(loads)
        assert len(found) == fewest and sum(loads[at] for at in found) >= enough - 1e-9


def parts(nodes: Iterable[int], pairs: Pairs) -> int:
    """Count the parts that ties leave, by joining them one after another."""
    of = {node: node for node in nodes}
    for one, other in pairs:
        if one in of and other in of and of[one] != of[other]:
            old, new = of[one], of[other]
            of = {node: new if group == old else group for node, group in of.items()}
    return len(set(of.values()))


def check_cuts(cut_points: Callable[[Pairs], set[int]]) -> None:
    """Compare with networkx, and with taking each one out and counting what is left."""
    assert cut_points([]) == set()
    assert cut_points([(1, 2)]) == set()
    assert cut_points([(1, 2), (2, 3), (3, 1), (3, 4), (4, 3), (5, 6)]) == {3}
    assert cut_points([(1, 2), (1, 3), (1, 4)]) == {1}
    chance = random.Random(11)
    for _time in range(40):
        pairs = [tuple(chance.sample(range(12), 2)) for _tie in range(chance.randint(1, 16))]
        nodes = {node for pair in pairs for node in pair}
        whole = parts(nodes, pairs)  # type: ignore[arg-type]
        removed = {node for node in nodes if parts(nodes - {node}, pairs) > whole}  # type: ignore[arg-type]
        found = cut_points(pairs)  # type: ignore[arg-type]
        assert found == removed == set(networkx.articulation_points(networkx.Graph(pairs)))


CHECKS: dict[str, tuple[Callable[[Any], None], Callable[..., Any], Callable[..., Any]]] = {
    "gini": (check_gini, measures.gini, lambda values: measures.gini([*values, 0])),
    "shares": (
        check_shares,
        measures.carriers,
        lambda loads: measures.carriers(dict(sorted(loads.items())), 65),
    ),
    "cuts": (
        check_cuts,
        measures.cut_points,
        lambda pairs: {node for node in range(12) if sum(node in pair for pair in pairs) > 1},
    ),
}


@pytest.mark.parametrize("name", CHECKS)
def test_each_measure_is_what_its_definition_says_and_a_wrong_one_is_noticed(name: str) -> None:
    check, measure, wrong = CHECKS[name]
    check(measure)
    with pytest.raises(AssertionError):
        check(wrong)


# What hangs on one member


def fact(number: int, country: str, **more: Any) -> Fact:
    values = {"contacts": 2, "is_claimed": True, **more}
    return Fact(number, f"Member {number}", country, **values)


def test_what_would_go_with_each_member_is_found() -> None:
    facts = [
        fact(1, "DE", does=frozenset({"sending"}), fields=("0715",)),
        fact(2, "LV", does=frozenset({"host"}), fields=("0715", "0722")),
        fact(3, "LV", does=frozenset({"sending"})),
        fact(4, "ES", does=frozenset({"host", "supporting"}), fields=("0721",)),
    ]
    found = measures.soles(facts, [(1, 2), (3, 2), (1, 4)], ["071", "0722"])
    assert found == {
        1: Sole(country=True, ties=(4,), cuts=True),
        2: Sole(host=True, fields=("0722",), ties=(3,), cuts=True),
        3: Sole(),
        4: Sole(country=True, host=True, does=("supporting",)),
    }
    names = {item.id: item.name for item in facts}
    told = {item.id: signs.losses(item, found[item.id], names) for item in facts}
    assert signs.losses(facts[2], Sole(), names, ["A host"]) == ["only one for the wish: A host"]
    assert told[2] == [
        "only host: Latvia",
        "only one for: Glass, paper, plastic and wood",
        "holds others together",
        "only one with places for: Member 3",
    ]
    assert told[3] == []
    assert told[4] == ["only one that supports", "only host: Spain"]


def test_a_narrow_field_covers_the_broad_one_and_not_the_other_way_round() -> None:
    facts = [fact(1, "DE", fields=("0715",)), fact(2, "DE", fields=("071",))]
    assert measures.covering(facts, ["071", "0715", "08"]) == {
        "071": {1, 2},
        "0715": {1},
        "08": set(),
    }
    assert measures.covering(facts, []) == {"071": {1, 2}, "0715": {1}}


# Signs


def told(facts: list[Fact], flows: list[Planned], **more: Any) -> list[signs.Sign]:
    asked: dict[str, Any] = {"gaps": [], "silent": [], "today": date(2026, 11, 20), **more}
    return signs.signs(facts, balances(flows, [item.id for item in facts]), **asked)


def titles(facts: list[Fact], flows: list[Planned], **more: Any) -> list[str]:
    return [sign.title for sign in told(facts, flows, **more)]


def test_each_sign_is_a_plain_sentence_and_the_worst_stands_first() -> None:
    facts = [fact(1, "DE"), fact(2, "DE"), fact(3, "ES", contacts=1), fact(4, "IT", contacts=0)]
    flows = [Planned(1, 2, 30, 0, 0), Planned(1, 3, 5, 0, 0)]
    found = titles(facts, flows, gaps=["Host, Latvia"], silent=[("X", 20), ("Y", 3)])
    assert found == [
        "1 wish is covered by nobody",
        "1 organisation has not answered for two weeks",
        "2 countries hang on one member",
        "1 member has nobody who acts for it here",
        "1 member hangs on one person",
        "Member 1 sends 35 more than it hosts",
        "Member 2 hosts 30 more than it sends",
        "2 members carry 93% of the places",
    ]


def test_members_and_fields_that_nobody_could_replace_are_named() -> None:
    does = [{"sending"}, {"host"}, {"sending", "host"}, {"supporting"}]
    facts = [
        fact(at, country, does=frozenset(parts), fields=("0715",) if at < 2 else ("0721",))
        for at, (country, parts) in enumerate(zip(("LV", "LV", "DE", "DE"), does, strict=True))
    ]
    fields = ["0715", "0721", "0913", "0722"]
    facts[3] = fact(3, "DE", does=frozenset(does[3]), fields=("0722",))
    found = told(
        facts,
        [],
        alone=measures.soles(facts, [(0, 1), (1, 2)], fields),
        covered=measures.covering(facts, fields),
    )
    assert [(sign.title, sign.text) for sign in found] == [
        (
            "3 members do what no other does",
            "Member 1 (only host: Latvia); Member 2 (only host: Germany); "
            "Member 3 (only one that supports)",
        ),
        (
            "1 member holds others together",
            "If one leaves, the others fall into groups without places between them: Member 1",
        ),
        ("1 field is in no profile of a member", "Nursing and midwifery"),
        (
            "2 fields hang on one member",
            "The consortium loses them if one organisation leaves: Food processing; "
            "Glass, paper, plastic and wood",
        ),
    ]


def test_with_two_members_nothing_is_said_of_what_each_does() -> None:
    facts = [fact(1, "DE", does=frozenset({"sending"})), fact(2, "DE", does=frozenset({"host"}))]
    assert titles(facts, [], alone=measures.soles(facts, [(1, 2)])) == []


def test_agreements_are_spoken_of_only_where_somebody_knows_of_them() -> None:
    assert titles([fact(1, "DE"), fact(2, "DE")], []) == []
    known = [
        fact(1, "DE", until=()),
        fact(2, "DE", until=("2026-12-01",)),
        fact(3, "DE", until=("2030-01-01", "")),
    ]
    assert titles(known, []) == [
        "1 member has no agreement in force",
        "The agreement of 1 member ends within 60 days",
    ]


def test_each_sign_has_its_next_step_and_its_measure() -> None:
    facts = [
        Fact(
            at, f"M{at}", "LV" if at else "EE", at % 2, True, (), frozenset({"host"} if at else ())
        )
        for at in range(4)
    ]
    places = {at: Balance(9 * (at == 0), 3, 0, 0) for at in range(4)}
    pairs = [(0, 1), (0, 2), (0, 3)]
    found = signs.signs(
        facts, places, gaps=["A host"], silent=[("S", 20)], today=date(2026, 1, 1),
        answered=[1, 5, 2], alone=measures.soles(facts, pairs),
        covered=measures.covering(facts, ["0715"]),
    )  # fmt: skip
    assert {sign.next_page for sign in found} == {"partners", "members", "places", "agreements"}
    assert all(sign.next_label and sign.measure for sign in found)
    assert any("answered within 2 days" in sign.title for sign in found)
    assert len(found) >= 10
