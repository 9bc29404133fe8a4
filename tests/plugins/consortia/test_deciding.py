"""Programme rules, health and shares: decisions on plain values."""

from __future__ import annotations

import itertools
import random
from datetime import date
from typing import Any

import pytest

from plugins.consortia import health, programme, rules
from plugins.consortia.health import Fact
from plugins.consortia.programme import Member, Mistake, Rule
from plugins.consortia.rules import Planned
from portal.errors import Invalid

GOOD = """
key = "ours"
version = "2026"
title = "Ours"
kinds = ["network"]
source = "Our call"
source_date = "2026-01-15"
[[checks]]
check = "least_members"
value = 3
[[checks]]
check = "role"
role = "host"
value = 1
"""


# Programme rules


def test_every_shipped_rule_is_whole_and_names_its_source() -> None:
    found, mistakes = programme.load([programme.SHIPPED])
    assert not mistakes
    assert len(found) >= 3
    assert all(rule.source and rule.source_date and rule.caveat for rule in found.values())


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ('key = "ours"', "", "key: this line is missing"),
        ('"network"', '"netwerk"', "kinds: choose from bilateral"),
        (
            'check = "role"',
            'check = "rolle"',
            "check 2: there is no check 'rolle'. Did you mean role",
        ),
        ("value = 3", 'value = "three"', "check 1: value has to be a whole number"),
        ('role = "host"', 'role = "guest"', "check 2: role has to be one of sending"),
        ("value = 3", "value = 3\nwho = 'lead'", "check 1: who means nothing to least_members"),
        ('title = "Ours"', "title = Ours", "the file: it is no TOML"),
        ('version = "2026"', "version = 2026", "version: write a text"),
    ],
)
def test_a_mistake_in_a_rule_file_is_named_with_place_and_remedy(
    before: str, after: str, told: str
) -> None:
    found = programme.read("ours.toml", GOOD.replace(before, after, 1).encode())
    assert isinstance(found, list)
    assert any(str(wrong).startswith("ours.toml: " + told) for wrong in found), found


@pytest.mark.parametrize(
    "raw", [b"", b"\xff\xfe", b"checks = 3", b"checks = [1]", b"kinds = [[1]]"]
)
def test_no_rule_file_brings_the_portal_down(raw: bytes) -> None:
    found = programme.read("x.toml", raw)
    assert isinstance(found, list)
    assert all(isinstance(wrong, Mistake) and wrong.remedy for wrong in found)


def member(name: str, country: str, *parts: str, **more: Any) -> Member:
    return Member(name, country, parts, more.get("lead", False), more.get("accredited", False))


def verdicts(key: str, *members: Member) -> list[bool]:
    found, _mistakes = programme.load([programme.SHIPPED])
    rule = next(rule for rule in found.values() if rule.key == key)
    return [item.is_fulfilled for item in programme.judge(rule, members)]


def test_a_national_consortium_needs_three_of_one_country_and_an_accredited_lead() -> None:
    lead = member("A", "DE", "sending", lead=True, accredited=True)
    others = [member("B", "DE"), member("C", "DE")]
    assert verdicts("national-consortium", lead, *others) == [True] * 4
    assert verdicts("national-consortium", lead, others[0]) == [False, True, True, True]
    assert verdicts("national-consortium", lead, others[0], member("C", "ES")) == [
        True, False, True, True,
    ]  # fmt: skip
    plain = member("A", "DE", lead=True)
    assert verdicts("national-consortium", plain, *others) == [True, True, False, False]


def test_what_is_missing_says_how_much() -> None:
    found = programme.read("ours.toml", GOOD.encode())
    assert isinstance(found, Rule)
    told = programme.judge(found, [member("A", "DE", "sending"), member("B", "ES", "sending")])
    assert [item.stands for item in told] == [
        "There are 2; 1 more are needed.",
        "Nobody does. Look for somebody.",
    ]


# Health


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], 0.0),
        ([0, 0], 0.0),
        ([5, 5, 5], 0.0),
        ([0, 10], 0.5),
        ([1, 2, 3, 4], 0.25),
        ([0, 0, 0, 8], 0.75),
    ],
)
def test_gini_equals_what_is_computed_by_hand(values: list[int], expected: float) -> None:
    assert health.gini(values) == pytest.approx(expected)


def test_gini_is_half_the_mean_difference_over_the_mean() -> None:
    chance = random.Random(7)
    for _time in range(50):
        values = [chance.randint(0, 40) for _v in range(chance.randint(1, 30))]
        if sum(values):
            pairs = sum(abs(a - b) for a, b in itertools.product(values, values))
            by_pairs = pairs / (2 * len(values) * sum(values))
            assert health.gini(values) == pytest.approx(by_pairs)


def test_the_fewest_who_carry_seven_tenths_are_named() -> None:
    assert health.carriers({1: 50, 2: 20, 3: 20, 4: 10}) == [1, 2]
    assert health.carriers({1: 0, 2: 0}) == []
    assert health.carriers({1: 1, 2: 1, 3: 1}) == [1, 2, 3]


def test_balances_count_what_each_member_sends_and_hosts() -> None:
    found = rules.balances([Planned(1, 2, 10, 8, 3), Planned(2, 1, 4, 4, 4)], [1, 2, 3])
    assert [(found[key].sends, found[key].hosts, found[key].difference) for key in (1, 2, 3)] == [
        (10, 4, -6),
        (4, 10, 6),
        (0, 0, 0),
    ]
    assert found[1].agreed == 12


def fact(number: int, country: str, **more: Any) -> Fact:
    values = {"contacts": 2, "is_claimed": True, **more}
    return Fact(number, f"Member {number}", country, **values)


def titles(facts: list[Fact], flows: list[Planned], **more: Any) -> list[str]:
    asked: dict[str, Any] = {"gaps": [], "silent": [], "today": date(2026, 11, 20), **more}
    balances = rules.balances(flows, [item.id for item in facts])
    return [sign.title for sign in health.signs(facts, balances, **asked)]


def test_each_sign_is_a_plain_sentence_and_the_worst_stands_first() -> None:
    facts = [fact(1, "DE"), fact(2, "DE"), fact(3, "ES", contacts=1), fact(4, "IT", contacts=0)]
    flows = [Planned(1, 2, 30, 0, 0), Planned(1, 3, 5, 0, 0)]
    told = titles(facts, flows, gaps=["Host, Latvia"], silent=[("X", 20), ("Y", 3)])
    assert told == [
        "1 wish is covered by nobody",
        "1 organisation has not answered for two weeks",
        "2 countries hang on one member",
        "1 member has nobody who acts for it here",
        "1 member hangs on one person",
        "Member 1 sends 35 more than it hosts",
        "Member 2 hosts 30 more than it sends",
        "2 members carry 93% of the places",
    ]


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


# Dates


@pytest.mark.parametrize(
    ("starts", "ends", "field"),
    [
        (None, None, "starts_on"),
        (date(2026, 8, 1), None, "starts_on"),
        (date(2027, 1, 1), date(2029, 1, 1), "ends_on"),
        (date(2027, 1, 2), date(2027, 1, 1), "ends_on"),
    ],
)
def test_a_date_outside_the_consortium_is_refused_with_its_days(
    starts: date | None, ends: date | None, field: str
) -> None:
    values = {"title": "Meeting", "place": "", "starts_on": starts, "ends_on": ends}
    with pytest.raises(Invalid) as refused:
        rules.checked_day(values, "2026-09-01", "2028-08-31", date(2026, 11, 20))
    assert refused.value.field == field


def test_each_sign_of_health_has_its_next_step_and_its_measure() -> None:
    facts = [health.Fact(at, f"M{at}", "LV" if at else "EE", at % 2, True, ()) for at in range(4)]
    places = {at: rules.Balance(9 * (at == 0), 3, 0, 0) for at in range(4)}
    found = health.signs(
        facts, places, gaps=["A host"], silent=[("S", 20)], today=date(2026, 1, 1),
        answered=[1, 5, 2],
    )  # fmt: skip
    assert {sign.next_page for sign in found} == {"partners", "members", "places", "agreements"}
    assert all(sign.next_label and sign.measure for sign in found)
    assert any("answered within 2 days" in sign.title for sign in found)
